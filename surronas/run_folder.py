"""A run of the loop on disk: the grown store, plans and rounds; after any stop the same command goes on."""

import fcntl
import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from surronas.errors import RunFolderError
from surronas.journal import Candidate, Incumbent, Journal, Measurement, Quality, Round
from surronas.metrics import Calibration
from surronas.store import BenchmarkStore, Records
from surronas.store.files import write_aside

_SETTINGS, _COMMANDS, _STORE, _HELD_OUT = "settings.json", "commands.json", "store", "held_out.h5"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that decides a run; the same settings, or more rounds, on the same folder go on with it."""

    source: str  # path of the store that the run starts from
    metric: str
    task: str
    recipe: str  # canonical JSON
    seeds: tuple[int, ...]  # of every training
    num_start: int  # architectures sampled from the source
    num_held_out: int  # other architectures sampled from it, to judge the surrogates
    num_rounds: int
    per_round: int  # architectures trained in a round
    seed: int  # of sampling and searching
    asynchronous: bool = False  # no worker waits for the end of a round
    sampled_share: float = 0.0  # of the candidates that are drawn at random


@dataclass(frozen=True)
class Command:
    """One command that began a run or went on with it."""

    line: str
    started: str  # UTC, ISO 8601
    versions: Mapping[str, str]


class RunFolder(Journal):
    """The journal of a run, kept in a folder; every file is written aside and renamed into place."""

    def __init__(self, path: Path, settings: Settings, display: Journal) -> None:
        super().__init__()
        self.path, self.settings, self.display = path, settings, display
        self.store = BenchmarkStore.open(path / _STORE)
        self.held_out: Records = BenchmarkStore.open(path / _HELD_OUT).table()

    def plan(self, number: int) -> tuple[Candidate, ...] | None:
        """Return the candidates planned for a round, None if none are yet."""
        path = self.path / f"plan-{number:02d}.json"
        kept = _read(path)
        try:
            return None if kept is None else tuple(_candidate(each) for each in kept)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _damaged(path, error) from error

    def finished_round(self, number: int) -> Round | None:
        """Return, and show, a round that was finished before; None if it was not yet."""
        path = self.path / f"round-{number:02d}.json"
        kept = _read(path)
        if kept is None:
            return None
        try:
            finished = _round(kept)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _damaged(path, error) from error
        self.display.finished(finished)
        return finished

    def planned(self, number: int, candidates: tuple[Candidate, ...]) -> None:
        """Keep the candidates of a round, before they are trained."""
        write_json(self.path / f"plan-{number:02d}.json", [asdict(candidate) for candidate in candidates])
        self.display.planned(number, candidates)

    def picked(self, number: int, candidate: Candidate) -> None:
        """Keep one more candidate of a round, before it is trained."""
        candidates = (*(self.plan(number) or ()), candidate)
        write_json(self.path / f"plan-{number:02d}.json", [asdict(each) for each in candidates])
        self.display.picked(number, candidate)

    def trained(self, row: Records) -> None:
        """Show a training; its row is in the store."""
        self.display.trained(row)

    def finished(self, round_: Round) -> None:
        """Keep a finished round."""
        write_json(self.path / f"round-{round_.number:02d}.json", asdict(round_))
        self.display.finished(round_)

    def commands(self) -> tuple[Command, ...]:
        """Return the commands that began the run and went on with it, in their order."""
        return tuple(Command(**kept) for kept in _read(self.path / _COMMANDS) or ())


@contextmanager
def open_run(
    path: Path,
    settings: Settings,
    display: Journal,
    prepare: Callable[[Path, Path], None],
    command: Command,
) -> Iterator[RunFolder]:
    """Open a run folder for this process alone; ``prepare(store path, held-out path)`` fills a new one.

    Raises:
        RunFolderError: the path holds something else, a run with other settings, or one that another
            process works on; or it can't be written.
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        _make(path, settings, prepare)
    kept = _read(path / _SETTINGS) if path.is_dir() else None
    if not isinstance(kept, dict):
        raise RunFolderError(
            f"expected a run folder or a new path, but {path} holds something else; name another"
        )
    wanted = json.loads(json.dumps(asdict(settings)))
    kept = {"asynchronous": False, "sampled_share": 0.0, **kept}  # runs of before these could be chosen
    changed = [name for name in wanted if kept.get(name) != wanted[name]]
    if changed == ["num_rounds"] and wanted["num_rounds"] > kept["num_rounds"]:
        changed = []  # a run may be given more rounds
    if changed:
        raise RunFolderError(
            f"{path} is a run with other settings ({', '.join(changed)}); "
            "repeat its command to go on with it, or name another folder"
        )
    with _alone(path):
        if wanted != kept:
            write_json(path / _SETTINGS, wanted)
        run = RunFolder(path, settings, display)
        write_json(path / _COMMANDS, [asdict(each) for each in (*run.commands(), command)])
        yield run


def _make(path: Path, settings: Settings, prepare: Callable[[Path, Path], None]) -> None:
    """Make the folder aside and rename it into place, so that a run folder is always a whole one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.making-", dir=path.parent))
    except OSError as error:
        raise RunFolderError(
            f"can't write a run folder at {path}: {error.strerror}; name another place"
        ) from error
    try:
        prepare(aside / _STORE, aside / _HELD_OUT)
        write_json(aside / _SETTINGS, asdict(settings))
        aside.chmod(0o755)
        os.rename(aside, path)
    except OSError as error:
        raise RunFolderError(
            f"can't write a run folder at {path}: {error.strerror}; name another place"
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the run's lock; it goes with the process, however that ends."""
    try:
        lock = open(path / ".lock", "w")  # noqa: SIM115 (closed by the block below)
    except OSError as error:
        raise RunFolderError(f"can't write in {path}: {error.strerror}; name another folder") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RunFolderError(
                f"another process works on {path}; wait for it, or name another folder"
            ) from error
        yield


def write_json(path: Path, content: object) -> None:
    """Write JSON aside, sync and rename it into place; NaN is kept as NaN."""
    write_aside(path, [json.dumps(content, indent=1).encode()])


def without_nan(content: Any) -> Any:
    """Return content for JSON with NaN as None, at any depth: JSON has no NaN."""
    if isinstance(content, Mapping):
        return {str(name): without_nan(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [without_nan(value) for value in content]
    return None if isinstance(content, float) and math.isnan(content) else content


def _read(path: Path) -> Any:
    """Return the JSON in a file, None if there is no file."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> RunFolderError:
    return RunFolderError(f"{path} is damaged ({error!r}); remove it to redo that part of the run")


def _candidate(kept: Mapping[str, Any]) -> Candidate:
    predicted = {name: (mean, std) for name, (mean, std) in kept["predicted"].items()}
    return Candidate(tuple(kept["architecture"]), kept["text"], kept["proposer"], predicted)


def _round(kept: Mapping[str, Any]) -> Round:
    quality = {
        name: Quality(**{**each, "calibration": Calibration(**_tuples(each["calibration"]))})
        for name, each in kept["quality"].items()
    }
    return Round(
        kept["number"],
        kept["num_rows"],
        tuple(_candidate(each) for each in kept["candidates"]),
        tuple(Measurement(**_tuples(each)) for each in kept["measurements"]),
        Incumbent(**_tuples(kept["incumbent"])),
        quality,
    )


def _tuples(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields with JSON's lists as tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
