import io
import math
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from loop_rounds import ACCURACY, candidate, incumbent, quality, two_rounds
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from surronas.journal import Measurement, Round
from surronas.plots import incumbent_over_rounds, predicted_against_measured, tau_over_rounds
from surronas.plots.style import DOTS_PER_INCH, png_bytes
from surronas.store import Metric

SEEDS = (0, 1)


def test_predictions_lie_against_what_was_measured(rounds: list[Round]) -> None:
    above, below = predicted_against_measured(rounds, ACCURACY, SEEDS).axes
    assert (above.get_title(), below.get_title()) == ("XGBoost", "Gaussian process")
    np.testing.assert_allclose(points(above), [(0.9155, 0.9123), (0.8877, 0.9), (0.9366, 0.9321)])
    np.testing.assert_allclose(points(below), [(0.9155, 0.9222), (0.8877, 0.91), (0.9366, 0.9432)])
    np.testing.assert_allclose(half_bars(below), [0.0202, 0.02, 0.0122])
    assert [lines.get_marker() for lines in data_lines(above)] == ["o", "s"]  # by round
    assert data_lines(above)[0].get_color() != data_lines(below)[0].get_color()  # by surrogate


def test_the_diagonal_is_where_a_prediction_is_exact(rounds: list[Round]) -> None:
    for axes in predicted_against_measured(rounds, ACCURACY, SEEDS).axes:
        (line,) = (line for line in axes.lines if line.get_gid() == "diagonal")
        assert line.get_slope() == 1
        assert line.get_xy1()[0] == line.get_xy1()[1]


def test_a_failed_candidate_is_counted_not_drawn(rounds: list[Round]) -> None:
    for figure in (
        predicted_against_measured(rounds, ACCURACY, SEEDS),
        incumbent_over_rounds(rounds, ACCURACY, SEEDS),
    ):
        assert "left out: 1 candidate with a failed run" in figure.axes[-1].get_xlabel()
        assert np.isfinite(figure.axes[-1].get_ylim()).all()
    assert len(points(predicted_against_measured(rounds, ACCURACY, SEEDS).axes[0])) == 3


def test_axes_name_split_unit_and_seeds(rounds: list[Round]) -> None:
    predicted = predicted_against_measured(rounds, ACCURACY, SEEDS)
    x = " ".join(predicted.axes[-1].get_xlabel().split())
    assert x.startswith("measured validation accuracy (fraction), mean over seeds 0, 1")
    assert "predicted validation accuracy (fraction), mean ± std" in words(predicted)
    best = incumbent_over_rounds(rounds, ACCURACY, (7,)).axes[0]
    assert " ".join(best.get_ylabel().split()) == "validation accuracy (fraction), seed 7; higher is better"


def test_a_metric_without_unit_or_split_that_is_minimised(rounds: list[Round]) -> None:
    metric = Metric("latency", None, "", "minimize")
    label = " ".join(incumbent_over_rounds(rounds, metric, SEEDS).axes[0].get_ylabel().split())
    assert label == "latency, mean over seeds 0, 1; lower is better"


def test_the_incumbent_is_a_step_a_round_and_candidates_lie_in_their_round(rounds: list[Round]) -> None:
    (axes,) = incumbent_over_rounds(rounds, ACCURACY, SEEDS).axes
    values, edges, _ = axes.patches[0].get_data()
    np.testing.assert_allclose(values, [0.9011, 0.9155, 0.9366])
    np.testing.assert_allclose(edges, [-0.5, 0.5, 1.5, 2.5])
    drawn = {part.get_label(): part.get_offsets() for part in axes.collections}
    np.testing.assert_allclose(drawn["Bayesian optimization"], [(0.7, 0.9155)])
    np.testing.assert_allclose(drawn["local search"], [(1.3, 0.8877), (2.0, 0.9366)])
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0\n200", "1\n206", "2\n208"]


def test_tau_and_coverage_over_rounds(rounds: list[Round]) -> None:
    figure = tau_over_rounds(rounds)
    taus, covered = ({line.get_label(): line for line in axes.lines} for axes in figure.axes)
    np.testing.assert_allclose(taus["XGBoost"].get_ydata(), [0.5123, 0.5577, 0.5899])
    np.testing.assert_allclose(covered["Gaussian process"].get_ydata(), [0.8511, 0.8744, 0.8966])
    np.testing.assert_allclose(covered["nominal: 0.90"].get_ydata(), 0.9)
    assert "200 held-out architectures" in words(figure)


def test_held_out_counts_that_change_are_a_range(rounds: list[Round]) -> None:
    last = replace(rounds[-1], quality={"XGBoost": quality(0.6, 0.9, num_held_out=187)})
    assert "187 to 200 held-out" in words(tau_over_rounds([*rounds[:-1], last]))


