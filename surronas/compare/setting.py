"""How searches are run: what they may spend, on how many simulated workers, and what deciding costs."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from surronas.errors import InputError

DecisionTime = Literal["free", "measured"] | float


@dataclass(frozen=True)
class Budget:
    """What a search may spend; it ends with the first of these, and a query that would go beyond is not made.

    Attributes:
        queries: architectures asked, failed and repeated ones included.
        epochs: trained in all.
        train_seconds: simulated training time, summed over the queries.
        clock_seconds: simulated time that passes, with workers side by side and decision time as set.

    Raises:
        InputError: no limit at all, or one that is not positive.
    """

    queries: int | None = None
    epochs: float | None = None
    train_seconds: float | None = None
    clock_seconds: float | None = None

    def __post_init__(self) -> None:
        limits = {name: limit for name, limit in asdict(self).items() if limit is not None}
        if not limits:
            raise InputError("budget: expected a limit of queries, epochs, train_seconds or clock_seconds")
        for name, limit in limits.items():
            if not (limit > 0 and math.isfinite(limit)):
                raise InputError(f"budget: expected {name} > 0, got {limit}")
        if self.queries is not None and self.queries != int(self.queries):
            raise InputError(f"budget: expected a whole number of queries, got {self.queries}")

    @property
    def in_seconds(self) -> bool:
        """Whether the training times of a table are needed."""
        return self.train_seconds is not None or self.clock_seconds is not None


@dataclass(frozen=True)
class Setting:
    """How every search of a comparison is run.

    Attributes:
        budget: what it may spend.
        workers: simulated ones that train side by side: one that is done is told, and asks again at once,
            while the others are pending. Where a table has no training times all trainings take equally long.
        batch: architectures asked at once of a single worker, and told together.
        decision_seconds: what asking and telling take on the simulated clock: ``"free"``: nothing;
            ``"measured"``: as long as they took, so no two runs are equal; a number: that much a query.

    Raises:
        InputError: fewer than one worker or architecture, both several, or a decision time that can't be.
    """

    budget: Budget
    workers: int = 1
    batch: int = 1
    decision_seconds: DecisionTime = "free"

    def __post_init__(self) -> None:
        if self.workers < 1 or self.batch < 1:
            raise InputError(f"expected workers and batch of 1 or more, got {self.workers}, {self.batch}")
        if self.workers > 1 and self.batch > 1:
            raise InputError(
                f"expected one simulated worker or batches of 1, got {self.workers} and {self.batch}: "
                "workers that never wait ask one at a time"
            )
        known = self.decision_seconds in ("free", "measured")
        if not known and not (isinstance(self.decision_seconds, int | float) and self.decision_seconds >= 0):
            raise InputError(
                f"decision_seconds: expected 'free', 'measured' or seconds, got {self.decision_seconds!r}"
            )

    def on_clock(self, measured: float) -> float:
        """Return how long the simulated clock stands for a decision that really took some seconds."""
        if self.decision_seconds == "measured":
            return measured
        return 0.0 if self.decision_seconds == "free" else float(self.decision_seconds)

    def to_json(self) -> dict[str, Any]:
        """Return the setting as a JSON-able dict."""
        return asdict(self)
