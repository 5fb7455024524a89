"""Does writing trainings back pay? The loop beside random trainings and beside one search without refits.

    python reproduce/write_back.py            # full: 20 seeds, 3 starts, 4 tables; 2 processes, an hour
    python reproduce/write_back.py --quick    # 2 seeds on digits

From 50, 100 or 200 architectures drawn at random, 100 more are trained, each way:

- loop: four rounds of (fit, search, train 25, write back, refit), ``surronas.loop.run_loop`` as it ships;
- one search: the same proposers pick all 100 at once, on what the start has taught them; no refit between;
- random: 100 drawn at random;
- loop, a quarter sampled: the loop, but 25 of the 100 are drawn at random (``sampled_share``).

"Trained" is a look into a table, at the validation score of one seed; no test score is read. 1,000 others,
drawn at random and closed to the searches, judge after every round: Kendall tau of all of them and of their
true top 10 %, what 90 % intervals hold, and the regret of the best trained against the best that was not
held out. Judges: Gaussian process and XGBoost on the default encoding; after the loops' last round also both
in ``BalancedSurrogate``, which corrects for rows that a search chose. Differences are paired by seed. Every
way has the same number of trainings: an advantage is in which ones, not in how many. Our own claim: there is
no published number. The orders that are asserted were chosen after a look at the first seeds.
"""

import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from claims import CHECKOUT, Report, Setting, reproduce
from threadpoolctl import threadpool_limits

from surronas.encodings.default import default_encoding
from surronas.evaluators import TabularEvaluator
from surronas.journal import Quality, Round
from surronas.judging import Truth, judge
from surronas.loop import default_surrogates, run_loop
from surronas.proposals import SampledProposer
from surronas.reproduction import open_table
from surronas.spaces import Architectures
from surronas.store import BenchmarkStore, Records
from surronas.surrogates import BalancedSurrogate

CLAIM = "Writing trainings back: the loop against random trainings and one search, offline on four tables"
SOURCE = "our own claim; tables of Dong & Yang 2020, Duan et al. 2021, and ours"
DATA = ("digits",)
OPTIONAL_DATA = (
    "nasbench201-tables",
    "nas-bench-suite-zero-transbench101-micro",
    "nas-bench-suite-zero-transbench101-macro",
)
MINUTES = (0.5, 60.0)

STARTS, NUM_ROUNDS, PER_ROUND, NUM_HELD_OUT, NUM_SEEDS = (50, 100, 200), 4, 25, 1_000, 20
QUICK_SEEDS = 2
NUM_SPACE = 500  # architectures that tell the balanced surrogates what the space is like
PLAIN, BALANCED = ("Gaussian process", "XGBoost"), ("Gaussian process, balanced", "XGBoost, balanced")
MEASURES = ("tau", "tau_top", "coverage")
STRATEGIES: dict[str, dict[str, object]] = {
    "loop": {},
    "one search": {"num_rounds": 1, "per_round": NUM_ROUNDS * PER_ROUND},
    "random": {"proposers": (SampledProposer(),)},
    "loop, a quarter sampled": {"sampled_share": 0.25},
}
SAYS_NOTHING = ("TransNAS micro",)  # of surrogates: its best tenth lie within the noise of one run
PROGRESS = CHECKOUT / "runs" / "write_back.jsonl"  # jobs done, so that a killed run goes on


@dataclass(frozen=True)
class Table:
    """One column of a table, of one seed: what a training gives."""

    data: str
    title: str
    seed: int
    axes: dict[str, str | int] = field(default_factory=dict)
    metric: str = "valid_accuracy"


TABLES = {
    "digits": Table("digits", "digits, validation accuracy after 6 epochs, seed 0", 0, {"task": "digits"}),
    "NAS-Bench-201": Table(
        "nasbench201-tables",
        "NAS-Bench-201, CIFAR-100, validation accuracy after 12 epochs, seed 111",
        111,
        {"task": "cifar100", "epochs": 12},
    ),
    "TransNAS micro": Table(
        "nas-bench-suite-zero-transbench101-micro",
        "TransNAS-Bench-101 micro, jigsaw, validation accuracy, one run",
        0,
        {"task": "jigsaw"},
    ),
    "TransNAS macro": Table(
        "nas-bench-suite-zero-transbench101-macro",
        "TransNAS-Bench-101 macro, class_object, validation accuracy, one run",
        0,
        {"task": "class_object"},
    ),
}


