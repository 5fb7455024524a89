"""The figures of an evaluation: Kendall tau against the rows learned from, and calibration."""

import io
import math

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from surronas.evaluation import Results, Summary
from surronas.metrics import LEVELS
from surronas.plots.style import (
    COLORS,
    FAINT,
    MARKERS,
    SMALL_POINTS,
    TEXT_POINTS,
    label,
    new_figure,
    wrapped,
)

_DASHES = ("-", "--", "-.", ":")
_LEGEND_WIDTH = 26  # characters that fit


def tau_figure(results: Results) -> Figure:
    """Return Kendall tau against train size: means over seeds, 95 % bootstrap bands, and the ceilings."""
    figure, (axes,) = new_figure(f"How well surrogates rank: {results.target}", 4.4)
    handles: list[Artist] = []
    for place, contender in enumerate(results.contenders):
        found = [each for each in _of(results, contender) if math.isfinite(each.scores["kendall_tau"].mean)]
        sizes, taus = [each.num_train for each in found], [each.scores["kendall_tau"] for each in found]
        (line,) = axes.plot(
            sizes,
            [tau.mean for tau in taus],
            color=_pick(COLORS, place),
            marker=_pick(MARKERS, place),
            linestyle=_pick(_DASHES, place),
            label=_name(results, contender),
        )
        axes.fill_between(
            sizes,
            [tau.low for tau in taus],
            [tau.high for tau in taus],
            color=_pick(COLORS, place),
            alpha=0.18,
            linewidth=0,
        )
        handles.append(line)
    for place, ceiling in enumerate(results.ceilings):
        words = label(f"ceiling: {ceiling.name}", _LEGEND_WIDTH)
        dashes = _pick((":", "--", "-."), place)
        handles.append(
            axes.axhline(ceiling.kendall_tau, color=FAINT, linewidth=1, linestyle=dashes, label=words)
        )
    axes.set_xscale("log", base=2)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(results.train_sizes, list(map(str, results.train_sizes)))
    axes.set_xlabel("architectures learned from", fontsize=TEXT_POINTS)
    axes.set_ylabel(
        wrapped("Kendall tau (-1 to 1, higher is better), mean and 95 % interval over seeds", 34),
        fontsize=TEXT_POINTS,
    )
    _legend(figure, handles)
    return figure


def calibration_figure(results: Results) -> Figure:
    """Return the share of targets inside central intervals against their level, at the largest train size.

    Surrogates without a standard deviation have no line.
    """
    size = max(results.train_sizes)
    figure, (axes,) = new_figure(f"Calibration after {size} architectures: {results.target}", 4.6)
    handles: list[Artist] = [
        axes.axline((0.5, 0.5), slope=1, color=FAINT, linewidth=1, linestyle="--", label="calibrated")
    ]
    for place, contender in enumerate(results.contenders):
        last = [each for each in _of(results, contender) if each.num_train == size]
        shares = [last[0].scores[f"coverage_{round(100 * level)}"] for level in LEVELS] if last else []
        if not shares or any(math.isnan(share.mean) for share in shares):
            continue
        handles.append(_draw_shares(axes, [(s.mean, s.low, s.high) for s in shares], place))
        handles[-1].set_label(_name(results, contender))
    axes.set_xticks(LEVELS, [f"{100 * level:.0f}" for level in LEVELS])
    axes.set_xlabel("level of the central interval (%)", fontsize=TEXT_POINTS)
    axes.set_ylabel(wrapped("share of targets inside (fraction), mean over seeds", 34), fontsize=TEXT_POINTS)
    axes.set_ylim(top=1.02)
    _legend(figure, handles)
    return figure


def figure_bytes(figure: Figure, kind: str) -> bytes:
    """Return a figure as the bytes of a PNG or PDF file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind)
    return buffer.getvalue()


def _draw_shares(axes: Axes, shares: list[tuple[float, float, float]], place: int) -> Artist:
    """Return the line of one contender, drawn with its intervals over seeds."""
    mean, low, high = zip(*shares, strict=True)
    (line,) = axes.plot(
        LEVELS,
        mean,
        color=_pick(COLORS, place),
        marker=_pick(MARKERS, place),
        linestyle=_pick(_DASHES, place),
    )
    axes.fill_between(LEVELS, low, high, color=_pick(COLORS, place), alpha=0.18, linewidth=0)
    return line


def _of(results: Results, contender: tuple[str, str]) -> list[Summary]:
    return [each for each in results.summaries() if (each.surrogate, each.encoding) == contender]


def _name(results: Results, contender: tuple[str, str]) -> str:
    """Return a contender's name for the legend: with its encoding where there are several."""
    several = len({encoding for _, encoding in results.contenders}) > 1
    return label(" on ".join(contender) if several else contender[0], _LEGEND_WIDTH)


def _legend(figure: Figure, handles: list[Artist]) -> None:
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=SMALL_POINTS, frameon=False)


def _pick(choices: tuple[str, ...], place: int) -> str:
    return choices[place % len(choices)]
