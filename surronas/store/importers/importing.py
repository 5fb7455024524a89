"""From an importer to a store: built aside, checked against published facts, renamed; or added to one."""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from surronas.errors import ImportFactsError, InputError, StoreError
from surronas.store.files import partial_name, remove_strays, sync_folder
from surronas.store.folder import STRAY_SECONDS
from surronas.store.importers.base import Benchmark, Fact, Importer, reading
from surronas.store.storage import FILE_SUFFIX
from surronas.store.store import BenchmarkStore

_Part = TypeVar("_Part")


@dataclass(frozen=True)
class ImportReport:
    """What an import has made."""

    path: Path
    num_runs: int
    num_architectures: int
    facts: list[Fact] = field(default_factory=list)


def import_benchmark(
    importer: Importer,
    source: Path,
    dest: Path,
    *,
    progress: Callable[[str], None] = lambda line: None,
) -> ImportReport:
    """Make a store at ``dest`` of what lies at ``source``; a killed import leaves nothing there.

    Raises:
        InputError: the source is not what the importer expects, or is damaged.
        ImportFactsError: the source does not hold what was published; nothing is left at ``dest``.
        StoreError: there is something at ``dest``, or it can't be written.
    """
    source, dest = Path(source), Path(dest)
    if dest.exists():
        raise StoreError(f"can't import to {dest}: it exists; choose another path, or move it away")
    if not source.exists() and str(source) not in importer.words:
        raise InputError(f"there is nothing at {source}; expected {importer.expects}")
    remove_strays(dest.parent, re.escape(dest.name), older_than_seconds=STRAY_SECONDS)
    aside = partial_name(dest)
    try:
        with reading(source, importer.expects):
            benchmark = importer.read(source)
        store = _fill(aside, benchmark, source, importer, progress)
        facts = list(benchmark.facts(store))
        if wrong := [fact for fact in facts if not fact.holds]:
            raise ImportFactsError(
                f"{source} does not hold what {importer.title} is known to hold: "
                f"{'; '.join(map(str, wrong))}; take the file from its source again"
            )
        report = ImportReport(dest, len(store), len(store.architectures), facts)
        del store
        _put_in_place(aside, dest)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return report


def import_into(
    store: BenchmarkStore, importer: Importer, source: Path, *, existing: str = "raise"
) -> tuple[int, int]:
    """Add what lies at ``source`` to a store of the same space; return how many runs and values were new.

    Batches are added one after the other, each durably: after a failure, ``existing="skip"`` goes on.

    Raises:
        InputError: the source is not what the importer expects, is damaged, or of another space.
        DuplicateRowsError: runs that the store already holds, unless ``existing`` is "skip".
    """
    with reading(source, importer.expects):
        read_for = importer.read_for
        benchmark = importer.read(Path(source)) if read_for is None else read_for(Path(source), store)
    if benchmark.space.name != store.space.name:
        raise InputError(
            f"expected architectures of space {store.space.name!r} in {source}, "
            f"got space {benchmark.space.name!r}"
        )
    num_runs = sum(_append(store, benchmark, source, importer, existing))
    return num_runs, sum(_attach(store, benchmark, source, importer))


def _fill(
    aside: Path, benchmark: Benchmark, source: Path, importer: Importer, progress: Callable[[str], None]
) -> BenchmarkStore:
    """Return a new folder store with all runs and columns of the benchmark, merged."""
    store = BenchmarkStore.create(
        aside,
        benchmark.space,
        metrics=benchmark.metrics,
        canonical=benchmark.canonical,
        description=benchmark.description,
        licence=benchmark.licence,
    )
    for _ in _append(store, benchmark, source, importer, "raise"):
        progress(f"{len(store)} runs of {len(store.architectures)} architectures")
    for count in _attach(store, benchmark, source, importer):
        progress(f"{count} values attached")
    store.merge()
    return store


def _append(
    store: BenchmarkStore, benchmark: Benchmark, source: Path, importer: Importer, existing: str
) -> Iterator[int]:
    """Append the batches of runs one after the other; give the number of new runs of each."""
    metrics = [metric for metric in benchmark.metrics if metric.per == "run"]
    for batch in _read_on(benchmark.runs, source, importer.expects):
        command = _command(importer, source)
        yield store.append(batch, existing=existing, metrics=metrics, command=command)


def _attach(store: BenchmarkStore, benchmark: Benchmark, source: Path, importer: Importer) -> Iterator[int]:
    """Attach the columns one after the other; give the number of new values of each."""
    for columns in _read_on(benchmark.columns, source, importer.expects):
        yield store.attach(
            columns.architectures,
            columns.values,
            task=columns.task,
            recipe=columns.recipe,
            device=columns.device,
            metrics=benchmark.metrics,
            origin=benchmark.origin,
            command=_command(importer, source),
        )


def _read_on(parts: Iterable[_Part], source: Path, expects: str) -> Iterator[_Part]:
    """Give the parts as the importer's reader makes them; what breaks the reader is one clear error."""
    iterator = iter(parts)
    while True:
        with reading(source, expects):
            try:
                part = next(iterator)
            except StopIteration:
                return
        yield part


def _command(importer: Importer, source: Path) -> str:
    return f"surronas import {importer.name} {source.name}"


def _put_in_place(aside: Path, dest: Path) -> None:
    """Rename the finished store to where it belongs: the folder, or its one segment for an .h5 file."""
    made = aside
    if dest.suffix == FILE_SUFFIX:
        (made,) = aside.glob(f"segment-*{FILE_SUFFIX}")
    try:
        made.rename(dest)
        sync_folder(dest.parent)
    except OSError as error:
        raise StoreError(f"can't write {dest}: {error.strerror}; nothing is left there") from error
