import csv
import gzip
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from contracts.importer_contract import ImporterContract

from surronas.errors import InputError
from surronas.spaces.mnasnet import DECISIONS
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, import_benchmark, importer_named
from surronas.store.importers.accel_nasbench import ARCHIVE, DEVICES, IMPORTER


@pytest.fixture(scope="session")
def accel(shared: Path) -> Path:
    return shared / "benchmarks/accel-nasbench"


@pytest.fixture(scope="module")
def results(accel: Path) -> dict[str, bytes]:
    """The first result files, among them 0 and 443: two trainings of one network."""
    wanted = {f"result_{number}.json" for number in (0, 1, 2, 3, 4, 40, 443)}
    with tarfile.open(accel / ARCHIVE) as files:
        found = {member.name.rsplit("/", 1)[-1]: member for member in files}
        return {name: files.extractfile(found[name]).read() for name in wanted}


@pytest.fixture(scope="module")
def store(accel: Path, tmp_path_factory: pytest.TempPathFactory) -> BenchmarkStore:
    dest = tmp_path_factory.mktemp("imported") / "accel.h5"
    import_benchmark(importer_named("accel-nasbench"), accel, dest)
    return BenchmarkStore.open(dest)


def write_archive(path: Path, results: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in sorted(results.items()):
            member = tarfile.TarInfo(f"./anb_dataset_jsons/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


class TestPart(ImporterContract):
    @pytest.fixture
    def importer(self) -> Importer:
        return IMPORTER

    @pytest.fixture
    def source(self, results: dict[str, bytes], tmp_path: Path) -> Path:
        (tmp_path / "source").mkdir()
        write_archive(tmp_path / "source" / ARCHIVE, results)
        for name, numbers in (("train", (0, 1, 2)), ("val", (3, 40)), ("test", (4, 99))):
            paths = [f"../somewhere/json/result_{number}.json" for number in numbers]
            (tmp_path / "source" / f"{name}_paths.json").write_text(json.dumps(paths))
        return tmp_path / "source"


class TestUnpacked(ImporterContract):
    @pytest.fixture
    def importer(self) -> Importer:
        return IMPORTER

    @pytest.fixture
    def source(self, results: dict[str, bytes], tmp_path: Path) -> Path:
        (tmp_path / "unpacked").mkdir()
        for name, content in results.items():
            (tmp_path / "unpacked" / name).write_bytes(content)
        return tmp_path / "unpacked"


def test_every_number_of_the_table_is_answered(store: BenchmarkStore, accel: Path) -> None:
    with gzip.open(accel / "derived_accel_nasbench.csv.gz", "rt") as lines:
        rows = list(csv.DictReader(lines))
    settings = [{name: int(row[name]) for name, _ in DECISIONS} for row in rows]
    networks = store.space.from_settings(settings)
    _, first = np.unique(networks, axis=0, return_index=True)
    again = np.setdiff1d(np.arange(len(rows)), first)

    def theirs(name: str, chosen: np.ndarray) -> np.ndarray:
        return np.array([float(rows[row][name] or "nan") for row in chosen])

    for seed, chosen, prefix in ((0, first, ""), (1, again, "again_")):
        for ours, name, scale in (
            ("valid_accuracy", "val_top1", 100),
            ("valid_top5_accuracy", "val_top5", 100),
            ("train_seconds", "train_time", 1),
        ):
            np.testing.assert_array_equal(
                store.query(networks[chosen], ours, seed=seed), theirs(name, chosen) / scale
            )
        for device in DEVICES:
            column = f"throughput_{device.removeprefix('rtx')}"
            values = store.query(networks[chosen], f"{prefix}images_per_second", device=device, missing="nan")
            np.testing.assert_array_equal(values, theirs(column, chosen))
        for device in ("zcu102", "vck190"):
            values = store.query(networks[chosen], f"{prefix}latency_ms", device=device, missing="nan")
            np.testing.assert_array_equal(values, theirs(f"latency_{device}", chosen))
    for name in ("params", "macs"):
        np.testing.assert_allclose(
            store.query(networks, name), theirs(name, np.arange(len(rows))) * 1e6, rtol=1e-15
        )


def test_what_was_not_measured_is_missing(store: BenchmarkStore) -> None:
    for metric, device, missing in (
        ("images_per_second", "tpuv3", 44),
        ("images_per_second", "tpuv2", 37),
        ("images_per_second", "rtx3090", 3),
        ("images_per_second", "a100", 0),
        ("latency_ms", "zcu102", 2),
        ("images_per_second_std", "zcu102", 5_125),
    ):
        values = store.query(store.architectures, metric, device=device, missing="nan")
        assert np.isnan(values).sum() == missing, (metric, device)


def test_one_network_is_in_no_split(store: BenchmarkStore) -> None:
    split = store.query(store.architectures, "surrogate_split", missing="nan")
    assert np.isnan(split).sum() == 1


def test_repeated_trainings_are_seeds_of_one_network(results: dict[str, bytes], tmp_path: Path) -> None:
    pair = {name: results[name] for name in ("result_0.json", "result_443.json")}
    report = import_benchmark(IMPORTER, write_archive(tmp_path / "two.tar.gz", pair), tmp_path / "store")
    store = BenchmarkStore.open(report.path)
    assert (report.num_runs, report.num_architectures) == (2, 1)
    accuracies = store.query(store.architectures, "valid_accuracy", seed="all")
    np.testing.assert_allclose(accuracies, [[0.59368, 0.59248]], atol=1e-12)
    assert store.query(store.architectures, "again_latency_ms", device="zcu102")[0] == pytest.approx(
        5.0223923
    )
    assert "A part: 2 of 5,138 results" in store.description
    assert "surrogate_split" not in [metric.name for metric in store.metrics]


def test_costs_that_contradict_one_another_are_refused(results: dict[str, bytes], tmp_path: Path) -> None:
    other = json.loads(results["result_443.json"])
    other["model_info"]["macs"] += 1
    pair = {"result_0.json": results["result_0.json"], "result_443.json": json.dumps(other).encode()}
    with pytest.raises(InputError, match="macs"):
        import_benchmark(IMPORTER, write_archive(tmp_path / "two.tar.gz", pair), tmp_path / "store")


def test_an_archive_without_results_is_refused(tmp_path: Path) -> None:
    source = write_archive(tmp_path / "other.tar.gz", {"readme.json": b"{}"})
    with pytest.raises(InputError, match=r"there are no result_\*\.json at .*other\.tar\.gz"):
        import_benchmark(IMPORTER, source, tmp_path / "store")


def test_a_huge_member_is_not_read(tmp_path: Path) -> None:
    source = write_archive(tmp_path / "bomb.tar.gz", {"result_0.json": b" " * 1_000_001})
    with pytest.raises(InputError, match=r"result_0\.json in .* has 1000001 bytes; expected some 2,000"):
        import_benchmark(IMPORTER, source, tmp_path / "store")
