"""A cell drawn as a graph: nodes from left to right, every edge an arrow with its operation."""

from dataclasses import dataclass

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

TITLE = "Operations from the cell's input to its output"
# inches:
_RADIUS = 0.18  # of a node
_SPACING = 1.36  # between nodes: room for "nor_conv_3x3" at 9 points, and for four nodes on a phone
_LIFT = 0.62  # that an arc rises for each node that it passes over
_LABEL = 0.22  # that an operation's name needs beside its arrow
_TITLE_INCHES, _NOTE_INCHES, _MARGIN = 0.36, 0.17, 0.08


@dataclass(frozen=True)
class EdgeStyle:
    """How an edge looks, and what is written on the other side of it than its operation."""

    color: str
    width: float = 1.8  # points
    line: str = "-"
    text_color: str = "#000000"
    value: str = ""


_DEAD = EdgeStyle(FAINT, 1.0, "--", "#6a6a6a")


def draw_cell(graph: Graph) -> Figure:
    """Return the cell as a figure.

    Live edges are coloured by operation. Dead edges, on no path from input to output, are grey and
    dashed; ``none`` edges are left out. Edges over other nodes are arcs, above when they start at an
    even node, below when at an odd one.
    """
    live = set(graph.live_edges())
    drawn = [edge for edge in graph.edges if edge[2] != NO_OPERATION]
    notes = _notes(bool(live), len(drawn) - len(live), len(graph.edges) - len(drawn))
    figure, axes = cell_canvas(graph, drawn, len(notes))
    color_of = {
        operation: COLORS[place % len(COLORS)]
        for place, operation in enumerate(dict.fromkeys(edge[2] for edge in graph.edges if edge in live))
    }
    for edge in drawn:
        draw_edge(axes, edge, EdgeStyle(color_of[edge[2]]) if edge in live else _DEAD)
    draw_nodes_and_words(axes, graph, TITLE, notes)
    return figure


def draw_nodes_and_words(axes: Axes, graph: Graph, title: str, notes: list[str]) -> None:
    """Draw the nodes over the edges, the title above and the notes below, a line each."""
    draw_nodes(axes, graph)
    left, top, bottom = axes.get_xlim()[0] + _MARGIN, axes.get_ylim()[1], axes.get_ylim()[0]
    axes.text(left, top - _MARGIN, title, va="top", fontsize=TITLE_POINTS)
    axes.text(left, bottom + _MARGIN, "\n".join(notes), va="bottom", fontsize=SMALL_POINTS)


def draw_nodes(axes: Axes, graph: Graph, points: float = SMALL_POINTS) -> None:
    """Draw the nodes over the edges, with text of so many points."""
    for node in range(graph.num_nodes):
        text = "in" if node == 0 else "out" if node == graph.num_nodes - 1 else str(node)
        axes.add_patch(Circle((node * _SPACING, 0), _RADIUS, facecolor="#f2f2f2", edgecolor="#000000"))
        axes.text(node * _SPACING, 0, text, ha="center", va="center", fontsize=points)


def cell_axes(axes: Axes, graph: Graph, width: float) -> float:
    """Set axes of so many inches to hold a cell; return by how much that is smaller than life."""
    peaks = [_peak(source, target) for source, target, _ in graph.edges]
    left, right = -_RADIUS - _MARGIN, (graph.num_nodes - 1) * _SPACING + _RADIUS + _MARGIN
    axes.set(xlim=(left, right), ylim=(min(peaks) - _LABEL, max(peaks) + _LABEL), aspect="equal")
    axes.set_axis_off()
    return width / (right - left)


def cell_canvas(graph: Graph, edges: list[tuple[int, int, str]], num_notes: int) -> tuple[Figure, Axes]:
    """Return a figure and axes in inches, as large as the arcs, the title and the notes need."""
    peaks = [_peak(source, target) for source, target, _ in edges]
    top = max([_RADIUS, *(peak + _LABEL for peak in peaks)]) + _TITLE_INCHES
    bottom = min([-_RADIUS, *(peak - _LABEL for peak in peaks)]) - _NOTE_INCHES * num_notes - _MARGIN
    left, right = -_RADIUS - _MARGIN, (graph.num_nodes - 1) * _SPACING + _RADIUS + _MARGIN
    right = max(right, left + WIDTH_INCHES)
    figure = Figure(figsize=(right - left, top - bottom), dpi=DOTS_PER_INCH, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.set_axis_off()
    return figure, axes


def draw_edge(
    axes: Axes,
    edge: tuple[int, int, str],
    style: EdgeStyle,
    *,
    scale: float = 1.0,
    points: float = SMALL_POINTS,
) -> None:
    """Draw an edge, its operation on the outer side and the style's value on the inner.

    ``scale`` is by how much the axes are smaller than life; texts are of so many ``points``.
    """
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
            mutation_scale=11 * scale,
            shrinkA=_RADIUS * 72 * scale,
            shrinkB=_RADIUS * 72 * scale,
            color=style.color,
            linewidth=style.width,
            linestyle=style.line,
        )
    )
    outer = 0.12 if peak >= 0 else -0.12
    for text, height in ((wrapped(operation, 40), peak + outer), (style.value, peak - outer)):
        if text:
            axes.text(
                (start + end) / 2,
                height,
                text,
                ha="center",
                va="center",
                fontsize=points,
                color=style.text_color,
            )


def _peak(source: int, target: int) -> float:
    """Return how high an edge rises, in inches; below zero it passes under the nodes."""
    side = 1 if source % 2 == 0 else -1
    return side * _LIFT * (target - source - 1)


def _notes(has_path: bool, num_dead: int, num_none: int) -> list[str]:
    """Return, line by line, what the drawing leaves out or greys out."""
    notes = [] if has_path else ["no path from input to output: the cell gives zero"]
    if num_dead:
        notes.append(f"grey, dashed: {num_dead} dead, on no path from input to output")
    if num_none:
        notes.append(f"left out: {num_none} edge{'s' if num_none > 1 else ''} with the operation none")
    return notes
