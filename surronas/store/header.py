"""What a segment says of the store it belongs to, of itself, and of the segments folded into it."""

from dataclasses import asdict, dataclass
from typing import Any

from surronas.store.container import FORMAT, VERSION
from surronas.store.schema import Metric


@dataclass(frozen=True)
class Header:
    """What a segment says of the store it belongs to, of itself, and of the segments folded into it."""

    space: str
    num_choices: list[int]
    metrics: tuple[Metric, ...]
    canonical: bool = False
    description: str = ""
    licence: str = ""
    segment: str = ""
    replaces: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()  # lineage.py says what these are for
    folded: tuple[tuple[int, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the header as a JSON-able dict."""
        return asdict(self) | {"format": FORMAT, "version": VERSION}

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Header":
        """Return the header that ``to_json`` wrote."""
        metrics = tuple(Metric.from_json(metric) for metric in given["metrics"])
        kept = {name: given[name] for name in cls.__dataclass_fields__ if name in given}
        lineage = {name: tuple(given.get(name, ())) for name in ("replaces", "seen", "folded")}
        return cls(**(kept | lineage | {"metrics": metrics}))
