import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "compare"))

from made import comparison, facts
from searched import NAMES, searched

from surronas.compare.analysis import analyse
from surronas.compare.findings import Findings
from surronas.plots.comparison import anytime_figures, survival_figures
from surronas.plots.comparison_ranks import pairs_figure, ranks_figure
from surronas.plots.comparison_style import look, sees_test, split_note
from surronas.plots.evaluation import figure_bytes

TEST_SPLIT = "this table has no validation split there: searched on test_accuracy itself, the TEST split"


@pytest.fixture(scope="module")
def findings() -> Findings:
    return analyse(searched(), resamples=100)


def told(figure) -> str:
    """All that a figure says, on one line."""
    pieces = [text.get_text() for axes in figure.axes for text in (*axes.texts, axes.title, axes._left_title)]
    pieces += [text.get_text() for text in figure.texts]
    pieces += [
        label for label in (figure._suptitle, figure._supxlabel) if label for label in [label.get_text()]
    ]
    return " ".join(" ".join(pieces).split())


def test_regret_has_a_panel_for_each_problem_and_a_line_for_each_searcher(findings: Findings) -> None:
    (figure,) = anytime_figures(findings)
    assert len(figure.axes) == 2
    for axes in figure.axes:
        assert axes.get_yscale() == "log"
        assert axes.get_ylabel() == "valid_accuracy\n(percentage points)"
        assert axes.get_xlabel() == "queries"
        assert len(axes.lines) == 4
        for line in axes.lines:
            assert (np.diff(line.get_ydata()) <= 0).all()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(NAMES)
    assert figure_bytes(figure, "pdf").startswith(b"%PDF")


def test_lines_end_at_the_mean_of_the_runs(findings: Findings) -> None:
    (figure,) = anytime_figures(findings)
    for place, line in enumerate(figure.axes[1].lines):
        assert line.get_ydata()[-1] == pytest.approx(100 * findings.values[place, 1, :, -1].mean())


def test_many_problems_take_several_figures() -> None:
    found = analyse(searched(8, 3, 10), resamples=20)
    figures = anytime_figures(found)
    assert [sum(axes.axison for axes in figure.axes) for figure in figures] == [6, 2]
    assert len(survival_figures(found)) == 2


def test_every_panel_says_what_was_searched(findings: Findings) -> None:
    problems = (facts("toy_0", num_networks=400), facts("toy_1", num_networks=400, split_words=TEST_SPLIT))
    changed = analyse(type(searched())(**{**vars(searched()), "problems": problems}), resamples=50)
    figures = [
        *anytime_figures(changed),
        *survival_figures(changed),
        ranks_figure(changed, changed.ranked[0]),
    ]
    figures.append(pairs_figure(changed, 60.0))
    for figure in figures:
        assert f"toy_1: {TEST_SPLIT}" in told(figure)


def test_survival_starts_at_one_and_ends_at_the_unsolved(findings: Findings) -> None:
    (figure,) = survival_figures(findings)
    axes = figure.axes[0]
    steps = [line for line in axes.lines if line.get_drawstyle() == "steps-post"]
    assert [line.get_ydata()[0] for line in steps] == [1.0] * 4
    assert [line.get_ydata()[-1] for line in steps] == pytest.approx(
        [1.0 - each.share[0] for each in findings.solvings[:4]]
    )


def test_nothing_found_and_nothing_left_to_find_are_drawn() -> None:
    unsolved = analyse(comparison(np.full((2, 1, 3, 5), 0.5)), resamples=20)
    assert anytime_figures(unsolved)
    assert survival_figures(unsolved)
    solved = analyse(comparison(np.full((2, 1, 3, 5), 0.9)), resamples=20)
    assert "no regret from the first query on" in told(anytime_figures(solved)[0])
    failed = analyse(comparison(np.full((2, 1, 3, 5), np.nan), np.full((2, 1, 3, 5), -1)), resamples=20)
    assert anytime_figures(failed) == survival_figures(failed) == []
    assert pairs_figure(failed, 5.0) is None


def test_problems_without_test_values_have_no_panel_of_them() -> None:
    untested = comparison(np.full((2, 1, 3, 5), 0.5), problems=(facts(test_metric=None),))
    assert anytime_figures(analyse(untested, measure="test_regret", resamples=20)) == []


def test_the_diagram_has_ranks_difference_and_groups(findings: Findings) -> None:
    ranked = findings.ranked[-1]
    figure = ranks_figure(findings, ranked)
    text = told(figure)
    for place, name in enumerate(ranked.searchers):
        assert f"{name} ({ranked.ranking.average[place]:.2f})" in text
    assert f"critical difference {ranked.ranking.critical_difference:.2f} (Nemenyi, alpha 0.05)" in text
    bars = [line for line in figure.axes[0].lines if line.get_linewidth() > 3]
    assert len(bars) == len(ranked.ranking.nemenyi) + len(ranked.ranking.wilcoxon)
    few = analyse(searched(3, 4, 10, speeds=(3, 1)), resamples=20)
    assert "longer than the axis" in told(ranks_figure(few, few.ranked[0]))


def test_the_heat_map_counts_wins(findings: Findings) -> None:
    figure = pairs_figure(findings, 60.0)
    texts = [text.get_text() for text in figure.axes[0].texts]
    pairs = [e for e in findings.pairs if e.amount == 60 and (e.first, e.second) == ("default", "random")]
    assert f"{np.mean([e.effect.a12 for e in pairs]):.2f}\n2 : 0" in texts
    assert len(texts) == 12


def test_searchers_differ_without_colour() -> None:
    looks = [look(place)[1:] for place in range(14)]
    assert len({(each[0], str(each[1]), each[2] == "white") for each in looks}) == 14


def test_the_note_on_many_problems_names_those_without_validation() -> None:
    four = [facts(f"p{place}") for place in range(3)] + [facts("bare", split_words=TEST_SPLIT)]
    assert sees_test(four[3])
    assert split_note(four) == "4 problems; the searches saw the TEST split itself on 1 of them: bare."
    assert split_note([*four[:3], facts("p4")]) == "4 problems; no search saw a test value."
    assert "on all of which" in split_note([facts(str(place), split_words=TEST_SPLIT) for place in range(4)])
