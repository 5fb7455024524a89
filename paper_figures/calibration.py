"""How often held-out values lie in predicted intervals: by level, and before and after conformal calibration.

    python paper_figures/calibration.py

Reads reproduce/results/surrogate_sweep.json (levels 50 to 95 %; a thin line a table, the thick one their
median) and calibration.json (90 % intervals, coverage beside width).
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from style import GREY, PALE, TEXT_INCHES, THIN, Result, handle, marked, new_figure, write

RESULTS = ("surrogate_sweep", "calibration")
SURROGATES = ("Gaussian process", "XGBoost", "random forest")
LEVELS = (50, 80, 90, 95)
SIZE = 128  # rows learned from


def draw(sweep: Result, calibration: Result) -> Figure:
    """Return two panels of levels, and one of coverage and width."""
    figure = new_figure(TEXT_INCHES, 2.9)
    panels = figure.subplots(1, 3, width_ratios=(1, 1, 1.5))
    panels[1].sharey(panels[0])
    for place, axes in enumerate(panels[:2]):
        draw_levels(axes, sweep["sweep"], place)
    panels[0].set_ylabel("observed less nominal share (points)")
    panels[1].tick_params(labelleft=False)
    draw_widths(panels[2], [row for row in calibration["rows"] if row["n"] == SIZE])
    return figure


def draw_levels(axes: Axes, lines: dict[str, Result], place: int) -> None:
    """Draw by how much the observed share of each table leaves the nominal one."""
    surrogate, gaps = SURROGATES[place], []
    for line in lines.values():
        row = next(row for row in line["rows"] if row["surrogate"] == surrogate)
        at = row["sizes"].index(SIZE)
        gaps.append([100 * row[f"coverage_{level}"][at] - level for level in LEVELS])
        axes.plot(LEVELS, gaps[-1], color=THIN, lw=0.4)
    axes.plot(LEVELS, np.quantile(gaps, 0.5, axis=0), **marked(place, linewidth=1.8, markersize=5))
    axes.axhline(0.0, color="black", lw=0.8, ls="--")
    axes.set_xticks(LEVELS)
    axes.set_xlabel("nominal share (%)")
    axes.set_title(f"{surrogate}\nn = {SIZE}, {len(gaps)} tables and tasks")


def draw_widths(axes: Axes, rows: list[Result]) -> None:
    """Draw coverage and half width of each table, an arrow from the plain to the calibrated surrogate."""
    axes.axvspan(85, 95, color=PALE, lw=0)
    axes.axvline(90, color=GREY, lw=0.8, ls="--")
    for row in rows:
        look = marked(SURROGATES.index(row["surrogate"]), linestyle="none")
        ends = [
            (100 * row[kind]["own_coverage_of_90_percent"], row[kind]["own_half_width"])
            for kind in ("plain", "conformal")
        ]
        axes.plot(*zip(*ends, strict=True), color=look["color"], lw=0.5)
        axes.plot(*ends[0], **(look | {"markerfacecolor": "white"}))
        axes.plot(*ends[1], **look)
    axes.set_xlabel("held by 90 % intervals (%)")
    axes.set_ylabel("half width / std. of targets")
    num_tables = len({row["table"] for row in rows})
    axes.set_title(f"hollow: as they are, filled: conformal\nn = {SIZE}, {num_tables} tables")
    handles = [handle(name, place, linestyle="none") for place, name in enumerate(SURROGATES)]
    axes.legend(handles=handles, loc="upper left", handlelength=1.0)


if __name__ == "__main__":
    write(__file__, draw, RESULTS)
