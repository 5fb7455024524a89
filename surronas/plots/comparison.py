"""Curves of a comparison: anytime regret, and survival until the optimum; readable without colour."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from surronas.compare.curves import COST_WORDS, Measure, anytime, grid, in_words
from surronas.compare.findings import Findings
from surronas.compare.intervals import bootstrap
from surronas.compare.results import Comparison
from surronas.plots.comparison_style import (
    PANELS_AT_ONCE,
    add_legend,
    legend_name,
    look,
    new_panels,
    panel_note,
)
from surronas.plots.style import SMALL_POINTS

Floats = NDArray[np.float64]
_MARKS = 6  # on a line
_BAND = 0.13  # opacity
_RESAMPLES = 500
_MEASURE = {"regret": "regret of the best so far", "test_regret": "test regret of the best so far by score"}


def anytime_figures(findings: Findings) -> list[Figure]:
    """Return mean regret against the cost, six problems a figure, with bootstrap bands over seeds.

    The y axis is logarithmic; a line that falls to its bottom has no regret left on any seed.
    """
    comparison, settings = findings.comparison, findings.settings
    places = [p for p in range(len(comparison.problems)) if _has_curves(findings, p)]
    figures, rows = [], -(-len(comparison.searchers) // 3)
    for start in range(0, len(places), PANELS_AT_ONCE):
        chosen = places[start : start + PANELS_AT_ONCE]
        title = f"Mean {_MEASURE[settings.measure]}, {100 * settings.level:g} % bootstrap bands over "
        title += f"{len(comparison.seeds)} seeds"
        notes = [panel_note(comparison.problems[p]) for p in chosen]
        figure, panels = new_panels(title, notes, legend_rows=rows)
        for axes, p in zip(panels, chosen, strict=True):
            _draw_regret(axes, findings, p)
            axes.set_xlabel(COST_WORDS[settings.cost], fontsize=SMALL_POINTS)
        add_legend(figure, _handles(comparison))
        figures.append(figure)
    return figures


def survival_figures(findings: Findings) -> list[Figure]:
    """Return the share of runs still without the optimum against the cost, six problems a figure.

    Kaplan-Meier curves with log-log bands; a bar marks where runs ended without it.
    """
    comparison, settings = findings.comparison, findings.settings
    curves = {(each.problem, each.searcher): each.curve for each in findings.solvings}
    places = [
        p
        for p, problem in enumerate(comparison.problems)
        if any(curves[problem.name, name] for name in comparison.searchers)
    ]
    figures, rows = [], -(-len(comparison.searchers) // 3)
    for start in range(0, len(places), PANELS_AT_ONCE):
        chosen = places[start : start + PANELS_AT_ONCE]
        title = f"Runs still without the optimum (Kaplan-Meier), {100 * settings.level:g} % bands, "
        title += f"{len(comparison.seeds)} seeds"
        notes = [panel_note(comparison.problems[p]) for p in chosen]
        notes = [panel_note(comparison.problems[p]) for p in chosen]
        figure, panels = new_panels(title, notes, legend_rows=rows)
        for axes, p in zip(panels, chosen, strict=True):
            _draw_survival(axes, findings, p)
            axes.set_xlabel(COST_WORDS[settings.cost], fontsize=SMALL_POINTS)
        add_legend(figure, _handles(comparison))
        figures.append(figure)
    return figures


def _draw_regret(axes: Axes, findings: Findings, p: int) -> None:
    """Draw the curves of one problem."""
    comparison, settings = findings.comparison, findings.settings
    at = grid(comparison, settings.cost, p)
    bands = [
        _band(runs, settings.level) for runs in _runs(comparison, p, at, settings.cost, settings.measure)
    ]
    scale, unit, metric = in_words(comparison.problems[p], settings.measure)
    positive = np.concatenate([band[np.isfinite(band) & (band > 0)] for band in bands])
    means = np.concatenate([band[0][np.isfinite(band[0]) & (band[0] > 0)] for band in bands])
    if len(positive):
        floor = scale * means.min() / 2.0
        axes.set_yscale("log")
        decades = np.log10(positive.max() / means.min())
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < 2.5 else (1.0,)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_ylim(floor, scale * np.quantile(positive, 0.995) * 1.3)
        for place, band in enumerate(bands):
            _draw_band(axes, at, np.maximum(scale * band, floor), place)
    else:
        axes.text(0.5, 0.5, "no regret from the first query on", ha="center", transform=axes.transAxes)
    axes.set_xlim(0, at[-1])
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=at[-1] >= 6))
    axes.set_ylabel(f"{metric}\n({unit})", fontsize=SMALL_POINTS)


def _draw_band(axes: Axes, at: Floats, band: Floats, place: int) -> None:
    """Draw mean and interval (3, B) of one searcher."""
    known = np.isfinite(band).all(axis=0)
    if not known.any():
        return
    style, every = look(place), max(1, int(known.sum()) // _MARKS)
    axes.fill_between(
        at[known], band[1][known], band[2][known], step="post", color=style.color, alpha=_BAND, linewidth=0
    )
    axes.step(
        at[known],
        band[0][known],
        where="post",
        color=style.color,
        linestyle=style.linestyle,
        marker=style.marker,
        markevery=((3 * place) % every, every),
        markersize=4.5,
        markerfacecolor=style.fill,
        linewidth=1.3,
    )


def _draw_survival(axes: Axes, findings: Findings, p: int) -> None:
    """Draw the survival curves of one problem."""
    problem = findings.comparison.problems[p].name
    at = grid(findings.comparison, findings.settings.cost, p)
    for place, name in enumerate(findings.comparison.searchers):
        (found,) = (e for e in findings.solvings if (e.problem, e.searcher) == (problem, name))
        if found.curve is None:
            continue
        curve, style = found.curve, look(place)
        x = np.concatenate([[0.0], curve.times, [np.max([at[-1], *curve.times[-1:]])]])
        share = np.concatenate([[1.0], curve.share, curve.share[-1:] if len(curve.share) else [1.0]])
        low, high = (
            np.concatenate([[np.nan], ends, ends[-1:] if len(ends) else [np.nan]])
            for ends in (curve.low, curve.high)
        )
        axes.fill_between(x, low, high, step="post", color=style.color, alpha=_BAND, linewidth=0)
        axes.step(x, share, where="post", color=style.color, linestyle=style.linestyle, linewidth=1.3)
        marks = np.linspace(0.0, at[-1], _MARKS + 2)[1:-1] + (place - 3) * at[-1] / 90
        axes.plot(
            marks,
            curve.at(marks),
            style.marker,
            color=style.color,
            markersize=4.5,
            markerfacecolor=style.fill,
        )
        if curve.num_solved < curve.num_runs:
            axes.plot(x[-1:], share[-1:], "|", color=style.color, markersize=9)
    axes.set_xlim(0, at[-1] * 1.02)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=at[-1] >= 6))
    axes.set_ylim(-0.02, 1.03)
    axes.set_ylabel("share without\nthe optimum", fontsize=SMALL_POINTS)


def _has_curves(findings: Findings, p: int) -> bool:
    """Return whether one searcher or more has a curve on a problem."""
    comparison, settings = findings.comparison, findings.settings
    if settings.measure == "test_regret" and comparison.problems[p].test_metric is None:
        return False
    return len(grid(comparison, settings.cost, p)) > 0


def _runs(comparison: Comparison, p: int, at: Floats, cost: str, measure: Measure) -> list[Floats]:
    """Return for each searcher the regrets (n, B) of its runs on one problem, those that there are."""
    here = comparison.part(problems=[comparison.problems[p].name])
    values = anytime(here, at, cost=cost, measure=measure)[:, 0]
    return [runs[~np.isnan(runs).all(axis=-1)] for runs in values]


def _band(runs: Floats, level: float) -> Floats:
    """Return mean and ends of its interval (3, B) of regrets (n, B); NaN where one is not known."""
    band = np.full((3, runs.shape[1]), np.nan)
    known = ~np.isnan(runs).any(axis=0)
    if len(runs) and known.any():
        found = bootstrap(runs[:, known], level=level, resamples=_RESAMPLES, method="percentile")
        low, high = (np.where(np.isnan(end), found.value, end) for end in (found.low, found.high))
        band[:, known] = found.value, low, high
    return band


def _handles(comparison: Comparison) -> list[Artist]:
    """Return a legend entry for each searcher."""
    return [
        Line2D(
            [],
            [],
            color=look(place).color,
            linestyle=look(place).linestyle,
            marker=look(place).marker,
            markersize=4.5,
            markerfacecolor=look(place).fill,
            label=legend_name(name),
        )
        for place, name in enumerate(comparison.searchers)
    ]
