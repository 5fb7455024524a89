"""Kendall tau over the number of trainings, beside noise ceilings and what others published.

    python paper_figures/surrogate_sweep.py

Reads reproduce/results/surrogate_sweep.json.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from style import GREY, TEXT_INCHES, Result, marked, new_figure, sizes_axis, write

RESULTS = ("surrogate_sweep",)
PANELS = (
    "NAS-Bench-201, CIFAR-10",
    "NAS-Bench-201, CIFAR-100",
    "NAS-Bench-201, ImageNet16-120",
    "TransNAS micro, class_scene",
    "NAS-Bench-Macro, CIFAR-10",
    "Accel-NASBench, ImageNet, short training",
)
OURS = ("Gaussian process", "XGBoost")
UNPUBLISHED = ("to reach", "probe")  # how their names begin
CEILINGS = {  # line styles
    "isomorphic twins": "-.",
    "another seed": ":",
    "seeds, errs low": (0, (6, 2)),
    "seeds, errs high": (0, (1, 3)),
}


def draw(result: Result) -> Figure:
    """Return a panel a table: tau of both surrogates, the noise ceilings, what was published."""
    lines = {title: result["sweep"][title] for title in PANELS if title in result["sweep"]}
    published = [
        name
        for name in dict.fromkeys(name for line in lines.values() for name in line.get("published", {}))
        if not name.startswith(UNPUBLISHED)
    ]
    columns = min(3, len(lines))
    rows = -(-len(lines) // columns)
    figure = new_figure(TEXT_INCHES, 1.85 * rows + 0.55)
    grid = figure.subplots(rows, columns, sharex=True, squeeze=False)
    for axes, (title, line) in zip(grid.flat, lines.items(), strict=False):
        draw_tau(axes, title, line, [*OURS, *published])
    for axes in list(grid.flat)[len(lines) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("Kendall tau")
    for axes in grid[:-1].flat:
        axes.set_xlabel("")
    shown = {}
    for axes in grid.flat:
        handles, labels = axes.get_legend_handles_labels()
        shown |= dict(zip(labels, handles, strict=True))
    order = [*(name for name in (*OURS, *published) if name in shown), *shown]
    shown = {name: shown[name] for name in order}  # ours first
    figure.legend(shown.values(), shown, loc="outside lower center", ncols=3)
    return figure


def draw_tau(axes: Axes, title: str, line: Result, names: list[str]) -> None:
    """Draw one table."""
    for name, taus in line.get("published", {}).items():
        if name in names:
            look = marked(names.index(name), linewidth=0.8, markerfacecolor="white")
            axes.plot([int(size) for size in taus], list(taus.values()), **look, label=name)
    for row in line["rows"]:
        look = marked(names.index(row["surrogate"]), label=row["surrogate"])
        axes.plot(row["sizes"], row["kendall_tau"], **look)
        low, high = zip(*row["kendall_tau_interval"], strict=True)
        axes.fill_between(row["sizes"], low, high, color=look["color"], alpha=0.2, lw=0)
    for ceiling in line["ceilings"]:
        style, label = CEILINGS.get(ceiling["name"], ":"), f"noise ceiling: {ceiling['name']}"
        axes.axhline(ceiling["kendall_tau"], color=GREY, ls=style, lw=0.9, label=label)
    sizes_axis(axes, line["rows"][0]["sizes"])
    axes.set_title(f"{title.removesuffix(', short training')}\n{line['num_seeds']} samples")


if __name__ == "__main__":
    write(__file__, draw, RESULTS)
