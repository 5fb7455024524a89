import numpy as np
import pytest

from surronas.errors import InputError
from surronas.surrogates.cholesky import cholesky, with_rows_added


@pytest.mark.parametrize("hopeless", [np.nan, -1.0])
def test_covariances_without_a_factor_are_refused(hopeless: float) -> None:
    with pytest.raises(InputError, match="not positive definite; expected features and targets"):
        cholesky(np.full((3, 3), hopeless), noise=0.1)


def test_jitter_is_added_until_there_is_a_factor() -> None:
    singular = np.ones((50, 50)) - 1e-9 * np.eye(50)
    factor = cholesky(singular.copy(), noise=0.0)
    np.testing.assert_allclose(factor @ factor.T, singular, atol=1e-5)


def test_noise_may_differ_between_rows() -> None:
    factor = cholesky(np.zeros((3, 3)), noise=np.array([1.0, 4.0, 9.0]))
    np.testing.assert_allclose(np.diag(factor), [1.0, 2.0, 3.0], rtol=1e-6)


def test_rows_added_give_the_factor_of_the_whole(rng: np.random.Generator) -> None:
    root = rng.standard_normal((12, 15))
    whole = root @ root.T
    part = cholesky(whole[:8, :8].copy(), 0.5)
    grown = with_rows_added(part, whole[8:, :8], whole[8:, 8:], 0.5)
    np.testing.assert_allclose(grown, cholesky(whole.copy(), 0.5), rtol=1e-8, atol=1e-10)
