"""Figures of an explanation: a cell whose edges are coloured by contribution, and effects over a sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_hex
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.plots.cell import EdgeStyle, cell_canvas, draw_edge, draw_nodes_and_words
from surronas.plots.style import (
    COLORS,
    FAINT,
    SMALL_POINTS,
    TEXT_POINTS,
    new_figure,
    quantity,
    quantity_with_unit,
    wrapped,
)
from surronas.spaces.graph import NO_OPERATION
from surronas.store import Metric

if TYPE_CHECKING:
    from surronas.explanation import (
        Explanation,
        PathEffects,
        StructureEffects,
    )  # scikit-learn comes with them

TITLE = "What each edge adds to the prediction"
_LOWERS, _NEITHER, _LIFTS = COLORS[1], "#d4d4d4", COLORS[0]
_MAP = LinearSegmentedColormap.from_list("contribution", [_LOWERS, _NEITHER, _LIFTS])
_BAR_LINES = 4  # lines of notes whose room the colour bar takes
_ROW_INCHES = 0.26  # of a bar, or a row of numbers


def draw_explained_cell(explanation: Explanation, metric: Metric, row: int = 0) -> Figure:
    """Return one cell as a figure, its edges coloured by what they add to the prediction.

    Edges with the operation ``none`` are dotted: what is not there counts too. Dead edges are grey and
    dashed where they have no part.

    Raises:
        InputError: decisions of the space that are not the operation of an edge, as in ``Cell101``.
    """
    if any(place is None for place in explanation.decisions.edges):
        raise InputError(
            f"expected a space whose decisions are the operations of edges, got {explanation.space.name!r}; "
            "use draw_choice_effects"
        )
    graph = explanation.space.graph(explanation.architectures[row])
    values = dict(zip(explanation.decisions.edges, explanation.contributions[row].tolist(), strict=True))
    live, scale = set(graph.live_edges()), contribution_scale(np.array(list(values.values())))
    edges = list(graph.edges)
    notes = [
        f"prediction {explanation.predictions[row]:.4g}, "
        f"{explanation.predictions[row] - explanation.base:+.2g} over the background's mean"
    ]
    styles = [contribution_style(values[edge[:2]], edge[2], scale, is_live=edge in live) for edge in edges]
    if any(style.color == FAINT for style in styles):
        notes.append("grey, dashed: dead, without a part in the prediction")
    figure, axes = cell_canvas(graph, edges, len(notes) + _BAR_LINES)
    for edge, style in zip(edges, styles, strict=True):
        draw_edge(axes, edge, style)
    notes += [""] * _BAR_LINES  # the colour bar's place
    draw_nodes_and_words(axes, graph, TITLE, notes)
    width, height = figure.get_size_inches()
    place = figure.add_axes((0.3 / width, 0.45 / height, 1 - 0.6 / width, 0.1 / height))
    bar = figure.colorbar(
        ScalarMappable(scale, _MAP), cax=place, orientation="horizontal", ticks=MaxNLocator(5)
    )
    bar.ax.tick_params(labelsize=SMALL_POINTS)
    bar.set_label(f"contribution to {quantity_with_unit(metric)}", fontsize=SMALL_POINTS)
    return figure


def contribution_style(value: float, operation: str, scale: Normalize, *, is_live: bool) -> EdgeStyle:
    """Return how an edge of a contribution looks: the more, the wider, for those who see no colours."""
    if value == 0 and not is_live:
        return EdgeStyle(FAINT, 1.0, "--", "#6a6a6a", "0")
    width = 1.2 + 2.4 * abs(value) / float(scale.vmax or 1.0)
    line = ":" if operation == NO_OPERATION else "-" if is_live else "--"
    return EdgeStyle(to_hex(_MAP(scale(value))), width, line, "#000000", _short(value))


def draw_choice_effects(explanation: Explanation, metric: Metric) -> Figure:
    """Return the mean contribution of every choice at every decision, as colours and numbers.

    A row is a decision, those on which most hangs first, 20 at most. Choices that no architecture of the
    sample took are left blank.
    """
    order = np.argsort(-explanation.decision_effects(), kind="stable")[:20]
    effects = explanation.choice_effects()[order]
    number = len(explanation.architectures)
    title = f"Mean contribution of each choice to {quantity(metric)}, {number} architectures"
    figure, (axes,) = new_figure(title, 1.6 + _ROW_INCHES * len(order))
    scale = contribution_scale(effects)
    axes.grid(visible=False)
    axes.imshow(np.ma.masked_invalid(effects), cmap=_MAP, norm=scale, aspect="auto")
    for i, j in np.argwhere(np.isfinite(effects)):
        axes.text(j, i, _short(effects[i, j]), ha="center", va="center", fontsize=SMALL_POINTS - 1)
    names = [explanation.decisions.names[i] for i in order]
    axes.set_yticks(range(len(order)), names)
    labels = _columns(explanation)
    axes.set_xticks(range(len(labels)), [wrapped(name, 20) for name in labels], rotation=30, ha="right")
    bar = figure.colorbar(ScalarMappable(scale, _MAP), ax=axes, pad=0.02)
    bar.ax.tick_params(labelsize=SMALL_POINTS)
    bar.set_label(quantity_with_unit(metric), fontsize=SMALL_POINTS)
    return figure


def _columns(explanation: Explanation) -> list[str]:
    """Return the names of choices that all decisions share, or their numbers."""
    longest = max(explanation.decisions.choices, key=len)
    if all(names == longest[: len(names)] for names in explanation.decisions.choices):
        return list(longest)
    return [f"choice {choice}" for choice in range(len(longest))]


def draw_path_effects(effects: PathEffects, metric: Metric, *, most: int = 12, fewest: int = 5) -> Figure:
    """Return the paths with the greatest effects as bars, with their standard errors.

    Only those that at least ``fewest`` architectures have are drawn.

    Raises:
        InputError: there is none.
    """
    known = np.flatnonzero(np.isfinite(effects.effects) & (effects.counts >= fewest))
    order = known[np.argsort(-np.abs(effects.effects[known]), kind="stable")][:most]
    if not len(order):
        raise InputError(f"expected a path that {fewest} architectures have, but none is so frequent")
    labels = [f"{_spelt(effects.paths[i])}\n({effects.counts[i]} have it)" for i in order]
    title = f"Effect of each path on the predicted {quantity(metric)}"
    return _bars(title, labels, effects.effects[order], np.nan_to_num(effects.errors[order]), metric)


def draw_structure_effects(effects: StructureEffects, metric: Metric, *, most: int = 12) -> Figure:
    """Return the structures that account for most of the predictions' variance as bars, with standard errors.

    A bar is the mean prediction of those that have a structure minus that of those that have not.

    Raises:
        InputError: there is none.
    """
    if not effects.names:
        raise InputError("expected a structure that some architectures have and others have not, got none")
    labels = [
        f"{wrapped(name, 34)}\n({count} have it)"
        for name, count in zip(effects.names[:most], effects.counts[:most].tolist(), strict=True)
    ]
    title = f"Predicted {quantity(metric)}: those with a structure minus those without"
    return _bars(title, labels, effects.differences[:most], effects.errors[:most], metric)


def _bars(
    title: str,
    labels: Sequence[str],
    values: NDArray[np.float64],
    errors: NDArray[np.float64],
    metric: Metric,
) -> Figure:
    """Return labelled bars with standard errors, blue to the right of 0 and red to the left."""
    lines = sum(label.count("\n") + 1 for label in labels)
    figure, (axes,) = new_figure(title, 1.1 + 0.85 * _ROW_INCHES * lines)
    colors = np.where(values > 0, _LIFTS, _LOWERS).tolist()
    axes.barh(range(len(labels)), values, xerr=errors, color=colors, height=0.7, error_kw={"elinewidth": 0.8})
    axes.axvline(0.0, color="#000000", linewidth=0.8)
    axes.set_yticks(range(len(labels)), labels, fontsize=SMALL_POINTS - 1)
    axes.invert_yaxis()
    axes.set_xlabel(f"{quantity_with_unit(metric)}\n± standard error", fontsize=TEXT_POINTS)
    return figure


def _spelt(path: Sequence[str]) -> str:
    return wrapped(" → ".join(path) or "(no operation)", 34)


def contribution_scale(values: NDArray[np.float64]) -> Normalize:
    """Return a scale whose middle is 0."""
    largest = float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
    return Normalize(-largest, largest)


def _short(value: float) -> str:
    """Return a contribution in few characters: "+.012"."""
    text = f"{value:+.2g}" if abs(value) < 1e-3 or abs(value) >= 1 else f"{value:+.3f}"
    return text.replace("+0.", "+.").replace("-0.", "-.")
