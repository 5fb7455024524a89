"""Fronts of two objectives found by searches: what half of the runs attain, beside the best front possible.

The median attainment surface (Fonseca, Guerreiro, López-Ibáñez and Paquete 2011): the points that half of
the runs reach or pass in both objectives. The union of all fronts would flatter searchers of many seeds.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.plots.comparison_style import add_legend, legend_name, look, new_panels
from surronas.plots.style import FAINT, SMALL_POINTS

Floats = NDArray[np.float64]


def attained(runs: Sequence[ArrayLike], share: float = 0.5) -> Floats:
    """Return the corners (k, 2), first objective ascending, that a share of the runs attains.

    Args:
        runs: points (n, 2) of each run, both objectives maximised.
        share: of the runs, above 0 and at most 1.

    Raises:
        InputError: no runs, points of another shape, or a share out of range.
    """
    points = [np.asarray(run, np.float64) for run in runs]
    if not points or any(each.ndim != 2 or each.shape[1] != 2 for each in points):
        raise InputError("expected points (n, 2) of one run or more")
    if not 0.0 < share <= 1.0:
        raise InputError(f"expected a share of the runs above 0 and at most 1, got {share}")
    first = np.unique(np.concatenate([each[:, 0] for each in points]))
    second = np.stack([_best_second(each, first) for each in points])  # (runs, k)
    enough = int(np.ceil(share * len(points)))
    level = -np.sort(-second, axis=0)[enough - 1]  # reached by so many runs
    corner = np.append(level[:-1] > level[1:], True) & np.isfinite(level)
    return np.stack([first[corner], level[corner]], axis=1)


def fronts_figure(
    title: str,
    runs: Mapping[str, Sequence[ArrayLike]],
    *,
    names: tuple[str, str],
    signs: tuple[float, float] = (1.0, 1.0),
    best: ArrayLike | None = None,
    note: str = "",
) -> Figure:
    """Return the fronts that half of each searcher's runs attain.

    Args:
        title: of the figure.
        runs: points (n, 2) of each run by searcher, both objectives maximised.
        names: of the objectives, with units.
        signs: -1 where the objective is shown as it is and less is better, such as a latency.
        best: points (n, 2) of the best front possible.
        note: what was searched and reported, in words.

    Raises:
        InputError: as of ``attained``.
    """
    figure, (axes,) = new_panels(title, [note], legend_rows=-(-(len(runs) + 1) // 2), height_inches=2.8)
    handles = []
    for place, (name, points) in enumerate(runs.items()):
        front, style = attained(points), look(place)
        steps = axes.step(
            *(front * signs).T,
            where="pre",
            color=style.color,
            linestyle=style.linestyle,
            marker=style.marker,
            markevery=max(1, len(front) // 12),
            markerfacecolor=style.fill,
            markersize=4.5,
            linewidth=1.3,
            label=legend_name(name),
        )
        handles += steps
    if best is not None:
        corners = attained([best]) * signs
        handles += axes.step(*corners.T, where="pre", color=FAINT, linewidth=1, label="best possible")
    axes.set_xlabel(names[0], fontsize=SMALL_POINTS)
    axes.set_ylabel(names[1], fontsize=SMALL_POINTS)
    add_legend(figure, handles)
    return figure


def _best_second(points: Floats, first: Floats) -> Floats:
    """Return the best second objective (k,) of points whose first is at least each of ``first`` (k,)."""
    order = np.argsort(-points[:, 0], kind="stable")
    best = np.concatenate([[-np.inf], np.maximum.accumulate(points[order, 1])])
    return np.asarray(best[np.searchsorted(-points[order, 0], -first, side="right")])
