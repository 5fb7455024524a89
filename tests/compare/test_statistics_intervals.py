import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from surronas.compare.intervals import bootstrap, interquartile_mean, mean, median, quantile
from surronas.errors import InputError

INF = np.inf
SKEWED = np.random.default_rng(3).exponential(size=40)


@pytest.mark.parametrize("method", ["bca", "percentile"])
@pytest.mark.parametrize(("statistic", "reference"), [(mean, np.mean), (median, np.median)])
def test_intervals_are_scipys(method: str, statistic, reference) -> None:
    ours = bootstrap(SKEWED, statistic, method=method, resamples=20_000)
    theirs = scipy.stats.bootstrap(
        (SKEWED,), reference, method=method, n_resamples=20_000, rng=np.random.default_rng(1)
    ).confidence_interval
    value, low, high = ours.at(0)
    assert value == reference(SKEWED)
    np.testing.assert_allclose([low, high], theirs, atol=0.03)


def test_interquartile_mean_is_scipys_trimmed_mean() -> None:
    for n in (1, 2, 3, 4, 7, 40):
        values = SKEWED[:n, None]
        assert interquartile_mean(values)[0] == pytest.approx(scipy.stats.trim_mean(SKEWED[:n], 0.25))


def test_the_columns_of_a_curve_are_resampled_together() -> None:
    curve = np.stack([SKEWED, SKEWED, 2.0 * SKEWED], axis=1)
    found = bootstrap(curve)
    assert found.low[0] == found.low[1]
    assert found.low[2] == pytest.approx(2.0 * found.low[0])


def test_the_seed_decides_the_interval() -> None:
    assert bootstrap(SKEWED, seed=1).at(0) == bootstrap(SKEWED, seed=1).at(0)
    assert bootstrap(SKEWED, seed=1).at(0) != bootstrap(SKEWED, seed=2).at(0)


def test_infinite_values_make_means_infinite_and_leave_medians() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0, INF])
    value, low, high = bootstrap(values).at(0)
    assert value == high == INF
    assert 1.0 < low < INF
    assert bootstrap(values, median).at(0)[0] == 3.0
    assert bootstrap(values, interquartile_mean).at(0)[0] == 3.0
    assert bootstrap(values, quantile(0.25)).at(0)[0] == 2.0
    assert bootstrap([INF, INF]).at(0) == (INF, INF, INF)


def test_constant_values_have_an_interval_without_width() -> None:
    assert bootstrap([0.5] * 6).at(0) == (0.5, 0.5, 0.5)


def test_one_value_has_no_interval() -> None:
    value, low, high = bootstrap([0.25]).at(0)
    assert value == 0.25
    assert np.isnan([low, high]).all()


@settings(max_examples=30, deadline=None)
@given(
    arrays(np.float64, st.tuples(st.integers(2, 12), st.integers(1, 3)), elements=st.floats(0, 10, width=32))
)
def test_statistics_stay_inside_and_ignore_the_order_of_seeds(values) -> None:
    for statistic in (mean, median, interquartile_mean, quantile(0.3)):
        found = bootstrap(values, statistic, resamples=200, method="percentile")
        slack = 1e-9
        assert (found.low >= values.min(axis=0) - slack).all()
        assert (found.high <= values.max(axis=0) + slack).all()
        assert (found.low <= found.high).all()
        np.testing.assert_allclose(statistic(values[::-1]), found.value)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="without NaN"):
        bootstrap([1.0, np.nan])
    with pytest.raises(InputError, match="at least one seed"):
        bootstrap([])
    with pytest.raises(InputError, match="level between 0 and 1"):
        bootstrap([1.0, 2.0], level=1.0)
    with pytest.raises(InputError, match='got "studentised"'):
        bootstrap([1.0, 2.0], method="studentised")
    with pytest.raises(InputError, match="quantile between 0 and 1"):
        quantile(1.5)


@pytest.mark.slow
@pytest.mark.parametrize(("statistic", "truth"), [(mean, 1.0), (median, np.log(2.0))])
def test_ninety_five_of_a_hundred_intervals_hold_the_truth(statistic, truth: float) -> None:
    rng = np.random.default_rng(0)
    held = 0
    for trial in range(1000):
        _, low, high = bootstrap(rng.exponential(size=50), statistic, resamples=1000, seed=trial).at(0)
        held += low <= truth <= high
    assert 0.925 <= held / 1000 <= 0.975  # skewed values, 50 seeds; standard error .007
