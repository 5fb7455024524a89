import numpy as np
import pytest
from loop_rounds import BEST, FAILED
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from test_figures import assert_inside, words

from surronas.plots import draw_cell
from surronas.spaces import Cell201, Graph


def arrows(figure: Figure) -> list[FancyArrowPatch]:
    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]


def graph_of(text: str) -> Graph:
    space = Cell201()
    return space.graph(space.from_strings([text])[0])


def test_every_edge_is_an_arrow_with_its_operation() -> None:
    figure = draw_cell(graph_of(BEST))
    assert len(arrows(figure)) == 6
    assert all(arrow.get_linestyle() in ("-", "solid") for arrow in arrows(figure))
    shown = words(figure)
    assert shown.count("nor_conv_3x3") == 3
    assert all(shown.count(name) == 1 for name in ("nor_conv_1x1", "avg_pool_3x3", "skip_connect"))
    assert [word for word in ("in", "1", "2", "out") if word in shown.split()] == ["in", "1", "2", "out"]
    assert "left out" not in shown


def test_an_operation_has_one_colour() -> None:
    graph = graph_of(BEST)
    colors: dict[str, set] = {}
    for arrow, (_, _, operation) in zip(arrows(draw_cell(graph)), graph.edges, strict=True):
        colors.setdefault(operation, set()).add(arrow.get_edgecolor())
    assert all(len(found) == 1 for found in colors.values())
    assert len(set().union(*colors.values())) == 4


def test_dead_edges_are_dashed_and_none_edges_left_out() -> None:
    # 0->2 and 2->3 lead out; 0->1 is none, so are 1->2 and 1->3; 0->3 is live
    figure = draw_cell(graph_of("|none~0|+|none~0|skip_connect~1|+|nor_conv_1x1~0|none~1|skip_connect~2|"))
    dashed = [arrow.get_linestyle() in ("--", "dashed") for arrow in arrows(figure)]
    assert sorted(dashed) == [False, True, True]
    assert "grey, dashed: 2 dead, on no path from input to output" in words(figure)
    assert "left out: 3 edges with the operation none" in words(figure)


def test_a_cell_without_a_path_says_so() -> None:
    figure = draw_cell(graph_of("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"))
    assert not arrows(figure)
    assert "no path from input to output" in words(figure)
    assert "left out: 6 edges" in words(figure)


@pytest.mark.parametrize(
    "graph",
    [
        graph_of(BEST),
        graph_of(FAILED),
        Graph(2, ((0, 1, "none"),)),
        Graph(2, ((0, 1, "$x_"),)),
        Graph(7, tuple((i, j, "conv3x3-bn-relu") for i in range(7) for j in range(i + 1, 7))),
    ],
    ids=["full", "sparse", "nothing", "formula", "seven nodes"],
)
def test_drawings_stay_inside_the_figure(graph: Graph) -> None:
    assert_inside(draw_cell(graph))


def test_operations_do_not_overlap() -> None:
    figure = draw_cell(graph_of(BEST))
    figure.draw_without_rendering()
    names = [text for text in figure.axes[0].texts if "_" in text.get_text()]
    boxes = [text.get_window_extent() for text in names]
    assert len(boxes) == 6
    overlaps = [a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i]]
    assert not np.any(overlaps)


def test_arcs_of_even_nodes_rise_and_of_odd_nodes_dip() -> None:
    names = {(i, j): f"from{i}to{j}" for i in range(5) for j in range(i + 1, 5)}
    figure = draw_cell(Graph(5, tuple((i, j, name) for (i, j), name in names.items())))
    height = {text.get_text(): text.get_position()[1] for text in figure.axes[0].texts}
    assert 0 < height["from0to1"] < height["from0to2"] < height["from0to3"] < height["from0to4"]
    assert height["from1to4"] < height["from1to3"] < 0 < height["from2to4"]
