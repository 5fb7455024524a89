"""What an importer is, and how it makes a store: aside, checked against published facts, put in place."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError, SurronasError
from surronas.spaces import Architectures, SearchSpace
from surronas.store.schema import Metric, Records
from surronas.store.store import BenchmarkStore

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class Columns:
    """Architecture-level values, such as latency on a device or zero-cost proxies, of n architectures."""

    architectures: Architectures  # (n, d)
    values: dict[str, NDArray[np.float64]]  # metric -> (n,), NaN: not measured
    task: str = ""  # "": holds for every task
    recipe: str = ""  # "": holds for every recipe
    device: str = ""


@dataclass(frozen=True)
class Fact:
    """A published fact beside what the imported store says."""

    text: str
    expected: float | int | str
    found: float | int | str
    tolerance: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether what was found is what was published."""
        if isinstance(self.expected, str) or isinstance(self.found, str):
            return self.expected == self.found
        return bool(abs(self.found - self.expected) <= self.tolerance)

    def __str__(self) -> str:
        within = f" (within {self.tolerance:g})" if self.tolerance else ""
        expected, found = (
            f"{value:.9g}" if isinstance(value, float) else value for value in (self.expected, self.found)
        )
        return f"{self.text}: expected {expected}{within}, found {found}"


def no_facts(store: BenchmarkStore) -> Iterable[Fact]:
    """Return no facts: nothing is published to hold the source to."""
    return ()


@dataclass(frozen=True)
class Benchmark:
    """What an importer has found in its source; runs and columns may be read as they are asked for."""

    space: SearchSpace
    metrics: tuple[Metric, ...]
    description: str
    licence: str
    runs: Iterable[Records] = ()  # batches of at most some 50,000 rows, so that memory stays bounded
    columns: Iterable[Columns] = ()
    facts: Callable[[BenchmarkStore], Iterable[Fact]] = no_facts
    canonical: bool = False
    origin: str = "benchmark"  # of the columns


@dataclass(frozen=True)
class Importer:
    """A format that can be imported: ``surronas import NAME SOURCE DEST``."""

    name: str
    title: str
    expects: str  # what SOURCE is
    by_hand: str  # where users get it
    read: Callable[[Path], Benchmark]
    read_for: Callable[[Path, BenchmarkStore], Benchmark] | None = None  # into a store that is there
    words: tuple[str, ...] = ()  # SOURCEs that are no path, such as "installed"


@contextlib.contextmanager
def reading(source: Path, expects: str) -> Iterator[None]:
    """Turn whatever a broken or foreign file makes its reader raise into one clear error.

    Raises:
        InputError: anything but an error of ours went wrong.
    """
    try:
        yield
    except SurronasError:
        raise
    except Exception as error:  # the border to files of others: a parser may raise anything
        what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise InputError(f"can't read {source} ({what}); expected {expects}") from error
