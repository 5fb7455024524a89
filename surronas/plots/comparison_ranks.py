"""Who beats whom in a comparison: the critical-difference diagram, and a heat map of all pairs."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from surronas.compare.curves import COST_WORDS
from surronas.compare.findings import Findings, Ranked
from surronas.compare.rank_tables import want_of_blocks
from surronas.compare.ranks import Cliques
from surronas.compare.table import amount_words
from surronas.plots.comparison_style import NOTE_POINTS, PAGE_INCHES, split_note
from surronas.plots.style import (
    DOTS_PER_INCH,
    FAINT,
    SMALL_POINTS,
    TITLE_POINTS,
    WIDTH_INCHES,
    label,
    wrapped,
)

_MANY = 6  # searchers, for which a column is too narrow
_NAME_CHARACTERS = 22


def ranks_figure(findings: Findings, ranked: Ranked) -> Figure:
    """Return the critical-difference diagram at one budget (Demsar 2006, figure 1): the best to the right."""
    height = -ranks_bottom(ranked) + 0.75
    budget = f"{amount_words(ranked.amount)} {COST_WORDS[findings.settings.cost]}"
    note = (
        "Bars join searchers that are not told apart: black by Nemenyi's test, grey by Wilcoxon tests with "
        f"Holm's correction{want_of_blocks(ranked)}; {ranked.words}. "
        f"{split_note(findings.comparison.problems)}"
    )
    figure, axes = _plain_figure(f"Average ranks after {budget}", note, PAGE_INCHES, height)
    draw_ranks(axes, ranked)
    return figure


def ranks_bottom(ranked: Ranked) -> float:
    """Return the lowest y of a critical-difference diagram, in inches at life size; its top is at .55."""
    bars = len(ranked.ranking.nemenyi) + len(ranked.ranking.wilcoxon)
    return -0.15 - 0.14 * bars - 0.27 * -(-len(ranked.searchers) // 2)


def draw_ranks(axes: Axes, ranked: Ranked, points: float = SMALL_POINTS) -> None:
    """Draw the diagram on axes, with text of so many points."""
    num = len(ranked.searchers)
    bars = len(ranked.ranking.nemenyi) + len(ranked.ranking.wilcoxon)
    axes.set_xlim(num + 0.05, 0.95)
    axes.set_ylim(ranks_bottom(ranked), 0.55)
    axes.set_axis_off()
    axes.hlines(0.0, 1, num, color="black", linewidth=1)
    for rank in range(1, num + 1):
        axes.vlines(rank, 0.0, 0.07, color="black", linewidth=1)
        axes.text(rank, 0.1, str(rank), ha="center", va="bottom", fontsize=points)
    _draw_difference(axes, ranked)
    _draw_cliques(axes, ranked, ranked.ranking.nemenyi, -0.12, "black")
    below = -0.12 - 0.14 * len(ranked.ranking.nemenyi)
    _draw_cliques(axes, ranked, ranked.ranking.wilcoxon, below, FAINT)
    _draw_names(axes, ranked, -0.25 - 0.14 * bars, points)


def pairs_figure(findings: Findings, amount: float) -> Figure | None:
    """Return the heat map of A12 at one budget: how often a run of the row beats one of the column.

    Under the mean over the problems: on how many of them the row is significantly better and worse.
    None without pairs.
    """
    chosen = [each for each in findings.pairs if each.amount == amount]
    names = [n for n in findings.comparison.searchers if any(n in (e.first, e.second) for e in chosen)]
    if not chosen:
        return None
    a12, wins = _wins(findings, amount, names)
    wide = len(names) > _MANY
    width = PAGE_INCHES if wide else WIDTH_INCHES
    of = len({each.problem for each in chosen})
    test = "Wilcoxon" if findings.settings.test == "wilcoxon" else "Mann-Whitney"
    note = (
        f"A12, mean over {of} problem{'s' * (of > 1)}: chance that a run of the row has less regret than one "
        "of the column. Below it: problems on which the row is significantly better : worse "
        f"({test}, Holm, alpha {findings.settings.alpha:g}). {split_note(findings.comparison.problems)}"
    )
    budget = f"{amount_words(amount)} {COST_WORDS[findings.settings.cost]}"
    figure, axes = _plain_figure(f"Row against column after {budget}", note, width, 1.1 + 0.42 * len(names))
    axes.imshow(a12, cmap="Blues", vmin=0.0, vmax=1.15, aspect="auto")  # 1.15: ink that text is read on
    shown = [label(name, _NAME_CHARACTERS) for name in names]
    axes.set_xticks(range(len(names)), shown, fontsize=NOTE_POINTS, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), shown, fontsize=NOTE_POINTS)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for row, column in np.ndindex(*a12.shape):
        if row != column and np.isfinite(a12[row, column]):
            text = f"{a12[row, column]:.2f}\n{wins[row, column]} : {wins[column, row]}"
            color = "white" if a12[row, column] > 0.7 else "black"
            axes.text(column, row, text, ha="center", va="center", fontsize=NOTE_POINTS, color=color)
    return figure


def _plain_figure(title: str, note: str, width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of one panel, under its title and over its note."""
    lines = textwrap.wrap(note, int(15 * width))
    whole = height + 0.35 + 0.13 * len(lines)
    figure = Figure(figsize=(width, whole), dpi=DOTS_PER_INCH, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(wrapped(title, int(11 * width)), x=0.01, ha="left", fontsize=TITLE_POINTS)
    figure.supxlabel("\n".join(lines).replace("$", r"\$"), x=0.01, ha="left", fontsize=NOTE_POINTS)
    return figure, figure.subplots()


def _draw_difference(axes: Axes, ranked: Ranked) -> None:
    """Draw the length of Nemenyi's critical difference over the axis, where it fits."""
    difference, worst = ranked.ranking.critical_difference, len(ranked.searchers)
    words = f"critical difference {difference:.2f} (Nemenyi, alpha {ranked.ranking.alpha:g})"
    if difference <= worst - 1:
        axes.plot([worst, worst - difference], [0.38, 0.38], "|-", color="black", linewidth=1)
    else:
        words += ": longer than the axis"
    axes.text(worst, 0.44, words, fontsize=NOTE_POINTS, ha="left", va="bottom")


def _draw_cliques(axes: Axes, ranked: Ranked, cliques: Cliques, top: float, color: str) -> None:
    """Draw a bar over each group that can't be told apart."""
    for place, group in enumerate(cliques):
        ranks = ranked.ranking.average[list(group)]
        ends = [ranks.min() - 0.04, ranks.max() + 0.04]
        axes.plot(ends, [top - 0.14 * place] * 2, color=color, linewidth=3.2, solid_capstyle="butt")


def _draw_names(axes: Axes, ranked: Ranked, top: float, points: float) -> None:
    """Draw a line from each average rank to its searcher's name, the better half at the right."""
    order, average = ranked.ranking.order, ranked.ranking.average
    half = len(order) // 2 + len(order) % 2
    for place, searcher in enumerate(order):
        right = place < half
        level = place if right else len(order) - 1 - place
        height, edge = top - 0.27 * level, 1.0 if right else float(len(order))
        rank = float(average[searcher])
        axes.plot([rank, rank, edge], [0.0, height, height], color="black", linewidth=0.7)
        words = f"{ranked.searchers[searcher]} ({rank:.2f})"
        axes.annotate(
            wrapped(words, 40),
            (edge, height),
            xytext=(4 if right else -4, 0),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
            fontsize=points,
            annotation_clip=False,
        )


def _wins(
    findings: Findings, amount: float, names: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the mean A12 (k, k) of rows against columns, and on how many problems rows win for sure."""
    k = len(names)
    total, count, wins = np.zeros((k, k)), np.zeros((k, k)), np.zeros((k, k), np.int64)
    for each in findings.pairs:
        if each.amount != amount:
            continue
        i, j = names.index(each.first), names.index(each.second)
        total[i, j] += each.effect.a12
        total[j, i] += 1.0 - each.effect.a12
        count[i, j] += 1
        count[j, i] += 1
        p = each.wilcoxon_holm if findings.settings.test == "wilcoxon" else each.mann_whitney_holm
        wins[i, j] += p < findings.settings.alpha and each.effect.a12 > 0.5
        wins[j, i] += p < findings.settings.alpha and each.effect.a12 < 0.5
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), wins
