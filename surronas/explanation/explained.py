"""What an explanation is: numbers for each decision of each architecture, and their summaries."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.explanation.decisions import Decisions
from surronas.spaces import Architectures, SearchSpace

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Explanation:
    """How far each decision of n architectures lifts a prediction over that of a background.

    ``contributions`` of an architecture sum to its prediction minus ``base``, the background's mean.
    """

    space: SearchSpace
    decisions: Decisions
    architectures: Architectures  # (n, d)
    predictions: Array  # (n,) in the target's unit
    base: float  # mean prediction of the background
    contributions: Array  # (n, d) Shapley values, in the target's unit
    errors: Array  # (n, d) standard errors of contributions: 0 where they are exact
    exact: bool

    def decision_effects(self) -> Array:
        """Return (d,) means of the contributions' sizes: how much hangs on each decision."""
        effects: Array = np.abs(self.contributions).mean(axis=0)
        return effects

    def choice_effects(self) -> Array:
        """Return (d, c) mean contributions of each choice of each decision, NaN where none was taken."""
        return self._by_choice(self.contributions)

    def choice_sizes(self) -> Array:
        """Return (d, c) means of the contributions' sizes by choice, NaN where none was taken."""
        return self._by_choice(np.abs(self.contributions))

    def choice_counts(self) -> NDArray[np.int64]:
        """Return (d, c) numbers of architectures that take each choice."""
        choices = np.arange(int(self.space.num_choices.max()))
        counts: NDArray[np.int64] = (self.architectures[:, :, None] == choices).sum(axis=0)
        return counts

    def table(self) -> list[tuple[str, str, int, float, float]]:
        """Return rows (decision, choice, how often, mean contribution, mean size), the largest first."""
        counts, effects, sizes = self.choice_counts(), self.choice_effects(), self.choice_sizes()
        rows = [
            (name, choice, int(counts[i, c]), float(effects[i, c]), float(sizes[i, c]))
            for i, (name, choices) in enumerate(
                zip(self.decisions.names, self.decisions.choices, strict=True)
            )
            for c, choice in enumerate(choices)
            if counts[i, c]
        ]
        return sorted(rows, key=lambda row: -row[4])

    def _by_choice(self, values: Array) -> Array:
        choices = np.arange(int(self.space.num_choices.max()))
        taken = self.architectures[:, :, None] == choices  # (n, d, c)
        totals, counts = np.einsum("nd,ndc->dc", values, taken), taken.sum(axis=0)
        means: Array = np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)
        return means
