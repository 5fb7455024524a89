"""Rows that are the source's own mean over seeds: asked for by seed="mean", never mixed with single seeds."""

import numpy as np
import pytest
from store_runs import AXES, make_runs

from surronas.errors import InputError, MissingRowsError
from surronas.store import SEED_MEAN, BenchmarkStore, Records


@pytest.fixture
def means(cells: np.ndarray) -> Records:
    """The source's own mean test accuracy of the first twenty cells; nothing else of it is known."""
    runs = make_runs(cells[:20], seeds=(7,))
    runs["seed"] = SEED_MEAN
    for name in ("valid_accuracy", "train_loss", "valid_accuracy_curve", "train_loss_curve"):
        runs[name] = np.nan
    return runs


def test_the_mean_of_the_source_answers_for_its_metric_alone(store, means, cells, runs) -> None:
    store.append(means)
    for _ in range(2):
        found = store.query(cells[:20], "test_accuracy", seed="mean")
        np.testing.assert_array_equal(found, means["test_accuracy"])
        with pytest.raises(MissingRowsError):  # no mixture with means of single seeds
            store.query(cells, "test_accuracy", seed="mean")
        ours = store.query(cells, "valid_accuracy", seed="mean")
        np.testing.assert_allclose(ours, runs["valid_accuracy"].reshape(2, -1).mean(axis=0))
        store.merge()


def test_seeds_are_single_seeds(store: BenchmarkStore, means: Records, cells) -> None:
    store.append(means)
    assert store.seeds() == [0, 1]
    assert store.query(cells, "test_accuracy", seed="all").shape == (30, 2)
    listed = store.info()["sections"][0]["seeds"]
    assert listed[0] == {"seed": "mean of the source", "runs": 20}


def test_a_store_of_means_alone(path, cell201, cells, means: Records) -> None:
    store = BenchmarkStore.create(path, cell201)
    store.append(means)
    for seed in (None, "mean", SEED_MEAN):
        found = store.query(cells[:20], "test_accuracy", **AXES, seed=seed)
        np.testing.assert_array_equal(found, means["test_accuracy"])
    assert store.seeds() == []
    with pytest.raises(MissingRowsError):
        store.query(cells[:20], "test_accuracy", seed="all")
    assert store.query(cells[:20], "test_accuracy", seed="all", missing="nan").shape == (20, 0)


def test_other_negative_seeds_are_refused(store: BenchmarkStore, means: Records) -> None:
    means["seed"][3] = -2
    with pytest.raises(InputError, match=r"row 3: expected a seed of at least 0, or SEED_MEAN \(-1\)"):
        store.append(means)
