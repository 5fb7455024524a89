"""What all figures share: size, colours, words; and how a figure becomes PNG bytes.

A figure is 4.4 inches wide with text of 9 to 11 points: on a phone, 350 pixels wide, that reads as 10
pixels or more.
"""

import io
import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from surronas.journal import Round
from surronas.store import Metric

WIDTH_INCHES = 4.4
DOTS_PER_INCH = 220  # 968 pixels wide: sharp on a phone's dense screen
TITLE_POINTS, TEXT_POINTS, SMALL_POINTS = 11, 10, 9
# Okabe and Ito's colours, told apart with any kind of colour vision; without the yellow, too pale on white
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
FAINT = "#8a8a8a"
_TITLE_WIDTH = 48  # characters side by side
_MOST_TICKS = 8  # round labels side by side on a phone
_SPLIT_WORDS = {"train": "training", "valid": "validation", "test": "test"}


def new_figure(
    title: str, height_inches: float, *, num_panels: int = 1, one_scale: bool = False
) -> tuple[Figure, list[Axes]]:
    """Return a white figure and its panels, one above the other with one x axis (and y, on request)."""
    figure = Figure(
        figsize=(WIDTH_INCHES, height_inches), dpi=DOTS_PER_INCH, facecolor="white", layout="constrained"
    )
    FigureCanvasAgg(figure)
    figure.suptitle(wrapped(title, _TITLE_WIDTH), x=0.01, ha="left", fontsize=TITLE_POINTS)
    grid = figure.subplots(num_panels, 1, sharex=True, sharey=one_scale, squeeze=False)
    panels = [grid[row, 0] for row in range(num_panels)]
    for axes in panels:
        axes.tick_params(labelsize=SMALL_POINTS)
        axes.grid(color="#e4e4e4", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, panels


def png_bytes(figure: Figure) -> bytes:
    """Return a figure as a PNG file's bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def wrapped(text: str, width: int) -> str:
    """Return text in lines of at most ``width`` characters, safe from being read as a formula."""
    return "\n".join(textwrap.wrap(text, width)).replace("$", r"\$")


def label(name: str, width: int) -> str:
    """Return a name for a legend or a panel: a few lines of at most ``width`` characters."""
    return wrapped(name if len(name) <= 2 * width else name[: 2 * width - 1] + "…", width)


def quantity(metric: Metric) -> str:
    """Return a metric in words, with its split: "validation accuracy"."""
    name = metric.name.removeprefix(f"{metric.split}_").replace("_", " ")
    return f"{_SPLIT_WORDS[metric.split]} {name}" if metric.split else name


def quantity_with_unit(metric: Metric) -> str:
    """Return a metric in words, with split and unit: "validation accuracy (fraction)"."""
    return f"{quantity(metric)} ({metric.unit})" if metric.unit else quantity(metric)


def over_seeds(seeds: Sequence[int]) -> str:
    """Return over which seeds a value is the mean: "mean over seeds 0, 1"."""
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    return f"mean over seeds {', '.join(map(str, seeds))}"


def surrogate_names(rounds: Sequence[Round]) -> list[str]:
    """Return the surrogates that predicted or were judged, in the order they first appear."""
    seen: dict[str, None] = {}
    for one in rounds:
        seen.update(dict.fromkeys(one.quality))
        for candidate in one.candidates:
            seen.update(dict.fromkeys(candidate.predicted))
    return list(seen)


def round_ticks(axes: Axes, rounds: Sequence[Round]) -> None:
    """Label the x axis with rounds and the store's rows at their end; not all of them when there are many."""
    step = -(-len(rounds) // _MOST_TICKS)
    shown = rounds[::step]
    axes.set_xticks([one.number for one in shown], [f"{one.number}\n{one.num_rows}" for one in shown])
    axes.set_xlim(rounds[0].number - 0.5, rounds[-1].number + 0.5)
    axes.set_xlabel("round, and rows in the store at its end", fontsize=TEXT_POINTS)
