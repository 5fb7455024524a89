"""What stopping trainings early gains a search, at equal epochs, on tables of learning curves.

    python reproduce/multi_fidelity_search.py --seeds 50 --model-seeds 20      # half an hour, one thread

Searchers over fidelities beside random search and Bayesian optimisation that train everything completely.
What was trained goes on where it stopped. The regret is that of the incumbent (the best validation score
among the evaluations of the most epochs so far), after a complete training, on the metric searched on.

digits_cell201: 6 epochs, validation accuracy; search s uses training seed s modulo 3. (The committed results
are of its first 1,500 cells, all that it held then.) The
learning rate falls to 0 within the 6 epochs, so after 2 epochs the final scores are ranked badly (tau .57 to
.60).
nas-bench-nlp: 260 recurrent cells, 50 epochs, validation loss, first run of each; tau after 2 epochs .66, 6
epochs .79, 17 epochs .89. BOHB's model asks for more points (101) than its brackets give there at first.
Asynchronous: digits_cell201 with 8 workers on a simulated clock, at equal simulated seconds.

Reads NAS-Bench-NLP's logs under SURRONAS_SHARED (default: ../shared beside the checkout; left out where they
are not); writes reproduce/results/multi_fidelity_search.json.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
from measuring import about
from threadpoolctl import threadpool_limits

from surronas.errors import SpaceExhaustedError
from surronas.evaluators import CurveEvaluator
from surronas.fidelity_search import FidelityTrajectory, run_fidelity_search
from surronas.searchers import (
    ASHA,
    BOHB,
    BayesianOptimization,
    FidelitySearcher,
    FreezeThaw,
    Hyperband,
    InFull,
    Pool,
    RandomSearch,
    SuccessiveHalving,
)
from surronas.store import BenchmarkStore
from surronas.store.importers import import_benchmark, importer_named

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("SURRONAS_SHARED", HERE.parents[1] / "shared")) / "data" / "benchmarks"
DIGITS = HERE.parent / "benchmarks_data" / "digits_cell201.h5"
RECURRENT = SHARED / "nasbench-nlp" / "train_logs_wikitext-2_logs.zip"
RESULT = HERE / "results" / "multi_fidelity_search.json"
FULL_TRAININGS = (10, 20, 40, 60)  # budgets
NUM_WORKERS = 8
ETA = {"digits_cell201": 2, "nas-bench-nlp": 3}  # rungs 2, 3, 6 and 2, 6, 17, 50
STEP = {"digits_cell201": 1, "nas-bench-nlp": 5}  # epochs of a step of freeze-thaw
RANDOM = "random search, in full"
WITH_MODEL = ("Bayesian optimisation, in full", "freeze-thaw")  # they take seconds a search
ASYNCHRONOUS = (RANDOM, "successive halving", "Hyperband", "ASHA")
Make = Callable[[Pool, int], FidelitySearcher]


def searchers(table: str, epochs: int) -> dict[str, Make]:
    """Return what makes each contestant from candidates and a seed."""
    eta, step = ETA[table], STEP[table]

    def halving(kind: Callable[..., FidelitySearcher], **given: int) -> Make:
        return lambda pool, seed: kind(
            pool.space, seed=seed, candidates=pool, max_epochs=epochs, eta=eta, **given
        )

    def in_full(kind: Callable) -> Make:
        return lambda pool, seed: InFull(kind(pool.space, seed=seed, candidates=pool), max_epochs=epochs)

    return {
        RANDOM: in_full(RandomSearch),
        "successive halving": halving(SuccessiveHalving),
        "Hyperband": halving(Hyperband),
        "ASHA": halving(ASHA),
        "BOHB": halving(BOHB),
        "Bayesian optimisation, in full": in_full(BayesianOptimization),
        "freeze-thaw": lambda pool, seed: FreezeThaw(
            pool.space, seed=seed, candidates=pool, max_epochs=epochs, min_epochs=step
        ),
    }


class Table:
    """A table of curves of one or several training seeds, with its best final score."""

    def __init__(self, name: str, path: Path, metric: str, seeds: tuple[int, ...]) -> None:
        store = BenchmarkStore.open(path)
        self.name, self.metric = name, metric
        self.curves = [CurveEvaluator(store, metric=metric, seed=seed) for seed in seeds]
        self.pool = Pool(store.space, self.curves[0].architectures)
        self.epochs = self.curves[0].max_epochs
        self.best = [self._best(curves) for curves in self.curves]

    def search(
        self, make: Make, seed: int, budget: float, workers: int = 1
    ) -> tuple[FidelityTrajectory, np.ndarray]:
        """Return the trajectory of one search, and its regret after each evaluation."""
        number = seed % len(self.curves)
        try:
            found = run_fidelity_search(
                make(self.pool, seed), self.curves[number], budget_epochs=budget, workers=workers
            )
        except SpaceExhaustedError as error:
            found = error.trajectory
        return found, self.best[number] - found.sign * found.incumbent_final()

    def _best(self, curves: CurveEvaluator) -> float:
        return float(np.nanmax(curves.scores(self.pool.architectures, curves.max_epochs)))


def regret_at(axis: np.ndarray, regret: np.ndarray, points: list[float]) -> list[float]:
    """Return the regret at points of an ascending axis, NaN before the first evaluation."""
    place = np.searchsorted(axis, np.array(points) + 1e-9, side="right") - 1
    return np.where(place >= 0, regret[np.maximum(place, 0)], np.nan).tolist()


def line(name: str, values: list[list[float]], base: np.ndarray | None) -> dict[str, object]:
    """Return means over searches with their standard errors, and the paired difference from the base."""
    runs = np.array(values)

    def error(differences: np.ndarray) -> list[float]:
        return (np.nanstd(differences, axis=0, ddof=1) / np.sqrt(len(differences))).round(5).tolist()

    found: dict[str, object] = {
        "searcher": name,
        "searches": len(runs),
        "regret": np.nanmean(runs, axis=0).round(5).tolist(),
        "standard_error": error(runs),
    }
    if base is not None:
        less = runs - base[: len(runs)]
        found |= {
            "less_random": np.nanmean(less, axis=0).round(5).tolist(),
            "its_standard_error": error(less),
        }
    text = "  ".join(
        f"{mean:.4f} ± {deviation:.4f}"
        for mean, deviation in zip(found["regret"], found["standard_error"], strict=True)
    )
    print(f"{name:32s} {len(runs):3d}  {text}", flush=True)
    return found


def at_equal_epochs(table: Table, seeds: int, model_seeds: int) -> dict[str, object]:
    """Return every searcher's regret at equal epochs."""
    points = [float(number * table.epochs) for number in FULL_TRAININGS]
    print(f"\n{table.name}, {table.metric}, {table.pool.size} candidates: regret after {points} epochs")
    lines, base = [], None
    for name, make in searchers(table.name, table.epochs).items():
        values, start, asked = [], time.process_time(), []
        for seed in range(model_seeds if name in WITH_MODEL else seeds):
            found, regret = table.search(make, seed, points[-1])
            values.append(regret_at(found.spent_epochs(), regret, points))
            asked.append(len(found.scores))
        lines.append(line(name, values, base))
        lines[-1] |= {
            "evaluations": float(np.mean(asked)),
            "processor_seconds_a_search": round((time.process_time() - start) / len(values), 2),
        }
        base = np.array(values) if base is None else base
    return {"table": table.name, "metric": table.metric, "epochs": points, "lines": lines}