def test_coverage_that_was_not_measured_is_a_gap(rounds: list[Round]) -> None:
    bare = quality(0.6, 0.9)
    bare = replace(bare, calibration=replace(bare.calibration, levels=(0.5,), coverage=(0.4,)))
    figure = tau_over_rounds([replace(rounds[0], quality={"XGBoost": bare})])
    assert np.isnan(figure.axes[1].lines[0].get_ydata()).all()


def test_round_zero_alone_says_that_nothing_was_measured() -> None:
    rounds = two_rounds()[:1]
    predicted = predicted_against_measured(rounds, ACCURACY, SEEDS)
    assert "no candidate has been measured" in words(predicted)
    assert not predicted.axes[0].containers
    (axes,) = incumbent_over_rounds(rounds, ACCURACY, SEEDS).axes
    assert not axes.collections
    for figure in (predicted, axes.figure, tau_over_rounds(rounds)):
        assert png_bytes(figure).startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize("judged", [{}, {"only one": quality(0.5, 0.9)}])
def test_no_surrogate_or_only_one(judged: dict) -> None:
    rounds = [replace(one, quality=judged, candidates=(), measurements=()) for one in two_rounds()]
    assert len(predicted_against_measured(rounds, ACCURACY, SEEDS).axes) == 1
    assert len(tau_over_rounds(rounds).axes[0].lines) == len(judged)


def test_all_candidates_failed() -> None:
    text = two_rounds()[1].candidates[0].text
    failed = Measurement(math.nan, ("diverged", "killed"))
    rounds = [Round(1, 2, (candidate(text, "x", gp=(0.9, 0.1)),), (failed,), incumbent(text, 0.9), {})]
    figure = predicted_against_measured(rounds, ACCURACY, SEEDS)
    assert "no candidate has been measured" in words(figure)
    assert "left out: 1 candidate" in words(figure)


def test_many_rounds_have_few_ticks_and_share_markers() -> None:
    start, _, last = two_rounds()
    rounds = [start, *(replace(last, number=number) for number in range(1, 30))]
    assert len(incumbent_over_rounds(rounds, ACCURACY, SEEDS).axes[0].get_xticks()) <= 8
    assert "rounds 1, 8, 15, 22, 29" in words(predicted_against_measured(rounds, ACCURACY, SEEDS))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "name", ["my_$\\frac{surrogate$ of a very long name, <b>&amp; more", "x" * 300, "_x"]
)
def test_names_are_never_read_as_formulas_and_stay_inside_the_figure(name: str) -> None:
    start, _, last = two_rounds()
    named = candidate(last.candidates[0].text, name)
    named = replace(named, predicted={name: (0.9, 0.01)})
    rounds = [
        replace(start, quality={name: quality(0.5, 0.9)}),
        replace(last, candidates=(named,), quality={name: quality(0.5, 0.9)}),
    ]
    for figure in (
        predicted_against_measured(rounds, ACCURACY, SEEDS),
        incumbent_over_rounds(rounds, ACCURACY, SEEDS),
        tau_over_rounds(rounds),
    ):
        assert_inside(figure)


def test_everything_stays_inside_the_figure(rounds: list[Round]) -> None:
    for figure in (
        predicted_against_measured(rounds, ACCURACY, range(6)),
        incumbent_over_rounds(rounds, ACCURACY, range(6)),
        tau_over_rounds(rounds),
    ):
        assert_inside(figure)


def test_global_settings_are_left_alone(rounds: list[Round]) -> None:
    before = dict(matplotlib.rcParams)
    png_bytes(tau_over_rounds(rounds))
    assert dict(matplotlib.rcParams) == before


def test_the_same_rounds_give_the_same_bytes(rounds: list[Round]) -> None:
    first, second = (png_bytes(tau_over_rounds(rounds)) for _ in range(2))
    assert first == second


def points(axes: Axes) -> list[tuple[float, float]]:
    return [point for line in data_lines(axes) for point in zip(*line.get_data(), strict=True)]


def data_lines(axes: Axes) -> list:
    return [container.lines[0] for container in axes.containers]


def half_bars(axes: Axes) -> list[float]:
    bars = [bar for container in axes.containers for bar in container.lines[2][0].get_segments()]
    return [(bar[1][1] - bar[0][1]) / 2 for bar in bars]


def words(figure: Figure) -> str:
    """Return all text of a figure, in one line."""
    texts = [part.get_text() for part in figure.findobj(matplotlib.text.Text)]
    return " ".join(" ".join(texts).split())


def assert_inside(figure: Figure) -> None:
    """Assert that no text or axis is cut at the border."""
    figure.savefig(io.BytesIO(), format="png")
    needed = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    one_pixel = 1 / DOTS_PER_INCH
    assert needed.x0 >= -one_pixel
    assert needed.y0 >= -one_pixel
    assert needed.x1 <= width + one_pixel
    assert needed.y1 <= height + one_pixel
