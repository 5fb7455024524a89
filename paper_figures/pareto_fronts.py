"""Error against latency on each device: the true Pareto front, and what a search had found of it.

    python paper_figures/pareto_fronts.py

Reads reproduce/results/pareto_search.json.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from style import GREY, TEXT_INCHES, Result, marked, new_figure, write

RESULTS = ("pareto_search",)
TICKS = (15, 20, 30, 50, 90)  # percent
NAMES = {
    "edgegpu": "Edge GPU",
    "eyeriss": "Eyeriss",
    "raspi4": "Raspberry Pi 4",
    "pixel3": "Pixel 3",
    "fpga": "FPGA",
}


def draw(result: Result) -> Figure:
    """Return a panel a device."""
    fronts = result["fronts"]
    columns = min(3, len(fronts))
    rows = -(-len(fronts) // columns)
    figure = new_figure(TEXT_INCHES, 2.0 * rows + 0.3)
    panels = figure.subplots(rows, columns, squeeze=False)
    for axes, (device, held) in zip(panels.flat, fronts.items(), strict=False):
        draw_front(axes, held)
        axes.set_title(NAMES.get(device, device))
    for axes in panels.flat[len(fronts) :]:
        axes.set_axis_off()
    for axes in panels[:, 0]:
        axes.set_ylabel("validation error (%)")
    for axes in panels.flat[: len(fronts)][-columns:]:  # the lowest of each column
        axes.set_xlabel("latency (ms)")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def draw_front(axes: Axes, held: Result) -> None:
    """Draw one device: the true front as steps, what was found as marks."""
    true, found = (sorted(map(tuple, held[name])) for name in ("true", "found"))
    line = {"color": GREY, "lw": 1.0, "marker": "o", "ms": 2, "drawstyle": "steps-post"}
    axes.plot(*zip(*true, strict=True), **line, label="true front")
    look = marked(1, linestyle="none", markerfacecolor="none", markersize=4.5)
    axes.plot(*zip(*found, strict=True), **look, label=f"found by a search of {held['queries']} queries")
    axes.set_yscale("log")  # cells that hardly learn, at 90 %, would press the rest together
    axes.set_yticks(*([tick for tick in TICKS if tick < 1.15 * true[0][1]],) * 2)
    axes.minorticks_off()


if __name__ == "__main__":
    write(__file__, draw, RESULTS)
