"""What stopping trainings early gains a search, at equal epochs, on tables of learning curves.

    python reproduce/multi_fidelity_search.py            # full: 50 seeds, 10 of the slow models; minutes
    python reproduce/multi_fidelity_search.py --quick    # 12 seeds of the fast ones; seconds

Searchers over fidelities beside random search and Bayesian optimisation that train everything completely.
What was trained goes on where it stopped. The regret is that of the incumbent (the best validation score
among the evaluations of the most epochs so far), after a complete training, on the metric searched on.

digits: our table of 6,466 cells, 6 epochs, validation accuracy; search s uses training seed s modulo 3. The
learning rate falls to 0 within the 6 epochs, so after 2 epochs the final scores are ranked badly (tau .57 to
.60): there is little to gain from them. NAS-Bench-NLP's real curves: 260 recurrent cells, 50 epochs,
validation loss, first run of each; tau after 2 epochs .66, 6 epochs .79, 17 epochs .89. BOHB's model asks for
more points (101) than its brackets give there at first. Asynchronous: digits with 8 workers on a simulated
clock, at equal simulated seconds (full runs alone).

The papers show SHA, Hyperband and BOHB on other problems: asserted is their common claim, that at equal
epochs they beat random search that trains in full, paired by seed. On NAS-Bench-NLP at every budget; on
digits at the largest one, and of those without a model (successive halving, Hyperband, ASHA) only that they
are not worse by more than 2 standard errors, as their gain is of the size of the noise there.
"""

import time
from collections.abc import Callable

import numpy as np
from claims import Report, Setting, reproduce
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

CLAIM = "successive halving, Hyperband, ASHA, BOHB and freeze-thaw beat random search at equal epochs"
SOURCE = "Li et al. 2017 and 2020, Falkner et al. 2018, Swersky et al. 2014, on real learning curves"
DATA = ("digits",)
OPTIONAL_DATA = ("nas-bench-nlp",)
MINUTES = (0.2, 5)

FULL_TRAININGS = (10, 20, 40, 60)  # budgets
NUM_WORKERS = 8
ETA = {"digits": 2, "nas-bench-nlp": 3}  # rungs 2, 3, 6 and 2, 6, 17, 50
STEP = {"digits": 1, "nas-bench-nlp": 5}  # epochs of a step of freeze-thaw
RANDOM = "random search, in full"
WITH_MODEL = ("Bayesian optimisation, in full", "freeze-thaw")  # they take seconds a search
WITHOUT_MODEL = ("successive halving", "Hyperband", "ASHA")
ASYNCHRONOUS = (RANDOM, *WITHOUT_MODEL)
NOT_WORSE = 2.0  # standard errors
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

    def __init__(self, name: str, store: BenchmarkStore, metric: str, seeds: tuple[int, ...]) -> None:
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
    return found


def at_equal_epochs(report: Report, table: Table, setting: Setting) -> dict[str, object]:
    """Report every searcher beside random search at equal epochs; return the regrets."""
    points = [float(number * table.epochs) for number in FULL_TRAININGS]
    lines, base = [], None
    for name, make in searchers(table.name, table.epochs).items():
        if setting.quick and name in WITH_MODEL:
            continue
        values, start, asked = [], time.process_time(), []
        for seed in setting.seeds(10 if name in WITH_MODEL else 50, 12):
            found, regret = table.search(make, seed, points[-1])
            values.append(regret_at(found.spent_epochs(), regret, points))
            asked.append(len(found.scores))
        lines.append(line(name, values, base))
        lines[-1] |= {
            "evaluations": float(np.mean(asked)),
            "processor_seconds_a_search": round((time.process_time() - start) / len(values), 2),
        }
        base = np.array(values) if base is None else base
        beside_random(report, table, points, lines[-1])
    return {"table": table.name, "metric": table.metric, "epochs": points, "lines": lines}


def beside_random(report: Report, table: Table, points: list[float], found: dict[str, object]) -> None:
    """Report one searcher's regrets: below random search's where that is claimed."""
    name = str(found["searcher"])
    if name == RANDOM:
        for epochs, regret in zip(points, found["regret"], strict=True):
            report.beside(table.name, f"{name}: regret, {epochs:.0f} epochs", regret, None)
        return
    told = zip(points, found["less_random"], found["its_standard_error"], found["regret"], strict=True)
    for epochs, less, error, regret in told:
        what = f"{name} less random, {epochs:.0f} epochs"
        if table.name == "digits" and epochs < points[-1]:
            report.beside(table.name, what, less, None)
        elif table.name == "digits" and name in WITHOUT_MODEL:
            why = f"not worse by {NOT_WORSE:.0f} standard errors; regret {regret:.4f}"
            report.at_most(table.name, what, less, NOT_WORSE * error, why)
        else:
            report.at_most(table.name, what, less, 0.0, f"random search; regret {regret:.4f} ± {error:.4f}")


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
    lines, base = [], None
    for name, its in runs.items():
        values = [regret_at(found.clock, regret, points) for found, regret in its]
        lines.append(line(name, values, base))
        base = np.array(values) if base is None else base
    return {"table": table.name, "workers": NUM_WORKERS, "simulated_seconds": points, "lines": lines}


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Report all tables at hand; return the regrets, those of asynchronous searches too."""
    with threadpool_limits(1):
        digits = Table("digits", setting.table("digits"), "valid_accuracy", (0, 1, 2))
        tables = [at_equal_epochs(report, digits, setting)]
        if setting.has("nas-bench-nlp"):
            recurrent = Table("nas-bench-nlp", setting.table("nas-bench-nlp"), "valid_loss", (0,))
            tables.append(at_equal_epochs(report, recurrent, setting))
        found: dict[str, object] = {"threads": 1, "tables": tables}
        if not setting.quick:
            found["asynchronous"] = at_equal_time(digits, len(setting.seeds(50, 12)))
    return found


if __name__ == "__main__":
    reproduce(__file__, measure)
