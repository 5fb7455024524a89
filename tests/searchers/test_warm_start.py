from pathlib import Path

import numpy as np
import pytest
from contracts.searcher_contract import worth

from surronas.encodings import default_encoding
from surronas.errors import ArchitectureError, InputError
from surronas.searchers import BayesianOptimization, Pool
from surronas.searchers.warm_start import WarmStart, warm_start
from surronas.spaces import Architectures, Cell201, space_named
from surronas.store import BenchmarkStore
from surronas.surrogates import GaussianProcessSurrogate, MeanSurrogate

SPACE = Cell201()


def related(cells: Architectures) -> np.ndarray:
    """Another task: in another unit, bent, and with a share of its own."""
    own = np.random.default_rng(9).uniform(size=(6, 5))
    canonical = SPACE.canonical(cells)
    share = np.where(SPACE.live(canonical), own[np.arange(6), canonical], 0.0).sum(axis=1)
    return np.exp(worth(cells) + 0.3 * share)


def source(n: int = 150) -> tuple[Architectures, np.ndarray]:
    cells = SPACE.sample(n, np.random.default_rng(5))
    return cells, related(cells)


def best_after(queries: int, pool: Pool, seed: int, score, start: WarmStart | None = None) -> float:
    """Return the best score that Bayesian optimisation finds, warm or cold, five architectures to begin."""
    options = {} if start is None else {"encoding": start.encoding, "initial": start.initial}
    searcher = BayesianOptimization(SPACE, seed=seed, candidates=pool, num_initial=5, **options)
    best = -np.inf
    for _ in range(queries):
        asked = searcher.ask()
        value = score(asked)
        searcher.tell(asked, value)
        best = max(best, float(value[0]))
    return best


def test_another_tasks_rows_speed_up_a_search() -> None:
    pool = Pool(SPACE, SPACE.sample(2000, np.random.default_rng(8)))
    start = warm_start(SPACE, *source())
    warm, cold = ([best_after(9, pool, seed, worth, one) for seed in range(4)] for one in (start, None))
    assert np.mean(warm) > np.mean(cold) + 0.1


def test_rows_that_tell_nothing_do_little_harm() -> None:
    pool = Pool(SPACE, SPACE.sample(2000, np.random.default_rng(8)))
    cells = source()[0]
    start = warm_start(SPACE, cells, np.random.default_rng(0).standard_normal(len(cells)))
    warm, cold = ([best_after(25, pool, seed, worth, one) for seed in range(2)] for one in (start, None))
    assert np.mean(warm) > np.mean(cold) - 0.3


def test_the_shipped_store_helps_a_search_of_the_same_kind(shipped: Path) -> None:
    store = BenchmarkStore.open(shipped)
    cells = store.architectures
    accuracy = store.query(cells, "valid_accuracy", seed="mean", missing="nan")
    known = np.flatnonzero(np.isfinite(accuracy))[::20]
    assert len(known) > 20
    start = warm_start(SPACE, cells[known], accuracy[known])
    cells = SPACE.sample(300, np.random.default_rng(0))
    features = start.encoding(SPACE, cells)
    assert features.shape[1] == default_encoding(SPACE, cells).shape[1] + 1
    assert np.isfinite(features).all()


@pytest.mark.slow
def test_cifar100_speeds_up_cifar10(shared: Path, tmp_path: Path) -> None:
    from surronas.store.importers.importing import import_benchmark
    from surronas.store.importers.nas_bench_201_tables import IMPORTER

    import_benchmark(IMPORTER, shared / "benchmarks" / "nasbench201", tmp_path / "t.h5")
    store, pool = BenchmarkStore.open(tmp_path / "t.h5"), Pool(SPACE)
    axes = {"epochs": 200, "seed": 888}
    rows = np.random.default_rng(0).permutation(len(pool.architectures))[:100]
    known = store.query(pool.architectures[rows], "test_accuracy", task="cifar100", **axes)
    start = warm_start(SPACE, pool.architectures[rows], known)
    score = dict(
        zip(
            pool.keys.tolist(),
            store.query(pool.architectures, "test_accuracy", task="cifar10-valid", **axes).tolist(),
            strict=True,
        )
    )

    def answer(asked: Architectures) -> np.ndarray:
        return np.array([score[key] for key in pool.resolve(asked)])

    warm, cold = ([best_after(8, pool, seed, answer, one) for seed in range(6)] for one in (start, None))
    assert np.mean(warm) > np.mean(cold) + 0.005  # half a point of accuracy


