"""What a store's numbers are: metrics with split, unit and direction; the record type of a run."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError

Records = NDArray[np.void]  # (n,) structured, of a record_dtype: one row a training run

STATUSES = ("ok", "diverged", "out_of_memory", "killed", "failed")
ORIGINS = ("benchmark", "search", "imported")
SPLITS = ("train", "valid", "test", None)
DIRECTIONS = ("maximize", "minimize", None)
PER = ("run", "architecture")
FRACTION = "fraction"  # the unit of accuracies: values lie in [0, 1]
CURVE_SUFFIX = "_curve"
SEED_MEAN = -1  # the seed of a row that is the source's own mean over seeds that it does not give singly
RESERVED = ("seed_start", "provenance", "curves")  # names that the file layout has taken
KEY_FIELDS = ("architecture", "task", "recipe", "epochs", "seed", "device", "status", "origin")


@dataclass(frozen=True)
class Metric:
    """One measured quantity: which split it was measured on, in which unit, which way is better.

    ``per="run"``: one value for each training run. ``per="architecture"``: a column of architectures,
    stored once for each task, recipe and device that it depends on (parameters, FLOPs, latency, proxies).

    Raises:
        InputError: a name that can't be a column name, or an unknown split, direction or per.
    """

    name: str
    split: str | None = None
    unit: str = ""
    direction: str | None = None
    description: str = ""
    source: str = ""
    licence: str = ""
    per: str = "run"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", self.name) or self.name in KEY_FIELDS + RESERVED:
            raise InputError(
                f"expected a metric name of letters, digits and underscores that is none of "
                f"{', '.join(KEY_FIELDS + RESERVED)}, got {self.name!r}"
            )
        if self.name.endswith(CURVE_SUFFIX):
            raise InputError(
                f"metric name {self.name!r} ends in {CURVE_SUFFIX!r}, which names curves; rename it"
            )
        for field, words in (("split", SPLITS), ("direction", DIRECTIONS), ("per", PER)):
            if getattr(self, field) not in words:
                raise InputError(
                    f"metric {self.name!r}: expected {field} to be one of {words}, "
                    f"got {getattr(self, field)!r}"
                )

    @property
    def sign(self) -> float:
        """1 where more is better, -1 where less is: sign times the metric is a score to maximise."""
        return -1.0 if self.direction == "minimize" else 1.0

    def to_json(self) -> dict[str, str | None]:
        """Return the metric as a JSON-able dict; ``from_json`` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Metric":
        """Return the metric that ``to_json`` wrote; what a later version added is left out.

        Raises:
            InputError: no name, or a value that is no metric's.
        """
        if "name" not in given:
            raise InputError(f"expected a metric with a name, got {json.dumps(given)[:200]}")
        return cls(**{f.name: given[f.name] for f in fields(cls) if f.name in given})


def _loss(split: str) -> Metric:
    return Metric(f"{split}_loss", split, "nats", "minimize", "mean cross-entropy")


def _accuracy(split: str) -> Metric:
    return Metric(f"{split}_accuracy", split, FRACTION, "maximize", "share of images classified correctly")


TRAINING_METRICS = (
    *(make(split) for split in ("train", "valid", "test") for make in (_loss, _accuracy)),
    Metric("train_seconds", None, "s", "minimize", "wall time of the training, without evaluation"),
    Metric("params", None, "parameters", "minimize", "trainable parameters", per="architecture"),
    Metric(
        "flops", None, "FLOPs for one image, forward", "minimize", "2 per multiply-add", per="architecture"
    ),
)


def record_dtype(
    num_decisions: int,
    metrics: Iterable[Metric | str],
    curves: Iterable[Metric | str] = (),
    num_epochs: int = 0,
) -> np.dtype[np.void]:
    """Return the record type of the whole project: one row a training run.

    Fields: ``architecture`` (d,) int8; ``task``; ``recipe`` (canonical JSON, a str); ``epochs``;
    ``seed`` (or SEED_MEAN: the source's own mean over seeds); ``device`` (hardware that the run happened
    on); ``status``; ``origin``; a float64 for each metric (NaN: not measured); then ``<metric>_curve``
    (num_epochs,) float32 for each curve (NaN padded).
    """
    keys: list[Any] = [
        ("architecture", np.int8, (num_decisions,)),
        ("task", "U64"),
        ("recipe", object),
        ("epochs", np.int32),
        ("seed", np.int64),
        ("device", "U64"),
        ("status", "U16"),
        ("origin", "U16"),
    ]
    values = [(_name(metric), np.float64) for metric in metrics]
    series = [(_name(metric) + CURVE_SUFFIX, np.float32, (num_epochs,)) for metric in curves]
    return np.dtype(keys + values + series)


def new_records(
    n: int,
    num_decisions: int,
    metrics: Iterable[Metric | str],
    curves: Iterable[Metric | str] = (),
    num_epochs: int = 0,
) -> Records:
    """Return (n,) records to fill in: status "ok", origin "search", every metric and curve NaN."""
    return blank_records(n, record_dtype(num_decisions, metrics, curves, num_epochs))


def blank_records(n: int, dtype: np.dtype[np.void]) -> Records:
    """Return (n,) records of a given record type: status "ok", origin "search", numbers NaN."""
    records = np.zeros(n, dtype=dtype)
    records["recipe"], records["status"], records["origin"] = "", "ok", "search"
    for name in (dtype.names or ())[len(KEY_FIELDS) :]:
        records[name] = np.nan
    return records


def concatenate_records(batches: Sequence[Records]) -> Records:
    """Return all rows of the batches in one (n,) array; metrics and epochs that a batch lacks are NaN.

    Raises:
        InputError: no batch at all, or batches of different search spaces.
    """
    widths = {batch.dtype["architecture"].shape for batch in batches}
    if len(widths) != 1:
        raise InputError(f"expected batches of one search space, got decision shapes {sorted(widths)}")
    names = dict.fromkeys(name for batch in batches for name in metric_names(batch.dtype))
    curves = dict.fromkeys(name for batch in batches for name in curve_names(batch.dtype))
    longest = max(num_curve_epochs(batch.dtype) for batch in batches)
    joined = new_records(sum(map(len, batches)), widths.pop()[0], names, curves, longest)
    start = 0
    for batch in batches:
        part = joined[start : start + len(batch)]
        for name in batch.dtype.names or ():
            if name.endswith(CURVE_SUFFIX):
                part[name][:, : batch.dtype[name].shape[0]] = batch[name]
            else:
                part[name] = batch[name]
        start += len(batch)
    return joined


def metric_names(dtype: np.dtype[np.void]) -> list[str]:
    """Return the names of the metrics (not curves) of a record type."""
    return [n for n in dtype.names or () if n not in KEY_FIELDS and not n.endswith(CURVE_SUFFIX)]


def curve_names(dtype: np.dtype[np.void]) -> list[str]:
    """Return the metrics, without the suffix, that have a curve in a record type."""
    return [n.removesuffix(CURVE_SUFFIX) for n in dtype.names or () if n.endswith(CURVE_SUFFIX)]


def num_curve_epochs(dtype: np.dtype[np.void]) -> int:
    """Return the number of epochs that the curves of a record type have room for."""
    return max((dtype[name + CURVE_SUFFIX].shape[0] for name in curve_names(dtype)), default=0)


def _name(metric: Metric | str) -> str:
    return metric if isinstance(metric, str) else metric.name
