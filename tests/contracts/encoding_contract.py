"""What every encoding promises: inherit the class and give an ``encoding`` fixture."""

import numpy as np
import pytest

from surronas.encodings import Encoding
from surronas.errors import ArchitectureError
from surronas.spaces import Cell201


class EncodingContract:
    def test_whole_space_in_one_call(self, encoding: Encoding, cell201: Cell201) -> None:
        features = encoding(cell201, cell201.enumerate())
        assert features.shape[0] == 15_625
        assert features.dtype == np.float64
        assert np.isfinite(features).all()

    def test_rows_do_not_depend_on_the_batch(self, encoding: Encoding, cell201: Cell201, rng) -> None:
        cells = cell201.sample(40, rng)
        whole = encoding(cell201, cells)
        np.testing.assert_array_equal(np.vstack([encoding(cell201, cell[None]) for cell in cells]), whole)

    def test_no_rows_keep_the_columns(self, encoding: Encoding, cell201: Cell201, rng) -> None:
        columns = encoding(cell201, cell201.sample(1, rng)).shape[1]
        assert encoding(cell201, np.empty((0, 6), dtype=np.int8)).shape == (0, columns)

    def test_leaves_its_argument_alone(self, encoding: Encoding, cell201: Cell201, rng) -> None:
        cells = cell201.sample(20, rng)
        before = cells.copy()
        encoding(cell201, cells)
        np.testing.assert_array_equal(cells, before)

    def test_architectures_of_another_space_are_refused(self, encoding: Encoding, cell201: Cell201) -> None:
        with pytest.raises(ArchitectureError, match="another space"):
            encoding(cell201, np.zeros((2, 7), dtype=np.int8))
