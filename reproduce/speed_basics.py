"""Speed of the everyday parts, each beside its bound or its peer in the same run.

    python reproduce/speed_basics.py

Prints medians and writes reproduce/results/speed_basics.json. One thread; run it on an idle machine.
The peer of a training is a plain hand-written PyTorch loop: nn.Conv2d, torch.optim.SGD, the same network,
data, batches and evaluations.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from surronas import BenchmarkStore, Cell201
from surronas.spaces import Graph
from surronas.training import DIGITS_RECIPE, Job, Task, Trainer, digits

ROOT = Path(__file__).parents[1]
STORE = ROOT / "benchmarks_data" / "digits_cell201.h5"
RESULTS = ROOT / "reproduce" / "results" / "speed_basics.json"
NUM_CELLS, REPEATS = 40, 9


def main() -> None:
    """Measure, print and write."""
    torch.set_num_threads(1)
    figures = {**spaces(), **processes(), **training()}
    for name, figure in figures.items():
        print(f"{name:58} {figure['measured']:9.4f} {figure['unit']:5} {figure['beside']}")
    about = {
        "date": date.today().isoformat(),
        "hardware": Trainer(Cell201(), digits(), device="cpu").hardware,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }
    RESULTS.write_text(json.dumps({"about": about, "figures": figures}, indent=1) + "\n")


def figure(measured: float, unit: str, beside: str) -> dict[str, object]:
    """Return one line of the table."""
    return {"measured": round(measured, 4), "unit": unit, "beside": beside}


def median_seconds(call: Callable[[], object]) -> float:
    """Return the median time of a call, after one that is not counted."""
    call()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def spaces() -> dict[str, dict[str, object]]:
    """Time the space on all its architectures, and queries of the shipped store."""
    space, store = Cell201(), BenchmarkStore.open(STORE)
    cells = space.enumerate()
    known = store.architectures
    return {
        "all 24 neighbors of all 15,625 cells": figure(
            1e3 * median_seconds(lambda: space.neighborhoods(cells)), "ms", "bound: 50 ms"
        ),
        "keys of all 15,625 cells": figure(1e3 * median_seconds(lambda: space.keys(cells)), "ms", ""),
        "query one metric of all shipped cells, mean of 3 seeds": figure(
            1e3 * median_seconds(lambda: store.query(known, "valid_accuracy", seed="mean")), "ms", ""
        ),
    }


def processes() -> dict[str, dict[str, object]]:
    """Time whole processes, beside a bare interpreter and one that imports numpy and h5py."""
    command = [sys.executable, "-m", "surronas"]
    bare = median_seconds(lambda: run([sys.executable, "-c", "pass"]))
    numpy_h5py = median_seconds(lambda: run([sys.executable, "-c", "import numpy, h5py"]))
    beside = f"bound: 500 ms; bare Python {1e3 * bare:.0f} ms, with numpy and h5py {1e3 * numpy_h5py:.0f} ms"
    return {
        "surronas --help, whole process": figure(
            1e3 * median_seconds(lambda: run([*command, "--help"])), "ms", beside
        ),
        "surronas info, whole process": figure(
            1e3 * median_seconds(lambda: run([*command, "info", str(STORE)])), "ms", beside
        ),
    }


def run(command: list[str]) -> None:
    """Run a process to its end."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def training() -> dict[str, dict[str, object]]:
    """Time trainings of random distinct cells, alternating with the plain loop on the same cell."""
    space, task = Cell201(), digits()
    classes = np.unique(space.keys(space.enumerate()))
    cells = space.from_codes(np.random.default_rng(0).choice(classes, NUM_CELLS, replace=False))
    trainer = Trainer(space, task, device="cpu")
    ours, plain = [], []
    for cell in [cells[0], *cells]:
        start = time.perf_counter()
        trainer.train(Job(tuple(cell.tolist()), 0, DIGITS_RECIPE))
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        train_plainly(space.graph(cell), task)
        plain.append(time.perf_counter() - start)
    ratios = [a / b for a, b in zip(ours[1:], plain[1:], strict=True)]
    return {
        "one training on digits, median over cells": figure(
            statistics.median(ours[1:]), "s", f"bound: 0.7 s; plain loop {statistics.median(plain[1:]):.3f} s"
        ),
        "one training on digits, mean over cells": figure(
            statistics.mean(ours[1:]), "s", f"bound: 0.7 s; slowest of {NUM_CELLS}: {max(ours[1:]):.2f} s"
        ),
        "our training / plain PyTorch loop, median of pairs": figure(
            statistics.median(ratios), "x", "bound: 1.1 x"
        ),
    }


class PlainCell(nn.Module):
    """The cell as one would write it by hand."""

    def __init__(self, graph: Graph, channels: int) -> None:
        super().__init__()
        self.edges = sorted(graph.live_edges(), key=lambda edge: edge[1])
        self.operations = nn.ModuleList(plain_operation(name, channels) for _, _, name in self.edges)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the sum of what comes in at the output node."""
        nodes = [x, 0, 0, 0]
        for (source, target, _), operation in zip(self.edges, self.operations, strict=True):
            nodes[target] = nodes[target] + operation(nodes[source])
        return nodes[3] if isinstance(nodes[3], torch.Tensor) else torch.zeros_like(x)


def plain_operation(name: str, channels: int) -> nn.Module:
    """Return an edge's module."""
    if name == "skip_connect":
        return nn.Identity()
    if name == "avg_pool_3x3":
        return nn.AvgPool2d(3, 1, 1, count_include_pad=False)
    kernel = 3 if name == "nor_conv_3x3" else 1
    convolution = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(nn.ReLU(), convolution, nn.BatchNorm2d(channels))


def train_plainly(graph: Graph, task: Task) -> None:
    """Train one network as a tutorial would."""
    recipe = DIGITS_RECIPE
    network = nn.Sequential(
        nn.Conv2d(1, recipe.channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(recipe.channels),
        PlainCell(graph, recipe.channels),
        nn.BatchNorm2d(recipe.channels),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(recipe.channels, task.num_classes),
    )
    images, labels = torch.from_numpy(task.train.inputs), torch.from_numpy(task.train.labels)
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        nesterov=True,
        weight_decay=recipe.weight_decay,
    )
    steps = len(labels) // recipe.batch_size
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.epochs * steps)
    for _ in range(recipe.epochs):
        network.train()
        for batch in torch.randperm(len(labels))[: steps * recipe.batch_size].split(recipe.batch_size):
            optimizer.zero_grad()
            logits = network(images[batch])
            cross_entropy(logits, labels[batch]).backward()
            optimizer.step()
            schedule.step()
        network.eval()
        with torch.no_grad():
            for split in (task.valid, task.test):
                logits = network(torch.from_numpy(split.inputs))
                float(cross_entropy(logits, torch.from_numpy(split.labels)))
                float((logits.argmax(1) == torch.from_numpy(split.labels)).float().mean())


if __name__ == "__main__":
    main()
