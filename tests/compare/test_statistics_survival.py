import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData

from surronas.compare.survival import log_rank_p, restricted_mean, share_interval, survival
from surronas.errors import InputError

# weeks in remission of leukaemia patients: Freireich et al. 1963, in Cox 1972
TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
CONTROL = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def censored(times, solved) -> CensoredData:
    times, solved = np.array(times, float), np.array(solved, bool)
    return CensoredData(uncensored=times[solved], right=times[~solved])


def test_the_leukaemia_example() -> None:
    found = survival(TREATED, RELAPSED)
    np.testing.assert_allclose(found.share, [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], atol=0.0006)
    assert found.median()[0] == 23
    assert (found.num_runs, found.num_solved) == (21, 9)
    np.testing.assert_allclose(found.at([0, 6, 6.5, 100]), [1.0, 0.857, 0.857, 0.448], atol=0.0006)
    assert survival(CONTROL, [1] * 21).median()[0] == 8


def test_curve_and_interval_are_scipys() -> None:
    found = survival(TREATED, RELAPSED)
    reference = scipy.stats.ecdf(censored(TREATED, RELAPSED)).sf
    ends = reference.confidence_interval(0.95, method="log-log")
    np.testing.assert_allclose(found.share, reference.evaluate(found.times))
    np.testing.assert_allclose(found.low, ends.low.evaluate(found.times))
    np.testing.assert_allclose(found.high, ends.high.evaluate(found.times))


def test_log_rank_is_scipys_and_finds_the_treatment() -> None:
    p = log_rank_p(TREATED, RELAPSED, CONTROL, [1] * 21)
    assert p == pytest.approx(4.2e-5, abs=2e-6)  # chi-square 16.79, in every textbook
    assert log_rank_p(CONTROL, [1] * 21, TREATED, RELAPSED) == pytest.approx(p)
    assert log_rank_p([5, 5], [0, 0], [5, 5], [0, 0]) == 1.0
    assert log_rank_p([5, 5], [1, 1], [5, 5], [1, 1]) == 1.0


def test_without_censoring_the_restricted_mean_is_the_mean_of_what_was_cut() -> None:
    times = np.array(CONTROL, float)
    for horizon in (6.0, 15.0, 23.0, 40.0):
        cut = np.minimum(times, horizon)
        found = restricted_mean(survival(times, [1] * 21), horizon)
        assert found.value == pytest.approx(cut.mean())
        assert found.standard_error == pytest.approx(cut.std() / math.sqrt(21))
        low, high = found.interval
        assert 0.0 <= low <= found.value <= high <= horizon


def test_the_restricted_mean_by_hand() -> None:
    # 2 of 4 solved, at 1 and 3, the others censored at 2 and 4: share .75 from 1, .375 from 3
    found = restricted_mean(survival([1, 2, 3, 4], [1, 0, 1, 0]), 4.0)
    assert found.value == pytest.approx(1.0 + 0.75 * 2.0 + 0.375)
    # areas beyond 1 and 3 are 1.875 and .375; 1.875^2 / (4 * 3) + .375^2 / (2 * 1)
    assert found.standard_error == pytest.approx(math.sqrt(1.875**2 / 12.0 + 0.375**2 / 2.0))


def test_nothing_solved() -> None:
    found = survival([50, 50, 50], [0, 0, 0])
    assert found.median() == (math.inf, math.inf, math.inf)
    assert list(found.at([10, 60])) == [1.0, 1.0]
    assert restricted_mean(found, 50.0).value == 50.0
    assert np.isnan(restricted_mean(found, 50.0).interval).all()  # nothing tells the spread


def test_medians_hold_their_interval() -> None:
    value, low, high = survival(CONTROL, [1] * 21).median()
    assert (value, low, high) == (8.0, 4.0, 11.0)  # as R's survfit with conf.type "log-log"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=15))
def test_curves_fall_and_ignore_the_order_of_runs(runs: list[tuple[int, bool]]) -> None:
    times, solved = zip(*runs, strict=True)
    found = survival(times, solved)
    assert (np.diff(found.share) < 0.0).all()
    again = survival(times[::-1], solved[::-1])
    np.testing.assert_array_equal(again.share, found.share)
    means = [restricted_mean(found, horizon).value for horizon in (1.0, 4.0, 9.0)]
    assert means == sorted(means)
    assert means[-1] <= 9.0


def test_share_interval_is_wilsons() -> None:
    # Wilson (1927) for 8 of 10
    np.testing.assert_allclose(share_interval(8, 10), (0.4902, 0.9433), atol=1e-4)
    assert share_interval(10, 10)[1] == 1.0


@pytest.mark.slow
def test_ninety_five_of_a_hundred_restricted_means_hold_the_truth() -> None:
    rng = np.random.default_rng(0)
    horizon, held = 1.5, 0
    truth = 1.0 - math.exp(-horizon)
    for _ in range(1000):
        times, ends = rng.exponential(size=100), rng.uniform(1.5, 4.0, size=100)
        curve = survival(np.minimum(times, ends), times <= ends)
        low, high = restricted_mean(curve, horizon).interval
        held += low <= truth <= high
    assert 0.93 <= held / 1000 <= 0.97


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="of one search or more"):
        survival([], [])
    with pytest.raises(InputError, match="finite times"):
        survival([math.inf], [0])
    with pytest.raises(InputError, match="horizon above 0"):
        restricted_mean(survival([1.0], [1]), 0.0)
