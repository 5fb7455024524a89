import math

import numpy as np
import pytest
import scipy.stats
from demsar import C45, C45_M
from hypothesis import given, settings
from hypothesis import strategies as st

from surronas.compare.pairwise import (
    differences,
    effect_size,
    holm,
    mann_whitney_p,
    seeds_for_mann_whitney,
    seeds_for_wilcoxon,
    simulated_power,
    wilcoxon_p,
)
from surronas.errors import InputError

INF = math.inf
VALUES = st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.25, 3.0, INF]), min_size=2, max_size=12)


def test_wilcoxon_on_the_two_classifiers_of_demsar() -> None:
    # 2006, section 3.1.3: R+ = 93, R- = 12 with the two zeros split; rejected at .05
    change = np.array(C45_M) - np.array(C45)
    assert scipy.stats.wilcoxon(change, zero_method="zsplit").statistic == 12.0
    assert wilcoxon_p(C45_M, C45) < 0.05


@pytest.mark.parametrize(
    ("num", "method"), [(5, "exact"), (30, "exact"), (50, "exact"), (51, "asymptotic"), (200, "asymptotic")]
)
def test_wilcoxon_is_scipys(num: int, method: str) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=num), rng.normal(0.3, size=num)
    assert wilcoxon_p(a, b) == pytest.approx(scipy.stats.wilcoxon(a, b, method=method).pvalue)


def test_wilcoxon_is_scipys_with_ties_and_zeros() -> None:
    rng = np.random.default_rng(2)
    for num in (4, 8, 10):
        a, b = rng.integers(0, 4, num).astype(float), rng.integers(1, 4, num).astype(float)
        enumerated = scipy.stats.PermutationMethod(n_resamples=1500)  # all signs, of up to 10 pairs
        reference = scipy.stats.wilcoxon(a, b, zero_method="pratt", method=enumerated)
        assert wilcoxon_p(a, b) == pytest.approx(reference.pvalue)
    a, b = rng.integers(0, 4, 300).astype(float), rng.integers(0, 4, 300).astype(float)
    reference = scipy.stats.wilcoxon(a, b, zero_method="pratt", method="asymptotic")
    assert wilcoxon_p(a, b) == pytest.approx(reference.pvalue)


def test_infinite_regrets_rank_last() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.uniform(size=20), rng.uniform(size=20)
    with_infinite, with_large = b.copy(), b.copy()
    with_infinite[:3], with_large[:3] = INF, [50.0, 50.0, 50.0]
    assert wilcoxon_p(a, with_infinite) == pytest.approx(wilcoxon_p(a, with_large), abs=0.01)
    assert mann_whitney_p(a, with_infinite) == pytest.approx(mann_whitney_p(a, with_large))
    assert effect_size(a, with_infinite) == effect_size(a, with_large)
    assert list(differences([INF, 1.0, INF], [INF, INF, 1.0])) == [0.0, -INF, INF]


def test_mann_whitney_is_scipys() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=30), rng.normal(0.3, size=25)
    assert mann_whitney_p(a, b) == pytest.approx(scipy.stats.mannwhitneyu(a, b).pvalue)


def test_equal_values_differ_in_nothing() -> None:
    assert wilcoxon_p([0.0] * 5, [0.0] * 5) == 1.0
    assert mann_whitney_p([0.0] * 5, [0.0] * 5) == 1.0
    assert effect_size([0.0] * 5, [0.0] * 5).a12 == 0.5
    assert seeds_for_wilcoxon([0.0] * 5, [0.0] * 5) == INF
    assert seeds_for_mann_whitney([0.0] * 5, [0.0] * 5) == INF


def test_holm_by_hand() -> None:
    # Holm (1979): sorted .005 .01 .03 .04 times 4, 3, 2, 1, never falling
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.6, 0.7]), [1.0, 1.0])
    np.testing.assert_allclose(holm([0.01, np.nan, 0.02]), [0.02, np.nan, 0.02])
    assert holm([]).shape == (0,)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=10))
def test_holm_corrects_upwards_and_keeps_the_order(raw: list[float]) -> None:
    corrected = holm(raw)
    assert (corrected >= np.array(raw) - 1e-15).all()
    assert (corrected <= 1.0).all()
    assert (np.diff(corrected[np.argsort(raw, kind="stable")]) >= 0.0).all()
    np.testing.assert_array_equal(holm(raw[::-1]), corrected[::-1])


def test_a12_by_counting() -> None:
    found = effect_size([1.0, 2.0], [1.0, 3.0, 4.0])
    # (1, 1) is a tie, (2, 1) is lost, the other four are won
    assert found.a12 == pytest.approx(4.5 / 6.0)
    assert found.cliffs_delta == pytest.approx(0.5)
    assert found.size == "large"


@pytest.mark.parametrize(
    ("a12", "words"),
    [
        (0.5, "negligible"),
        (0.56, "small"),
        (0.44, "small"),
        (0.64, "medium"),
        (0.71, "large"),
        (0.0, "large"),
    ],
)
def test_sizes_in_words(a12: float, words: str) -> None:
    runs = round(100 * a12)
    assert effect_size([1.0], [2.0] * runs + [0.0] * (100 - runs)).size == words


