"""Zero-cost proxies and accuracies in the JSON of NASLib (NAS-Bench-Suite-Zero), loose or in zips.

Two forms: ``benchmark--SPACE--TASK--START.json``, a list of records, and ``zc_SPACE.json``, a dict by task
and architecture. A record holds ``val_accuracy`` and, for each proxy, a score and the seconds that it took.
"""

import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import Architectures
from surronas.store.importers.base import Columns
from surronas.store.importers.naslib_architectures import SPACES, architectures_named, padded
from surronas.store.schema import Metric

SOURCE = "https://github.com/automl/NASLib (NAS-Bench-Suite-Zero, Krishnakumar et al. 2022)"
LICENCE = "Apache-2.0"
FAILED = -1e8  # what NASLib's ZeroCost.query gives for NaN and infinity
_CHUNK = re.compile(r"benchmark--([a-z0-9_]+)--(.+)--\d+\.json", re.ASCII)
_WHOLE = re.compile(r"zc_([a-z0-9_]+)\.json", re.ASCII)
_BEST = "best_val_accuracy"
_LARGEST = 100_000_000  # bytes of a JSON file: those at hand have up to 4,000,000
_MILLIONS = {"params": "params", "flops": "macs"}  # NASLib's name -> ours; counts here, millions there
_DESCRIPTIONS = {
    "params": ("parameters", "trainable parameters of the network for this task (the source: millions)"),
    "macs": (
        "multiply-adds for one image, forward",
        "NASLib's flops (millions): one for a multiply-add, normalisation counted too",
    ),
}
Table = dict[str, dict[str, Any]]  # architecture as NASLib writes it -> its record


@dataclass(frozen=True)
class Scores:
    """What NASLib holds of n architectures of a space on a task."""

    space: str  # NASLib's name
    task: str
    architectures: Architectures  # (n, d)
    accuracy: NDArray[np.float64]  # (n,) "val_accuracy" as it stands there; NaN: none
    best: NDArray[np.float64]  # (n,) the same of the best epoch, where that is what a file holds
    proxies: dict[str, NDArray[np.float64]]  # name -> (n,), NaN: none, or the proxy failed

    def columns(self) -> Columns:
        """Return the proxies and their seconds as columns of the architectures."""
        return Columns(self.architectures, self.proxies, self.task)


def read_scores(source: Path, expects: str, wanted: str | None = None) -> list[Scores]:
    """Return the scores of one space by task; ``wanted`` (NASLib's name) picks it where there are several.

    Raises:
        InputError: no such files, none of the wanted space, several spaces and none wanted, or two files
            that contradict each other.
    """
    tables: dict[tuple[str, str], Table] = {}
    for file in _files(source):
        for space, task, records in _records(file, wanted):
            table = tables.setdefault((space, task), {})
            for name, record in records:
                _add(table.setdefault(padded(name, space), {}), record, f"{name}, task {task!r}")
    spaces = sorted({space for space, _ in tables})
    if not spaces:
        of = f" of {wanted}" if wanted else ""
        raise InputError(f"there are no scores{of} at {source}; expected {expects}")
    if len(spaces) > 1:
        formats = ", ".join(f"nas-bench-suite-zero-{space.replace('_', '-')}" for space in spaces)
        raise InputError(
            f"{source} holds scores of several spaces, and a store has one; import each by itself: {formats}"
        )
    return [_scores(space, task, table) for (space, task), table in tables.items()]


def proxy_metrics(scores: list[Scores]) -> Iterator[Metric]:
    """Give the metrics of the proxies that have a value, and of their seconds."""
    for name in dict.fromkeys(name for part in scores for name in part.proxies):
        unit, description = _DESCRIPTIONS.get(name, ("", f"zero-cost proxy {name}, of an untrained network"))
        direction = "minimize" if name in _DESCRIPTIONS else None
        if name.endswith("_seconds"):
            proxy = name.removesuffix("_seconds")
            unit, direction, description = "s", "minimize", f"time to compute {proxy} on the source's machine"
        yield Metric(name, None, unit, direction, description, SOURCE, LICENCE, "architecture")


