"""How accuracies of NAS-Bench-201 are spread, and its local maxima: how high, and how large their basins.

    python paper_figures/landscape.py

Reads reproduce/results/nasbench201_facts.json: for each data set a histogram of all strings' accuracies, and
the local maxima with the share of starts from which steepest ascent ends there.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from style import GREY, PALE, TEXT_INCHES, Result, marked, new_figure, write

RESULTS = ("nasbench201_facts",)


def draw(result: Result) -> Figure:
    """Return a column a data set: the histogram above the maxima."""
    landscapes = result["landscape"]
    figure = new_figure(TEXT_INCHES, 3.2)
    grid = figure.subplots(2, len(landscapes), sharey="row", squeeze=False, height_ratios=(1, 1.2))
    for (above, below), (title, held) in zip(grid.T, landscapes.items(), strict=True):
        draw_histogram(above, held["histogram"])
        draw_maxima(below, held["maxima"])
        above.set_title(title)
        below.set_xlabel("test accuracy, seed 888 (%)")
        below.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    grid[0, 0].set_ylabel("cells")
    grid[1, 0].set_ylabel("starts that end in\na local maximum (%)")
    figure.align_ylabels(grid[:, 0])
    return figure


def draw_histogram(axes: Axes, held: Result) -> None:
    """Draw how many cells have which accuracy."""
    axes.stairs(held["counts"], held["edges"], fill=True, facecolor=PALE, edgecolor=GREY, lw=0.8)
    axes.set_yscale("log")


def draw_maxima(axes: Axes, maxima: list[Result]) -> None:
    """Draw the local maxima, the highest filled."""
    heights = [each["accuracy"] for each in maxima]
    for each in maxima:
        best = each["accuracy"] == max(heights)
        fill = marked(0)["color"] if best else "none"
        look = marked(0, linestyle="none", markerfacecolor=fill, markersize=6 if best else 3.5)
        axes.plot(each["accuracy"], 100 * each["basin_share"], **look)
    axes.set_yscale("log")


if __name__ == "__main__":
    write(__file__, draw, RESULTS)
