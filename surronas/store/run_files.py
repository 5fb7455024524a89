"""Runs as a file that people and programs exchange: CSV or JSON-lines, one row a training run.

Columns (CSV: named in the header row; JSON-lines: the keys of each line's object):

    architecture  the search space's own notation                                      required
    task          what was trained for, such as cifar10                                required
    recipe        how it was trained, any text, best as JSON                           default: empty
    epochs        whole number >= 0: how long it was trained                           required
    seed          whole number >= 0; -1: the source's own mean over seeds              required
    device        the hardware that the run happened on                                default: empty
    status        ok, diverged, out_of_memory, killed or failed                        default: ok
    origin        benchmark, search or imported: where the number comes from           default: imported
    <metric>      a number; empty (CSV) or null (JSON): not measured; fractions, not percent
    <metric>_curve  JSON-lines alone: a list with one number an epoch, null where not measured

Other than these there is at most one line before all others, which says of which search space the runs
are, what the metrics are whose names do not say it, and, if you like, what the runs are and their licence:

    # surronas: {"space": "cell201", "metrics": [{"name": "valid_f1", "split": "valid", ...}]}      (CSV)
    {"surronas": {"space": "cell201", "description": "...", "licence": "..."}}               (JSON-lines)

A metric's name says it all where it is one that surronas' own training measures (``TRAINING_METRICS``), or
train_, valid_ or test_ before accuracy, error (fractions), loss, perplexity or seconds.

pandas reads the files as ``read_csv(path, skiprows=1)`` and, for JSON-lines, ``read_json(path,
lines=True)[1:]``. Numbers are written so that they read back exactly.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from surronas.errors import InputError
from surronas.store.schema import FRACTION, KEY_FIELDS, SPLITS, TRAINING_METRICS, Metric

WORD = "surronas"  # what the first line is known by
COMMENT = "#"
REQUIRED = ("architecture", "task", "epochs", "seed")
DEFAULTS = {"recipe": "", "device": "", "status": "ok", "origin": "imported"}

_QUANTITIES = {  # what a name means after train_, valid_ or test_: unit and direction
    "accuracy": (FRACTION, "maximize"),
    "error": (FRACTION, "minimize"),
    "loss": ("", "minimize"),
    "perplexity": ("", "minimize"),
    "seconds": ("s", "minimize"),
}
_OWN = {metric.name: metric for metric in TRAINING_METRICS}
_WORDS = ("space", "description", "licence")
_MEANING = ("split", "unit", "direction", "per")  # of a metric: what makes its numbers another quantity


@dataclass(frozen=True)
class FileHeader:
    """What the first line says: the name of the search space, metrics, description, licence; "": not said."""

    space: str = ""
    metrics: tuple[Metric, ...] = ()
    description: str = ""
    licence: str = ""

    def to_json(self) -> str:
        """Return one line of JSON; what a metric's name says by itself is left out."""
        told = [metric.to_json() for metric in self.metrics if metric != metric_by_name(metric.name)]
        line = {"space": self.space, "metrics": told} | {name: getattr(self, name) for name in _WORDS[1:]}
        return json.dumps({name: value for name, value in line.items() if value})

    @classmethod
    def from_json(cls, given: object) -> "FileHeader":
        """Return the header that a first line holds.

        Raises:
            InputError: it is something else.
        """
        metrics = given.get("metrics", []) if isinstance(given, dict) else None
        if (
            not isinstance(given, dict)
            or not isinstance(metrics, list)
            or not all(isinstance(metric, dict) for metric in metrics)
            or not all(isinstance(given.get(name, ""), str) for name in _WORDS)
            or set(given) - {"metrics", *_WORDS}
        ):
            raise InputError(
                'expected the first line to say {"space": "<name>", "metrics": [{"name": ..., "split": ..., '
                f'"unit": ..., "direction": ...}}, ...]}}, got {json.dumps(given)[:200]}'
            )
        words = {name: given.get(name, "") for name in _WORDS}
        return cls(metrics=tuple(Metric.from_json(metric) for metric in metrics), **words)


def metrics_named(names: Iterable[str], declared: Mapping[str, Metric]) -> dict[str, Metric]:
    """Return the metrics by name: as declared, else what the name says by itself.

    Raises:
        InputError: a name that is neither.
    """
    found = {}
    for name in names:
        metric = declared.get(name) or metric_by_name(name)
        if metric is None:
            raise InputError(
                f"unknown column {name!r}: it is none of {', '.join(KEY_FIELDS)}, and no metric known by its "
                f"name; if it is a metric, declare it with split, unit and direction"
            )
        found[name] = metric
    return found


def metric_by_name(name: str) -> Metric | None:
    """Return the metric that a name alone says: ``test_loss`` is a loss on the test split; else None."""
    if name in _OWN:
        return _OWN[name]
    split, _, quantity = name.partition("_")
    if split not in SPLITS or quantity not in _QUANTITIES:
        return None
    unit, direction = _QUANTITIES[quantity]
    return Metric(name, split if quantity != "seconds" else None, unit, direction)


def check_same_meaning(metric: Metric, told: Metric) -> None:
    """Refuse a metric that a file declares otherwise than the one of its name here.

    Raises:
        InputError: another split, unit, direction, or run against architecture.
    """
    for name in _MEANING:
        if getattr(metric, name) != getattr(told, name):
            raise InputError(
                f"metric {metric.name!r}: expected {name} {getattr(metric, name)!r}, but the file declares "
                f"{getattr(told, name)!r}; rename the file's column"
            )
