import numpy as np
import pytest
from made import comparison
from searched import NAMES, searched

from surronas.compare.analysis import analyse
from surronas.compare.findings import Findings
from surronas.compare.pairwise import wilcoxon_p
from surronas.compare.verdicts import beaten_by, matches
from surronas.errors import InputError

NAN = np.nan


def standings(values: np.ndarray, test: str = "wilcoxon") -> list[tuple[int, ...]]:
    return beaten_by(matches(values), len(values), test=test)


@pytest.fixture(scope="module")
def findings() -> Findings:
    return analyse(searched(), resamples=300)


def test_the_better_one_is_first_and_the_worst_behind(findings: Findings) -> None:
    last = {each.searcher: each for each in findings.of_problem("toy_1") if each.amount == 60}
    assert last["default"].standing == "first"
    assert last["default"].beaten_by == ()
    assert last["random"].standing == "behind"
    assert set(last["random"].beaten_by) == set(NAMES) - {"random"}
    assert findings.firsts("default", 60) == (2, 2)
    assert findings.firsts("random", 60) == (0, 2)


def test_summaries_describe_the_runs(findings: Findings) -> None:
    for each in findings.summaries:
        s, p = NAMES.index(each.searcher), int(each.problem[-1])
        runs = findings.values[s, p, :, findings.settings.amounts.index(each.amount)]
        assert each.num_runs == 20
        assert each.mean[0] == pytest.approx(runs.mean())
        assert each.median[0] == pytest.approx(np.median(runs))
        assert each.mean[1] <= each.mean[0] <= each.mean[2]
        assert list(each.quantiles) == sorted(each.quantiles)


def test_pairs_are_all_pairs_with_their_tests(findings: Findings) -> None:
    assert len(findings.pairs) == 6 * 2 * 3
    pair = next(each for each in findings.pairs if (each.first, each.second) == ("default", "random"))
    a, b = findings.values[0, 0, :, 0], findings.values[3, 0, :, 0]
    assert pair.wilcoxon_p == pytest.approx(wilcoxon_p(a, b))
    assert pair.wilcoxon_holm >= pair.wilcoxon_p
    assert pair.difference[0] == pytest.approx((a - b).mean())
    assert pair.effect.a12 > 0.5
    assert pair.seeds_80 < pair.seeds_90


def test_solvings_count_censored_runs(findings: Findings) -> None:
    by_name = {(each.problem, each.searcher): each for each in findings.solvings}
    best, worst = by_name["toy_0", "default"], by_name["toy_0", "random"]
    assert best.share[0] > worst.share[0]
    assert best.mean is not None
    assert worst.mean is not None
    assert best.mean.horizon == worst.mean.horizon == 60
    assert best.mean.value < worst.mean.value
    assert np.isnan(best.slower_p)
    assert worst.slower_p < 0.05


def test_ranks_are_over_problems_when_there_are_three(findings: Findings) -> None:
    assert "40 searches by seed of the 2 problems" in findings.ranked[-1].words
    over = analyse(searched(4, 5, 20), resamples=100, amounts=[20]).ranked[0]
    assert over.words.startswith("blocks are the 4 problems")
    assert over.ranking.ranks.shape == (4, 4)
    assert over.ranking.average[0] == 1.0


def test_repeats_are_told(findings: Findings) -> None:
    effort = findings.efforts[0]
    assert effort.queries == 60.0
    assert effort.networks == np.mean([len(set(run)) for run in findings.comparison.keys[0, 0].tolist()])
    assert effort.decision_milliseconds == pytest.approx(1.0)


def test_equal_searchers_are_tied_for_first() -> None:
    runs = np.random.default_rng(0).uniform(size=(1, 12))
    assert standings(np.concatenate([runs, runs, runs + 1.0])) == [(), (), (0, 1)]
    assert standings(np.concatenate([runs, runs + 1.0]), test="mann-whitney") == [(), (0,)]


def test_too_few_seeds_tie_for_want_of_power() -> None:
    assert standings(np.array([[0.1, 0.1], [0.5, 0.6]])) == [(), ()]


def test_standings_ignore_the_order_of_searchers_and_seeds() -> None:
    rng = np.random.default_rng(1)
    runs = rng.exponential(size=(5, 25)) * np.arange(1, 6)[:, None]
    plain, turned = standings(runs), standings(runs[::-1, ::-1])
    assert [{4 - place for place in each} for each in turned[::-1]] == [set(each) for each in plain]


def test_searchers_that_failed_are_left_out() -> None:
    plain = searched(1, 8, 20)
    keys, scores = plain.keys.copy(), plain.scores.copy()
    keys[1], scores[1] = -1, NAN
    keys[2, 0, :3], scores[2, 0, :3] = -1, NAN
    some = comparison(scores, keys, searchers=plain.searchers, problems=plain.problems)
    found = analyse(some, resamples=100, amounts=[20])
    by_name = {each.searcher: each for each in found.summaries}
    assert (by_name["evolution"].num_runs, by_name["evolution"].standing) == (0, "")
    assert by_name["local search"].num_runs == 5
    assert {each.num_seeds for each in found.pairs if "local search" in (each.first, each.second)} == {5}
    assert "evolution" not in {name for each in found.pairs for name in (each.first, each.second)}
    assert found.ranked[0].searchers == ("default", "local search", "random")
    assert found.solvings[1].mean is None
    assert found.efforts[1].num_runs == 0


def test_one_searcher_and_nothing_found_yet() -> None:
    alone = analyse(searched(1, 3, 10, speeds=(1,)), resamples=50)
    assert alone.summaries[0].standing == ""
    assert (alone.pairs, alone.ranked) == ((), ())
    late = np.array([[[[NAN, 0.5], [0.6, 0.7]]]])
    first = analyse(comparison(late), amounts=[1], resamples=50).summaries[0]
    assert (first.num_without, first.mean[0]) == (1, np.inf)
    assert first.median[0] == np.inf


def test_seconds_and_test_values() -> None:
    found = analyse(searched(1), cost="train_seconds", measure="test_regret", resamples=50)
    assert found.settings.amounts[-1] > 6000
    assert found.solvings[0].mean is not None
    assert found.solvings[0].mean.horizon > 6000


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match='expected test "wilcoxon" or "mann-whitney", got "t"'):
        analyse(searched(1, 3, 5), test="t")
