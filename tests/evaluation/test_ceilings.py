from pathlib import Path

import numpy as np
import pytest

from surronas.evaluation import Target, noise_ceilings, target_of, target_of_arrays
from surronas.metrics import kendall_tau
from surronas.store import BenchmarkStore, Metric


def with_seeds(target: Target, noise: float, num_seeds: int) -> Target:
    """The target measured anew: the mean over seeds of its values and noise; none of its twins."""
    _, first = np.unique(target.classes, return_index=True)
    shape = (len(first), num_seeds)
    by_seed = target.values[first, None] + np.random.default_rng(1).normal(0, noise, shape)
    changed = {
        "architectures": target.architectures[first],
        "values": by_seed.mean(axis=1),
        "by_seed": by_seed,
        "of_seeds": True,
        "origins": target.origins[first],
        "_classes": [],
    }
    return Target(**{**vars(target), **changed})


@pytest.mark.parametrize("num_seeds", [2, 3, 6])
@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_the_true_ceiling_lies_between_the_estimates(target: Target, num_seeds: int, noise: float) -> None:
    measured = with_seeds(target, noise, num_seeds)
    _, first = np.unique(target.classes, return_index=True)
    truth = kendall_tau(measured.values, target.values[first])
    low, high = noise_ceilings(measured)
    assert low.name == "seeds, errs low"
    assert low.kendall_tau < truth < high.kendall_tau + 0.02
    assert low.num_rows == len(measured)


def test_twins_are_ranked_against_each_other(cell201, cells, target: Target) -> None:
    quiet = target_of_arrays(cell201, cells, cell201.keys(cells).astype(float))
    (ceiling,) = noise_ceilings(quiet)
    assert ceiling.name == "isomorphic twins"
    assert ceiling.kendall_tau == pytest.approx(1.0, abs=1e-3)
    assert ceiling.num_rows < len(cells)
    (noisy,) = noise_ceilings(target)
    assert noisy.kendall_tau < 0.9


def test_twins_may_differ_in_latency(cell201, cells) -> None:
    latency = Metric("latency_ms", None, "ms", "minimize", per="architecture")
    assert noise_ceilings(target_of_arrays(cell201, cells, np.arange(len(cells)), latency)) == ()


def test_a_single_seed_is_ranked_against_the_others(small_store: BenchmarkStore) -> None:
    ceilings = noise_ceilings(target_of(small_store, seed=0))
    assert [each.name for each in ceilings] == ["another seed"] * 2
    of_other = small_store.query(small_store.architectures, "valid_accuracy", seed=1)
    assert ceilings[0].kendall_tau == kendall_tau(target_of(small_store, seed=0).values, of_other)


def test_nothing_is_made_up_where_nothing_is_known(cell201, cells) -> None:
    _, first = np.unique(cell201.keys(cells), return_index=True)
    assert noise_ceilings(target_of_arrays(cell201, cells[first], np.arange(len(first)))) == ()


def test_nas_bench_201_twins_agree_as_published(shared: Path, tmp_path: Path) -> None:
    from surronas.store.importers import import_benchmark, importer_named

    source = shared / "benchmarks" / "nasbench-macro" / "nas-bench-macro_cifar10.json"
    if not source.exists():
        pytest.skip("no NAS-Bench-Macro table")
    import_benchmark(importer_named("nasbench-macro"), source, tmp_path / "macro.h5")
    low, high = noise_ceilings(target_of(BenchmarkStore.open(tmp_path / "macro.h5")))
    assert 0.89 < low.kendall_tau < 0.90 < high.kendall_tau < 0.96
