"""Kendall tau and interval coverage of the surrogates over the number of trained cells, on NAS-Bench-201.

    python paper_figures/surrogate_quality.py

Reads reproduce/results/surrogate_quality.json (written by reproduce/surrogate_quality.py), computes
nothing, writes paper_figures/surrogate_quality.pdf and .png.
"""

import json
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "reproduce" / "results" / "surrogate_quality.json"
COLOURS = {"Gaussian process": "#d55e00", "XGBoost": "#0072b2"}


def main() -> None:
    """Draw a column a task: tau above, coverage of 90 % intervals below."""
    result = json.loads(RESULT.read_text())
    tasks = list(dict.fromkeys(row["task"] for row in result["rows"]))
    figure = Figure(figsize=(3.2 * len(tasks), 5.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, len(tasks), sharex=True, sharey="row", squeeze=False)
    for column, task in enumerate(tasks):
        above, below = axes[:, column]
        above.set_title(task)
        for row in (row for row in result["rows"] if row["task"] == task):
            line = {"color": COLOURS[row["surrogate"]], "marker": "o", "label": row["surrogate"]}
            above.plot(result["sizes"], row["kendall_tau"], **line)
            below.plot(result["sizes"], row["coverage"], **line)
        below.axhline(0.9, color="gray", linestyle="--", linewidth=1)
        below.set_xscale("log", base=2)
        below.set_xticks(result["sizes"], [str(size) for size in result["sizes"]])
        below.set_xlabel("trained cells")
    axes[0, 0].set_ylabel(f"Kendall tau on {result['num_judged']:,} other cells")
    axes[1, 0].set_ylabel("held by 90 % intervals")
    axes[0, 0].legend(frameon=False)
    figure.suptitle(f"NAS-Bench-201, {result['target']}; means of {result['num_seeds']} samples", fontsize=10)
    for ending in ("pdf", "png"):
        figure.savefig(Path(__file__).with_suffix(f".{ending}"), dpi=150)


if __name__ == "__main__":
    main()
