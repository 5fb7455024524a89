import numpy as np
import pytest

from surronas.surrogates.error_variance import SMALLEST_VARIANCE, fit_error_variance


def test_errors_that_follow_the_spread_are_told_by_it(rng: np.random.Generator) -> None:
    spread = rng.uniform(0.01, 1.0, 5000)
    fitted = fit_error_variance(rng.standard_normal(5000) * np.sqrt(3.0 * spread), spread)
    assert fitted.slope == pytest.approx(3.0, rel=0.25)
    assert fitted(np.array([0.5]))[0] == pytest.approx(1.5, rel=0.25)


def test_errors_that_do_not_are_given_one_variance(rng: np.random.Generator) -> None:
    fitted = fit_error_variance(0.3 * rng.standard_normal(5000), rng.uniform(0.0, 1.0, 5000))
    assert fitted.slope < 0.03
    assert fitted.level == pytest.approx(0.09, rel=0.15)


def test_nothing_left_out_gives_the_scale_of_the_targets() -> None:
    assert fit_error_variance(np.empty(0), np.empty(0))(np.array([2.0]))[0] == 1.0


@pytest.mark.parametrize("n", [3, 30])
def test_no_errors_leave_some_doubt(n: int) -> None:
    assert fit_error_variance(np.zeros(n), np.zeros(n))(np.zeros(1))[0] == SMALLEST_VARIANCE
    assert fit_error_variance(np.zeros(n), np.ones(n))(np.zeros(1))[0] == SMALLEST_VARIANCE


def test_few_errors_give_one_variance() -> None:
    fitted = fit_error_variance(np.array([1.0, -1.0]), np.array([0.1, 3.0]))
    assert (fitted.slope, fitted.level) == (0.0, 1.0)
