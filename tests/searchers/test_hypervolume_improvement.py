import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surronas.acquisition import expected_improvement
from surronas.errors import InputError
from surronas.metrics import hypervolume
from surronas.searchers.hypervolume_improvement import (
    expected_hypervolume_improvement,
    log_expected_hypervolume_improvement,
    reference_point,
)


def some(rng: np.random.Generator, k: int, m: int = 6, n: int = 2) -> tuple[np.ndarray, ...]:
    return rng.random((n, k)), rng.uniform(0.05, 0.5, (n, k)), rng.random((m, k)), np.zeros(k)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("m", [0, 6])
def test_it_is_the_mean_gain_of_draws(rng: np.random.Generator, k: int, m: int) -> None:
    mean, std, scores, reference = some(rng, k, m)
    exact = expected_hypervolume_improvement(mean, std, scores, reference)
    before = hypervolume(scores, reference)
    for i in range(len(mean)):
        draws = mean[i] + std[i] * rng.standard_normal((1_000, k))
        gains = [hypervolume(np.vstack([scores, draw]), reference) - before for draw in draws]
        assert abs(exact[i] - np.mean(gains)) < 5 * np.std(gains) / np.sqrt(len(draws)) + 1e-6


def test_with_one_objective_it_is_expected_improvement(rng: np.random.Generator) -> None:
    mean, std, scores, reference = some(rng, 1)
    np.testing.assert_allclose(
        expected_hypervolume_improvement(mean, std, scores, reference),
        expected_improvement(mean[:, 0], std[:, 0], scores.max()),
    )


@pytest.mark.parametrize("k", [2, 3])
def test_a_sure_gain_is_the_gain(rng: np.random.Generator, k: int) -> None:
    mean, std, scores, reference = some(rng, k, n=20)
    found = expected_hypervolume_improvement(mean, 0.0 * std, scores, reference)
    before = hypervolume(scores, reference)
    gains = [hypervolume(np.vstack([scores, row]), reference) - before for row in mean]
    np.testing.assert_allclose(found, gains, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_it_grows_with_means_and_shrinks_with_the_front(seed: int, k: int) -> None:
    mean, std, scores, reference = some(np.random.default_rng(seed), k)
    now = log_expected_hypervolume_improvement(mean, std, scores, reference)
    assert (log_expected_hypervolume_improvement(mean + 0.1, std, scores, reference) > now - 1e-9).all()
    fuller = np.vstack([scores, mean[0]])
    assert (log_expected_hypervolume_improvement(mean, std, fuller, reference) < now + 1e-9).all()
    np.testing.assert_allclose(
        log_expected_hypervolume_improvement(mean, std, np.vstack([scores, scores - 0.5]), reference), now
    )


def test_candidates_far_behind_still_rank() -> None:
    mean = np.array([[-40.0, -40.0], [-45.0, -40.0], [-50.0, -50.0]])
    found = log_expected_hypervolume_improvement(mean, np.ones((3, 2)), np.ones((1, 2)), np.zeros(2))
    assert np.isfinite(found).all()
    assert (np.diff(found) < 0).all()
    assert (np.exp(found) == 0).all()


def test_the_reference_lies_a_tenth_below_the_front() -> None:
    np.testing.assert_allclose(
        reference_point(np.array([[0.0, 2.0], [1.0, 0.0], [-5.0, -5.0]])), [-0.1, -0.2]
    )
    np.testing.assert_allclose(reference_point(np.array([[1.0, 1.0], [0.0, -1.0]])), [0.9, 0.8])
    np.testing.assert_allclose(reference_point(np.array([[1.0, 1.0]])), [0.9, 0.9])


def test_shapes_that_do_not_fit_are_refused() -> None:
    two, three = np.ones((1, 2)), np.ones((1, 3))
    for shapes in ((two, three, two, two[0]), (two, two, three, two[0]), (two, two, two, three[0])):
        with pytest.raises(InputError, match=r"expected mean and std \(n, k\), scores \(m, k\)"):
            log_expected_hypervolume_improvement(*shapes)
