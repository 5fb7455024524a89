import numpy as np
import pytest

from surronas.encodings import (
    Encoding,
    Paths,
    concatenate,
    live_one_hot,
    live_one_hot_counts,
    one_hot,
    operation_counts,
    ordinal,
    paths,
    standardized,
    whole_space,
)
from surronas.errors import InputError
from surronas.explanation import decision_of_each_feature, path_effects, tree_contributions
from surronas.explanation.features import SHARED
from surronas.spaces import Cell201, space_named
from surronas.surrogates import GaussianProcessSurrogate, Matrix, Vector, XGBoostSurrogate
from surronas.surrogates.contributions import feature_contributions


class Linear:
    """A surrogate that is a known weighted sum of its features."""

    def __init__(self, weights: Vector) -> None:
        self.weights = weights

    def predict(self, X: Matrix, return_std: bool = False) -> Vector:
        return X @ self.weights


@pytest.fixture
def trees(cell201: Cell201) -> XGBoostSurrogate:
    """Trees that saw only 0→3 and 2→3 matter."""
    cells = cell201.sample(200, np.random.default_rng(0))
    y = 1.0 * (cells[:, 3] == 3) + 0.5 * (cells[:, 5] == 2)
    return XGBoostSurrogate(num_rounds=30).fit(one_hot(cell201, cells), y)


@pytest.mark.parametrize("encoding", [one_hot, live_one_hot, live_one_hot_counts, ordinal])
def test_a_feature_that_stands_for_a_decision_does_not_change_with_others(
    encoding: Encoding, cell201: Cell201, rng: np.random.Generator
) -> None:
    decision = decision_of_each_feature(encoding, cell201)
    cells = cell201.sample(50, rng)
    cells[:, :] = np.where(cells == 0, 1, cells)  # all edges live
    before = encoding(cell201, cells)
    for i in range(6):
        moved = cells.copy()
        moved[:, i] = 1 + moved[:, i] % 4
        changed = (encoding(cell201, moved) != before).any(axis=0)
        assert set(decision[changed]) <= {i, SHARED}
        assert i in decision[changed]


def test_wrapped_and_joined_encodings_keep_their_columns(cell201: Cell201) -> None:
    joined = whole_space(standardized(concatenate(operation_counts, standardized(one_hot), paths)))
    decision = decision_of_each_feature(joined, cell201)
    assert (decision[:4] == SHARED).all()
    np.testing.assert_array_equal(decision[4:34], np.repeat(np.arange(6), 5))
    assert (decision[34:] == SHARED).all()
    with pytest.raises(InputError, match="expected an encoding with features that stand for a decision"):
        decision_of_each_feature(paths, cell201)


def test_contributions_of_trees_sum_to_their_prediction(
    trees: XGBoostSurrogate, cell201: Cell201, rng: np.random.Generator
) -> None:
    cells = cell201.sample(40, rng)
    X = one_hot(cell201, cells)
    latent = trees.booster_.inplace_predict(X).reshape(40, -1).mean(axis=1)
    np.testing.assert_allclose(feature_contributions(trees, X).sum(axis=1), latent, atol=1e-5)
    found = tree_contributions(trees, one_hot, cell201, cells)
    np.testing.assert_allclose(found.contributions.sum(axis=1) + found.shared + found.base, latent, atol=1e-5)
    sizes = np.abs(found.contributions).mean(axis=0)
    assert sorted(np.argsort(-sizes)[:2]) == [3, 5]
    assert (found.shared == 0).all()


def test_counts_are_shared_by_decisions(cell201: Cell201, rng: np.random.Generator) -> None:
    cells = cell201.sample(100, rng)
    X = live_one_hot_counts(cell201, cells)
    found = tree_contributions(XGBoostSurrogate().fit(X, X[:, -2]), live_one_hot_counts, cell201, cells)
    assert np.abs(found.shared).mean() > 5 * np.abs(found.contributions).sum(axis=1).mean()


def test_effects_of_paths_are_those_of_their_features(cell201: Cell201, rng: np.random.Generator) -> None:
    encoding = concatenate(one_hot, paths)
    listed = paths.listed(cell201)
    best = listed.index(("nor_conv_3x3", "nor_conv_3x3"))
    weights = np.zeros(30 + len(listed))
    weights[30 + best] = 0.25
    cells = cell201.sample(400, rng)
    found = path_effects(Linear(weights), encoding, cell201, cells)
    there = paths(cell201, cells)[:, best] > 0
    assert found.paths == listed
    assert found.counts[best] == there.sum() > 1
    assert found.effects[best] == pytest.approx(0.25)
    assert found.differences[best] == pytest.approx(0.25)
    assert found.errors[best] == pytest.approx(0, abs=1e-9)
    others = np.delete(found.effects, best)
    assert (np.isnan(others) | (np.abs(others) < 1e-12)).all()
    np.testing.assert_array_equal(np.isnan(found.effects), found.counts == 0)


def test_effects_of_paths_in_a_fitted_surrogate(cell201: Cell201, rng: np.random.Generator) -> None:
    cells = cell201.sample(200, rng)
    good = paths.listed(cell201).index(("nor_conv_3x3",))
    X = paths(cell201, cells)
    process = GaussianProcessSurrogate().fit(X, X[:, good] + 0.01 * rng.standard_normal(200))
    found = path_effects(process, whole_space(paths), cell201, cells)
    assert int(np.nanargmax(np.abs(found.effects))) == good


def test_path_effects_of_nothing_and_of_other_encodings(cell201: Cell201) -> None:
    nothing = path_effects(Linear(np.ones(84)), paths, cell201, [0, 0, 0, 0, 0, 0])
    assert nothing.counts.sum() == 0
    assert np.isnan(nothing.differences).all()
    with pytest.raises(InputError, match="expected the encoding paths, alone or concatenated"):
        path_effects(Linear(np.ones(30)), one_hot, cell201, [0, 0, 0, 0, 0, 0])
    darts = space_named("darts")
    with pytest.raises(InputError, match="paths of space 'darts' are too many for a column each: use"):
        path_effects(Linear(np.ones(512)), Paths(), darts, darts.sample(1, np.random.default_rng(0)))