def at_equal_time(table: Table, seeds: int) -> dict[str, object]:
    """Return the regret of asynchronous searches at equal simulated seconds, 8 workers."""
    budget = FULL_TRAININGS[-1] * NUM_WORKERS * table.epochs / 4.0
    makers = searchers(table.name, table.epochs)
    runs = {
        name: [table.search(makers[name], seed, budget, NUM_WORKERS) for seed in range(seeds)]
        for name in ASYNCHRONOUS
    }
    end = np.median([found.clock[-1] for found, _ in runs[RANDOM]])
    points = [round(float(end * share), 2) for share in (0.25, 0.5, 1.0)]
    print(f"\n{table.name}, {NUM_WORKERS} workers: regret after {points} simulated seconds")
    lines, base = [], None
    for name, its in runs.items():
        values = [regret_at(found.clock, regret, points) for found, regret in its]
        lines.append(line(name, values, base))
        base = np.array(values) if base is None else base
    return {"table": table.name, "workers": NUM_WORKERS, "simulated_seconds": points, "lines": lines}


def main() -> None:
    """Run all searches, print the tables and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=50, help="searches of each cheap searcher")
    parser.add_argument("--model-seeds", type=int, default=20, help="searches of those that fit models")
    asked = parser.parse_args()
    digits = Table("digits_cell201", DIGITS, "valid_accuracy", (0, 1, 2))
    tables = [at_equal_epochs(digits, asked.seeds, asked.model_seeds)]
    asynchronous = at_equal_time(digits, asked.seeds)
    if RECURRENT.exists():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "nas-bench-nlp.h5"
            import_benchmark(importer_named("nas-bench-nlp"), RECURRENT, path)
            recurrent = Table("nas-bench-nlp", path, "valid_loss", (0,))
            tables.append(at_equal_epochs(recurrent, asked.seeds, asked.model_seeds))
    else:
        print(f"left out: nas-bench-nlp, expected its logs at {RECURRENT}", file=sys.stderr)
    result = {
        **about(),
        "versions": {package: version(package) for package in ("surronas", "scipy", "scikit-learn")},
        "command": f"python reproduce/multi_fidelity_search.py --seeds {asked.seeds} "
        f"--model-seeds {asked.model_seeds}",
        "threads": 1,
        "tables": tables,
        "asynchronous": asynchronous,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
