"""Learning curves and where early stopping cuts them, what a look at each epoch is worth, and mistakes.

    python paper_figures/learning_curves.py

Reads reproduce/results/early_stopping.json.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from style import GREY, SMALL_POINTS, TEXT_INCHES, THIN, Result, marked, new_figure, write

RESULTS = ("early_stopping",)
RECURRENT = "NAS-Bench-NLP"
KEPT, MISTAKEN = "#0072B2", "#D55E00"
BARS = (("#e4e4e4", ""), ("white", "////"))  # fill and hatch of each method
BAR_WIDTH = 0.38


def draw(result: Result) -> Figure:
    """Return three panels: curves, rank correlations by epoch, mistakes by rung."""
    figure = new_figure(TEXT_INCHES, 2.6)
    curves, ranks, mistakes = figure.subplots(1, 3, width_ratios=(1.25, 1, 1))
    tables = {"digits": result} | ({RECURRENT: result[RECURRENT]} if RECURRENT in result else {})
    draw_curves(curves, result)
    for place, (title, held) in enumerate(tables.items()):
        by_epoch = held["correlation_with_final_by_epoch"]
        rungs = [rung - 1 for rung in held["rungs"]]
        look = marked(place, markevery=rungs, markersize=4)
        ranks.plot(range(1, len(by_epoch) + 1), by_epoch, **look, label=title)
    ranks.axhline(result["noise_ceiling"], color=GREY, lw=0.8, ls="--", label="digits, two seeds")
    ranks.set_xscale("log")
    ticks = [1, *held["rungs"]]
    ranks.set_xticks(ticks, [str(tick) for tick in ticks])
    ranks.minorticks_off()
    ranks.set_ylim(0.0, 1.02)
    ranks.set_xlabel("epochs trained (marks: looks)")
    ranks.set_title("Kendall tau with the last epoch")
    ranks.legend(loc="lower right")
    draw_mistakes(mistakes, tables)
    return figure


def draw_curves(axes: Axes, result: Result) -> None:
    """Draw every curve: solid as far as it was trained, dotted what was not seen after a stop."""
    for curve in sorted(result["curves"], key=lambda each: each["top"]):
        epochs, accuracy = curve["epochs"], [100 * value for value in curve["valid_accuracy"]]
        stop = curve["stopped_after"]
        seen = epochs.index(stop) + 1 if stop else len(epochs)
        color, width = (MISTAKEN if stop else KEPT, 1.4) if curve["top"] else (THIN if stop else GREY, 0.6)
        axes.plot(epochs[:seen], accuracy[:seen], color=color, lw=width)
        if stop:
            axes.plot(epochs[seen - 1 :], accuracy[seen - 1 :], color=color, lw=0.8 * width, ls=":")
            axes.plot(stop, accuracy[seen - 1], "x", color=color, ms=3.5, mew=0.8)
    shown = {
        "of the top 10 %, kept": {"color": KEPT, "lw": 1.4},
        "of the top 10 %, stopped": {"color": MISTAKEN, "lw": 1.4, "ls": ":", "marker": "x"},
        "others, kept": {"color": GREY, "lw": 0.6},
        "others, stopped": {"color": THIN, "lw": 0.6, "ls": ":", "marker": "x"},
    }
    present = [(curve["top"], bool(curve["stopped_after"])) for curve in result["curves"]]
    kinds = [(True, False), (True, True), (False, False), (False, True)]  # in the legend's order
    handles = [
        Line2D([], [], **look, label=label)
        for kind, (label, look) in zip(kinds, shown.items(), strict=True)
        if kind in present
    ]
    axes.legend(handles=handles, loc="lower right", handlelength=2.2, labelspacing=0.2)
    axes.set_ylim(bottom=-12)
    axes.set_xlabel("epochs trained")
    axes.set_title(f"validation accuracy (%), {len(result['curves'])} cells of digits")


def draw_mistakes(axes: Axes, tables: dict[str, Result]) -> None:
    """Draw the share of the top networks stopped at each look, and (a line) how many had to be."""
    labels = []
    for title, held in tables.items():
        first = len(labels)
        for place, (method, rows) in enumerate(held["mistakes"].items()):
            at = [first + number + (place - 0.5) * BAR_WIDTH for number in range(len(rows))]
            color, hatch = BARS[place]
            shares = [100 * row["stopped_share_of_the_top"] for row in rows]
            label = method if not first else None
            axes.bar(at, shares, BAR_WIDTH, color=color, hatch=hatch, edgecolor="black", label=label)
            forced = [100 * row["unavoidable_share_of_the_top"] for row in rows]
            ends = [x - BAR_WIDTH / 2 for x in at], [x + BAR_WIDTH / 2 for x in at]
            axes.hlines(forced, *ends, color="black", lw=1.6)
        labels += [f"{title.removeprefix('NAS-Bench-')}\n{row['rung']} ep." for row in rows]
    axes.set_xticks(range(len(labels)), labels, fontsize=SMALL_POINTS)
    axes.grid(visible=False, axis="x")
    axes.set_title("stopped of the top 10 % (%)")
    axes.legend(loc="upper right", handlelength=1.5)
    axes.set_ylim(top=1.35 * axes.get_ylim()[1])
    axes.set_xlabel("thick: can't be avoided")


if __name__ == "__main__":
    write(__file__, draw, RESULTS)
