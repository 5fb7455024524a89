"""Average ranks of all searchers over all problems, and which are not told apart (Demsar 2006, figure 1).

    python paper_figures/critical_difference.py

Reads reproduce/results/searcher_comparison.json.
"""

import numpy as np
from matplotlib.figure import Figure
from style import POINTS, SMALL_POINTS, TEXT_INCHES, Result, new_figure, write

from surronas.compare.findings import Ranked
from surronas.compare.ranks import Ranking
from surronas.plots.comparison_ranks import draw_ranks, ranks_bottom

RESULTS = ("searcher_comparison",)
AMOUNTS = ("50", "200")  # queries
NAMES = {"bayesian": "Bayesian (default)", "tpe": "TPE", "local": "local search"}


def draw(result: Result) -> Figure:
    """Return a diagram a budget, one below the other."""
    rankings = result["all problems"]["rankings"]
    found = [ranked(rankings[amount], float(amount)) for amount in AMOUNTS]
    heights = [0.55 - ranks_bottom(each) for each in found]
    figure = new_figure(TEXT_INCHES, sum(heights) * 0.86 + 0.45)
    panels = figure.subplots(len(found), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axes, each, amount in zip(panels, found, AMOUNTS, strict=True):
        draw_ranks(axes, each, SMALL_POINTS)
        num_problems = rankings[amount]["num_problems"]
        axes.set_title(f"{amount} queries, {num_problems} problems", fontsize=POINTS, loc="right")
    note = "Bars join what is not told apart: black by Nemenyi's test, grey by Wilcoxon's (Holm)."
    figure.supxlabel(note, fontsize=SMALL_POINTS)
    return figure


def ranked(held: Result, amount: float) -> Ranked:
    """Return what is drawn of a ranking that was stored."""
    nothing = np.zeros((0, len(held["searchers"])))
    ranking = Ranking(
        nothing,
        np.array(held["average"]),
        held["alpha"],
        held["friedman_p"],
        held["iman_davenport_p"],
        held["critical_difference"],
        tuple(map(tuple, held["nemenyi"])),
        tuple(map(tuple, held["wilcoxon"])),
        nothing,
    )
    names = tuple(NAMES.get(name, name.replace("-", " ")) for name in held["searchers"])
    return Ranked(amount, names, ranking, held["over"])


if __name__ == "__main__":
    write(__file__, draw, RESULTS)
