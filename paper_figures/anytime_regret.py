"""Regret after each query, mean and quartiles over seeds, of five searchers on each table.

    python paper_figures/anytime_regret.py

Reads reproduce/results/anytime_regret.json. The y axis is logarithmic: what falls to its bottom has no regret
left on any seed.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from style import TEXT_INCHES, Result, handle, marked, new_figure, write

RESULTS = ("anytime_regret",)
NAMES = {"bayesian": "Bayesian (default)", "tpe": "TPE", "local": "local search"}
MARKED = (1, 5, 10, 20, 40, 80, 120)  # queries near which a line has a marker


def draw(result: Result) -> Figure:
    """Return a panel a table."""
    curves, searchers = result["curves"], result["searchers"]
    columns = min(3, len(curves))
    rows = -(-len(curves) // columns)
    figure = new_figure(TEXT_INCHES, 1.85 * rows + 0.35)
    panels = figure.subplots(rows, columns, squeeze=False)
    for axes, (title, held) in zip(panels.flat, curves.items(), strict=False):
        draw_table(axes, result["queries"], held["searchers"])
        axes.set_title(title.replace(", ", "\n", 1))
    for axes in panels.flat[len(curves) :]:
        axes.set_axis_off()
    for axes in panels[:, 0]:
        axes.set_ylabel("regret (points)")
    for axes in panels[-1]:
        axes.set_xlabel("queries")
    handles = [handle(NAMES.get(name, name), place) for place, name in enumerate(searchers)]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), columnspacing=1.2)
    return figure


def draw_table(axes: Axes, queries: list[int], searchers: dict[str, Result]) -> None:
    """Draw one table's curves."""
    means = [value for held in searchers.values() for value in held["mean"] if value > 0]
    floor = min(means) / 1.5
    axes.set_yscale("log")
    axes.set_ylim(floor, 1.4 * max(means))
    axes.set_xlim(0, queries[-1])
    axes.yaxis.set_major_locator(LogLocator(numticks=6))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    for place, held in enumerate(searchers.values()):
        look = marked(place)
        low, high = ([max(value, floor) for value in held["quantiles"][end]] for end in (0, -1))
        axes.fill_between(queries, low, high, step="post", color=look["color"], alpha=0.1, linewidth=0)
        mean = [max(value, floor) for value in held["mean"]]
        places = [nearest(queries, number + 3 * place) for number in MARKED]
        axes.plot(queries, mean, drawstyle="steps-post", markevery=places, **look)


def nearest(queries: list[int], number: int) -> int:
    """Return the place of the query nearest to a number."""
    return min(range(len(queries)), key=lambda place: abs(queries[place] - number))


if __name__ == "__main__":
    write(__file__, draw, RESULTS)
