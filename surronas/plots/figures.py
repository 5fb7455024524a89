"""The figures of a loop: predicted against measured, the incumbent, and how good the surrogates are."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from surronas.journal import Candidate, Measurement, Round
from surronas.plots.style import (
    COLORS,
    FAINT,
    MARKERS,
    SMALL_POINTS,
    TEXT_POINTS,
    label,
    new_figure,
    over_seeds,
    quantity,
    quantity_with_unit,
    round_ticks,
    surrogate_names,
    wrapped,
)
from surronas.store import Metric

NOMINAL = 0.9  # of the central intervals that the reports tell of
EMPTY = "no candidate has been measured"
_LABEL_WIDTH, _LEGEND_WIDTH = 40, 22  # characters that fit
_SPREAD = 0.3  # of a round's candidates, to both sides of its number


def predicted_against_measured(rounds: Sequence[Round], metric: Metric, seeds: Sequence[int]) -> Figure:
    """Return what each surrogate predicted (mean ± std) of each trained candidate, against what it gave.

    A candidate with a failed run has no measured value: it is left out, and counted under the axis.
    """
    names = surrogate_names(rounds)
    figure, panels = new_figure(
        f"Predicted before training, against measured {quantity(metric)}",
        2.4 + 1.9 * max(1, len(names)),
        num_panels=max(1, len(names)),
        one_scale=True,
    )
    for place, (axes, name) in enumerate(zip(panels, names, strict=False)):
        axes.set_title(label(name, _LABEL_WIDTH), fontsize=TEXT_POINTS, color=_of(COLORS, place))
        for one in rounds:
            _draw_predictions(axes, one, name, _of(COLORS, place), _of(MARKERS, one.number - 1))
    figure.supylabel(
        wrapped(f"predicted {quantity_with_unit(metric)}, mean ± std", _LABEL_WIDTH), fontsize=TEXT_POINTS
    )
    _label_x(panels[-1], f"measured {quantity_with_unit(metric)}, {over_seeds(seeds)}", _failure_note(rounds))
    measured = [m.score for one in rounds for m in one.measurements if not math.isnan(m.score)]
    if not measured:
        panels[0].text(0.5, 0.5, EMPTY, ha="center", transform=panels[0].transAxes)
        return figure
    for axes in panels:  # through a measured value, so that the view holds some of the line
        axes.axline((measured[0],) * 2, slope=1, color=FAINT, linewidth=1, linestyle="--", gid="diagonal")
    _legend(figure, _round_handles(rounds))
    return figure


def incumbent_over_rounds(rounds: Sequence[Round], metric: Metric, seeds: Sequence[int]) -> Figure:
    """Return the best so far at the end of each round, with every measured candidate as a point."""
    figure, (axes,) = new_figure(
        f"Best measured {quantity(metric)} so far, and every candidate by its proposer", 4.2
    )
    edges = [one.number - 0.5 for one in rounds] + [rounds[-1].number + 0.5]
    best = axes.stairs(
        [one.incumbent.score for one in rounds], edges, baseline=None, color="#000000", linewidth=1.6
    )
    best.set_label("best so far")
    handles: list[Artist] = [best]
    proposers = list(dict.fromkeys(candidate.proposer for _, candidate, _ in _trained(rounds)))
    for place, proposer in enumerate(proposers):
        x, y = _points_of(rounds, proposer)
        points = axes.scatter(
            x, y, s=26, marker=_of(MARKERS, place), color=_of(COLORS, place), edgecolor="white", linewidth=0.4
        )
        points.set_label(label(proposer, _LEGEND_WIDTH))
        handles.append(points)
    better = {"maximize": "; higher is better", "minimize": "; lower is better"}.get(
        metric.direction or "", ""
    )
    _label_y(axes, f"{quantity_with_unit(metric)}, {over_seeds(seeds)}{better}")
    round_ticks(axes, rounds)
    _label_x(axes, axes.get_xlabel(), _failure_note(rounds))
    _legend(figure, handles)
    return figure


def tau_over_rounds(rounds: Sequence[Round]) -> Figure:
    """Return each surrogate's Kendall tau over the rounds, and below it what its 90 % interval covers."""
    title = f"The surrogates, judged on {_held_out(rounds)}"
    figure, (above, below) = new_figure(title, 5.2, num_panels=2)
    handles: list[Artist] = []
    for place, name in enumerate(surrogate_names(rounds)):
        judged = [one for one in rounds if name in one.quality]
        numbers = [one.number for one in judged]
        taus = [one.quality[name].kendall_tau for one in judged]
        handles.append(_draw_line(above, numbers, taus, name, place))
        _draw_line(below, numbers, [coverage(one, name) for one in judged], name, place)
    nominal = below.axhline(NOMINAL, color=FAINT, linewidth=1, linestyle="--", label="nominal: 0.90")
    _label_y(above, "Kendall tau (-1 to 1, higher is better)", width=24)
    _label_y(below, "share inside the 90 % interval (fraction)", width=24)
    above.margins(y=0.15)
    below.margins(y=0.15)
    round_ticks(below, rounds)
    _legend(figure, [*handles, nominal])
    return figure


