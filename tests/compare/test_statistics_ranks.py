import math

import numpy as np
import pytest
import scipy.stats
from demsar import C45, C45_CF, C45_M, C45_M_CF

from surronas.compare.pairwise import holm, wilcoxon_p
from surronas.compare.ranks import cliques, critical_difference, friedman_p, ranking
from surronas.errors import InputError

LOSSES = 1.0 - np.array([C45, C45_M, C45_CF, C45_M_CF]).T


def test_demsars_example() -> None:
    # 2006, section 3.2.2 and figure 1a: ranks 3.143, 2.000, 2.893, 1.964; critical difference 1.25 at .05
    found = ranking(LOSSES)
    np.testing.assert_allclose(found.average, [3.143, 2.0, 2.893, 1.964], atol=0.001)
    assert found.critical_difference == pytest.approx(1.25, abs=0.005)
    assert list(found.order) == [3, 1, 2, 0]
    assert found.nemenyi == ((3, 1, 2, 0),)  # 3.143 - 1.964 = 1.179 is within it
    at_ten_percent = ranking(LOSSES, alpha=0.10)
    assert at_ten_percent.critical_difference == pytest.approx(1.12, abs=0.005)
    assert at_ten_percent.nemenyi == ((3, 1, 2), (2, 0))  # only the plain one differs from both with "m"


def test_friedman_is_scipys_and_demsars_without_ties() -> None:
    found = ranking(LOSSES)
    assert found.friedman_p == pytest.approx(scipy.stats.friedmanchisquare(*LOSSES.T).pvalue)
    assert found.friedman_p < 0.05
    assert found.iman_davenport_p < found.friedman_p
    ranks = np.array([[1.0, 2.0, 3.0], [1.0, 3.0, 2.0], [1.0, 2.0, 3.0], [2.0, 1.0, 3.0]])
    # by hand: averages 1.25, 2, 2.75; 12 * 4 / (3 * 4) * (.5625 + 0 + .5625) = 4.5; F = 3 * 4.5 / (8 - 4.5)
    chi_square, f = friedman_p(ranks)
    assert chi_square == pytest.approx(scipy.stats.chi2.sf(4.5, 2))
    assert f == pytest.approx(scipy.stats.f.sf(13.5 / 3.5, 2, 6))


def test_critical_differences_of_the_table_in_demsar() -> None:
    # table 5a: q of .05 for 2, 5 and 10 classifiers is 1.960, 2.728, 3.164
    for k, q in ((2, 1.960), (5, 2.728), (10, 3.164)):
        assert critical_difference(k, 6) == pytest.approx(q * math.sqrt(k * (k + 1) / 36.0), abs=0.003)


def test_wilcoxon_holm_is_the_pairwise_tests_corrected() -> None:
    found = ranking(LOSSES)
    assert (found.p_values == found.p_values.T).all()
    assert (np.diag(found.p_values) == 1.0).all()
    both = [(i, j) for i in range(4) for j in range(i + 1, 4)]
    expected = holm([wilcoxon_p(LOSSES[:, i], LOSSES[:, j]) for i, j in both])
    np.testing.assert_allclose([found.p_values[i, j] for i, j in both], expected)


def test_one_that_always_wins_stands_alone() -> None:
    rng = np.random.default_rng(0)
    losses = rng.uniform(1.0, 2.0, size=(40, 3))
    losses[:, 1] = 0.0
    found = ranking(losses)
    assert found.average[1] == 1.0
    assert found.nemenyi == found.wilcoxon
    assert found.nemenyi[0] in ((0, 2), (2, 0))


def test_cliques_are_runs_in_which_no_pair_differs() -> None:
    apart = np.zeros((5, 5), bool)
    order = np.array([4, 2, 0, 1, 3])
    assert cliques(order, apart) == ((4, 2, 0, 1, 3),)
    apart[4, 0] = apart[0, 4] = apart[4, 1] = apart[1, 4] = apart[4, 3] = apart[3, 4] = True
    apart[2, 3] = apart[3, 2] = True
    assert cliques(order, apart) == ((4, 2), (2, 0, 1), (0, 1, 3))
    assert cliques(order, ~np.eye(5, dtype=bool)) == ()


def test_ranks_ignore_the_order_of_blocks_and_any_growing_scale() -> None:
    again = ranking(np.exp(3.0 * LOSSES[::-1]))
    np.testing.assert_allclose(again.average, ranking(LOSSES).average)
    assert again.friedman_p == pytest.approx(ranking(LOSSES).friedman_p)


def test_all_tied_too_few_and_infinite() -> None:
    tied = ranking(np.zeros((4, 3)))
    assert (tied.friedman_p, tied.iman_davenport_p) == (1.0, 1.0)
    assert tied.wilcoxon == ((0, 1, 2),)
    assert math.isnan(ranking([[1.0, 2.0]] * 3).friedman_p)
    assert list(ranking([[np.inf, 1.0, np.inf]]).average) == [2.5, 1.0, 2.5]
    assert ranking([[1.0, 2.0, 3.0]] * 5).iman_davenport_p == 0.0  # all blocks agree


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="two searchers or more"):
        ranking([[1.0], [2.0]])
    with pytest.raises(InputError, match="without NaN"):
        ranking([[1.0, np.nan]])
    with pytest.raises(InputError, match="alpha between 0 and 1"):
        ranking([[1.0, 2.0]], alpha=0.0)