def test_the_prediction_is_the_last_ordinary_column_and_has_a_group_of_its_own() -> None:
    start, cells = warm_start(SPACE, *source()), SPACE.sample(400, np.random.default_rng(1))
    plain, warm = default_encoding(SPACE, cells), start.encoding(SPACE, cells)
    ordinary = int((default_encoding.groups(SPACE) >= 0).sum())
    np.testing.assert_array_equal(np.delete(warm, ordinary, axis=1), plain)
    groups = start.encoding.groups(SPACE)
    assert (groups == groups[ordinary]).sum() == 1
    assert np.corrcoef(warm[:, ordinary], np.log(related(cells)))[0, 1] > 0.8
    everything = start.encoding(SPACE, SPACE.enumerate())[:, ordinary]
    assert 2 * everything.var() == pytest.approx(1.0)  # two architectures differ by 1


def test_the_best_rows_come_first_and_no_network_twice() -> None:
    cells, scores = source()
    start = warm_start(SPACE, np.concatenate([cells, cells]), np.concatenate([scores, scores]), num_initial=8)
    assert start.initial.shape == (8, 6)
    values = related(start.initial)
    np.testing.assert_array_equal(values, np.sort(values)[::-1])
    assert values[0] == scores.max()
    assert len(np.unique(SPACE.keys(start.initial))) == 8


def test_a_few_rows_or_none_to_begin_with_are_enough() -> None:
    cells, scores = source(2)
    assert len(warm_start(SPACE, cells, scores).initial) == 2
    assert warm_start(SPACE, cells[:1], scores[:1], num_initial=0).initial.shape == (0, 6)


def test_a_second_source_adds_a_second_column() -> None:
    cells, scores = source()
    first = warm_start(SPACE, cells, scores, surrogate=MeanSurrogate())
    second = warm_start(SPACE, cells, worth(cells), encoding=first.encoding)
    columns = [one.encoding(SPACE, cells[:3]).shape[1] for one in (first, second)]
    assert columns[1] == columns[0] + 1


def test_the_surrogate_given_stays_unfitted() -> None:
    surrogate = GaussianProcessSurrogate()
    warm_start(SPACE, *source(), surrogate=surrogate)
    assert not hasattr(surrogate, "posterior_")


def test_a_space_too_large_to_enumerate_is_served() -> None:
    space = space_named("darts")
    rows = space.sample(20, np.random.default_rng(0))
    start = warm_start(space, rows, rows.sum(axis=1))
    assert np.isfinite(start.encoding(space, space.sample(5, np.random.default_rng(1)))).all()
    searcher = BayesianOptimization(space, seed=0, encoding=start.encoding, initial=start.initial)
    np.testing.assert_array_equal(space.keys(searcher.ask(5)), space.keys(start.initial))


def test_rows_and_scores_that_are_none_are_refused() -> None:
    cells, scores = source()
    with pytest.raises(InputError, match="expected source rows and num_initial >= 0, got 0 rows"):
        warm_start(SPACE, cells[:0], scores[:0])
    with pytest.raises(InputError, match="and num_initial = -1"):
        warm_start(SPACE, cells, scores, num_initial=-1)
    with pytest.raises(InputError, match=r"scores: expected shape \(150,\)"):
        warm_start(SPACE, cells, scores[:3])
    with pytest.raises(ArchitectureError, match="space 'cell201'"):
        warm_start(SPACE, cells[:, :5], scores)
