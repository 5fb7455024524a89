"""Predicted against measured accuracy of held-out cells, with 90 % intervals.

    python paper_figures/predicted_measured.py

Reads reproduce/results/predicted_measured.json.
"""

import numpy as np
from matplotlib.figure import Figure
from style import COLUMN_INCHES, GREY, SMALL_POINTS, Result, new_figure, write

RESULTS = ("predicted_measured",)
INSIDE, OUTSIDE = "#0072B2", "#D55E00"


def draw(result: Result) -> Figure:
    """Return a square of points; a bar is the interval, a cross a cell that its interval misses."""
    order = [result["columns"].index(name) for name in ("predicted", "low", "high", "measured")]
    predicted, low, high, measured = 100 * np.array(result["points"]).T[order]
    held = (low <= measured) & (measured <= high)
    figure = new_figure(COLUMN_INCHES, COLUMN_INCHES)
    axes = figure.subplots()
    ends = [min(predicted.min(), measured.min()) - 2, max(predicted.max(), measured.max()) + 2]
    axes.plot(ends, ends, color="black", lw=0.8, ls="--")
    axes.vlines(predicted, low, high, color=GREY, lw=0.4, alpha=0.5)
    axes.plot(predicted[held], measured[held], ".", color=INSIDE, ms=2.5, label=f"{held.sum()} inside")
    axes.plot(
        predicted[~held], measured[~held], "x", color=OUTSIDE, ms=4, mew=1.0, label=f"{(~held).sum()} outside"
    )
    axes.set(xlim=ends, ylim=ends, aspect="equal")
    axes.set_xlabel("predicted validation accuracy (%)")
    axes.set_ylabel("measured validation accuracy (%)")
    axes.legend(loc="upper left", handlelength=1.0, title="90 % interval", title_fontsize=SMALL_POINTS)
    told = f"Kendall tau {result['kendall_tau'][0]:.2f}\n{result['num_learned']} cells learned from"
    axes.text(0.97, 0.04, told, transform=axes.transAxes, ha="right", fontsize=SMALL_POINTS)
    return figure


if __name__ == "__main__":
    write(__file__, draw, RESULTS)
