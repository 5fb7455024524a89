"""Answers for isomorphic twins."""

import numpy as np
import pytest
from store_runs import AXES, make_runs

from surronas.errors import AmbiguousQueryError, ArchitectureError, InputError, MissingRowsError
from surronas.spaces import Cell201
from surronas.spaces.known import SPACE_CLASSES, space_named
from surronas.store import SEED_MEAN, BenchmarkStore, new_records


@pytest.fixture(scope="module")
def twins() -> np.ndarray:
    """Five cells of one class, in the order of their codes."""
    space = Cell201()
    everything = space.enumerate()
    keys = space.keys(everything)
    return everything[keys == keys[100]][:5]


@pytest.fixture
def held(path, cell201: Cell201, twins: np.ndarray) -> BenchmarkStore:
    """Runs of the second to fourth twin; the second's first seed diverged."""
    store = BenchmarkStore.create(path, cell201)
    runs = make_runs(twins[1:4])
    runs["status"][0], runs["valid_accuracy_curve"][0] = "diverged", np.nan
    store.append(runs)
    return store


def test_the_first_twin_with_a_value_answers(held: BenchmarkStore, twins: np.ndarray) -> None:
    own = held.query(twins, "valid_accuracy", seed=0, missing="nan")
    assert np.isnan(own).tolist() == [True, True, False, False, True]
    found = held.query(twins, "valid_accuracy", seed=0, equivalent=True)
    np.testing.assert_array_equal(found, own[[2, 2, 2, 3, 2]])
    other = held.query(twins, "valid_accuracy", seed=1, missing="nan")
    np.testing.assert_array_equal(
        held.query(twins[::-1], "valid_accuracy", seed=1, equivalent=True), other[[1, 1, 2, 3, 1]][::-1]
    )
    strings = held.space.to_strings(twins)
    np.testing.assert_array_equal(held.query(strings, "valid_accuracy", seed=0, equivalent=True), found)


def test_all_seeds_come_from_one_architecture(held: BenchmarkStore, twins: np.ndarray) -> None:
    own = held.query(twins, "valid_accuracy", seed="all", missing="nan")
    found = held.query(twins, "valid_accuracy", seed="all", equivalent=True)
    np.testing.assert_array_equal(found, own[[1, 1, 2, 3, 1]])  # its missing seed stays missing
    mean = held.query(twins, "valid_accuracy", seed="mean", equivalent=True)
    np.testing.assert_array_equal(mean, np.nanmean(found, axis=1))


def test_columns_of_architectures_have_twins_too(held: BenchmarkStore, twins: np.ndarray) -> None:
    params = held.query(twins[1:4], "params")
    found = held.query(twins, "params", equivalent=True)
    np.testing.assert_array_equal(found, params[[0, 0, 1, 2, 0]])


def test_curves_of_twins(held: BenchmarkStore, twins: np.ndarray) -> None:
    own = held.curves(twins, "valid_accuracy", seed=0, missing="nan")
    found = held.curves(twins, "valid_accuracy", seed=0, equivalent=True)
    np.testing.assert_array_equal(found, own[[2, 2, 2, 3, 2]])
    nobody = np.full((1, 6), 3, np.int8)
    both = held.curves(
        np.append(nobody, twins[:1], axis=0), "valid_accuracy", seed=0, missing="nan", equivalent=True
    )
    np.testing.assert_array_equal(both[1], own[2])
    assert np.isnan(both[0]).all()
    with pytest.raises(MissingRowsError, match="no valid_accuracy curve of their own or of an isomorphic"):
        held.curves(nobody, "valid_accuracy", seed=0, equivalent=True)


def test_a_run_of_a_twin_is_contained(held: BenchmarkStore, twins: np.ndarray) -> None:
    assert held.contains(twins).tolist() == [False, True, True, True, False]
    assert held.contains(twins, **AXES, seed=0, equivalent=True).all()  # the diverged one is a run too
    assert not held.contains(twins, seed=9, equivalent=True).any()
    assert not held.contains(np.full((1, 6), 3), equivalent=True).any()


