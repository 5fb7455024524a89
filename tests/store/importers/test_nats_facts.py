"""The facts of whole benchmarks, which no test has at hand: on stores that hold them, or do not."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from nats_sample import SSS, TSS, load, sample_folder

from surronas.spaces import Cell201, SearchSpace
from surronas.spaces.nats_size import NatsSize
from surronas.store import BenchmarkStore
from surronas.store.importers import Fact, nas_bench_201_pth, nats_bench_sss, nats_bench_tss
from surronas.store.importers.nats_facts import Best, Spot
from surronas.store.importers.nats_records import COSTS, RUN_METRICS, recipe
from surronas.store.schema import new_records

Facts = Callable[[BenchmarkStore, Sequence[str]], Iterable[Fact]]


def listed(shared: Path, name: str) -> list[str]:
    return load(sample_folder(shared, name) / "meta.pickle.pbz2")["meta_archs"]


def store_with(
    path: Path, space: SearchSpace, names: list[str], known: Sequence[Spot | Best]
) -> BenchmarkStore:
    """Return a store of all architectures that holds the published numbers, and lower ones around them."""
    store = BenchmarkStore.create(path, space, metrics=(*RUN_METRICS, *COSTS))
    cells = space.from_strings(names)
    for task, epochs in sorted({(one.task, one.epochs) for one in known}):
        here = [one for one in known if (one.task, one.epochs) == (task, epochs)]
        values = {one.metric: np.full(len(cells), 0.1) for one in here}
        for one in here:
            values[one.metric][max(one.cell, 0)] = one.value
        if not epochs:
            store.attach(cells, {metric: 10 * column for metric, column in values.items()}, task=task)
            continue
        records = new_records(len(cells), cells.shape[1], values)
        records["architecture"], records["task"], records["epochs"] = cells, task, epochs
        records["recipe"], records["seed"] = recipe("a benchmark"), 777
        for metric, column in values.items():
            records[metric] = column
        store.append(records)
    return store


def topology(store: BenchmarkStore, names: Sequence[str]) -> Iterator[Fact]:
    yield from nats_bench_tss.facts(store, names)


def version_1_1(store: BenchmarkStore, names: Sequence[str]) -> Iterator[Fact]:
    yield from nas_bench_201_pth.facts(store, names, "v1_1")


@pytest.mark.parametrize(
    ("facts", "known", "count"),
    [
        (topology, nats_bench_tss.BESTS, 1 + 5 + 3),
        (version_1_1, nas_bench_201_pth.BESTS["v1_1"], 1 + 6 + 6),
    ],
)
def test_the_optima_of_a_whole_benchmark_are_asserted(
    shared: Path, tmp_path: Path, facts: Facts, known: tuple[Best, ...], count: int
) -> None:
    names = listed(shared, TSS)
    found = list(facts(store_with(tmp_path / "right", Cell201(), names, known), names))
    held = [fact for fact in found if not fact.text.startswith("architecture ") or "of the best" in fact.text]
    assert len(held) == count
    assert all(fact.holds for fact in held)
    wrong = [one._replace(value=one.value - 0.01, cell=17) for one in known]
    told = list(facts(store_with(tmp_path / "wrong", Cell201(), names, wrong), names))
    assert sum(not fact.holds for fact in told) >= count - 1


def test_the_mean_of_the_whole_size_space_is_asserted(shared: Path, tmp_path: Path) -> None:
    names, space = listed(shared, SSS), NatsSize()
    best = Best("test_accuracy", "cifar10", 90, 0.1, 0.0)
    (fact,) = nats_bench_sss.facts(store_with(tmp_path / "store", space, names, [best]), names)
    assert not fact.holds
    assert fact.found == pytest.approx(0.1)
    assert fact.expected == 0.91085
