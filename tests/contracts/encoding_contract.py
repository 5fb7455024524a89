"""What every encoding promises, in every space: inherit the class and give an ``encoding`` fixture."""

import numpy as np
import pytest

from surronas.encodings import Encoding
from surronas.errors import ArchitectureError
from surronas.spaces import Cell201, SearchSpace, space_named

SPACES = (  # edges and nodes with operations, cells and chains, fixed and varying depth, constrained and not
    "cell201",
    "cell101",
    "darts",
    "decoder_transformer",
    "gpt_s",
    "graph_network",
    "hat_summary",
    "mnasnet",
    "nasbench_macro",
    "nats_size",
    "recurrent_cell",
    "transnas_macro",
    "transnas_micro",
)


class EncodingContract:
    one_graph_one_row = True  # isomorphic architectures have equal features

    @pytest.fixture(params=SPACES)
    def space(self, request: pytest.FixtureRequest) -> SearchSpace:
        return space_named(request.param)

    def test_whole_space_in_one_call(self, encoding: Encoding, cell201: Cell201) -> None:
        features = encoding(cell201, cell201.enumerate())
        assert features.shape[0] == 15_625
        assert features.dtype == np.float64
        assert np.isfinite(features).all()

    def test_finite_numbers_of_one_shape(self, encoding: Encoding, space: SearchSpace, rng) -> None:
        features = encoding(space, space.sample(50, rng))
        assert features.dtype == np.float64
        assert features.shape == (50, encoding(space, space.sample(3, rng)).shape[1])
        assert features.shape[1] > 0
        assert np.isfinite(features).all()

    def test_rows_do_not_depend_on_the_batch(self, encoding: Encoding, space: SearchSpace, rng) -> None:
        rows = space.sample(15, rng)
        whole = encoding(space, rows)
        np.testing.assert_array_equal(np.vstack([encoding(space, row[None]) for row in rows]), whole)
        np.testing.assert_array_equal(encoding(space, rows[::-1]), whole[::-1])

    def test_no_rows_keep_the_columns(self, encoding: Encoding, space: SearchSpace, rng) -> None:
        columns = encoding(space, space.sample(1, rng)).shape[1]
        none = np.empty((0, space.num_decisions), dtype=np.int8)
        assert encoding(space, none).shape == (0, columns)

    def test_leaves_its_argument_alone(self, encoding: Encoding, space: SearchSpace, rng) -> None:
        rows = space.sample(20, rng)
        before = rows.copy()
        encoding(space, rows)
        np.testing.assert_array_equal(rows, before)

    def test_architectures_of_another_space_are_refused(self, encoding: Encoding, space: SearchSpace) -> None:
        with pytest.raises(ArchitectureError, match="another space"):
            encoding(space, np.zeros((2, space.num_decisions + 1), dtype=np.int8))

    def test_isomorphic_architectures_share_a_row(self, encoding: Encoding, space: SearchSpace, rng) -> None:
        if not self.one_graph_one_row:
            pytest.skip("this encoding tells isomorphic architectures apart")
        rows = space.sample(100, rng)
        np.testing.assert_array_equal(encoding(space, rows), encoding(space, space.canonical(rows)))
