"""HW-GPT-Bench (Sukthanker et al., NeurIPS 2024): sub-networks of a GPT supernet, with costs on GPUs.

Perplexities and accuracies are those of weights inherited from the supernet, on the part of OpenWebText's
validation data that the authors keep for architecture search; no sub-network was trained on its own.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from surronas.errors import InputError
from surronas.spaces.gpt_bench import GptBench
from surronas.store.importers.base import Benchmark, Columns, Fact, Importer
from surronas.store.importers.hw_gpt_costs import columns_of, rows_of
from surronas.store.importers.restricted import load_pickle
from surronas.store.schema import FRACTION, Metric, Records, new_records
from surronas.store.store import BenchmarkStore

SOURCE, LICENCE = "automl/HW-GPT-Bench, arch_ppl_bench_* and data_collection/raw_results_hw", "Apache-2.0"
TASK = "openwebtext"
NUM_ARCHITECTURES = {"s": 10_000}  # of a whole table, where that is known
_FOLDER = re.compile(r"arch_ppl_bench_([sml])")
_INHERITED = "weights inherited from a supernet, OpenWebText validation"


def _metric(name: str, split: str | None, unit: str, direction: str | None, description: str) -> Metric:
    per = "run" if split else "architecture"
    return Metric(name, split, unit, direction, description, SOURCE, LICENCE, per)


RUN_METRICS = (
    _metric("valid_perplexity", "valid", "perplexity", "minimize", _INHERITED),
    _metric("valid_accuracy", "valid", FRACTION, "maximize", f"share of next tokens predicted; {_INHERITED}"),
)
COST_METRICS = (
    _metric("latency_ms", None, "ms", "minimize", "mean of ten timings of a forward pass of one batch"),
    _metric("latency_std_ms", None, "ms", None, "standard deviation of the same timings"),
    _metric("params", None, "parameters", "minimize", "all parameters, embeddings included"),
    _metric("flops", None, "FLOPs for the profiled batch", "minimize", "forward pass, as the source counts"),
    _metric("macs", None, "MACs for the profiled batch", "minimize", "forward pass, as the source counts"),
)


def read(source: Path) -> Benchmark:
    """Return the benchmark of a folder ``arch_ppl_bench_s`` (or m, l), or of the one that holds it."""
    folder = _folder(source)
    scale = folder.name[-1]
    rows = [row for path in _tables(folder) for row in _entries(path)]
    space = GptBench(scale)
    columns = list(columns_of(folder.parent, space))
    measured = {metric for part in columns for metric in part.values}
    whole = len(rows) == NUM_ARCHITECTURES.get(scale)
    return Benchmark(
        space=space,
        metrics=RUN_METRICS + tuple(metric for metric in COST_METRICS if metric.name in measured),
        description=f"{IMPORTER.title}, scale {scale.upper()}: {len(rows)} sub-networks, drawn at random. "
        f"Their weights are inherited from one supernet, none was trained on its own (epochs = 0); the one "
        f"value of each is seed 0. No test split. {_precision(folder.parent, columns)}",
        licence=LICENCE,
        runs=_records(space, rows),
        columns=columns,
        facts=_facts if whole else lambda store: (),
    )


def _folder(source: Path) -> Path:
    """Return the one folder of perplexities at the source."""
    if source.is_dir() and _FOLDER.fullmatch(source.name):
        return source
    inside = sorted(source.iterdir()) if source.is_dir() else []
    folders = [path for path in inside if path.is_dir() and _FOLDER.fullmatch(path.name)]
    if len(folders) > 1:
        names = ", ".join(folder.name for folder in folders)
        raise InputError(f"{source} holds {names}, each a space of its own; give one of them as the source")
    if not folders:
        raise InputError(
            f"there is no folder arch_ppl_bench_s, _m or _l at {source}; expected {IMPORTER.expects}"
        )
    return folders[0]


def _tables(folder: Path) -> list[Path]:
    """Return the files of perplexities: one for all, or the parts in order."""
    if (folder / "ppl.pkl").is_file():
        return [folder / "ppl.pkl"]
    parts = [path for path in folder.glob("ppl_observations_tracker_*_*.pkl") if path.is_file()]
    if not parts:
        raise InputError(
            f"there is neither ppl.pkl nor a ppl_observations_tracker_*.pkl in {folder}; "
            f"expected {IMPORTER.expects}"
        )
    return sorted(parts, key=lambda path: (len(path.name), path.name))


def _entries(path: Path) -> list[dict[str, object]]:
    """Return the entries of one table: dicts of architecture, perplexity and accuracy."""
    with path.open("rb") as file:
        entries = load_pickle(file)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"{path} holds no list of dicts; expected {IMPORTER.expects}")
    if lacking := {"arch", "perplexity", "accuracy"} - (entries[0] if entries else {}).keys():
        raise InputError(
            f"the entries of {path} lack {', '.join(sorted(lacking))}; expected {IMPORTER.expects}"
        )
    return entries


def _records(space: GptBench, rows: list[dict[str, object]]) -> Iterator[Records]:
    """Give a run for each entry."""
    records = new_records(len(rows), space.num_decisions, RUN_METRICS)
    records["architecture"] = rows_of(space, [row["arch"] for row in rows])
    records["task"], records["origin"] = TASK, "benchmark"
    records["recipe"] = json.dumps(
        {
            "benchmark": "HW-GPT-Bench",
            "scale": space.scale,
            "seeds": "numbers of the repeats; the source gives no seeds",
            "weights": "inherited from the supernet",
        },
        sort_keys=True,
    )
    for metric in ("perplexity", "accuracy"):
        records[f"valid_{metric}"] = np.array([row[metric] for row in rows], dtype=np.float64)
    yield records


def _precision(root: Path, columns: list[Columns]) -> str:
    """Return a word on how exact the costs are."""
    if not columns:
        return "Without costs: no raw_results_hw beside the perplexities."
    rounded = any(root.glob("derived_hwgpt_?.npz"))
    return "Costs are rounded to float32 (7 digits) in the source." if rounded else ""


def _facts(store: BenchmarkStore) -> Iterator[Fact]:
    """Give what is known of the whole table of scale S."""
    yield Fact("sub-networks", NUM_ARCHITECTURES["s"], len(store.architectures))
    table = store.table()
    for metric, low, high in (
        ("valid_perplexity", 22.159135818481445, 41.91941833496094),
        ("valid_accuracy", 0.3560205101966858, 0.41771700978279114),
    ):
        yield Fact(f"lowest {metric}", low, float(table[metric].min()))
        yield Fact(f"highest {metric}", high, float(table[metric].max()))


IMPORTER = Importer(
    name="hw-gpt-bench",
    title="HW-GPT-Bench (Sukthanker et al., NeurIPS 2024)",
    expects="a folder arch_ppl_bench_s, _m or _l with ppl.pkl or ppl_observations_tracker_*.pkl, or the "
    "folder that holds it; costs are read from data_collection/raw_results_hw beside it",
    by_hand="https://github.com/automl/HW-GPT-Bench, folders arch_ppl_bench_s and "
    "data_collection/raw_results_hw of its history (commits 795cba81 and cfddd102)",
    read=read,
)
