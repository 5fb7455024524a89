import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from test_figures import assert_inside, words

from surronas.encodings import live_one_hot, paths
from surronas.errors import InputError
from surronas.explanation import (
    Explanation,
    PathEffects,
    StructureEffects,
    explain,
    network_paths,
    path_effects,
    structure_effects,
    substructures,
)
from surronas.plots import (
    draw_choice_effects,
    draw_explained_cell,
    draw_path_effects,
    draw_structure_effects,
)
from surronas.spaces import Cell201, space_named
from surronas.store import TRAINING_METRICS
from surronas.surrogates import Matrix, Vector

(ACCURACY,) = (metric for metric in TRAINING_METRICS if metric.name == "valid_accuracy")
CELL = [3, 0, 3, 1, 0, 0]  # 1→2 is dead: neither 1→3 nor 2→3 leads on
FULL = [3, 1, 2, 4, 3, 2]


class Linear:
    """A surrogate that likes convolutions: .01 for choice 1, .04 for choice 4, .1 for a live edge."""

    def predict(self, X: Matrix, return_std: bool = False) -> Vector:
        weights = np.append(np.full(6, -0.1), np.tile(np.arange(5) / 100, 6))
        return 0.6 + X @ weights


@pytest.fixture
def explanation(cell201: Cell201) -> Explanation:
    background = cell201.sample(30, np.random.default_rng(0))
    return explain(Linear(), live_one_hot, cell201, [CELL, FULL], background)


def arrows(figure: Figure) -> list[FancyArrowPatch]:
    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]


def test_every_edge_has_its_contribution(explanation: Explanation) -> None:
    shown = words(draw_explained_cell(explanation, ACCURACY, 1)).split()
    for value in explanation.contributions[1]:
        assert f"{value:+.3f}".replace("0.", ".", 1) in shown
    assert "nor_conv_3x3" in shown


def test_colours_go_by_sign_and_widths_by_size(explanation: Explanation) -> None:
    drawn = arrows(draw_explained_cell(explanation, ACCURACY, 1))
    values = explanation.contributions[1]
    widths = [arrow.get_linewidth() for arrow in drawn]
    assert np.argsort(widths).tolist() == np.argsort(np.abs(values)).tolist()
    for arrow, value in zip(drawn, values, strict=True):
        red, _, blue, _ = arrow.get_edgecolor()
        assert (blue > red) == (value > 0)


def test_none_is_dotted_and_what_has_no_part_is_dashed_and_grey(explanation: Explanation) -> None:
    figure = draw_explained_cell(explanation, ACCURACY)
    drawn = arrows(figure)
    assert [arrow.get_linestyle() in (":", "dotted") for arrow in drawn] == [
        False,
        True,
        *[False] * 2,
        True,
        True,
    ]
    assert explanation.contributions[0, 2] == 0
    assert drawn[2].get_linestyle() in ("--", "dashed")
    assert to_hex(drawn[2].get_edgecolor()) == "#8a8a8a"
    assert "grey, dashed: dead, without a part in the prediction" in words(figure)


def test_the_bar_says_what_is_shown_with_zero_in_its_middle(explanation: Explanation) -> None:
    figure = draw_explained_cell(explanation, ACCURACY)
    assert "contribution to validation accuracy (fraction)" in figure.axes[1].get_xlabel()
    low, high = figure.axes[1].get_xlim()
    assert low == -high
    assert f"prediction {explanation.predictions[0]:.4g}" in words(figure)


@pytest.mark.parametrize("row", [0, 1])
def test_drawings_stay_inside_the_figure(explanation: Explanation, row: int) -> None:
    assert_inside(draw_explained_cell(explanation, ACCURACY, row))


def test_a_cell_that_adds_nothing_can_be_drawn(cell201: Cell201) -> None:
    same = explain(Linear(), live_one_hot, cell201, [FULL], [FULL])
    assert_inside(draw_explained_cell(same, ACCURACY))


def test_effects_of_choices_are_numbers_on_colours(cell201: Cell201) -> None:
    rng = np.random.default_rng(1)
    cells = cell201.sample(60, rng)
    cells[:, 0] = 3
    found = explain(Linear(), live_one_hot, cell201, cells, cell201.sample(20, rng))
    figure = draw_choice_effects(found, ACCURACY)
    axes = figure.axes[0]
    assert axes.get_xticklabels()[0].get_text() == "none"
    rows = [tick.get_text() for tick in axes.get_yticklabels()]
    assert rows == [found.decisions.names[i] for i in np.argsort(-found.decision_effects())]
    assert len(axes.texts) == 1 + 5 * 5  # 0→1 took one choice alone
    assert "60 architectures" in words(figure)
    assert_inside(figure)


def test_spaces_without_names_for_all_choices(rng: np.random.Generator) -> None:
    space = space_named("graph_network")
    weights = np.random.default_rng(0).random(live_one_hot(space, space.sample(1, rng)).shape[1])

    class Sum:
        def predict(self, X: Matrix, return_std: bool = False) -> Vector:
            return X @ weights

    found = explain(Sum(), live_one_hot, space, space.sample(5, rng), space.sample(5, rng), rng)
    assert "choice 0" in words(draw_choice_effects(found, ACCURACY))
    with pytest.raises(InputError, match="decisions are the operations of edges, got 'graph_network'"):
        draw_explained_cell(found, ACCURACY)


def test_effects_of_paths(cell201: Cell201, rng: np.random.Generator) -> None:
    class Sum:
        def predict(self, X: Matrix, return_std: bool = False) -> Vector:
            return X @ np.linspace(-1, 1, X.shape[1])

    cells = cell201.sample(300, rng)
    effects = path_effects(Sum(), paths, cell201, cells)
    figure = draw_path_effects(effects, ACCURACY, most=6)
    assert len(figure.axes[0].patches) == 6
    longest = max(abs(bar.get_width()) for bar in figure.axes[0].patches)
    assert longest == pytest.approx(np.abs(effects.effects[effects.counts >= 5]).max())
    assert_inside(figure)
    none = PathEffects([("a",)], np.array([0]), *(np.array([np.nan]) for _ in range(3)))
    with pytest.raises(
        InputError, match="expected a path that 5 architectures have, but none is so frequent"
    ):
        draw_path_effects(none, ACCURACY)


@pytest.mark.parametrize("listed", [network_paths, substructures])
def test_structures_are_bars_of_their_differences(listed, cell201: Cell201, rng: np.random.Generator) -> None:
    effects = structure_effects(Linear(), live_one_hot, cell201, cell201.sample(300, rng), listed)
    figure = draw_structure_effects(effects, ACCURACY, most=7)
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    np.testing.assert_allclose(widths, effects.differences[:7])
    assert f"({effects.counts[0]} have it)" in words(figure)
    assert_inside(figure)


def test_no_structure_is_no_figure() -> None:
    nothing = StructureEffects((), np.empty(0, np.int64), *(np.empty(0) for _ in range(4)))
    with pytest.raises(InputError, match="expected a structure that some architectures have and others"):
        draw_structure_effects(nothing, ACCURACY)
