"""NAS-Bench-NLP from its training logs: recurrent cells as language models, with full curves of 50 epochs."""

import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import Architectures
from surronas.spaces.recurrent_cell import RecurrentCell
from surronas.store.importers.base import Benchmark, Columns, Fact, Importer
from surronas.store.schema import Metric, Records, new_records
from surronas.store.store import BenchmarkStore

_LOGS = "log_stats_model_*.json"
_MOST_BYTES = 2**22  # 4 MB: a log has 5 kB
_BATCH = 5_000  # runs at once: 4 MB of curves
_LICENCE = "Apache-2.0"
_SOURCE = "Klyuchnikov et al., NAS-Bench-NLP, 2020, arXiv 2006.07116; github.com/fmsnew/nas-bench-nlp-release"
_LOSSES = {"train_loss": "train_losses", "valid_loss": "val_losses", "test_loss": "test_losses"}
_SETTINGS = (  # what the logs say of the training
    "model", "nlayers", "emsize", "nhid", "tied", "epochs", "batch_size", "bptt", "lr", "wdecay", "clip",
    "alpha", "beta", "dropout", "dropouth", "dropouti", "dropoute", "wdrop", "eval_batch_size",
)  # fmt: skip
_STATUSES = {"OK": "ok", "loss is nan!": "diverged", "KeyboardInterrupt": "killed"}
_WIKITEXT, _WIKITEXT_LOGS = "wikitext-2", 345

_MOST_EPOCHS = 10_000
_LARGEST = float(np.finfo(np.float32).max)  # what a curve can hold


def _metric(name: str, split: str | None, unit: str, description: str, per: str = "run") -> Metric:
    return Metric(name, split, unit, "minimize", description, _SOURCE, _LICENCE, per)


_LOSS = "mean cross-entropy of a word, measured after the epoch without dropout; perplexity is its exp"
METRICS = (
    _metric("train_loss", "train", "nats", f"{_LOSS}: `train_losses`"),
    _metric("valid_loss", "valid", "nats", f"{_LOSS}: `val_losses`"),
    _metric("test_loss", "test", "nats", f"{_LOSS}: `test_losses`"),
    _metric("train_seconds", None, "s", "wall time of training, without evaluation: the sum of `wall_times`"),
    _metric(
        "params",
        None,
        "parameters",
        "`num_params`: the language model, its tied embedding once, dead nodes of the cell included",
        "architecture",
    ),
)
_DESCRIPTION = (
    "NAS-Bench-NLP: recurrent cells as language models of three layers. A row is one training run. The "
    "source gives no seeds: they number the repeats of a cell, in the order of the logs' names. Rows hold "
    "the last epoch; earlier and best ones are in the curves (the authors take the best test loss of all "
    "epochs). The curve of train_seconds is cumulative. A run that failed keeps its epochs in the curves "
    "and has no final loss. A cell is stored as the log has it, dead nodes included; the names of its "
    "nodes are not. The doc2vec features of the release, learned from the text of recipes, belong to 108 "
    "of the 344 recipes of the WikiText-2 logs; they are not imported."
)


@dataclass(frozen=True)
class _Log:
    """One training run as its log has it."""

    task: str
    recipe: str
    epochs: int
    cell: str
    status: str
    params: float
    curves: dict[str, NDArray[np.float64]]  # (finished epochs,) each


def read(source: Path) -> Benchmark:
    """Return the benchmark of all logs in a zip file, or in a folder and those below it.

    Raises:
        InputError: no log is there, one comes twice, or one is not what it should be.
    """
    texts = dict(sorted(_unique(_texts(source), source)))
    if not texts:
        raise InputError(f"expected {IMPORTER.expects}; {source} holds no {_LOGS}")
    logs = [_log(name, text) for name, text in texts.items()]
    space = RecurrentCell()
    cells = space.from_strings([log.cell for log in logs])
    tasks = Counter(log.task for log in logs)
    whole = tasks[_WIKITEXT] == _WIKITEXT_LOGS
    held = ", ".join(f"{count:,} logs of {task}" for task, count in sorted(tasks.items()))
    part = "" if whole or not tasks[_WIKITEXT] else f" (a part: the release has {_WIKITEXT_LOGS})"
    return Benchmark(
        space=space,
        metrics=METRICS,
        description=f"{_DESCRIPTION} Imported: {held}{part}.",
        licence=_LICENCE,
        runs=_runs(logs, cells),
        columns=_columns(logs, cells),
        facts=_facts if whole else lambda store: (),
    )


def _texts(source: Path) -> Iterator[tuple[str, str, bytes]]:
    """Give where each log lies, its name and its bytes."""
    if source.is_dir():
        for path in sorted(source.rglob(_LOGS)):
            yield str(path), path.name, path.read_bytes()
        return
    with zipfile.ZipFile(source) as archive:
        for entry in archive.infolist():
            name = PurePosixPath(entry.filename).name
            if fnmatch(name, _LOGS):
                if entry.file_size > _MOST_BYTES:
                    raise InputError(
                        f"{entry.filename} in {source} has {entry.file_size} bytes; no log is so large"
                    )
                yield entry.filename, name, archive.read(entry)


def _unique(texts: Iterable[tuple[str, str, bytes]], source: Path) -> Iterator[tuple[str, bytes]]:
    """Give names and bytes; a log that lies there twice would count as two runs."""
    places: dict[str, str] = {}
    for place, name, text in texts:
        if name in places:
            raise InputError(
                f"{source} holds the log {name} twice, at {places[name]} and {place}; take one away"
            )
        places[name] = place
        yield name, text


