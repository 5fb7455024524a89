import numpy as np
import pytest

from surronas.errors import ArchitectureError
from surronas.spaces.layers import Layers

LAYERS = Layers(depth=1, fewest=1, most=3, start=2, width=2)
NUM_CHOICES = np.array([2, 3, 2, 3, 2, 3, 2, 3])
ONE, TWO, THREE = (
    np.array([row], np.int8)
    for row in ([0, 0, 1, 2, 0, 0, 0, 0], [1, 1, 1, 2, 0, 1, 0, 0], [1, 2, 1, 2, 0, 1, 1, 0])
)


def test_counts_layers_and_knows_which_decisions_are_theirs() -> None:
    batch = np.vstack([ONE, TWO, THREE])
    assert LAYERS.count(batch).tolist() == [1, 2, 3]
    assert LAYERS.present(batch).sum(axis=1).tolist() == [4, 6, 8]
    assert LAYERS.allowed(batch).all()


def test_a_decision_of_an_absent_layer_is_not_allowed_and_is_trimmed() -> None:
    stray = ONE.copy()
    stray[0, -1] = 1
    assert not LAYERS.allowed(stray).any()
    np.testing.assert_array_equal(LAYERS.trimmed(stray), ONE)


def test_neighbors_drop_the_last_layers_or_repeat_the_last_one() -> None:
    neighbors, owner = LAYERS.neighborhoods(TWO, NUM_CHOICES)
    assert (owner == 0).all()
    assert len(neighbors) == 1 + 2 + 2 * (1 + 2)  # whole network, depth, two layers
    by_depth = {tuple(row) for row in neighbors[neighbors[:, 1] != 1].tolist()}
    assert by_depth == {(1, 0, 1, 2, 0, 0, 0, 0), (1, 2, 1, 2, 0, 1, 0, 1)}


def test_neighborhoods_of_a_batch_are_those_of_its_rows() -> None:
    batch = np.vstack([THREE, ONE, TWO])
    neighbors, owner = LAYERS.neighborhoods(batch, NUM_CHOICES)
    assert (np.diff(owner) >= 0).all()
    for number in range(3):
        alone, _ = LAYERS.neighborhoods(batch[[number]], NUM_CHOICES)
        np.testing.assert_array_equal(neighbors[owner == number], alone)


def test_mutants_are_all_neighbors_with_even_odds() -> None:
    neighbors, _ = LAYERS.neighborhoods(TWO, NUM_CHOICES)
    mutants = LAYERS.mutate(np.repeat(TWO, 9_000, axis=0), NUM_CHOICES, np.random.default_rng(0))
    distinct, counts = np.unique(mutants, axis=0, return_counts=True)
    np.testing.assert_array_equal(distinct, np.unique(neighbors, axis=0))
    assert counts.min() > 800  # 1,000 expected each


def test_children_take_layers_whole_and_a_layer_that_one_parent_lacks_from_the_other() -> None:
    a, b = np.repeat(ONE, 500, axis=0), np.repeat(THREE, 500, axis=0)
    b[:, 2:4] = 0
    children = LAYERS.crossover(a, b, np.random.default_rng(0))
    assert LAYERS.allowed(children).all()
    deep = children[children[:, 1] == 2]
    assert 0 < len(deep) < 500
    np.testing.assert_array_equal(deep[:, 4:], np.repeat(THREE[:, 4:], len(deep), axis=0))
    assert {tuple(layer) for layer in children[:, 2:4].tolist()} == {(0, 0), (1, 2)}


def test_parents_of_different_shapes_are_refused() -> None:
    with pytest.raises(ArchitectureError, match="expected parents of one shape"):
        LAYERS.crossover(ONE, np.vstack([ONE, TWO]), np.random.default_rng(0))
