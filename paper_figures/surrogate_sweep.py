"""Kendall tau over the number of trainings beside ceilings and published rows; held intervals on all tables.

    python paper_figures/surrogate_sweep.py

Reads reproduce/results/surrogate_sweep.json (written by reproduce/surrogate_sweep.py), computes nothing,
writes surrogate_sweep.pdf and .png (Kendall tau), and surrogate_coverage.pdf and .png (the share of held-out
values in 90 % intervals), beside this script.
"""

import json
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "reproduce" / "results" / "surrogate_sweep.json"
PANELS = (
    "NAS-Bench-201, CIFAR-10",
    "NAS-Bench-201, CIFAR-100",
    "NAS-Bench-201, ImageNet16-120",
    "TransNAS micro, class_scene",
    "NAS-Bench-Macro, CIFAR-10",
    "Accel-NASBench, ImageNet, short training",
)
# Okabe and Ito's colours, told apart with any kind of colour vision; markers for print without colours
OURS = {"Gaussian process": ("#0072B2", "o"), "XGBoost": ("#D55E00", "s")}
PUBLISHED = (("#009E73", "^"), ("#CC79A7", "v"), ("#56B4E9", "D"), ("#E69F00", "P"))
UNPUBLISHED = ("to reach", "probe")  # how their names begin
CEILINGS = {  # line styles
    "isomorphic twins": "-.",
    "another seed": ":",
    "seeds, errs low": (0, (6, 2)),
    "seeds, errs high": (0, (1, 3)),
}
WANTED = (0.85, 0.95)

Line = dict[str, Any]  # what the JSON holds of one table


def main() -> None:
    """Draw both figures."""
    lines: dict[str, Line] = json.loads(RESULT.read_text())["sweep"]
    save(tau_figure({title: lines[title] for title in PANELS if title in lines}), "surrogate_sweep")
    save(coverage_figure(lines), "surrogate_coverage")


def tau_figure(lines: dict[str, Line]) -> Figure:
    """Return a panel a table: tau of both surrogates, the noise ceilings, what was published."""
    columns = min(3, len(lines))
    rows = -(-len(lines) // columns)
    figure = new_figure(3.2 * columns, 2.9 * rows + 0.9)
    grid = figure.subplots(rows, columns, sharex=True, squeeze=False)
    published = [
        name
        for name in dict.fromkeys(name for line in lines.values() for name in line.get("published", {}))
        if not name.startswith(UNPUBLISHED)
    ]
    looks = dict(zip(published, PUBLISHED, strict=False))
    for axes, (title, line) in zip(grid.flat, lines.items(), strict=False):
        draw_tau(axes, title, line, looks)
    for axes in list(grid.flat)[len(lines) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("Kendall tau")
    for axes in grid[-1]:
        axes.set_xlabel("trained architectures")
    shown = {}
    for axes in grid.flat:
        handles, labels = axes.get_legend_handles_labels()
        shown |= dict(zip(labels, handles, strict=True))
    figure.legend(shown.values(), shown, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return figure


def draw_tau(axes: Axes, title: str, line: Line, looks: dict[str, tuple[str, str]]) -> None:
    """Draw one table."""
    for name, taus in line.get("published", {}).items():
        if name in looks:
            color, marker = looks[name]
            sizes = [int(size) for size in taus]
            axes.plot(sizes, list(taus.values()), color=color, marker=marker, ms=4, lw=1, ls="--", label=name)
    for row in line["rows"]:
        color, marker = OURS[row["surrogate"]]
        axes.plot(row["sizes"], row["kendall_tau"], color=color, marker=marker, ms=4, label=row["surrogate"])
        low, high = zip(*row["kendall_tau_interval"], strict=True)
        axes.fill_between(row["sizes"], low, high, color=color, alpha=0.2, lw=0)
    for ceiling in line["ceilings"]:
        style, label = CEILINGS.get(ceiling["name"], ":"), f"noise ceiling: {ceiling['name']}"
        axes.axhline(ceiling["kendall_tau"], color="#6a6a6a", ls=style, lw=1, label=label)
    sizes = line["rows"][0]["sizes"]
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes], fontsize=8)
    axes.minorticks_off()
    axes.set_title(f"{title}\n{line['num_seeds']} samples", fontsize=9)


def coverage_figure(lines: dict[str, Line]) -> Figure:
    """Return a panel a surrogate: a thin line a table, those that leave the wanted band named."""
    figure = new_figure(9.6, 4.2)
    panels = figure.subplots(1, len(OURS), sharey=True)
    for axes, (surrogate, (color, _)) in zip(panels, OURS.items(), strict=True):
        axes.axhspan(*WANTED, color="#eeeeee", lw=0)
        axes.axhline(0.9, color="#6a6a6a", ls="--", lw=1)
        outside = 0
        for title, line in lines.items():
            row = next(row for row in line["rows"] if row["surrogate"] == surrogate)
            held = list(zip(row["sizes"], row["coverage_90"], strict=True))
            far = [size for size, share in held if size >= 64 and not WANTED[0] <= share <= WANTED[1]]
            look = {"color": PUBLISHED[outside % 4][0], "lw": 1.6, "label": title} if far else {"lw": 0.6}
            outside += bool(far)
            axes.plot(*zip(*held, strict=True), **({"color": color, "alpha": 0.6} | look))
        axes.set_xscale("log", base=2)
        axes.set_xticks(row["sizes"], [str(size) for size in row["sizes"]], fontsize=8)
        axes.minorticks_off()
        axes.set_xlabel("trained architectures")
        axes.set_title(f"{surrogate}: {len(lines)} tables and tasks", fontsize=9)
        if outside:
            axes.legend(
                frameon=False, fontsize=7, title="outside .85 to .95 from n = 64 on", title_fontsize=7
            )
    panels[0].set_ylabel("held by 90 % intervals")
    return figure


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, name: str) -> None:
    """Write a figure as PDF and PNG."""
    for ending in ("pdf", "png"):
        figure.savefig(Path(__file__).with_name(f"{name}.{ending}"), dpi=150)


if __name__ == "__main__":
    main()