@dataclass(frozen=True)
class Job:
    """One start on one table, from which every strategy goes on."""

    table: str
    start: int
    seed: int
    stores: str
    quick: bool = False


def balanced_qualities(
    store: BenchmarkStore, held_out: Records, metric: str, seed: int
) -> dict[str, list[Quality]]:
    """Return how good the loop's surrogates are once balanced, fitted to all rows of a store."""
    space, rows = store.space, store.table()
    sample = default_encoding(space, space.sample(NUM_SPACE, np.random.default_rng((seed, 1))))
    X, truth = (
        default_encoding(space, rows["architecture"]),
        Truth(held_out["architecture"], held_out[metric]),
    )
    fitted = {
        f"{name}, balanced": BalancedSurrogate(each, sample=sample).fit(X, rows[metric])
        for name, each in default_surrogates(space).items()
    }
    found = judge(truth, default_encoding(space, truth.architectures), fitted)
    return {name: [quality] for name, quality in found.items()}


def drawn(store: BenchmarkStore, evaluator: TabularEvaluator, seed: int) -> Architectures:
    """Return (n, d) distinct networks of a table in random order."""
    canonical = store.space.canonical(evaluator.architectures)
    _, first = np.unique(store.space.keys(canonical), return_index=True)
    distinct: Architectures = canonical[np.sort(first)]
    return np.random.default_rng(seed).permutation(distinct)


def run(job: Job) -> dict[str, object]:
    """Return what every strategy gave, round by round, from one start."""
    table, begun = TABLES[job.table], time.perf_counter()
    with threadpool_limits(1):
        store = open_table(table.data, Path(job.stores), CHECKOUT)
        evaluator = TabularEvaluator(store, **table.axes)
        order = drawn(store, evaluator, job.seed)
        held_out = order[job.start : job.start + NUM_HELD_OUT]
        rest = np.concatenate([order[: job.start], order[job.start + NUM_HELD_OUT :]])
        best = float(evaluator.evaluate(rest, [table.seed])[table.metric].max())
        names = ("loop", "random") if job.quick else STRATEGIES
        found = {}
        for name in names:
            rounds, judged = played(job, name, store, evaluator, order[: job.start], held_out)
            found[name] = told(rounds, judged, best)
    seconds = round(time.perf_counter() - begun, 1)
    return {"table": job.table, "start": job.start, "seed": job.seed, "seconds": seconds, "found": found}


def played(
    job: Job,
    strategy: str,
    store: BenchmarkStore,
    evaluator: TabularEvaluator,
    start: Architectures,
    held_out: Architectures,
) -> tuple[list[Round], dict[str, list[Quality]]]:
    """Return the rounds of one strategy, and every judge's qualities by name: balanced ones at the end."""
    table, shm = TABLES[job.table], Path("/dev/shm")
    judges = evaluator.evaluate(held_out, [table.seed])
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:  # synced a row at a time
        own = BenchmarkStore.create(Path(folder) / "store", store.space, metrics=store.metrics)
        own.append(evaluator.evaluate(start, [table.seed]))
        settings: dict[str, object] = {"num_rounds": NUM_ROUNDS, "per_round": PER_ROUND}
        if job.quick:
            settings["num_rounds"] = 2
        rounds = list(
            run_loop(
                own,
                evaluator,
                judges,
                seeds=(table.seed,),
                seed=job.seed,
                metric=table.metric,
                **settings | STRATEGIES[strategy],
            )
        )
        qualities = {name: [one.quality[name] for one in rounds] for name in rounds[0].quality}
        if strategy.startswith("loop") and not job.quick:
            own.refresh()
            qualities |= balanced_qualities(own, judges, table.metric, job.seed)
    return rounds, qualities