def test_without_any_twin_the_error_says_so(held: BenchmarkStore) -> None:
    nobody = np.full((1, 6), 3, np.int8)
    with pytest.raises(MissingRowsError, match="no valid_accuracy of their own or of an isomorphic twin"):
        held.query(nobody, "valid_accuracy", seed=0, equivalent=True)
    assert np.isnan(held.query(nobody, "valid_accuracy", seed=0, equivalent=True, missing="nan")).all()
    with pytest.raises(ArchitectureError, match="expects 0 to 4"):
        held.query([[9] * 6], "valid_accuracy", seed=0, equivalent=True)


def test_the_whole_space_from_one_cell_of_each_class(path, cell201: Cell201) -> None:
    """6,466 classes answer for 15,625 cells, as the canonical store does."""
    everything = cell201.enumerate()
    classes = np.unique(cell201.canonical(everything), axis=0)
    store = BenchmarkStore.create(path, cell201)
    store.append(make_runs(classes, (0,)))
    found = store.query(everything, "valid_accuracy", equivalent=True)
    expected = store.query(cell201.canonical(everything), "valid_accuracy")
    np.testing.assert_array_equal(found, expected)
    assert store.contains(everything, equivalent=True).all()
    late = everything[~(everything == cell201.canonical(everything)).all(axis=1)][:1]
    store.append(make_runs(late, (0,)))  # what was found before is not kept beyond it
    own = store.query(late, "valid_accuracy")
    assert store.query(late, "valid_accuracy", equivalent=True) == own
    assert own != found[cell201.codes(late)]


@pytest.mark.parametrize("name", sorted(SPACE_CLASSES))
def test_every_space_has_its_twins(path, name: str, rng: np.random.Generator) -> None:
    """The canonical form, alone in the store, answers for each architecture, and so does it for itself."""
    space = space_named(name)
    some = space.sample(20, rng)
    forms = space.canonical(some)
    _, first = np.unique(space.codes(forms), return_index=True)
    runs = new_records(len(first), space.num_decisions, ["test_loss"])
    runs["architecture"], runs["task"], runs["test_loss"] = forms[first], "t", np.arange(len(first))
    store = BenchmarkStore.create(path, space)
    store.append(runs)
    found = store.query(some, "test_loss", equivalent=True)
    np.testing.assert_array_equal(found, store.query(forms, "test_loss"))


def test_seed_counts(store: BenchmarkStore, cell201: Cell201, cells: np.ndarray) -> None:
    more = make_runs(cells[:3], (2, 3))
    more["status"][0] = "killed"
    more["valid_accuracy"][1] = np.nan
    store.append(more)
    counts = store.seed_counts(cells, "valid_accuracy", **AXES)
    assert counts.tolist() == [3, 3, 4] + [2] * 27
    assert counts.dtype == np.int64
    absent = np.setdiff1d(np.arange(15_625), cell201.codes(cells))[:1]
    assert store.seed_counts(cell201.from_codes(absent), "valid_accuracy").tolist() == [0]
    assert store.seed_counts(cells[:2], "test_loss").tolist() == [0, 0]
    assert store.seed_counts(cells[:2], "valid_accuracy", task="audio").tolist() == [0, 0]


def test_seed_counts_of_a_mean_that_the_source_gives(store: BenchmarkStore, cells: np.ndarray) -> None:
    means = make_runs(cells[:20], (7,))
    means["seed"], means["valid_accuracy"] = SEED_MEAN, np.nan
    store.append(means[[name for name in means.dtype.names if not name.endswith("_curve")]])
    assert store.seed_counts(cells, "test_accuracy").tolist() == [-1] * 20 + [0] * 10
    assert store.seed_counts(cells, "valid_accuracy").tolist() == [2] * 30


def test_seed_counts_are_as_strict_as_a_query(store: BenchmarkStore, cells: np.ndarray) -> None:
    with pytest.raises(InputError, match="params is a column of architectures: no seeds stand behind it"):
        store.seed_counts(cells, "params")
    with pytest.raises(InputError, match="unknown metric 'speed'"):
        store.seed_counts(cells, "speed")
    store.append(make_runs(cells, task="fashion"))
    with pytest.raises(AmbiguousQueryError, match="leaves the task open"):
        store.seed_counts(cells, "valid_accuracy")