def failed_as_lowest(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values with the source's stand-in where there is none, as in NASLib's correlations."""
    return np.where(np.isnan(values), FAILED, values)


def _files(source: Path) -> list[Path]:
    """Return the files that may hold scores."""
    if source.is_file():
        return [source]
    named = (_CHUNK, _WHOLE)
    files = sorted(source.iterdir())
    return [f for f in files if f.suffix == ".zip" or any(form.fullmatch(f.name) for form in named)]


Records = Iterable[tuple[str, dict[str, Any]]]


def _records(file: Path, wanted: str | None) -> Iterator[tuple[str, str, Records]]:
    """Give space, task and records (architecture and dict) of each list or dict in a file."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                name = member.filename.rsplit("/", 1)[-1]
                found = _CHUNK.fullmatch(name)
                if found and found[1] in SPACES and wanted in (None, found[1]):
                    _check_size(name, member.file_size)
                    yield found[1], found[2], _listed(json.loads(archive.read(member)))
        return
    found = _CHUNK.fullmatch(file.name) or _WHOLE.fullmatch(file.name)
    if not found or found[1] not in SPACES:
        raise InputError(
            f"can't tell the search space of {file}: expected a zip, zc_SPACE.json or "
            f"benchmark--SPACE--TASK--START.json with SPACE one of {', '.join(SPACES)}"
        )
    if wanted not in (None, found[1]):
        return
    _check_size(file.name, file.stat().st_size)
    data = json.loads(file.read_bytes())
    if len(found.groups()) == 2:
        yield found[1], found[2], _listed(data)
        return
    for task, table in data.get(found[1], data).items():  # some versions have the space around the tasks
        yield found[1], task, _of_best_epoch(table) if found[1].startswith("transbench101") else table.items()


def _of_best_epoch(table: Table) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give TransNAS-Bench-101's records, their accuracy under a name that says what it is.

    NASLib asked the benchmark for the best epoch when it wrote these files, and for the last one when it
    wrote the others. On all 711 cells x 7 tasks that both hold, this value is the better or the same.
    """
    for name, record in table.items():
        yield name, {_BEST if key == "val_accuracy" else key: value for key, value in record.items()}


def _listed(data: list[dict[str, Any]]) -> Records:
    return ((record["arch"], record) for record in data)


def _check_size(name: str, size: int) -> None:
    """Refuse what would fill the memory."""
    if size > _LARGEST:
        raise InputError(f"{name} has {size} bytes, which is no file of scores; expected up to {_LARGEST}")


def _add(known: dict[str, Any], record: Mapping[str, Any], where: str) -> None:
    """Add a record to what is known of an architecture; refuse another value than is known."""
    for key, value in record.items():
        if key in ("idx", "arch") or value is None:
            continue
        if known.setdefault(key, value) != value and known[key] == known[key]:  # NaN is no contradiction
            raise InputError(
                f"architecture {where}: {key} is {str(known[key])[:60]} and {str(value)[:60]}; "
                f"the files are of different versions: import them apart"
            )


def _scores(space: str, task: str, table: Table) -> Scores:
    """Return the scores of a table of records."""
    architectures = architectures_named(list(table), space, task)
    values = [[record.get(key, np.nan) for record in table.values()] for key in ("val_accuracy", _BEST)]
    accuracy, best = np.array(values, np.float64)
    names = dict.fromkeys(key for record in table.values() for key in record)
    proxies: dict[str, NDArray[np.float64]] = {}
    for name in names.keys() - {"val_accuracy", _BEST}:
        given = [record.get(name) for record in table.values()]
        score = _numbers(given, "score")
        ours = _MILLIONS.get(name, name)
        proxies[ours] = np.rint(score * 1e6) if name in _MILLIONS else score
        proxies[f"{ours}_seconds"] = _numbers(given, "time")
    found = {name: proxies[name] for name in sorted(proxies) if not np.isnan(proxies[name]).all()}
    return Scores(space, task, architectures, accuracy, best, found)


def _numbers(given: list[Any], key: str) -> NDArray[np.float64]:
    """Return (n,) scores or times; NaN where there is none, or a stand-in for none."""
    values = [g.get(key) if isinstance(g, Mapping) else g if key == "score" else None for g in given]
    numbers = np.array([np.nan if value is None else value for value in values], np.float64)
    return np.where(np.isfinite(numbers) & (numbers != FAILED), numbers, np.nan)