def told(rounds: list[Round], qualities: dict[str, list[Quality]], best: float) -> dict[str, object]:
    """Return rows, regret (percent) and each judge's measures, round by round."""
    return {
        "rows": [one.num_rows for one in rounds],
        "regret": [100 * (best - one.incumbent.score) for one in rounds],
        **{
            name: {
                "tau": [each.kendall_tau for each in found],
                "tau_top": [each.kendall_tau_top for each in found],
                "coverage": [each.calibration.coverage[each.calibration.levels.index(0.9)] for each in found],
            }
            for name, found in qualities.items()
        },
    }


def all_runs(jobs: list[Job], workers: int, progress: Path | None) -> Iterator[dict[str, object]]:
    """Yield what every job gave: those that a progress file holds, then the others as they end."""
    done: dict[tuple[object, ...], dict[str, object]] = {}
    if progress is not None and progress.exists():
        lines = map(json.loads, progress.read_text().splitlines())
        done = {(each["table"], each["start"], each["seed"]): each for each in lines}
    keys = {(job.table, job.start, job.seed) for job in jobs}
    yield from ({**each, "earlier": True} for key, each in done.items() if key in keys)
    left = [job for job in jobs if (job.table, job.start, job.seed) not in done]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for number, result in enumerate(pool.map(run, left), 1):
            if progress is not None:
                progress.parent.mkdir(parents=True, exist_ok=True)
                with progress.open("a") as file:
                    file.write(json.dumps(result) + "\n")
            print(f"{number} of {len(left)} starts", file=sys.stderr, flush=True)
            yield result


def mean_and_error(values: np.ndarray) -> tuple[float, float]:
    """Return mean and standard error of values (n,)."""
    spread = float(values.std(ddof=1)) if len(values) > 1 else math.nan
    return float(values.mean()), spread / math.sqrt(len(values))


def of(runs: list[dict[str, dict]], strategy: str, measure: str, judge: str | None) -> np.ndarray:
    """Return (seeds, rounds) of one measure."""
    return np.array([(one[strategy] if judge is None else one[strategy][judge])[measure] for one in runs])


def summary(runs: list[dict[str, dict]]) -> dict[str, object]:
    """Return each strategy's means and standard errors over seeds, round by round; a figure reads it."""
    result: dict[str, object] = {}
    for strategy, first in runs[0].items():
        line: dict[str, object] = {"rows": first["rows"]}
        for name in (None, *(key for key, value in first.items() if isinstance(value, dict))):
            target = line if name is None else line.setdefault(name, {})
            for measure in ("regret",) if name is None else MEASURES:
                columns = [mean_and_error(column) for column in of(runs, strategy, measure, name).T]
                target[measure] = [round(mean, 4) for mean, _ in columns]
                target[f"{measure}_error"] = [round(error, 4) for _, error in columns]
        result[strategy] = line | line[PLAIN[0]]  # the process's, where no judge is named
    return result