@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES)
def test_effects_and_tests_are_symmetric_and_ignore_the_order_of_runs(a: list[float], b: list[float]) -> None:
    one, other = effect_size(a, b), effect_size(b, a)
    assert one.a12 == pytest.approx(1.0 - other.a12)
    assert one.low == pytest.approx(1.0 - other.high)
    assert 0.0 <= one.low <= one.a12 <= one.high <= 1.0
    again = effect_size(a[::-1], b[::-1])
    assert (again.a12, again.low, again.high) == pytest.approx((one.a12, one.low, one.high))
    assert mann_whitney_p(a, b) == pytest.approx(mann_whitney_p(b[::-1], a[::-1]))
    n = min(len(a), len(b))
    assert wilcoxon_p(a[:n], b[:n]) == pytest.approx(wilcoxon_p(b[:n][::-1], a[:n][::-1]))


def test_the_variance_of_the_effect_is_cliffs() -> None:
    # Cliff (1996), from the full matrix of dominance
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 8, 15).astype(float), rng.integers(2, 9, 12).astype(float)
    matrix = np.sign(b[None, :] - a[:, None])
    n, m, delta = 15, 12, matrix.mean()
    variance = (
        m**2 * ((matrix.mean(axis=1) - delta) ** 2).sum()
        + n**2 * ((matrix.mean(axis=0) - delta) ** 2).sum()
        - ((matrix - delta) ** 2).sum()
    ) / (n * m * (n - 1) * (m - 1))
    z = scipy.stats.norm.ppf(0.975)
    width = z * math.sqrt(variance * ((1 - delta**2) ** 2 + z**2 * variance))
    high = (delta - delta**3 + width) / (1 - delta**2 + z**2 * variance)
    found = effect_size(a, b)
    assert found.cliffs_delta == pytest.approx(delta)
    assert 2.0 * found.high - 1.0 == pytest.approx(high)


def test_one_run_has_no_interval_and_no_overlap_has_a_bound() -> None:
    assert math.isnan(effect_size([1.0], [2.0, 3.0]).low)
    found = effect_size([1.0] * 20, [2.0] * 20)
    assert found.high == 1.0
    assert 2.0 * found.low - 1.0 == pytest.approx((20 - 3.8415) / (20 + 3.8415), abs=1e-4)


def test_seeds_by_noethers_formulas() -> None:
    # p'' = 3/4 and 80 % power at .05: (1.96 + .8416)^2 / (6 * .0625) = 20.9 of each
    assert seeds_for_mann_whitney([0.0, 2.0], [1.0, 2.5]) == 21
    # changes -3, 1, -2: the sums of pairs are -2, -5, -1; all won, so 7.849 / (3 / 4) = 10.5
    assert seeds_for_wilcoxon([0.0, 1.0, 0.0], [3.0, 0.0, 2.0]) == 11
    assert seeds_for_wilcoxon([1.0], [2.0]) == INF


def test_more_power_and_less_alpha_need_more_seeds() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=60), rng.normal(0.6, size=60)
    for needed in (seeds_for_wilcoxon, seeds_for_mann_whitney):
        assert needed(a, b, power=0.9) > needed(a, b) < needed(a, b, alpha=0.01)


def test_that_many_seeds_have_about_that_power() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=300), rng.normal(0.5, size=300)
    needed = seeds_for_wilcoxon(a, b)
    assert 0.7 < simulated_power(a, b, int(needed), draws=300) < 0.9
    assert simulated_power(a, b, 4 * int(needed), draws=50) > 0.95


@pytest.mark.slow
def test_ninety_five_of_a_hundred_effect_intervals_hold_the_truth() -> None:
    rng = np.random.default_rng(0)
    truth = scipy.stats.norm.cdf(1.0 / math.sqrt(2.0))  # of two normals a standard deviation apart
    found = [effect_size(rng.normal(size=40), rng.normal(1.0, size=40)) for _ in range(2000)]
    assert 0.93 <= np.mean([each.low <= truth <= each.high for each in found]) <= 0.97


@pytest.mark.slow
def test_tests_reject_equals_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    draws = rng.geometric(0.4, size=(2000, 2, 30)).astype(float)  # many ties and zeros
    for test in (wilcoxon_p, mann_whitney_p):
        assert 0.035 <= np.mean([test(a, b) < 0.05 for a, b in draws]) <= 0.065


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="a value of both for each seed, got 1 and 2"):
        wilcoxon_p([1.0], [1.0, 2.0])
    with pytest.raises(InputError, match="without NaN"):
        mann_whitney_p([1.0, np.nan], [1.0])
    with pytest.raises(InputError, match="at least one run"):
        effect_size([], [1.0])
    with pytest.raises(InputError, match="power and alpha between 0 and 1"):
        seeds_for_mann_whitney([1.0], [2.0], power=1.0)
    with pytest.raises(InputError, match="at least one seed"):
        simulated_power([1.0], [2.0], 0)
