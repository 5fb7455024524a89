"""Rounds of the loop beside one search and random trainings: how good surrogates and incumbents become.

    python paper_figures/loop_rounds.py

Reads reproduce/results/write_back.json: means over seeds with standard errors, from two starts a panel.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from style import GREY, TEXT_INCHES, Result, handle, marked, new_figure, write

RESULTS = ("write_back",)
STARTS = ("50", "200")  # rows; their rounds do not overlap
MEASURES = {
    "tau": "Kendall tau",
    "tau_top": "tau, best 10 %",
    "coverage": "in 90 % intervals",
    "regret": "regret (points)",
}
APART = 2.0  # rows by which strategies are drawn apart, lest their bars cover each other
WANTED = 0.9  # share in 90 % intervals


def draw(result: Result) -> Figure:
    """Return a column a table, a row a measure."""
    tables = result["tables"]
    strategies = list(
        dict.fromkeys(name for each in tables.values() for held in each.values() for name in held)
    )
    figure = new_figure(TEXT_INCHES, 1.35 * len(MEASURES) + 0.5)
    grid = figure.subplots(len(MEASURES), len(tables), sharex="col", squeeze=False)
    for column, (title, starts) in zip(grid.T, tables.items(), strict=True):
        for axes, measure in zip(column, MEASURES, strict=True):
            draw_measure(axes, starts, measure, strategies)
        column[0].set_title(title)
        column[-1].set_xlabel("trained architectures")
    for axes, words in zip(grid[:, 0], MEASURES.values(), strict=True):
        axes.set_ylabel(words)
    figure.align_ylabels(grid[:, 0])
    handles = [handle(name, place) for place, name in enumerate(strategies)]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def draw_measure(axes: Axes, starts: dict[str, Result], measure: str, strategies: list[str]) -> None:
    """Draw one measure of one table: a line a start and strategy."""
    if measure == "coverage":
        axes.axhline(WANTED, color=GREY, lw=0.8, ls="--")
    for start in [each for each in STARTS if each in starts]:
        for name, held in starts[start].items():
            look = marked(strategies.index(name), markersize=3, linewidth=0.9)
            error = held[f"{measure}_error"]
            rows = [number + APART * strategies.index(name) for number in held["rows"]]
            axes.errorbar(rows, held[measure], yerr=error, elinewidth=0.6, capsize=1.2, **look)


if __name__ == "__main__":
    write(__file__, draw, RESULTS)
