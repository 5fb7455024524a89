import numpy as np
import pytest

from surronas.acquisition import joint_thompson_sample, thompson_sample
from surronas.errors import InputError


def test_thompson_samples_have_the_mean_and_std(rng: np.random.Generator) -> None:
    drawn = thompson_sample(np.full(100_000, 0.4), np.full(100_000, 0.2), rng)
    assert drawn.mean() == pytest.approx(0.4, abs=0.005)
    assert drawn.std() == pytest.approx(0.2, rel=0.02)
    again = thompson_sample(np.zeros(3), np.ones(3), np.random.default_rng(5))
    np.testing.assert_array_equal(again, thompson_sample(np.zeros(3), np.ones(3), np.random.default_rng(5)))


@pytest.mark.parametrize(("mean", "std"), [([np.nan], [1.0]), ([1.0], [np.nan]), ([1.0], [-0.1])])
def test_nonsense_predictions_are_refused(
    mean: list[float], std: list[float], rng: np.random.Generator
) -> None:
    with pytest.raises(InputError, match="does the surrogate predict NaN"):
        thompson_sample(np.array(mean), np.array(std), rng)


def test_joint_samples_have_the_mean_and_covariance(rng: np.random.Generator) -> None:
    mean, covariance = np.array([1.0, -1.0, 0.0]), np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0, 0, 4.0]])
    drawn = joint_thompson_sample(mean, covariance, 100_000, rng)
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=0.02)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.05)


def test_singular_covariances_are_drawn_from(rng: np.random.Generator) -> None:
    one = np.ones((50, 50))
    one[0, 0] -= 1e-7  # as rounding does: not even positive semidefinite
    drawn = joint_thompson_sample(np.zeros(50), one, 4, rng)
    np.testing.assert_allclose(drawn, np.repeat(drawn[:, :1], 50, axis=1), atol=1e-2)
    np.testing.assert_array_equal(
        joint_thompson_sample(np.ones(3), np.zeros((3, 3)), 2, rng), np.ones((2, 3))
    )


def test_shapes_numbers_and_matrices_that_are_no_covariance_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(InputError, match=r"a covariance \(m, m\), got shapes \(2,\) and \(3, 3\)"):
        joint_thompson_sample(np.zeros(2), np.eye(3), 1, rng)
    with pytest.raises(InputError, match="does the surrogate predict NaN"):
        joint_thompson_sample(np.array([0.0, np.nan]), np.eye(2), 1, rng)
    with pytest.raises(InputError, match="expected a symmetric matrix"):
        joint_thompson_sample(np.zeros(2), np.array([[1.0, 0.5], [0.0, 1.0]]), 1, rng)
    with pytest.raises(InputError, match="expected no eigenvalue below 0, got -1"):
        joint_thompson_sample(np.zeros(2), np.array([[1.0, 2.0], [2.0, 1.0]]), 1, rng)