def differences(runs: list[dict[str, dict]]) -> dict[str, dict[str, tuple[float, float]]]:
    """Return paired differences after the last training: mean and standard error, by pair and measure."""
    pairs = [("loop", "random"), ("loop", "one search"), ("loop, a quarter sampled", "loop")]
    pairs = [pair for pair in pairs if set(pair) <= set(runs[0])]
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for one, other in pairs:
        measures = [("regret", None)] + [(measure, judge) for judge in PLAIN for measure in MEASURES[:2]]
        found[f"{one} - {other}"] = {
            measure if judge is None else f"{judge}: {measure}": mean_and_error(
                of(runs, one, measure, judge)[:, -1] - of(runs, other, measure, judge)[:, -1]
            )
            for measure, judge in measures
        }
    for plain, balanced in zip(PLAIN, BALANCED, strict=True):
        if balanced in runs[0]["loop"]:
            found[f"loop, {balanced} - plain"] = {
                measure: mean_and_error(
                    of(runs, "loop", measure, balanced)[:, -1] - of(runs, "loop", measure, plain)[:, -1]
                )
                for measure in MEASURES[:2]
            }
    return found


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Run all starts, and tell what came of it."""
    names = [name for name, each in TABLES.items() if setting.has(each.data)]
    names, starts = (names[:1], STARTS[:1]) if setting.quick else (names, STARTS)
    for name in names:
        setting.table(TABLES[name].data)  # imported before processes ask for it
    seeds = setting.seeds(NUM_SEEDS, QUICK_SEEDS)
    jobs = [
        Job(name, start, seed, str(setting.stores), setting.quick)
        for seed in seeds
        for name in names
        for start in starts
    ]
    grouped: dict[tuple[str, int], list[tuple[int, dict]]] = {}
    earlier = 0.0  # seconds of starts that an earlier run has kept
    for each in all_runs(jobs, setting.workers, None if setting.quick else PROGRESS):
        grouped.setdefault((each["table"], each["start"]), []).append((each["seed"], each["found"]))
        earlier += each["seconds"] / setting.workers if "earlier" in each else 0.0
    tables: dict[str, dict[str, object]] = {}
    paired: dict[str, dict[str, object]] = {}
    for name in names:
        for start in starts:
            runs = [found for _, found in sorted(grouped[name, start], key=lambda pair: pair[0])]
            tables.setdefault(name, {})[str(start)] = summary(runs)
            paired.setdefault(name, {})[str(start)] = lines(
                report, name, start, differences(runs), quick=setting.quick
            )
    return {
        "seeds": f"{seeds.start} to {seeds.stop - 1}",
        "earlier_seconds": earlier,
        "held_out": NUM_HELD_OUT,
        "titles": {name: TABLES[name].title for name in names},
        "tables": tables,
        "paired_differences": paired,
    }


def lines(
    report: Report, name: str, start: int, found: dict[str, dict[str, tuple[float, float]]], *, quick: bool
) -> dict[str, object]:
    """Report the differences of one table and start; return them for the result."""
    asserted = asserted_of(name, start, quick=quick)
    for pair, measures in found.items():
        for what, (mean, error) in measures.items():
            where, told = f"{name}, {start}", f"{mean:+.4f} +- {error:.4f}"
            if (claim := asserted.get((pair, what))) is None:
                report.beside(where, f"{pair}: {what}, +- {error:.3f}", mean, None, "ours")
            elif claim.sign:
                report.holds(where, claim.words, claim.sign * mean > 0, f"{pair}, {what}: {told}")
            else:
                report.holds(where, claim.words, mean <= 2 * error, f"{pair}, {what}: {told}")
    return {
        pair: {what: [round(mean, 4), round(error, 4)] for what, (mean, error) in measures.items()}
        for pair, measures in found.items()
    }


@dataclass(frozen=True)
class Order:
    """A claim about a difference: that it is above 0 (1), below (-1), or above by less than 2 errors (0)."""

    words: str
    sign: int


def asserted_of(name: str, start: int, *, quick: bool) -> dict[tuple[str, str], Order]:
    """Return what is asserted of a table and start, by pair and measure."""
    claims = {
        ("loop - random", "regret"): Order("the loop ends nearer to the best than random trainings", -1),
        ("loop - one search", "regret"): Order("refits do no harm to the best found", 0),
    }
    if quick or name in SAYS_NOTHING:
        return claims
    tau, top = (f"{PLAIN[0]}: {measure}" for measure in MEASURES[:2])
    claims["loop - random", top] = Order("rows of the loop teach more of the best tenth than random ones", 1)
    if start == STARTS[0]:
        claims |= {
            ("loop - random", tau): Order("and less of the whole space", -1),
            ("loop, a quarter sampled - loop", tau): Order("a quarter sampled wins some of that back", 1),
            (f"loop, {BALANCED[0]} - plain", "tau"): Order("and so does balancing the process", 1),
        }
    return claims


if __name__ == "__main__":
    reproduce(__file__, measure)
