from functools import cache
from itertools import permutations

import numpy as np
import pytest

from surronas.encodings import Encoding, Features, live_one_hot_counts, one_hot
from surronas.errors import ArchitectureError, InputError
from surronas.explanation import Explanation, decisions_of, explain
from surronas.explanation import shapley as module
from surronas.spaces import Architectures, Cell201, SearchSpace, space_named
from surronas.surrogates import (
    GaussianProcessSurrogate,
    Matrix,
    NearestNeighborsSurrogate,
    Surrogate,
    Vector,
    XGBoostSurrogate,
)

SPACES = ["cell201", "transnas_micro", "nasbench_macro", "nats_size", "cell101", "graph_network", "darts"]


class Sum:
    """A surrogate that is a known function: of one-hot features the weighted sum, squared on request."""

    def __init__(self, weights: Vector, power: int = 1) -> None:
        self.weights, self.power = weights, power

    def predict(self, X: Matrix, return_std: bool = False) -> Vector:
        return (X @ self.weights) ** self.power


def fitted(space: SearchSpace, encoding: Encoding, surrogate: Surrogate) -> Surrogate:
    cells = space.sample(80, np.random.default_rng(1))
    X = encoding(space, cells)
    return surrogate.fit(X, np.sin(X @ np.random.default_rng(2).random(X.shape[1])) + X[:, 0])


def sums_up(explanation: Explanation) -> None:
    gain = explanation.predictions - explanation.base
    np.testing.assert_allclose(explanation.contributions.sum(axis=1), gain, atol=1e-9 * np.ptp(gain) + 1e-9)


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("encoding", [one_hot, live_one_hot_counts])
def test_contributions_sum_to_prediction_minus_the_mean_of_the_background(
    name: str, encoding: Encoding, rng: np.random.Generator
) -> None:
    space = space_named(name)
    process = fitted(space, encoding, GaussianProcessSurrogate())
    explanation = explain(process, encoding, space, space.sample(4, rng), space.sample(6, rng), rng)
    sums_up(explanation)
    assert explanation.exact == (name not in ("cell101", "graph_network", "darts"))
    assert (explanation.errors == 0).all() == explanation.exact


@pytest.mark.parametrize("surrogate", [XGBoostSurrogate(num_rounds=20), NearestNeighborsSurrogate()])
def test_any_surrogate_is_explained(surrogate: Surrogate, cell201: Cell201, rng: np.random.Generator) -> None:
    model = fitted(cell201, live_one_hot_counts, surrogate)
    sums_up(explain(model, live_one_hot_counts, cell201, cell201.sample(9, rng), cell201.sample(20, rng)))


def test_of_a_sum_each_decision_has_its_own_term(cell201: Cell201, rng: np.random.Generator) -> None:
    weights = rng.random(30)
    cells, background = cell201.sample(8, rng), cell201.sample(30, rng)
    own, others = (weights.reshape(6, 5)[np.arange(6), rows] for rows in (cells, background))
    found = explain(Sum(weights), one_hot, cell201, cells, background)
    np.testing.assert_allclose(found.contributions, own - others.mean(axis=0), atol=1e-12)


