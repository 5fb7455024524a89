"""One damaged store after another: flipped bits and truncations, and what check, queries and repair say."""

import shutil
import signal
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from torture_rows import METRICS, SALTS, SPACE, numbers, rows_of

from surronas.errors import MissingRowsError, StoreError
from surronas.store import BenchmarkStore, check_store, repair_store
from surronas.store.container import BLOCK

SECONDS = 30  # after which a trial counts as hanging
CODES, SEEDS = np.arange(3_000), (0, 1, 2)
REPAIRED = 10  # one trial in so many is repaired as well


def make_sound(folder: Path) -> None:
    """Write the sound stores that the trials damage copies of: a file, and a folder of five segments."""
    whole = np.concatenate([rows_of(CODES, seed) for seed in SEEDS])
    BenchmarkStore.create(folder / "store.h5", SPACE).append(whole)
    store = BenchmarkStore.create(folder / "store", SPACE)
    for part in np.split(whole, [1, 41, 3_000]):
        store.append(part)


def run_trials(sound: str, numbers_of_trials: range) -> Counter[str]:
    """Return how many trials came out how."""
    signal.signal(signal.SIGALRM, _hangs)
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers_of_trials:
            signal.alarm(SECONDS)
            try:
                outcomes.update(_trial(Path(sound), Path(folder) / "s", number))
            except _HangError:
                outcomes["hang"] += 1
            except Exception as error:  # whatever is not ours is what this looks for
                outcomes[f"crash in trial {number}: {type(error).__name__}: {error}"] += 1
            signal.alarm(0)
    return outcomes


class _HangError(BaseException):
    """A trial took too long; no border of ours may take it for an error of the disk."""


def _hangs(*_: object) -> None:
    raise _HangError


def _trial(sound: Path, place: Path, number: int) -> list[str]:
    """Damage one bit, or cut one file short; return the words for what came of it."""
    rng = np.random.default_rng([17, number])
    path = _copy(sound / ("store" if number % 3 == 0 else "store.h5"), place)
    files = sorted(path.glob("segment-*.h5")) if path.is_dir() else [path]
    sizes = np.array([file.stat().st_size for file in files])
    file = files[rng.choice(len(files), p=sizes / sizes.sum())]
    content = bytearray(file.read_bytes())
    at = int(rng.integers(len(content)))
    if number % 10 == 9:
        words, content = ["truncations"], content[:at]
    else:
        words = ["flipped bits"]
        content[at] ^= 1 << int(rng.integers(8))
    file.write_bytes(content)
    words += ["found by check" if check_store(path) else "NOT FOUND BY CHECK", _read(path, file, at)]
    return words + (_repair(path) if number % REPAIRED == 0 else [])


def _copy(sound: Path, place: Path) -> Path:
    """Return a fresh copy of a sound store."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    if sound.is_dir():
        return Path(shutil.copytree(sound, place / sound.name))
    return Path(shutil.copy(sound, place))


def _read(path: Path, file: Path, at: int) -> str:
    """Ask for everything: each answer is right or refused; if none is refused, none has read that block."""
    try:
        store = BenchmarkStore.open(path)
    except StoreError:
        return "refused at opening"
    if _answers(store) == "refused":
        return "refused by a query"
    for segment in store._table.segments:
        if Path(segment.name) == file and segment.container._verified[at // BLOCK]:
            return "READ WITHOUT A WORD"
    return "touched by no query"


def _answers(store: BenchmarkStore) -> str:
    """Return whether any query is refused.

    Raises:
        ArithmeticError: a wrong number.
    """
    refused, cells = False, SPACE.from_codes(CODES)
    for name in (*METRICS, "valid_accuracy_curve"):
        for seed in SEEDS:
            try:
                if name.endswith("_curve"):
                    held = store.curves(cells, "valid_accuracy", seed=seed)
                else:
                    held = store.query(cells, name, seed=None if name == "params" else seed)
            except StoreError as error:
                if isinstance(error, MissingRowsError):
                    raise ArithmeticError("a row is gone") from error
                refused = True
                continue
            if (held != numbers(CODES, np.full(len(CODES), seed), SALTS[name])).any():
                raise ArithmeticError(name)
    try:
        if len(store.records()) != len(CODES) * len(SEEDS):
            raise ArithmeticError("rows")
    except StoreError:
        refused = True
    return "refused" if refused else "answered"


def _repair(path: Path) -> list[str]:
    """Repair the store; what is left in it must be right, and sound."""
    try:
        repair_store(path)
    except StoreError:
        return ["could not be repaired, left as it was"]
    if lines := check_store(path):
        raise ArithmeticError(f"not sound after its repair: {lines}")
    records = BenchmarkStore.open(path).records()
    codes = SPACE.codes(records["architecture"])
    for name, salt in SALTS.items():
        if name in records.dtype.names:
            held, right = records[name], numbers(codes, records["seed"], salt)
            if ((held != right) & ~np.isnan(held)).any():
                raise ArithmeticError(name)
    share = len(records) / (len(CODES) * len(SEEDS))
    return [f"repaired, {'all' if share == 1 else '90 % and more' if share >= 0.9 else 'fewer'} rows kept"]
