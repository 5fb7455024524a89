import numpy as np
import pytest

from surronas.encodings import concatenate, live_one_hot, one_hot, operation_counts, paths
from surronas.errors import ArchitectureError, InputError
from surronas.explanation import network_paths, structure_effects, substructures
from surronas.spaces import SPACE_CLASSES, Cell201, space_named
from surronas.surrogates import GaussianProcessSurrogate, Matrix, Vector

CELL = "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|none~1|avg_pool_3x3~2|"


class Linear:
    """A surrogate that is a known weighted sum of its features."""

    def __init__(self, weights: Vector) -> None:
        self.weights = weights

    def predict(self, X: Matrix, return_std: bool = False) -> Vector:
        return X @ self.weights


def test_paths_and_substructures_of_a_cell(cell201: Cell201) -> None:
    cell = cell201.from_strings([CELL])
    assert network_paths(cell201, cell) == [
        frozenset({"nor_conv_3x3 → nor_conv_1x1 → avg_pool_3x3", "skip_connect"})
    ]
    assert substructures(cell201, cell) == [
        frozenset(
            {
                "nor_conv_3x3 of (input)",
                "skip_connect of (input)",
                "nor_conv_1x1 of (nor_conv_3x3)",
                "avg_pool_3x3 of (nor_conv_1x1)",
                "output of (avg_pool_3x3 + skip_connect)",
            }
        )
    ]


def test_a_cell_without_a_path_has_none(cell201: Cell201) -> None:
    nothing = np.zeros((1, 6), np.int8)
    assert network_paths(cell201, nothing) == substructures(cell201, nothing) == [frozenset()]


def test_operations_on_nodes_are_read_along_edges() -> None:
    """A convolution, and a skip beside it: the skip is a path without operations."""
    space = space_named("cell101")
    network = space.from_strings(["011001000 input,conv3x3-bn-relu,output"])
    assert network_paths(space, network)[0] == {"conv3x3-bn-relu", "(no operation)"}
    assert substructures(space, network)[0] == {
        "conv3x3-bn-relu of (input)",
        "output of (conv3x3-bn-relu + input)",
    }


@pytest.mark.parametrize("name", SPACE_CLASSES)
def test_every_space_has_substructures_and_twins_share_them(name: str, rng: np.random.Generator) -> None:
    space = space_named(name)
    rows = space.sample(20, rng)
    for listed in (network_paths, substructures):
        found = listed(space, rows)
        assert len(found) == 20
        assert found == listed(space, space.canonical(rows))
        assert any(found)


def test_paths_are_those_of_the_path_encoding(cell201: Cell201, rng: np.random.Generator) -> None:
    cells = cell201.sample(100, rng)
    columns = [" → ".join(path) for path in paths.listed(cell201)]
    for row, found in zip(paths(cell201, cells), network_paths(cell201, cells), strict=True):
        assert {name for name, there in zip(columns, row, strict=True) if there} == found


def test_differences_are_those_of_the_means(cell201: Cell201, rng: np.random.Generator) -> None:
    cells = cell201.sample(300, rng)
    weights = rng.random(30)
    found = structure_effects(Linear(weights), one_hot, cell201, cells, network_paths)
    predicted = one_hot(cell201, cells) @ weights
    for place, name in enumerate(found.names):
        there = np.array([name in some for some in network_paths(cell201, cells)])
        inside, outside = predicted[there], predicted[~there]
        assert found.counts[place] == there.sum() >= 10
        assert found.differences[place] == pytest.approx(inside.mean() - outside.mean())
        error = np.hypot(*(some.std(ddof=1) / np.sqrt(len(some)) for some in (inside, outside)))
        assert found.errors[place] == pytest.approx(error)
        share = np.corrcoef(there, predicted)[0, 1] ** 2
        assert found.shares[place] == pytest.approx(share)
    assert (np.diff(found.shares) <= 0).all()


def test_a_path_that_matters_stands_out_beyond_its_choices(cell201: Cell201) -> None:
    cells = cell201.sample(600, np.random.default_rng(3))
    encoding = concatenate(live_one_hot, paths)
    place = paths.listed(cell201).index(("nor_conv_3x3", "nor_conv_3x3"))
    weights = np.zeros(36 + len(paths.listed(cell201)))
    weights[[10, 36 + place]] = 0.1, 0.5  # a single choice, and a path
    found = structure_effects(Linear(weights), encoding, cell201, cells, network_paths)
    assert found.names[0] == "nor_conv_3x3 → nor_conv_3x3"
    assert found.beyond[0] == max(found.beyond)
    assert found.beyond[0] > 0.1
    single = structure_effects(Linear(weights[:36]), live_one_hot, cell201, cells, network_paths)
    assert (single.beyond == 0).all()  # choices one by one explain all there is
    assert (single.differences != 0).all()


def test_any_surrogate_on_any_encoding(cell201: Cell201, rng: np.random.Generator) -> None:
    cells = cell201.sample(120, rng)
    X = operation_counts(cell201, cells)
    process = GaussianProcessSurrogate().fit(X, X[:, 0] + 0.01 * rng.standard_normal(120))
    found = structure_effects(process, operation_counts, cell201, cells, substructures, fewest=5)
    assert np.isnan(found.beyond).all()  # 36 choices of 120 architectures: too many to tell
    assert np.isfinite(found.differences).all()


def test_of_constant_predictions_nothing_is_told(cell201: Cell201, rng: np.random.Generator) -> None:
    found = structure_effects(Linear(np.zeros(30)), one_hot, cell201, cell201.sample(200, rng), network_paths)
    assert (found.differences == 0).all()
    assert (found.shares == 0).all()


def test_too_few_architectures_are_refused(cell201: Cell201) -> None:
    with pytest.raises(
        InputError, match="expected fewest >= 2 and twice as many architectures, got 10 and 1"
    ):
        structure_effects(Linear(np.ones(30)), one_hot, cell201, [0] * 6, network_paths)
    with pytest.raises(ArchitectureError):
        structure_effects(Linear(np.ones(30)), one_hot, cell201, [9] * 6, network_paths)
