"""How fast networks are trained: one by one, in processes, as a population; and what bounds a GPU.

    python reproduce/speed_training.py                    # this machine's CPU
    python reproduce/speed_training.py --device cuda      # a GPU: both sizes, ways, ceilings

CPU: the same 24 random distinct Cell201 cells on digits (the shipped table's recipe), by one process, by one
process a core, and by a population, in turns; and how the executor would choose by itself. The single trainer
beside a plain PyTorch loop is in speed_basics.py. GPU: networks an hour by the single trainer (mixed
precision, channels last, data on the device) and by the population trainer in the same run; the ways to run
the grouped convolution; achieved FLOP/s and bytes/s beside ceilings measured on the same card. Epochs of the
GPU part at NAS-Bench-201's size are few (--epochs), as every epoch costs the same; images are random there,
as their values don't change the work. Prints tables, and writes reproduce/results/speed_training_DEVICE.json.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from measuring import Figures, about, figure

from surronas.spaces import Cell201
from surronas.training import DIGITS_RECIPE, Job, Recipe, Split, Task, Trainer, digits
from surronas.training.executors import Executor, ProcessExecutor, SerialExecutor
from surronas.training.executors.choice import steps_a_second
from surronas.training.executors.population import PopulationExecutor
from surronas.training.population import PopulationTrainer
from surronas.training.population.convolutions import time_ways
from surronas.training.recipes import NASBENCH201_12

SPACE, SEED, NUM_CELLS, REPEATS = Cell201(), 0, 24, 3
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--population", type=int, default=512, help="networks at once on a GPU (digits)")
    parser.add_argument("--large", type=int, default=128, help="networks at NAS-Bench-201's size")
    parser.add_argument("--epochs", type=int, default=1, help="epochs at NAS-Bench-201's size")
    parser.add_argument("--images", type=int, default=25_000, help="train images at NAS-Bench-201's size")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    answer: dict[str, object] = {**about(), "torch": torch.__version__}
    answer["figures"] = on_cpu() if arguments.device == "cpu" else on_gpu(arguments, answer)
    for name, line in answer["figures"].items():
        print(f"{name:70} {line['measured']:>10} {line['unit']:14} {line['beside']}")
    path = RESULTS / f"speed_training_{arguments.device}.json"
    path.write_text(json.dumps(answer, indent=1) + "\n")


def jobs_of(number: int, recipe: Recipe, seed: int = SEED) -> list[Job]:
    """Return trainings of random distinct cells."""
    classes = np.unique(SPACE.keys(SPACE.enumerate()))
    drawn = np.random.default_rng(seed).choice(classes, number, replace=number > len(classes))
    cells = SPACE.canonical(SPACE.from_codes(drawn))
    return [Job(tuple(cell.tolist()), i, recipe) for i, cell in enumerate(cells)]


def on_cpu() -> Figures:
    """Return the CPU's figures."""
    jobs, cores = jobs_of(NUM_CELLS, DIGITS_RECIPE), os.cpu_count() or 1
    task = digits()
    executors: dict[str, Executor] = {
        "one process": SerialExecutor(Trainer(SPACE, task, device="cpu")),
        f"{cores} processes": ProcessExecutor(SPACE, task, devices=["cpu"], num_workers=cores),
        "a population": PopulationExecutor(SPACE, task, device="cpu", most=8),
    }
    seconds: dict[str, list[float]] = {name: [] for name in executors}
    for turn in range(REPEATS + 1):
        for name, executor in executors.items():
            taken = seconds_of(lambda executor=executor: train(executor, jobs))  # type: ignore[misc]
            if turn:  # the first starts processes and counts FLOPs
                seconds[name].append(taken)
    for executor in executors.values():
        executor.close()
    rates = {name: 3600 * NUM_CELLS / statistics.median(taken) for name, taken in seconds.items()}
    one = rates["one process"]
    figures = {
        f"digits, networks an hour: {name}": figure(rate, "networks/h", f"{rate / one:.2f} x one process")
        for name, rate in rates.items()
    }
    chosen = steps_a_second(SPACE, task, DIGITS_RECIPE, device="cpu", num_workers=cores)
    for name, rate in chosen.items():
        figures[f"the choice's own measurement: {name}"] = figure(rate, "steps/s", "the faster is chosen")
    return figures


def train(executor: Executor, jobs: list[Job]) -> None:
    """Train all jobs to their end."""
    for job in jobs:
        executor.submit(job)
    for _, result in executor.finished():
        assert result.status == "ok", result


