"""All scripts run, two at a time: what passes, misses, is skipped for want of a table, or fails."""

import os
import site
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from surronas.errors import InputError, SurronasError
from surronas.reproduction.jobs import Ended, Job, run_jobs
from surronas.reproduction.results import Result, log_folder, read_result, result_path
from surronas.reproduction.scripts import Script
from surronas.reproduction.tables import how_to_get, is_at_hand, open_table

PASS, MISS, SKIPPED, ERROR = "pass", "MISS", "skipped", "ERROR"
_MISSED, _MISSING = 1, 3  # exit codes of a script; 0: all lines hold, 2: bad input
_LAST_LINES = 12


@dataclass(frozen=True)
class Outcome:
    """What came of one script."""

    script: Script
    status: str  # PASS, MISS, SKIPPED or ERROR
    told: tuple[str, ...] = ()  # lines that miss, what is missing, or what went wrong
    seconds: float = 0.0
    result: Result | None = None  # of PASS and MISS
    log: Path | None = None  # all that it printed; None where it was not run
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """How scripts of one folder are run."""

    stores: Path
    full: bool = False
    workers: int = 2

    @property
    def mode(self) -> str:
        """The mode as results have it."""
        return "full" if self.full else "quick"


def missing_packages(script: Script) -> list[str]:
    """Return the packages that a script needs and that are not installed."""
    return [name for name in script.packages if not _installed(name)]


def missing_tables(script: Script, stores: Path) -> list[str]:
    """Return the tables without which a script can't run and that are not at hand."""
    checkout = checkout_of(script)
    return [name for name in script.data if not is_at_hand(name, stores, checkout)]


def lacking(script: Script, stores: Path) -> tuple[str, ...]:
    """Return what a script lacks, each with how to get it."""
    tables = [how_to_get(name, stores) for name in missing_tables(script, stores)]
    packages = missing_packages(script)
    return (*tables, *([f"pip install {' '.join(packages)}"] if packages else []))


def checkout_of(script: Script) -> Path:
    """Return the folder that holds the folder of scripts."""
    return script.path.absolute().parents[1]


def run_scripts(
    scripts: Sequence[Script], plan: Plan, on_tables: Callable[[list[str]], None] = lambda names: None
) -> Generator[Outcome, None, None]:
    """Yield what came of each script as it ends: first those that can't run, then the longest.

    Tables are imported before, one after the other, so that no two scripts import the same one at once.
    A script whose table is refused is an error, and is not run. Quick results of earlier runs go first.
    """
    able = []
    for script in scripts:
        if not plan.full:
            result_path(script.path, plan.mode).unlink(missing_ok=True)
        if lacks := lacking(script, plan.stores):
            yield Outcome(script, SKIPPED, lacks)
        else:
            able.append(script)
    refused = _import_tables(able, plan.stores, on_tables)
    waiting = {}
    for script in sorted(able, key=lambda script: -script.minutes[plan.full]):
        if reasons := [refused[name] for name in _tables(script) if name in refused]:
            yield Outcome(script, ERROR, tuple(reasons))
        else:
            waiting[script.name] = (script, _stamp(result_path(script.path, plan.mode)))
    jobs = [_job(script, plan) for script, _ in waiting.values()]
    folder = checkout_of(scripts[0])
    for ended in run_jobs(jobs, workers=plan.workers, folder=folder, environment=_environment()):
        script, stamp = waiting[ended.name]
        yield _outcome(script, plan, ended, stamp)


def _tables(script: Script) -> tuple[str, ...]:
    return script.data + script.optional_data


def _import_tables(
    scripts: Iterable[Script], stores: Path, on_tables: Callable[[list[str]], None]
) -> dict[str, str]:
    """Import and check the tables at hand; return why each that is refused is refused."""
    refused = {}
    asked = {name: checkout_of(script) for script in scripts for name in _tables(script)}
    there = {name: checkout for name, checkout in asked.items() if is_at_hand(name, stores, checkout)}
    on_tables(sorted(there))
    for name, checkout in sorted(there.items()):
        try:
            open_table(name, stores, checkout)
        except (SurronasError, OSError) as error:
            refused[name] = f"{name} is refused: {type(error).__name__}: {error}"
    return refused


def _job(script: Script, plan: Plan) -> Job:
    command = [sys.executable, str(script.path.absolute()), "--stores", str(plan.stores.absolute())]
    log = log_folder(script.path.parent) / f"{script.name}.log"
    return Job(script.name, command + ["--quick"] * (not plan.full), log)


def _environment() -> dict[str, str]:
    """Return what scripts find around them: one thread each, and this library rather than another."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    root = str(Path(__file__).parents[2])
    found = [] if root in site.getsitepackages() else [root]  # a checkout, perhaps not the installed one
    paths = [*found, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, **threads, "PYTHONPATH": os.pathsep.join(paths)}


def _outcome(script: Script, plan: Plan, ended: Ended, before: tuple[int, int]) -> Outcome:
    """Return what came of a script that has run: its exit code and its new result have to agree."""
    path = result_path(script.path, plan.mode)
    log = log_folder(script.path.parent) / f"{script.name}.log"
    last = _last_lines(log)
    if ended.code == _MISSING:
        return Outcome(script, SKIPPED, last[-1:], ended.seconds, None, log)
    told = last
    if ended.code in (0, _MISSED):
        try:
            result = read_result(path, plan.mode) if _stamp(path) != before else None
        except InputError as error:
            return Outcome(script, ERROR, (str(error),), ended.seconds, None, log)
        if result is not None and result.num_asserted and bool(result.missed) == (ended.code == _MISSED):
            status, notes = (MISS if result.missed else PASS), _other_data(script, result)
            return Outcome(script, status, result.missed, ended.seconds, result, log, notes)
        told = (*last, *_disagreement(ended.code, path, result))
    return Outcome(script, ERROR, (*told, f"exit code {_code(ended.code)}"), ended.seconds, None, log)


def _disagreement(code: int, path: Path, result: Result | None) -> list[str]:
    """Return why an exit code of a run is not believed."""
    if result is None:  # code 1 is an uncaught error's as well, which speaks for itself
        return [f"it has written no result to {path}"] if code == 0 else []
    if not result.num_asserted:
        return [f"it asserts nothing: {path}"]
    return [f"{len(result.missed)} lines miss in {path}, which does not go with exit code {code}"]


def _other_data(script: Script, result: Result) -> tuple[str, ...]:
    """Return a note where a table is not the one of the committed result."""
    try:
        committed = read_result(result_path(script.path, "full"), "full")
    except InputError:
        committed = None
    known = committed.data if committed else {}
    other = [name for name, digest in result.data.items() if known.get(name, digest) != digest]
    return (f"other files of {', '.join(other)} than the committed result's",) if other else ()


def _last_lines(log: Path) -> tuple[str, ...]:
    """Return the end of what a script printed, without empty lines."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return tuple(line for line in lines if line.strip())[-_LAST_LINES:]


def _code(code: int) -> str:
    """Return an exit code in words; a killed process may have wanted more memory than there is."""
    killed = -code if code < 0 else code - 128 if code > 128 else 0
    return f"{code} (killed by signal {killed})" if killed else str(code)


def _stamp(path: Path) -> tuple[int, int]:
    """Return what tells a file from one that was put in its place."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_ino, found.st_mtime_ns)


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
