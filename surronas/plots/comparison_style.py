"""What the figures of a comparison share: panels side by side, marks that need no colour, words on splits."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from surronas.compare.facts import ProblemFacts
from surronas.plots.style import (
    COLORS,
    DOTS_PER_INCH,
    MARKERS,
    SMALL_POINTS,
    TITLE_POINTS,
    WIDTH_INCHES,
    label,
    wrapped,
)

PAGE_INCHES = 7.0  # a page's width, for two panels side by side
PANELS_AT_ONCE = 6
NOTE_POINTS = 7.5
_CHARACTERS_AN_INCH = 17  # of a note
Dashes = Literal["-", "--", "-.", ":"] | tuple[float, Sequence[float]]
_DASHES: tuple[Dashes, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
_LEGEND_CHARACTERS = 24


class Look(NamedTuple):
    """How one searcher is drawn, the same in all figures."""

    color: str
    marker: str
    linestyle: Dashes
    fill: str  # of the marker: hollow ones are of the second seven searchers


def look(place: int) -> Look:
    """Return the look of the searcher at a place; 35 differ in marker or dashes, whatever the colour."""
    turn = place // len(MARKERS)
    return Look(
        COLORS[place % len(COLORS)],
        MARKERS[place % len(MARKERS)],
        _DASHES[(place + turn) % len(_DASHES)],
        "white" if turn % 2 else COLORS[place % len(COLORS)],
    )


def new_panels(
    title: str, notes: Sequence[str], *, height_inches: float = 2.3, legend_rows: int = 2
) -> tuple[Figure, list[Axes]]:
    """Return a figure and a panel under each note; two are side by side where there are several."""
    columns = 1 if len(notes) == 1 else 2
    rows = math.ceil(len(notes) / columns)
    width = WIDTH_INCHES if columns == 1 else PAGE_INCHES
    characters = int((width / columns - 0.6) * _CHARACTERS_AN_INCH)
    told = [wrapped(note, characters) for note in notes]
    lines = max(text.count("\n") + 1 for text in told)
    height = rows * (height_inches + 0.13 * lines) + 0.5 + 0.2 * legend_rows
    figure = Figure(figsize=(width, height), dpi=DOTS_PER_INCH, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    heading = wrapped(title, int(width * 11))
    figure.suptitle(heading, x=0.01, ha="left", fontsize=TITLE_POINTS)
    grid = figure.subplots(rows, columns, squeeze=False)
    panels = [axes for row in grid for axes in row]
    for axes in panels[len(notes) :]:
        axes.set_axis_off()
    for axes, text in zip(panels, told, strict=False):
        axes.set_title(text, fontsize=NOTE_POINTS, loc="left")
        axes.tick_params(labelsize=SMALL_POINTS)
        axes.grid(color="#e4e4e4", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, panels[: len(notes)]


def add_legend(figure: Figure, handles: Sequence[Artist]) -> None:
    """Put the searchers' looks below a figure."""
    columns = 3 if figure.get_figwidth() > WIDTH_INCHES else 2
    figure.legend(
        handles=list(handles),
        loc="outside lower center",
        ncols=columns,
        fontsize=NOTE_POINTS + 0.5,
        frameon=False,
        handlelength=3.2,
    )


def legend_name(name: str) -> str:
    """Return a searcher's name, wrapped for the legend."""
    return label(name, _LEGEND_CHARACTERS)


def panel_note(facts: ProblemFacts) -> str:
    """Return a problem's name and what was searched and reported there."""
    return f"{facts.name}: {facts.split_words}"


def sees_test(facts: ProblemFacts) -> bool:
    """Return whether the searches of a problem saw the test split itself."""
    return "TEST split" in facts.split_words or "no validation split" in facts.split_words


def split_note(problems: Sequence[ProblemFacts]) -> str:
    """Return the split words of all problems; of more than three, which of them have no validation split."""
    if len(problems) <= 3:
        return " ".join(f"{panel_note(problem)}." for problem in problems)
    seen = [problem.name for problem in problems if sees_test(problem)]
    if not seen:
        return f"{len(problems)} problems; no search saw a test value."
    if len(seen) == len(problems):
        return f"{len(problems)} problems, on all of which the searches saw the TEST split itself."
    names = ", ".join(seen)
    return (
        f"{len(problems)} problems; the searches saw the TEST split itself on {len(seen)} of them: {names}."
    )
