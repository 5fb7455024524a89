import numpy as np
import pytest

from surronas.surrogates import MeanSurrogate
from surronas.surrogates.folds import fold_of_each_row, out_of_fold


@pytest.mark.parametrize(
    ("n", "num_folds", "sizes"), [(10, 5, [2] * 5), (7, 3, [3, 2, 2]), (3, 5, [1, 1, 1])]
)
def test_folds_are_even_and_at_most_as_many_as_rows(n: int, num_folds: int, sizes: list[int]) -> None:
    assert np.bincount(fold_of_each_row(n, num_folds, seed=0)).tolist() == sizes


def test_each_row_is_predicted_by_a_fit_without_its_fold() -> None:
    y = np.array([0.0, 1.0, 2.0, 6.0])
    given = MeanSurrogate()
    mean, std = out_of_fold(given, np.ones((4, 1)), y, np.array([0, 1, 0, 1]))
    np.testing.assert_allclose(mean, [3.5, 1.0, 3.5, 1.0])
    assert (std > 0).all()
    assert not hasattr(given, "mean_")
