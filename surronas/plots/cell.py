"""A cell drawn as a graph: nodes from left to right, every edge an arrow with its operation."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch

from surronas.plots.style import (
    COLORS,
    DOTS_PER_INCH,
    FAINT,
    SMALL_POINTS,
    TITLE_POINTS,
    WIDTH_INCHES,
    wrapped,
)
from surronas.spaces import Graph
from surronas.spaces.graph import NO_OPERATION

_RADIUS = 0.2  # inches, of a node
_SPACING = 1.28  # inches between nodes: room for "nor_conv_3x3" at 9 points, and four nodes on a phone
_LIFT = 0.62  # inches that an arc rises for each node that it passes over


def draw_cell(graph: Graph) -> Figure:
    """Return the cell as a figure.

    Live edges are coloured by operation. Dead edges, on no path from input to output, are grey and
    dashed; ``none`` edges are left out. Edges over other nodes are arcs, above when they start at an
    even node, below when at an odd one.
    """
    live = set(graph.live_edges())
    drawn = [edge for edge in graph.edges if edge[2] != NO_OPERATION]
    left_out = len(graph.edges) - len(drawn)
    figure, axes = _canvas(graph, drawn)
    color_of = {
        operation: COLORS[place % len(COLORS)]
        for place, operation in enumerate(dict.fromkeys(edge[2] for edge in graph.edges if edge in live))
    }
    for edge in drawn:
        _draw_edge(axes, edge, color_of[edge[2]] if edge in live else None)
    for node in range(graph.num_nodes):
        text = "in" if node == 0 else "out" if node == graph.num_nodes - 1 else str(node)
        axes.add_patch(Circle((node * _SPACING, 0), _RADIUS, facecolor="#f2f2f2", edgecolor="#000000"))
        axes.text(node * _SPACING, 0, text, ha="center", va="center", fontsize=SMALL_POINTS)
    axes.set_title(
        wrapped("Operations from the cell's input to its output", 46), fontsize=TITLE_POINTS, loc="left"
    )
    figure.supxlabel(_note(bool(live), len(drawn) - len(live), left_out), fontsize=SMALL_POINTS)
    return figure


def _canvas(graph: Graph, edges: list[tuple[int, int, str]]) -> tuple[Figure, Axes]:
    """Return a figure and axes in inches, high enough for the arcs."""
    peaks = [_peak(source, target) for source, target, _ in edges]
    top, bottom = max([0.2, *peaks]) + 0.35, min([0.0, *peaks]) - 0.35
    right = (graph.num_nodes - 1) * _SPACING + _RADIUS + 0.06
    figure = Figure(
        figsize=(max(WIDTH_INCHES, right + 0.4), top - bottom + 0.9),
        dpi=DOTS_PER_INCH,
        facecolor="white",
        layout="constrained",
    )
    axes = figure.add_subplot()
    axes.set(xlim=(-_RADIUS - 0.06, right), ylim=(bottom, top), aspect="equal")
    axes.set_axis_off()
    return figure, axes


def _draw_edge(axes: Axes, edge: tuple[int, int, str], color: str | None) -> None:
    """Draw an edge and its operation; without a colour it is dead."""
    source, target, operation = edge
    peak = _peak(source, target)
    start, end = source * _SPACING, target * _SPACING
    axes.add_patch(
        FancyArrowPatch(
            (start, 0),
            (end, 0),
            # a quadratic Bezier curve: its middle lies half as high as its control point
            connectionstyle=f"arc3,rad={-2 * peak / (end - start)}",
            arrowstyle="-|>",
            mutation_scale=11,
            shrinkA=_RADIUS * 72,
            shrinkB=_RADIUS * 72,
            color=color or FAINT,
            linewidth=1.8 if color else 1.0,
            linestyle="-" if color else "--",
        )
    )
    axes.text(
        (start + end) / 2,
        peak + (0.12 if peak >= 0 else -0.12),
        wrapped(operation, 40),
        ha="center",
        va="center",
        fontsize=SMALL_POINTS,
        color="#000000" if color else "#6a6a6a",
    )


def _peak(source: int, target: int) -> float:
    """Return how high an edge rises, in inches; below zero it passes under the nodes."""
    side = 1 if source % 2 == 0 else -1
    return side * _LIFT * (target - source - 1)


def _note(has_path: bool, num_dead: int, num_none: int) -> str:
    """Return what the drawing leaves out or greys out."""
    parts = [] if has_path else ["no path from input to output: the cell gives zero"]
    if num_dead:
        parts.append(f"grey, dashed: {num_dead} dead, on no path from input to output")
    if num_none:
        parts.append(f"left out: {num_none} edge{'s' if num_none > 1 else ''} with the operation none")
    return "\n".join(parts)
