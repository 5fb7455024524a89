"""The share of held-out values in 90 % intervals over the number of trainings, on all tables and tasks.

    python paper_figures/surrogate_coverage.py

Reads reproduce/results/surrogate_sweep.json. A thin line a table; those that leave the wanted band named.
"""

from matplotlib.figure import Figure
from style import GREY, PALE, TEXT_INCHES, THIN, Result, marked, new_figure, sizes_axis, write

RESULTS = ("surrogate_sweep",)
SURROGATES = ("Gaussian process", "XGBoost")
WANTED = (0.85, 0.95)
JUDGED_FROM = 64  # trainings


def draw(result: Result) -> Figure:
    """Return a panel a surrogate."""
    lines = result["sweep"]
    figure = new_figure(TEXT_INCHES, 2.6)
    panels = figure.subplots(1, len(SURROGATES), sharey=True)
    for axes, surrogate in zip(panels, SURROGATES, strict=True):
        axes.axhspan(*WANTED, color=PALE, lw=0)
        axes.axhline(0.9, color=GREY, ls="--", lw=0.8)
        outside = 0
        for title, line in lines.items():
            row = next(row for row in line["rows"] if row["surrogate"] == surrogate)
            held = list(zip(row["sizes"], row["coverage_90"], strict=True))
            if any(size >= JUDGED_FROM and not WANTED[0] <= share <= WANTED[1] for size, share in held):
                look = marked(outside, label=title)
                outside += 1
            else:
                look = {"color": THIN, "lw": 0.4}
            axes.plot(*zip(*held, strict=True), **look)
        sizes_axis(axes, row["sizes"])
        axes.set_ylim(0.77, 1.0)
        axes.set_title(f"{surrogate}: {len(lines)} tables and tasks")
        if outside:
            legend = axes.legend(title=f"outside .85 to .95 from n = {JUDGED_FROM} on", loc="lower right")
            legend.get_title().set_fontsize(legend.get_texts()[0].get_fontsize())
    panels[0].set_ylabel("held by 90 % intervals")
    return figure


if __name__ == "__main__":
    write(__file__, draw, RESULTS)