def seconds_of(call: Callable[[], object]) -> float:
    """Return the wall seconds of a call."""
    start = time.perf_counter()
    call()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def on_gpu(arguments: argparse.Namespace, answer: dict[str, object]) -> Figures:
    """Return the GPU's figures; the ways' table goes into ``answer``."""
    answer["gpu"] = torch.cuda.get_device_name(0)
    flops, bandwidth = ceilings()
    figures = {
        "ceiling: bfloat16 matrix product of 8,192 x 8,192": figure(flops / 1e12, "TFLOP/s"),
        "ceiling: copy of 1 GB, read and written": figure(bandwidth / 1e9, "GB/s"),
    }
    figures |= compared("digits", digits(), DIGITS_RECIPE, arguments.population, flops, singles=12)
    recipe = replace(NASBENCH201_12, epochs=arguments.epochs)
    task = random_images(arguments.images)
    figures |= compared("NAS-Bench-201's size", task, recipe, arguments.large, flops, singles=4)
    answer["ways"] = {
        f"{n} networks, {channels} channels, {size} x {size} pixels, batch {batch}": {
            name: f"{1e3 * seconds:.3g} ms"
            for name, seconds in time_ways(
                torch.device("cuda"),
                num_networks=n,
                batch_size=batch,
                channels=channels,
                image=(size, size),
                mixed_precision=True,
                repeats=10,
            ).items()
        }
        for n, channels, size, batch in (
            (256, 16, 8, 40),
            (32, 16, 32, 256),
            (32, 32, 16, 256),
            (32, 64, 8, 256),
        )
    }
    print(json.dumps(answer["ways"], indent=1))
    return figures


def compared(name: str, task: Task, recipe: Recipe, number: int, ceiling: float, *, singles: int) -> Figures:
    """Return networks an hour of the single trainer and of populations in several settings."""
    single = Trainer(SPACE, task, device="cuda")
    jobs = jobs_of(number, recipe)
    for job in jobs:
        single.counts(job)
    single.train(jobs[0])
    taken = [seconds_of(lambda job=job: single.train(job)) for job in jobs[:singles]]  # type: ignore[misc]
    one = 3600 / statistics.mean(taken)
    figures = {f"{name}: single trainer": figure(one, "networks/h", f"mean of {singles} cells")}
    for label, settings in {
        "population": {"graphed": False},
        "population, CUDA graphs": {"graphed": True},
        "population, CUDA graphs, torch.compile": {"graphed": True, "compiled": True},
        "population, CUDA graphs, grouped cuDNN": {"graphed": True, "way": "grouped"},
    }.items():
        trainer = PopulationTrainer(SPACE, task, device="cuda", **settings)  # type: ignore[arg-type]
        try:
            seconds = seconds_of(lambda trainer=trainer: list(trainer.train(jobs)))  # type: ignore[misc]
        except Exception as error:  # a way that this card or build can't run is a line of its own
            figures[f"{name}: {label}"] = figure(0.0, "networks/h", f"{type(error).__name__}: {error}"[:200])
            continue
        rate = 3600 * number / seconds
        work = 3 * sum(single.counts(job)[1] for job in jobs) * len(task.train.labels) * recipe.epochs
        share = work / seconds / ceiling
        figures[f"{name}: {label}"] = figure(
            rate, "networks/h", f"{rate / one:.1f} x single; {work / seconds / 1e12:.2f} TFLOP/s, {share:.2%}"
        )
    return figures


def ceilings() -> tuple[float, float]:
    """Return the FLOP/s of a large matrix product in bfloat16 and the bytes/s of a large copy."""
    a = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    big = torch.empty(2**28, device="cuda")
    products, copies = [], []
    for _ in range(6):
        products.append(seconds_of(lambda: a @ a))
        copies.append(seconds_of(big.clone))
    return 2 * 8192**3 / statistics.median(products[1:]), 2 * 2**30 / statistics.median(copies[1:])


def random_images(number: int) -> Task:
    """Return a task of CIFAR-10's shape: uint8 noise, so that no data need be there."""
    rng = np.random.default_rng(0)

    def split(n: int) -> Split:
        return Split(rng.integers(0, 256, (n, 3, 32, 32), np.uint8), rng.integers(0, 10, n))

    whole = (split(number), split(1000), split(1000))
    return Task("noise", "uint8 noise", 10, *whole, mean=(0.5,) * 3, std=(0.25,) * 3)


if __name__ == "__main__":
    main()
