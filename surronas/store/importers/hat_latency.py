"""HAT's latency tables (Wang et al., ACL 2020): encoder and decoder latency of drawn transformers, measured.

The tables tell of each network only averages over its layers (``HatSummary``). Seven pairs of rows of a
table share them all and yet were measured apart: two networks that the table does not tell apart. So a
latency is no constant of a summary, and each row is a run; the second of such a pair has seed 1.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from surronas.errors import InputError
from surronas.spaces.hat_summary import FEATURES, HatSummary
from surronas.store.importers.base import Benchmark, Fact, Importer
from surronas.store.schema import Metric, Records, new_records
from surronas.store.store import BenchmarkStore

SOURCE = "mit-han-lab/hardware-aware-transformers @ 70e5a279, latency_dataset"
LICENCE = "BSD-2-Clause terms under the heading MIT (the repository's LICENSE)"
_FILE = re.compile(r"(wmt14ende|wmt14enfr|wmt19ende|iwslt14deen)_[cg]pu_(xeon|raspberrypi|titanxp)_all\.csv")
_LATENCIES = {
    "latency_mean_encoder": "encoder_latency_ms",
    "latency_mean_decoder": "decoder_latency_ms",
    "latency_std_encoder": "encoder_latency_std_ms",
    "latency_std_decoder": "decoder_latency_std_ms",
}
_HEADER = [*FEATURES, *_LATENCIES]
NUM_FILES, NUM_ROWS, NUM_PAIRS = 8, 2000, 7


def _metric(part: str, statistic: str) -> Metric:
    what = {"encoder": "one pass of the encoder", "decoder": "all steps of the decoder"}[part]
    name, direction = (f"{part}_latency_ms", "minimize") if statistic == "mean" else ("", None)
    return Metric(
        name or f"{part}_latency_std_ms",
        None,
        "ms",
        direction,
        f"{statistic} over timings of {what}, one sentence of average length, outer tenths left out",
        SOURCE,
        LICENCE,
    )


METRICS = tuple(
    _metric(part, statistic)
    for statistic in ("mean", "standard deviation")
    for part in ("encoder", "decoder")
)


def read(source: Path) -> Benchmark:
    """Return the benchmark of a folder of tables, or of one table."""
    candidates = sorted(source.iterdir()) if source.is_dir() else [source]
    files = [path for path in candidates if _FILE.fullmatch(path.name)]
    if not files:
        raise InputError(
            f"there is no table such as wmt14ende_cpu_xeon_all.csv at {source}; expected {IMPORTER.expects}"
        )
    rows = {path: _rows(path) for path in files}
    whole = len(files) == NUM_FILES and all(len(table) == NUM_ROWS for table in rows.values())
    size = "" if whole else f"A part: {sum(map(len, rows.values()))} of 16,000 rows. "
    return Benchmark(
        space=HatSummary(),
        metrics=METRICS,
        description=f"{IMPORTER.title}. {size}Latency alone, of untrained networks (epochs = 0). The tables "
        "tell only averages over layers, so an architecture here is a summary that different networks share; "
        "where a table has several rows of one summary they are seeds 0, 1, in the order of the table. The "
        "device is part of the recipe.",
        licence=LICENCE,
        runs=(_records(path, table) for path, table in rows.items()),
        facts=_facts if whole else lambda store: (),
    )


def _rows(path: Path) -> list[list[str]]:
    """Return the rows of one table below its header."""
    text = path.read_text("ascii")
    header, *rows = list(csv.reader(text.splitlines())) or [[]]
    if header != _HEADER:
        raise InputError(
            f"{path} starts with {','.join(header)[:200]!r}; expected the columns {','.join(_HEADER)}"
        )
    if not text.endswith("\n"):
        raise InputError(f"{path} ends in the middle of a line; take the file from its source again")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(_HEADER):
            raise InputError(f"{path}, line {number}: expected {len(_HEADER)} numbers, got {len(row)}")
    return rows


def _records(path: Path, rows: list[list[str]]) -> Records:
    """Return a run for each row of one table."""
    named = _FILE.fullmatch(path.name)
    assert named is not None, "files are chosen by name"
    space = HatSummary()
    summaries = [",".join(row[: len(FEATURES)]) for row in rows]
    records = new_records(len(rows), space.num_decisions, METRICS)
    records["architecture"] = space.from_strings(summaries)
    records["task"], records["device"], records["origin"] = named[1], named[2], "benchmark"
    records["recipe"] = _recipe(named[2])
    records["seed"] = list(_numbers_of_repeats(summaries))
    latencies = np.array([row[len(FEATURES) :] for row in rows], dtype=np.float64)
    if not (latencies >= 0).all():
        raise InputError(
            f"{path} has a latency that is no number from 0 on; take the file from its source again"
        )
    for column, metric in enumerate(_LATENCIES.values()):
        records[metric] = latencies[:, column]
    return records


def _recipe(device: str) -> str:
    seeds = "numbers of the networks that share a summary, in the order of the table"
    return json.dumps({"benchmark": "HAT latency", "device": device, "seeds": seeds}, sort_keys=True)


def _numbers_of_repeats(summaries: Iterable[str]) -> Iterator[int]:
    """Give for each summary how many equal ones came before it."""
    before: Counter[str] = Counter()
    for summary in summaries:
        yield before[summary]
        before[summary] += 1


def _facts(store: BenchmarkStore) -> Iterator[Fact]:
    """Give what is known of the whole tables."""
    table = store.table()
    yield Fact("rows", NUM_FILES * NUM_ROWS, len(table))
    yield Fact("pairs of rows of one summary", NUM_PAIRS, int((table["seed"] == 1).sum()))
    for task, device, fastest in (
        ("wmt14ende", "raspberrypi", 2901.3091325759888),
        ("wmt14ende", "xeon", 93.0241346359253),
        ("iwslt14deen", "titanxp", 35.91399002075195),
    ):
        here = (table["task"] == task) & (table["device"] == device)
        found = float(table["decoder_latency_ms"][here].min())
        yield Fact(f"lowest decoder latency of {task} on {device}", fastest, found)


IMPORTER = Importer(
    name="hat-latency",
    title="HAT latency (Wang et al., ACL 2020)",
    expects="the folder latency_dataset with the *_all.csv tables of the authors' repository, or one of them",
    by_hand="https://github.com/mit-han-lab/hardware-aware-transformers, folder latency_dataset",
    read=read,
)