def coverage(one: Round, surrogate: str) -> float:
    """Return the share of held-out targets inside a surrogate's 90 % interval; NaN if it was not judged."""
    if surrogate not in one.quality:
        return math.nan
    found = one.quality[surrogate].calibration
    return dict(zip(found.levels, found.coverage, strict=True)).get(NOMINAL, math.nan)


def _trained(rounds: Sequence[Round]) -> Iterator[tuple[Round, Candidate, Measurement]]:
    """Yield every candidate with its round and what its training gave."""
    for one in rounds:
        for candidate, measurement in zip(one.candidates, one.measurements, strict=True):
            yield one, candidate, measurement


def _points_of(rounds: Sequence[Round], proposer: str) -> tuple[list[float], list[float]]:
    """Return x and y of a proposer's measured candidates: side by side, centred on their round."""
    x, y = [], []
    for one in rounds:
        places = np.linspace(-_SPREAD, _SPREAD, len(one.candidates)) if len(one.candidates) > 1 else [0.0]
        for place, candidate, measurement in zip(places, one.candidates, one.measurements, strict=False):
            if candidate.proposer == proposer and not math.isnan(measurement.score):
                x.append(one.number + float(place))
                y.append(measurement.score)
    return x, y


def _failure_note(rounds: Sequence[Round]) -> str:
    """Return how many candidates are missing from a figure as a run of theirs failed; "" if none is."""
    failed = sum(math.isnan(measurement.score) for _, _, measurement in _trained(rounds))
    if not failed:
        return ""
    return f"left out: {failed} candidate{'s' if failed > 1 else ''} with a failed run"


def _draw_line(axes: Axes, x: Sequence[float], y: Sequence[float], name: str, place: int) -> Line2D:
    """Return the line, drawn, of one surrogate: its colour, marker and dashes tell it apart."""
    (line,) = axes.plot(
        x,
        y,
        color=_of(COLORS, place),
        marker=_of(MARKERS, place),
        linestyle=_of(("-", "--", "-.", ":"), place),
        label=label(name, _LEGEND_WIDTH),
    )
    return line


def _held_out(rounds: Sequence[Round]) -> str:
    """Return on how many held-out architectures the surrogates were judged."""
    counts = sorted({quality.num_held_out for one in rounds for quality in one.quality.values()})
    number = f"{counts[0]} to {counts[-1]} " if len(counts) > 1 else f"{counts[0]} " if counts else ""
    return f"{number}held-out architectures, sampled, not in the store"


def _draw_predictions(axes: Axes, one: Round, surrogate: str, color: str, marker: str) -> None:
    """Draw what a surrogate predicted of the measured candidates of a round."""
    points = [
        (measurement.score, *candidate.predicted[surrogate])
        for candidate, measurement in zip(one.candidates, one.measurements, strict=True)
        if surrogate in candidate.predicted and not math.isnan(measurement.score)
    ]
    if points:
        measured, mean, std = zip(*points, strict=True)
        axes.errorbar(
            measured,
            mean,
            yerr=std,
            fmt=marker,
            color=color,
            markersize=6,
            markeredgecolor="white",
            markeredgewidth=0.5,
            elinewidth=0.9,
            alpha=0.85,
        )


def _round_handles(rounds: Sequence[Round]) -> list[Artist]:
    """Return legend entries: the diagonal, and a marker for each round; many rounds share markers."""
    numbers: dict[str, list[int]] = {}
    for one in rounds:
        if one.candidates:
            numbers.setdefault(_of(MARKERS, one.number - 1), []).append(one.number)
    handles: list[Artist] = [
        Line2D([], [], color=FAINT, linewidth=1, linestyle="--", label="predicted = measured")
    ]
    for marker, of in numbers.items():
        of_rounds = f"round{'s' if len(of) > 1 else ''} {', '.join(map(str, of))}"
        handles.append(Line2D([], [], color="#555555", marker=marker, linestyle="", label=of_rounds))
    return handles


def _label_x(axes: Axes, text: str, note: str = "") -> None:
    lines = [wrapped(text, _LABEL_WIDTH + 8), *([note] if note else [])]
    axes.set_xlabel("\n".join(lines), fontsize=TEXT_POINTS)


def _label_y(axes: Axes, text: str, *, width: int = _LABEL_WIDTH) -> None:
    axes.set_ylabel(wrapped(text, width), fontsize=TEXT_POINTS)


def _legend(figure: Figure, handles: Sequence[Artist]) -> None:
    figure.legend(
        handles=list(handles), loc="outside lower center", ncols=2, fontsize=SMALL_POINTS, frameon=False
    )


def _of(choices: Sequence[str], place: int) -> str:
    return choices[place % len(choices)]
