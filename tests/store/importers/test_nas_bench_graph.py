import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from contracts.importer_contract import ImporterContract

from surronas.errors import AmbiguousQueryError, InputError, MissingRowsError
from surronas.store import SEED_MEAN, BenchmarkStore
from surronas.store.importers import Importer, ImportReport, import_benchmark, importer_named
from surronas.store.importers.nas_bench_graph import IMPORTER, TASKS, installed_folder, read

EXAMPLE = (
    "Arch([0, 1, 2, 1], ['gcn', 'gin', 'fc', 'cheb'])"  # the README's; its number is 61273 once renumbered
)
TWIN = "Arch([0, 1, 1, 2], ['gcn', 'gin', 'cheb', 'fc'])"


@pytest.fixture(scope="module")
def package() -> Path:
    pytest.importorskip("nas_bench_graph", reason="pip install nas-bench-graph")
    return installed_folder()


@pytest.fixture(scope="module")
def whole(package: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[ImportReport, BenchmarkStore]:
    """All nine graphs, imported."""
    report = import_benchmark(IMPORTER, Path("installed"), tmp_path_factory.mktemp("graph") / "store.h5")
    return report, BenchmarkStore.open(report.path)


@pytest.fixture(scope="module")
def tables(package: Path) -> dict[str, dict[int, dict[str, float]]]:
    """The benchmark's own dicts of two graphs, read by its own code."""
    read_by_package = pytest.importorskip("nas_bench_graph").light_read
    return {
        task: {key: {k: float(v) for k, v in entry.items()} for key, entry in read_by_package(task).items()}
        for task in ("cora", "proteins")
    }


def write(folder: Path, tables: dict) -> Path:
    """Return a folder with these tables as the package has them."""
    (folder / "light").mkdir(parents=True, exist_ok=True)
    for task, table in tables.items():
        (folder / "light" / f"{task}.bench").write_bytes(pickle.dumps(table))
    return folder


class TestNasBenchGraphContract(ImporterContract):
    @pytest.fixture
    def importer(self) -> Importer:
        return importer_named("nas-bench-graph")

    @pytest.fixture
    def source(self, tables, tmp_path: Path) -> Path:
        few = {task: dict(list(table.items())[:200]) for task, table in tables.items()}
        return write(tmp_path / "package", few)


def test_the_package_holds_what_is_published(whole) -> None:
    report, store = whole
    assert (report.num_runs, report.num_architectures) == (8 * 26_206 + 2_021, 26_206)
    assert all(fact.holds for fact in report.facts)
    assert len(report.facts) == 1 + 2 * 9
    assert "a part" not in store.description


def test_numbers_are_those_of_the_benchmarks_own_lookup(whole, tables) -> None:
    _, store = whole
    arch = pytest.importorskip("nas_bench_graph").Arch([0, 1, 2, 1], ["gcn", "gin", "fc", "cheb"])
    expected = tables["cora"][arch.valid_hash()]
    assert store.query([EXAMPLE], "valid_accuracy", task="cora") == expected["valid_perf"]
    assert store.query([EXAMPLE], "test_accuracy", task="cora") == expected["perf"]
    assert store.query([EXAMPLE], "latency_ms", task="cora") == 1e3 * expected["latency"]
    assert store.query([EXAMPLE], "params", task="cora") == round(1e6 * expected["para"])


def test_all_numbers_of_a_graph_are_in_place(whole, tables) -> None:
    _, store = whole
    for task, table in tables.items():
        runs = store.table(task=task)
        quantity = TASKS[task].quantity
        for field, name in (("valid_perf", f"valid_{quantity}"), ("perf", f"test_{quantity}")):
            np.testing.assert_array_equal(
                np.sort(runs[name]), np.sort([entry[field] for entry in table.values()])
            )


def test_twins_share_their_rows(whole) -> None:
    _, store = whole
    both = store.query([EXAMPLE, TWIN], "test_accuracy", task="pubmed")
    assert both[0] == both[1]


def test_rows_are_the_sources_means_over_seeds(whole) -> None:
    _, store = whole
    assert set(store.table(task="cora")["seed"].tolist()) == {SEED_MEAN}
    mean = store.query([EXAMPLE], "test_accuracy", task="cora", seed="mean")
    assert mean == store.query([EXAMPLE], "test_accuracy", task="cora")
    with pytest.raises(AmbiguousQueryError, match="leaves the task open"):
        store.query([EXAMPLE], "test_accuracy")


def test_what_was_not_measured_on_proteins_is_missing(whole) -> None:
    _, store = whole
    with pytest.raises(MissingRowsError):
        store.query([EXAMPLE], "test_roc_auc", task="proteins")
    assert np.isnan(store.query([EXAMPLE], "test_accuracy", task="proteins", missing="nan")).all()


def test_a_package_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "nas_bench_graph", raising=False)
    with pytest.raises(InputError, match="the package nas-bench-graph is not installed; pip install"):
        installed_folder()


def test_a_part_says_which_it_is_and_claims_no_facts(tables, tmp_path: Path) -> None:
    few = dict(list(tables["cora"].items())[:30])
    report = import_benchmark(IMPORTER, write(tmp_path / "package", {"cora": few}), tmp_path / "store")
    assert report.facts == []
    assert (
        "(cora: 30 networks, no citeseer, no pubmed," in BenchmarkStore.open(tmp_path / "store").description
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([1, 2], "expected a dict from a network's number"),
        ({}, "expected a dict from a network's number"),
        ({90_000: {}}, "can't read"),
        ({90_000: 1}, "holds 90000, which numbers no network"),
        ({9: 1}, "holds 9, which numbers no network"),
        ({8_888: 1}, "holds 8888, which numbers no network"),  # kept under another number
        ({-1: 1}, "holds -1, which numbers no network"),
    ],
)
def test_what_is_no_table_of_the_benchmark_is_refused(table: object, message: str, tmp_path: Path) -> None:
    entry = dict.fromkeys(("valid_perf", "perf", "latency", "para"), 0.5)
    if isinstance(table, dict):
        table = {key: entry if value == 1 else value for key, value in table.items()}
    with pytest.raises(InputError, match=message):
        import_benchmark(IMPORTER, write(tmp_path / "package", {"cora": table}), tmp_path / "store")


def test_a_folder_without_any_graph_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no cora, no citeseer, .* \.bench file"):
        read(tmp_path)