def test_values_are_means_over_all_orders(cell201: Cell201, rng: np.random.Generator) -> None:
    """The definition itself, decision by decision in each of 720 orders."""
    process = fitted(cell201, one_hot, GaussianProcessSurrogate())
    cell, background = cell201.sample(1, rng), cell201.sample(3, rng)

    @cache
    def worth(coalition: frozenset[int]) -> float:
        mixture = np.where([i in coalition for i in range(6)], cell, background)
        return process.predict(one_hot(cell201, mixture)).mean()

    expected = np.zeros(6)
    for order in permutations(range(6)):
        for place, decision in enumerate(order):
            before = frozenset(order[:place])
            expected[decision] += (worth(before | {decision}) - worth(before)) / 720
    found = explain(process, one_hot, cell201, cell, background).contributions[0]
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_sampled_values_are_the_exact_ones_within_their_errors(
    cell201: Cell201, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = fitted(cell201, live_one_hot_counts, GaussianProcessSurrogate())
    cells, background = cell201.sample(20, rng), cell201.sample(30, rng)
    exact = explain(process, live_one_hot_counts, cell201, cells, background)
    monkeypatch.setattr(module, "MOST_EXACT", 5)
    sampled = explain(process, live_one_hot_counts, cell201, cells, background, rng, num_rounds=10)
    assert not sampled.exact
    sums_up(sampled)
    away = np.abs(sampled.contributions - exact.contributions)
    assert (away <= 4 * sampled.errors + 1e-12).all()
    assert away.mean() < 0.1 * np.abs(exact.contributions).mean()


def test_chunks_do_not_matter(
    cell201: Cell201, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = fitted(cell201, one_hot, XGBoostSurrogate(num_rounds=5))
    cells, background = cell201.sample(5, rng), cell201.sample(7, rng)
    whole = explain(model, one_hot, cell201, cells, background).contributions
    monkeypatch.setattr(module, "_MIXTURES", 1000)
    np.testing.assert_array_equal(explain(model, one_hot, cell201, cells, background).contributions, whole)


@pytest.mark.parametrize("name", ["cell201", "cell101", "darts"])
def test_a_dead_edge_with_an_operation_has_exactly_zero(name: str) -> None:
    rng, space = np.random.default_rng(5), space_named(name)
    process = fitted(space, live_one_hot_counts, GaussianProcessSurrogate())
    cells = space.sample(40, rng)
    found = explain(process, live_one_hot_counts, space, cells, space.sample(5, rng), rng, num_rounds=1)
    dead = ~space.live(cells) & (cells > 0)  # 0 is "none" in a Cell201, no edge in a Cell101
    if name == "darts":
        dead = ~space.live(cells)
    assert dead.sum() > 3 or name == "darts"
    assert (found.contributions[dead] == 0).all()
    sums_up(found)


def test_none_takes_part_though_it_is_never_live(cell201: Cell201) -> None:
    """Its background has a convolution on every edge; the cell lacks 2→3 alone, and is the worse for it."""
    counts = Sum(np.ones(6))

    def live(space: SearchSpace, cells: Architectures) -> Features:
        return space.live(cells).astype(np.float64)

    found = explain(counts, live, cell201, [3, 3, 3, 3, 3, 0], [3, 3, 3, 3, 3, 3])
    np.testing.assert_allclose(found.contributions, [[0, 0, 0, 0, 0, -3]], atol=1e-12)  # 0→2, 1→2 die with it


def test_an_encoding_that_sees_dead_edges_gives_them_contributions(cell201: Cell201) -> None:
    weights = np.arange(30.0)
    cell = np.array([0, 3, 3, 3, 3, 3])  # 1→2 and 1→3 are dead
    found = explain(Sum(weights), one_hot, cell201, cell, [1, 1, 1, 1, 1, 1])
    np.testing.assert_allclose(found.contributions, [[-1, 2, 2, 2, 2, 2]], atol=1e-12)


def test_what_never_matters_has_exactly_zero(cell201: Cell201, rng: np.random.Generator) -> None:
    """0→1 is none in the cell and all of the background: 1→2 and 1→3 are dead in every mixture."""
    process = fitted(cell201, live_one_hot_counts, GaussianProcessSurrogate())
    cells, background = cell201.sample(6, rng), cell201.sample(9, rng)
    cells[:, 0] = background[:, 0] = 0
    found = explain(process, live_one_hot_counts, cell201, cells, background).contributions
    assert (found[:, [0, 2, 4]] == 0).all()
    assert (found[:, 5] != 0).any()


def test_decisions_that_are_alike_share_alike(cell201: Cell201, rng: np.random.Generator) -> None:
    """Counts of operations do not tell edges apart: two that change in the same way have one value."""

    def counts(space: SearchSpace, cells: Architectures) -> Features:
        return (cells[:, :, None] == np.arange(5)).sum(axis=1).astype(np.float64)

    process = fitted(cell201, counts, GaussianProcessSurrogate())
    background = cell201.sample(12, rng)
    background[:, 1] = background[:, 4]
    found = explain(process, counts, cell201, [2, 3, 1, 0, 3, 4], background).contributions[0]
    assert found[1] == pytest.approx(found[4], abs=1e-12)
    assert abs(found[1] - found[0]) > 1e-6


def test_effects_over_a_sample(cell201: Cell201) -> None:
    weights = np.zeros((6, 5))
    weights[3] = [0.0, 1.0, 2.0, 3.0, 4.0]  # only 0→3 counts
    everything = cell201.enumerate()[::31]
    found = explain(Sum(weights.ravel()), one_hot, cell201, everything, cell201.enumerate()[::997])
    assert np.flatnonzero(found.decision_effects() > 1e-9).tolist() == [3]
    np.testing.assert_allclose(np.diff(found.choice_effects()[3]), 1.0)
    np.testing.assert_allclose(found.choice_sizes(), np.abs(found.choice_effects()), atol=1e-9)
    assert found.choice_counts().sum() == everything.size
    decision, choice, count, effect, size = found.table()[0]
    assert (decision, choice) in (("0→3", "none"), ("0→3", "avg_pool_3x3"))
    assert (count, size) == (found.choice_counts()[3].tolist()[0 if choice == "none" else 4], abs(effect))
    one = explain(Sum(weights.ravel()), one_hot, cell201, everything[:1], everything)
    assert np.isnan(one.choice_effects()).sum() == 24
    assert len(one.table()) == 6


def test_names_of_decisions() -> None:
    names = {name: decisions_of(space_named(name)) for name in ("cell201", "cell101", "graph_network")}
    assert names["cell201"].names == ("0→1", "0→2", "1→2", "0→3", "1→3", "2→3")
    assert names["cell201"].choices[5][3] == "nor_conv_3x3"
    assert names["cell201"].edges[4] == (1, 3)
    assert names["cell101"].names[20:22] == ("5→6", "node 1")
    assert names["cell101"].choices[0] == ("no edge", "skip_connect")
    assert names["cell101"].choices[21][1] == "conv1x1-bn-relu"
    assert names["graph_network"].names[0] == "decision 0"
    assert names["graph_network"].choices[0] == ("choice 0", "choice 1")
    assert names["graph_network"].edges[0] is None


def test_wrong_arguments_are_refused(cell201: Cell201, rng: np.random.Generator) -> None:
    model, cells = Sum(np.ones(30)), cell201.sample(3, rng)
    with pytest.raises(InputError, match="expected architectures and a background, got 3 and 0"):
        explain(model, one_hot, cell201, cells, cells[:0])
    with pytest.raises(ArchitectureError, match="space 'cell201'"):
        explain(model, one_hot, cell201, cells[:, :5], cells)
    large = space_named("cell101")
    with pytest.raises(InputError, match="'cell101' has 26 decisions: its Shapley values are sampled"):
        explain(model, one_hot, large, large.sample(1, rng), large.sample(2, rng))