def _log(name: str, text: bytes) -> _Log:
    """Return one log, checked."""
    given = json.loads(text)
    needed = (*_SETTINGS, *_LOSSES.values(), "data", "recepie", "status", "num_params", "wall_times")
    if not isinstance(given, dict) or (lacking := [field for field in needed if field not in given]):
        what = f"lacks {', '.join(lacking)}" if isinstance(given, dict) else "is no JSON object"
        raise InputError(f"the log {name} {what}; expected a log of the authors' training")
    curves = {metric: _numbers(given[field]) for metric, field in _LOSSES.items()}
    curves["train_seconds"] = np.cumsum(_numbers(given["wall_times"]))
    epochs, lengths = int(given["epochs"]), {len(curve) for curve in curves.values()}
    status, done = _status(str(given["status"]), curves), max(lengths)
    if len(lengths) > 1 or not done <= epochs <= _MOST_EPOCHS or (status == "ok" and done != epochs):
        raise InputError(
            f"the log {name} of {epochs} epochs, status {given['status']!r}, has curves of {sorted(lengths)} "
            f"epochs; expected curves of one length, all epochs where the run is OK"
        )
    recipe = {setting: given[setting] for setting in _SETTINGS} | {
        "benchmark": "NAS-Bench-NLP",
        "optimizer": "Adam",
        "seeds": "numbers of the repeats; the source gives no seeds",
    }
    return _Log(
        PurePosixPath(str(given["data"])).name,
        json.dumps(recipe, sort_keys=True),
        epochs,
        str(given["recepie"]),
        status,
        float(given["num_params"]),
        curves,
    )


def _numbers(given: list[float]) -> NDArray[np.float64]:
    """Return (n,) numbers; what is too large for a curve is infinite."""
    numbers = np.array(given, np.float64).reshape(len(given))
    return np.where(np.abs(numbers) > _LARGEST, np.inf, numbers)


def _status(given: str, curves: Mapping[str, NDArray[np.float64]]) -> str:
    """Return our word for how a run ended; an OK one with a loss that is no finite number has diverged."""
    if given.startswith("Exception"):
        return "out_of_memory" if "out of memory" in given.lower() else "failed"
    if given not in _STATUSES:
        raise InputError(
            f"unknown status {given!r} of a log; expected {', '.join(_STATUSES)} or Exception: ..."
        )
    finite = all(np.isfinite(curve).all() for curve in curves.values())
    return _STATUSES[given] if finite or given != "OK" else "diverged"


def _runs(logs: list[_Log], cells: Architectures) -> Iterator[Records]:
    """Give the runs, some thousand at a time; repeats of a cell are numbered in the order of the logs."""
    seen: Counter[tuple[str, str, bytes]] = Counter()
    longest = max(log.epochs for log in logs)
    for start in range(0, len(logs), _BATCH):
        part = logs[start : start + _BATCH]
        names = [*_LOSSES, "train_seconds"]
        records = new_records(len(part), cells.shape[1], names, names, longest)
        records["architecture"], records["origin"] = cells[start : start + _BATCH], "benchmark"
        for row, log in zip(records, part, strict=True):
            key = (log.task, log.recipe, row["architecture"].tobytes())
            row["task"], row["recipe"], row["epochs"], row["status"] = (
                log.task,
                log.recipe,
                log.epochs,
                log.status,
            )
            row["seed"], seen[key] = seen[key], seen[key] + 1
            for name, curve in log.curves.items():
                row[f"{name}_curve"][: len(curve)] = curve
                if len(curve) and (log.status == "ok" or name == "train_seconds"):
                    row[name] = curve[-1]
        yield records


def _columns(logs: list[_Log], cells: Architectures) -> Iterator[Columns]:
    """Give the numbers of parameters, which depend on the task's vocabulary and the recipe's sizes."""
    for task, recipe in sorted({(log.task, log.recipe) for log in logs}):
        at = [i for i, log in enumerate(logs) if (log.task, log.recipe) == (task, recipe)]
        yield Columns(cells[at], {"params": np.array([logs[i].params for i in at])}, task, recipe)


def _facts(store: BenchmarkStore) -> Iterable[Fact]:
    """Return what the release's WikiText-2 logs are known to hold, counted from them."""
    runs = store.records(task=_WIKITEXT)
    ok, cells = runs[runs["status"] == "ok"], np.unique(runs["architecture"], axis=0)
    yield Fact("runs on WikiText-2", _WIKITEXT_LOGS, len(runs))
    yield Fact("runs that finished", 341, len(ok))
    yield Fact("runs that diverged", 4, int((runs["status"] == "diverged").sum()))
    yield Fact("different cells", 277, len(cells))
    yield Fact(
        "different cells up to isomorphism and dead nodes", 260, len(set(store.space.keys(cells).tolist()))
    )
    best = float(ok["valid_loss_curve"].min())
    yield Fact("lowest validation loss of any epoch", 4.5676, best, 5e-5)
    yield Fact("lowest validation loss after 50 epochs", 4.5695, float(ok["valid_loss"].min()), 5e-5)


IMPORTER = Importer(
    name="nas-bench-nlp",
    title="NAS-Bench-NLP (Klyuchnikov et al., 2020)",
    expects=f"a zip file of training logs ({_LOGS}), as in the authors' repository, or a folder of them",
    by_hand="https://github.com/fmsnew/nas-bench-nlp-release, train_logs_wikitext-2/logs.zip (WikiText-2), "
    "train_logs_single_run/logs.zip and train_logs_multi_runs/logs.zip (Penn Treebank)",
    read=read,
)
