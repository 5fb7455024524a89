"""NATS-Bench, topology and size spaces: the official folder of one file an architecture, or the single file.

The folder ("...-simple") is read one file at a time; the single file is one pickle, so all of it is in memory
at once, as it is for the authors' own package (28 GB for the topology space): take the folder where you can.
"""

import bz2
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.store.importers.base import Benchmark, Columns, Fact
from surronas.store.importers.nats_records import COSTS, LICENCE, RUN_METRICS, Costs, Run, records_of, runs_of
from surronas.store.importers.restricted import load_pickle
from surronas.store.schema import Records
from surronas.store.store import BenchmarkStore

META, EXTENSION = "meta.pickle.pbz2", ".pickle.pbz2"
BATCH = 500  # architectures a batch: 40 MB of records with their curves
_MOST_BYTES = 2**27  # of one architecture; the largest in the official sample has 0.33 MB

Results = Mapping[str, Any]  # hp -> "ArchResults" of one architecture
Facts = Callable[[BenchmarkStore, Sequence[str]], Iterable[Fact]]


@dataclass
class Source:
    """The architectures of a benchmark in its own order, and the records of those that are there."""

    space: SearchSpace
    benchmark: str  # its name in the recipes
    listed: Sequence[str]
    records: Iterable[tuple[int, Results]]  # index, and what was measured
    costs: Costs = field(default_factory=Costs)

    def runs(self) -> Iterator[Records]:
        """Give the runs of ``BATCH`` architectures at a time, with their curves."""
        waiting: list[Run] = []
        for count, (index, results) in enumerate(self.records, 1):
            waiting += self._runs_of(index, results)
            if count % BATCH == 0:
                yield from records_of(waiting, self.benchmark)
                waiting = []
        if not waiting and not self.costs.rows:
            raise InputError("expected the records of at least one architecture, found none")
        yield from records_of(waiting, self.benchmark)

    def columns(self) -> Iterator[Columns]:
        """Give the costs that were gathered on the way."""
        yield from self.costs.columns()

    def _runs_of(self, index: int, results: Results) -> list[Run]:
        """Return the runs of one architecture, those of the longest schedule first."""
        (name,) = {result["arch_str"] for result in results.values()}
        if not 0 <= index < len(self.listed) or self.listed[index] != name:
            raise InputError(
                f"the file of architecture {index} holds {name!r}, not the one that is listed there"
            )
        (architecture,) = self.space.from_strings([name])
        runs: list[Run] = []
        for hp in sorted(results, key=int, reverse=True):
            runs += (same := runs_of(architecture, results[hp]["all_results"]))
            self.costs.gather(same)
        return runs


def read_nats(path: Path, space: SearchSpace, benchmark: str, expects: str, facts: Facts) -> Benchmark:
    """Return NATS-Bench's records at a path, to be read as they are asked for.

    Raises:
        InputError: neither the official folder nor the single file, or of the other space.
    """
    listed, records, count = _folder(path, expects) if path.is_dir() else _single(path, expects)
    if len(listed) != space.num_architectures:
        raise InputError(
            f"{path} lists {len(listed)} architectures, expected {space.num_architectures}: "
            f"is it the other space of NATS-Bench? expected {expects}"
        )
    source = Source(space, benchmark, listed, records)
    return Benchmark(
        space,
        (*RUN_METRICS, *COSTS),
        describe(benchmark, count, len(listed)),
        LICENCE,
        source.runs(),
        source.columns(),
        lambda store: facts(store, listed),
    )


def describe(benchmark: str, count: int, total: int) -> str:
    """Return what a store of a benchmark's records is, and how to read it."""
    part = "" if count == total else f" A part: {count:,} of {total:,} architectures."
    return (
        f"{benchmark}: every published training run.{part} Tasks are the benchmark's data sets: "
        f"cifar10-valid was trained on half of the training images and validated on the other half, "
        f"cifar10 on all of them (no validation split). The benchmark's validation accuracy for CIFAR-10 "
        f"is that of cifar10-valid, its test accuracy that of cifar10. Seeds are the benchmark's own; "
        f"curves are empty at epochs that it did not evaluate. Costs are those of the longest schedule."
    )


def _folder(path: Path, expects: str) -> tuple[list[str], Iterator[tuple[int, Results]], int]:
    """Return the list of architectures of a folder, the records as they are read, and how many there are."""
    if not (path / META).is_file():
        raise InputError(f"there is no {META} in {path}; expected {expects}")
    files = {
        int(match[1]): file
        for file in sorted(path.iterdir())
        if (match := re.fullmatch(r"(\d{1,6})\.pickle\.pbz2", file.name))
    }
    records = ((index, _load(files[index], _MOST_BYTES)) for index in sorted(files))
    return _listed(_load(path / META, _MOST_BYTES)), records, len(files)


def _single(path: Path, expects: str) -> tuple[list[str], Iterator[tuple[int, Results]], int]:
    """Return the same of the single file; what has been read is let go."""
    if not path.name.endswith(EXTENSION) or path.name == META:
        raise InputError(f"{path} is not NATS-Bench's file; expected {expects}")
    whole = _load(path)
    listed, infos = _listed(whole), whole["arch2infos"]
    if not isinstance(infos, dict):
        raise InputError(f"{path} holds no records; expected {expects}")
    return listed, ((index, infos.pop(index)) for index in sorted(infos)), len(infos)


def _listed(meta: Mapping[str, Any]) -> list[str]:
    return [str(name) for name in meta["meta_archs"]]


def _load(path: Path, max_bytes: int = 2**36) -> dict[str, Any]:
    """Return the dict in a compressed pickle.

    Raises:
        InputError: it is damaged, or holds anything but numbers and plain containers.
    """
    try:
        with bz2.open(path) as file:
            loaded = load_pickle(file, max_bytes=max_bytes)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error
    if not isinstance(loaded, dict):
        raise InputError(f"{path.name} holds a {type(loaded).__name__}, expected a dict")
    return loaded
