import numpy as np
import pytest
from scipy.stats import norm

from surronas.acquisition import expected_improvement, knowledge_gradient, log_knowledge_gradient
from surronas.errors import InputError


def beliefs(m: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((m, m))
    return rng.standard_normal(m), root @ root.T / m


def integrated(mean: np.ndarray, covariance: np.ndarray, x: int, noise: float) -> float:
    """E[max(mean + slope Z)] - max mean by a sum over a fine grid: the definition."""
    slope = covariance[:, x] / np.sqrt(covariance[x, x] + noise)
    z = np.linspace(-10, 10, 20_001)
    highest = (mean[:, None] + slope[:, None] * z).max(axis=0)
    return float(np.trapezoid((highest - mean.max()) * norm.pdf(z), z))


@pytest.mark.parametrize("m", [2, 3, 10, 40])
@pytest.mark.parametrize("noise", [0.0, 0.7])
def test_it_is_the_expectation_that_it_says(m: int, noise: float) -> None:
    mean, covariance = beliefs(m)
    expected = [integrated(mean, covariance, x, noise) for x in range(m)]
    np.testing.assert_allclose(knowledge_gradient(mean, covariance, noise), expected, atol=1e-6)


def test_two_points_golden() -> None:
    # Frazier et al. 2009 with M = 2: |b1 - b2| f(-|a1 - a2| / |b1 - b2|); a = (0, 1), b = (2, 0):
    # 2 * (norm.pdf(.5) - .5 * norm.cdf(-.5)) = 2 * (.3520653268 - .5 * .3085375387)
    found = knowledge_gradient(np.array([0.0, 1.0]), np.diag([4.0, 0.0]))
    assert found[0] == pytest.approx(0.3955931148, abs=1e-9)
    assert found[1] == 0.0


def test_of_independent_points_it_is_improvement_over_the_best_other_mean() -> None:
    mean, std = np.array([0.3, 0.1, -0.2]), np.array([0.2, 0.5, 0.4])
    found = knowledge_gradient(mean, np.diag(std**2))
    np.testing.assert_allclose(found[1:], expected_improvement(mean[1:], std[1:], 0.3), rtol=1e-9)


def test_points_that_move_together_tell_nothing() -> None:
    np.testing.assert_array_equal(knowledge_gradient(np.array([0.0, 1.0, 1.0]), np.ones((3, 3))), np.zeros(3))
    assert np.isneginf(log_knowledge_gradient(np.zeros(1), np.ones((1, 1)))).all()


def test_noise_makes_it_worth_less_and_one_can_be_told_for_each_point() -> None:
    mean, covariance = beliefs(8)
    clean, noisy = knowledge_gradient(mean, covariance), knowledge_gradient(mean, covariance, 2.0)
    assert (noisy < clean).all()
    mixed = knowledge_gradient(mean, covariance, np.array([0.0] * 4 + [2.0] * 4))
    np.testing.assert_allclose(mixed, np.append(clean[:4], noisy[4:]))


def test_the_logarithm_ranks_where_the_value_underflows() -> None:
    mean, covariance = np.array([0.0, 100.0, 99.0]), np.diag([1.0, 1e-4, 1e-6])
    assert knowledge_gradient(mean, covariance)[0] == 0.0
    logs = log_knowledge_gradient(mean, covariance)
    assert np.isfinite(logs).all()
    np.testing.assert_array_equal(np.argsort(logs), [2, 1, 0])


def test_many_points_are_worked_on_in_blocks(monkeypatch) -> None:
    mean, covariance = beliefs(40)
    whole = knowledge_gradient(mean, covariance)
    monkeypatch.setattr("surronas.acquisition.information._BLOCK", 120)
    np.testing.assert_allclose(knowledge_gradient(mean, covariance), whole, rtol=1e-12)


@pytest.mark.parametrize("noise", [-0.1, np.nan, np.inf])
def test_noise_that_is_none_is_refused(noise: float) -> None:
    with pytest.raises(InputError, match="noise_variance: expected finite numbers of at least 0"):
        knowledge_gradient(np.zeros(2), np.eye(2), noise)


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(InputError, match="expected a mean"):
        knowledge_gradient(np.zeros(2), np.eye(3))
