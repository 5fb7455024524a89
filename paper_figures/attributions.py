"""Two cells as graphs, the edges labelled with what they add to the predicted accuracy.

    python paper_figures/attributions.py

Reads reproduce/results/attributions.json. The more an edge adds or takes, the wider it is; its operation
stands on the outer side, the attribution in points on the inner; dotted: none, grey and dashed: dead.
"""

from dataclasses import replace

from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from style import POINTS, SMALL_POINTS, TEXT_INCHES, Result, new_figure, write

from surronas.plots.cell import cell_axes, draw_edge, draw_nodes
from surronas.plots.explanation import contribution_style
from surronas.spaces import SearchSpace, space_named

RESULTS = ("attributions",)
TITLES = {"best": "The best cell", "poor": "A poor cell"}


def draw(result: Result) -> Figure:
    """Return a panel a cell."""
    cells = result["cells"]
    figure = new_figure(TEXT_INCHES, 2.1)
    most = max(abs(value) for cell in cells.values() for value in cell["contributions"])
    scale = Normalize(-100 * most, 100 * most)
    panels = figure.subplots(1, len(cells), squeeze=False)[0]
    for axes, (name, cell) in zip(panels, cells.items(), strict=True):
        draw_cell(axes, space_named(result["space"]), cell, scale, TEXT_INCHES / len(cells))
        told = f"predicted {100 * cell['predicted']:.1f} %, measured {100 * cell['measured']:.1f} %"
        axes.set_title(f"{TITLES.get(name, name)}: {told}", fontsize=POINTS)
    mean = 100 * result["background_mean"]
    note = f"attributions in points; with {mean:.1f}, the mean of random cells, they sum to the prediction"
    figure.supxlabel(note, fontsize=SMALL_POINTS)
    return figure


def draw_cell(axes: Axes, space: SearchSpace, cell: Result, scale: Normalize, width: float) -> None:
    """Draw one cell, its edges labelled."""
    graph = space.graph(space.from_strings([cell["architecture"]])[0])
    smaller = cell_axes(axes, graph, width)
    values = {
        tuple(edge): 100 * value for edge, value in zip(cell["edges"], cell["contributions"], strict=True)
    }
    live = set(graph.live_edges())
    for edge in graph.edges:
        style = contribution_style(values[edge[:2]], edge[2], scale, is_live=edge in live)
        style = replace(style, value=f"{values[edge[:2]]:+.1f}")
        draw_edge(axes, edge, style, scale=smaller, points=SMALL_POINTS)
    draw_nodes(axes, graph, SMALL_POINTS)


if __name__ == "__main__":
    write(__file__, draw, RESULTS)
