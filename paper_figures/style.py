"""What all figures of the paper share: sizes, fonts, looks without colour, reading results, writing files.

A script has ``RESULTS``, names of files in reproduce/results, and ``draw``, which takes what they hold and
returns a figure; it computes nothing. Drawn anew from the same results by the same Matplotlib, a figure has
the same bytes.
"""

import io
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image  # comes with Matplotlib

from surronas.errors import InputError
from surronas.plots.comparison_style import look

FOLDER = Path(__file__).parent
RESULTS = FOLDER.parent / "reproduce" / "results"
COLUMN_INCHES, TEXT_INCHES = 3.3, 6.9  # widths of a column and of the text of a page
POINTS, SMALL_POINTS = 8, 7
SMALLEST_POINTS = 5.5  # of numbers in the cells of a heat map
DOTS_PER_INCH = 200
MARK = 3.5  # points across
GREY, THIN, PALE = "#6a6a6a", "#a4a4a4", "#e4e4e4"  # thin lines, of which there are many
ENDINGS = ("pdf", "png")
NUM_COLORS = 128  # of a PNG
DATELESS: dict[str, str | None] = {"CreationDate": None}  # a PDF's metadata
_RC = {
    "font.family": "DejaVu Sans",  # comes with Matplotlib
    "font.size": POINTS,
    "axes.titlesize": POINTS,
    "axes.labelsize": POINTS,
    "axes.titlelocation": "left",
    "axes.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": PALE,
    "grid.linewidth": 0.5,
    "hatch.linewidth": 0.6,
    "legend.fontsize": SMALL_POINTS,
    "legend.frameon": False,
    "legend.handlelength": 2.8,
    "lines.linewidth": 1.1,
    "lines.markersize": MARK,
    "patch.linewidth": 0.6,
    "pdf.fonttype": 42,  # TrueType, embedded: text stays text
    "savefig.dpi": DOTS_PER_INCH,
    "xtick.labelsize": SMALL_POINTS,
    "ytick.labelsize": SMALL_POINTS,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
}

Result = dict[str, Any]  # what a JSON file holds
Draw = Callable[..., Figure]


def write(script: str, draw: Draw, results: Sequence[str]) -> None:
    """Draw a script's figure and write it beside the script; end with exit code 2 if its results won't do."""
    try:
        save(figure_of(draw, results), Path(script).with_suffix(""))
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def figure_of(draw: Draw, results: Sequence[str]) -> Figure:
    """Return the figure of some results, in the style of the paper.

    Raises:
        InputError: a result is missing, is of a quick run, or does not hold what is drawn.
    """
    held = [read(name) for name in results]
    try:
        with rc_context(_RC):
            return draw(*held)
    except (AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError) as error:
        raise InputError(
            f"{' or '.join(f'{path_of(name)}' for name in results)} does not hold what the figure shows "
            f"({type(error).__name__}: {error}); make it anew: {' or '.join(map(command, results))}"
        ) from error


def read(name: str) -> Result:
    """Return what a result's file holds.

    Raises:
        InputError: it is missing, no JSON object, or of a quick run.
    """
    path, made = path_of(name), f"make it: {command(name)}"
    if not path.is_file():
        raise InputError(f"{path} is not there; {made}")
    try:
        found = json.loads(path.read_text())
    except ValueError as error:
        raise InputError(f"{path} is no JSON ({error}); {made}") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} holds no object, but a {type(found).__name__}; {made}")
    if found.get("mode") == "quick":
        raise InputError(f"{path} is of a quick run, whose seeds are too few for a figure; {made}")
    return found


def path_of(name: str) -> Path:
    """Return where a result lies."""
    return RESULTS / f"{name}.json"


def command(name: str) -> str:
    """Return what makes a result."""
    return f"python reproduce/{name}.py"


def save(figure: Figure, stem: Path) -> None:
    """Write a figure as PDF, without a date, and as PNG of few colours, a third as large as one of all."""
    held = io.BytesIO()
    with rc_context(_RC):
        figure.savefig(stem.with_suffix(".pdf"), metadata=DATELESS)
        figure.savefig(held, format="png")
    shown = Image.open(held).convert("RGB").quantize(NUM_COLORS)
    shown.save(stem.with_suffix(".png"), optimize=True, dpi=(DOTS_PER_INCH, DOTS_PER_INCH))


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def marked(place: int, **more: Any) -> dict[str, Any]:
    """Return how the line at a place of a list looks, told apart by dashes and markers without colour."""
    style = look(place)
    own = {"color": style.color, "linestyle": style.linestyle, "marker": style.marker}
    return own | {"markerfacecolor": style.fill} | more


def handle(label: str, place: int, **more: Any) -> Line2D:
    """Return a legend's entry for the line at a place."""
    return Line2D([], [], **marked(place, **more), label=label)


def sizes_axis(axes: Axes, sizes: Sequence[int], label: str = "trained architectures") -> None:
    """Make the x axis one of train sizes, each twice the last."""
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel(label)
