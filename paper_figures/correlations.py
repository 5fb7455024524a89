"""Rank correlations between data sets and fidelities, between tasks, and between seeds and epochs.

    python paper_figures/correlations.py

Reads reproduce/results/correlations.json. Above the diagonal Spearman's, below it Kendall's.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from style import POINTS, SMALLEST_POINTS, TEXT_INCHES, Result, new_figure, write

RESULTS = ("correlations",)
SHORT = {  # what stands on an axis
    ", 12 ep. valid": " val. 12",
    ", 200 ep. test": " test 200",
    "CIFAR-": "C",
    "ImageNet16-120": "Img",
    "class_": "",
    "segmentsemantic": "segment",
    "room_layout": "layout",
    "autoencoder": "autoenc.",
}
MOST_NUMBERS = 7  # columns up to which numbers stand in the cells
WHITE_FROM = 0.6  # darkness from which white text is read more easily


def draw(result: Result) -> Figure:
    """Return a heat map a table."""
    matrices = result["matrices"]
    figure = new_figure(TEXT_INCHES, 2.55)
    panels = figure.subplots(1, len(matrices), squeeze=False)[0]
    for axes, (title, held) in zip(panels, matrices.items(), strict=True):
        image = draw_matrix(axes, held)
        axes.set_title(title)
    bar = figure.colorbar(image, ax=panels, shrink=0.6, pad=0.01, aspect=25)
    bar.set_label("above: Spearman, below: Kendall")
    bar.outline.set_visible(False)
    return figure


def draw_matrix(axes: Axes, held: Result) -> AxesImage:
    """Draw one table's correlations."""
    upper, lower = np.array(held["spearman"]), np.array(held["kendall"])
    values = np.triu(upper, 1) + np.tril(lower, -1)
    np.fill_diagonal(values, np.nan)
    axes.grid(visible=False)
    image = axes.imshow(values, cmap="Greys", vmin=0.0, vmax=1.0)
    names = held["names"]
    if len(names) <= MOST_NUMBERS:
        for i, j in np.argwhere(np.isfinite(values)):
            color = "white" if values[i, j] > WHITE_FROM else "black"
            text = f"{values[i, j]:.2f}".replace("0.", ".")
            axes.text(j, i, text, ha="center", va="center", fontsize=SMALLEST_POINTS, color=color)
        axes.set_xticks(range(len(names)), [short(name) for name in names], rotation=90)
        axes.set_yticks(range(len(names)), [short(name) for name in names])
    else:
        draw_groups(axes, names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return image


def draw_groups(axes: Axes, names: list[str]) -> None:
    """Label columns named "group, member" by their groups, with lines between these."""
    groups = [name.split(", ")[0] for name in names]
    starts = [place for place, group in enumerate(groups) if group not in groups[:place]]
    for start in starts[1:]:
        axes.axhline(start - 0.5, color="black", lw=0.8)
        axes.axvline(start - 0.5, color="black", lw=0.8)
    middles = [start + (groups.count(groups[start]) - 1) / 2 for start in starts]
    axes.set_xticks(middles, [groups[start] for start in starts])
    axes.set_yticks(middles, [groups[start] for start in starts], rotation=90, va="center")
    axes.set_xlabel(f"in each: after epochs 1 to {len(names) // len(starts)}", fontsize=POINTS)


def short(name: str) -> str:
    """Return a name as it stands on an axis."""
    for long, brief in SHORT.items():
        name = name.replace(long, brief)
    return name


if __name__ == "__main__":
    write(__file__, draw, RESULTS)
