import csv
import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tfrecord_writer as writer
from contracts.importer_contract import ImporterContract

from surronas.errors import ImportFactsError, InputError
from surronas.spaces.cell101 import Cell101
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, import_benchmark, importer_named
from surronas.store.importers.ec_nas_bench_files import MEANS_RECIPE, SCALED, measured_recipe
from surronas.store.importers.tfrecord import read_batches
from surronas.store.importers.torch_files import load_torch

SPACE = Cell101()
DEVICES = {name.removesuffix(".tfrecord"): device for name, device in SCALED.items()}
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "benchmarks" / "ec-nas-bench"


@pytest.fixture(scope="module")
def decoded(folder: Path) -> dict[str, Rows]:
    """What another decoder has read of the last evaluation of every row, by file."""
    rows: dict[str, Rows] = {}
    with gzip.open(folder / "derived_ecnas_records.csv.gz", "rt") as table:
        for row in csv.DictReader(table):
            rows.setdefault(row["file"], []).append(row)
    return rows


@pytest.fixture(scope="module")
def store(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> BenchmarkStore:
    path = tmp_path_factory.mktemp("ec") / "store.h5"
    import_benchmark(importer_named("ec-nas-bench"), folder, path)
    return BenchmarkStore.open(path)


class TestContract(ImporterContract):
    @pytest.fixture
    def importer(self) -> Importer:
        return importer_named("ec-nas-bench")

    @pytest.fixture
    def source(self, folder: Path, tmp_path: Path) -> Path:
        path = tmp_path / "ec"
        path.mkdir()
        for name in ("energy_4V9E.tfrecord", "energy_4V9E_rtx3060.tfrecord"):
            records = [record for batch in read_batches(folder / name) for record in batch]
            writer.write(path / name, records[:12])
        return path


def words(rows: Rows) -> list[str]:
    return [f"{row['adjacency_rowmajor']} {row['ops']}" for row in rows]


def column(rows: Rows, name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in rows])


@pytest.mark.parametrize("name", ["energy_4V9E", "energy_5V9E"])
def test_every_run_comes_back(store: BenchmarkStore, decoded: dict[str, Rows], name: str) -> None:
    recipe = measured_recipe(name)
    for epochs, repeat in sorted({(int(row["epochs"]), int(row["repeat"])) for row in decoded[name]}):
        rows = [r for r in decoded[name] if (int(r["epochs"]), int(r["repeat"])) == (epochs, repeat)]
        for ours, theirs in {
            "train_accuracy": "train_acc",
            "valid_accuracy": "val_acc",
            "test_accuracy": "test_acc",
            "train_seconds": "training_time_s",
            "energy_kwh": "energy_kWh",
            "co2_grams": "co2eq_g",
            "total_seconds": "total_time_s",
            "total_energy_kwh": "total_energy_kWh",
            "total_co2_grams": "total_co2eq_g",
        }.items():
            found = store.query(words(rows), ours, recipe=recipe, epochs=epochs, seed=repeat - 1)
            np.testing.assert_array_equal(found, column(rows, theirs))
        np.testing.assert_array_equal(store.query(words(rows), "params"), column(rows, "params"))
    assert len(decoded[name]) == sum(s["runs"] for s in store.info()["sections"] if s["recipe"] == recipe)


@pytest.mark.parametrize("name", sorted(DEVICES))
def test_files_by_device_give_the_cost_of_4_epochs_and_the_means_of_nas_bench_101(
    store: BenchmarkStore, decoded: dict[str, Rows], name: str
) -> None:
    for epochs in (4, 12, 36, 108):
        rows = [row for row in decoded[name] if int(row["epochs"]) == epochs]
        for ours, theirs in (("train_accuracy", "train_acc"), ("test_accuracy", "test_acc")):
            found = store.query(words(rows), ours, recipe=MEANS_RECIPE, epochs=epochs, seed="mean")
            np.testing.assert_array_equal(found, column(rows, theirs))
        for ours, theirs in (
            ("train_seconds_4_epochs", "training_time_s"),
            ("energy_kwh_4_epochs", "energy_kWh"),
            ("co2_grams_4_epochs", "co2eq_g"),
        ):
            found = store.query(words(rows), ours, device=DEVICES[name])
            np.testing.assert_allclose(found * (epochs / 4), column(rows, theirs), rtol=1e-12)


def test_the_means_are_those_of_the_single_values_that_naslib_shows(
    store: BenchmarkStore, shared: Path
) -> None:
    path = shared / "benchmarks" / "nasbench101" / "naslib-history" / "zc_nasbench101.json"
    values: dict[int, set[float]] = {}
    numbered = ["input", "output", "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu"]
    for name, row in json.loads(path.read_text())["nasbench101"]["cifar10"].items():
        digits = name.strip("()").split(", ")
        cell = SPACE.from_strings(f"{''.join(digits[:49])} {','.join(numbered[int(n)] for n in digits[49:])}")
        values.setdefault(int(SPACE.keys(cell)[0]), set()).add(row["val_accuracy"])
    seen = 0
    for key, accuracies in values.items():
        cell = SPACE.from_codes(np.array([key]))
        mean = store.query(
            cell, "valid_accuracy", recipe=MEANS_RECIPE, epochs=108, seed="mean", missing="nan"
        )[0]
        if len(accuracies) == 3 and not np.isnan(mean):
            seen += 1
            assert mean == pytest.approx(sum(accuracies) / 300, abs=1e-8)
    assert seen == 13


def test_curves_have_the_point_between_and_starts_are_chance(
    store: BenchmarkStore, decoded: dict[str, Rows]
) -> None:
    rows = [r for r in decoded["energy_4V9E"] if (r["epochs"], r["repeat"]) == ("36", "1")]
    where = {"recipe": measured_recipe("energy_4V9E"), "epochs": 36, "seed": 0}
    curves = store.curves(words(rows), "train_seconds", **where)
    assert (np.flatnonzero(~np.isnan(curves).all(axis=0)) + 1).tolist() == [1, 36]
    np.testing.assert_allclose(curves[0, [0, 35]], [19.645, 668.590], atol=1e-3)  # row 1 of the file
    np.testing.assert_allclose(curves[:, 35], column(rows, "training_time_s"), rtol=1e-6)
    start = store.query(words(rows), "start_valid_accuracy", **where)
    assert start[0] == pytest.approx(0.09805689, abs=1e-8)
    assert 0.08 < np.median(start) < 0.12


def test_the_set_of_the_energy_predictor(store: BenchmarkStore, folder: Path) -> None:
    adjacency, operations, energy, params = load_torch(folder / "surrogate-ec-nasbench" / "7v_data.pt")
    names = ["", "input", "conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3", "output"]
    texts = []
    for matrix, numbers in zip(adjacency, operations, strict=True):
        v = int((numbers > 0).sum())
        bits = "".join(str(bit) for bit in matrix[:v, :v].ravel())
        texts.append(f"{bits} {','.join(names[n] for n in numbers[:v])}")
    assert len(texts) == 4_310
    np.testing.assert_array_equal(store.query(texts, "predictor_set_energy_kwh"), energy.astype(float))
    np.testing.assert_array_equal(store.query(texts, "params"), params)


def test_what_the_store_says_of_itself(store: BenchmarkStore) -> None:
    assert len(store.architectures) == 2_532 + 4_310 - 35
    for said in ("(1092 runs)", "(2532 runs)", "mean of its three repeats", "left out", ".33 to .69"):
        assert said in store.description
    measured = {m.name: m for m in store.metrics}
    assert (measured["energy_kwh"].unit, measured["co2_grams"].unit) == ("kWh", "g CO2 equivalent")
    devices = {row["device"] for row in store.info()["columns"]} - {""}
    assert devices == set(DEVICES.values())


def test_a_single_file_and_a_part_of_one(folder: Path, tmp_path: Path) -> None:
    records = next(read_batches(folder / "energy_4V9E.tfrecord"))[:30]
    path = writer.write(tmp_path / "energy_4V9E.tfrecord", records)
    import_benchmark(importer_named("ec-nas-bench"), path, tmp_path / "store")
    store = BenchmarkStore.open(tmp_path / "store")
    assert len(store) == 30
    assert "a part: 30 of 1092 runs" in store.description
    assert store.query(store.architectures, "valid_accuracy", seed=0, epochs=36, missing="nan").max() > 0.8


def copied(folder: Path, to: Path, *names: str) -> Path:
    for name in names:
        shutil.copy(folder / name, to / name)
    return to


def test_files_that_contradict_each_other_are_refused(folder: Path, tmp_path: Path) -> None:
    copied(folder, tmp_path, "energy_4V9E_estimate.tfrecord")
    record = json.loads(next(read_batches(folder / "energy_4V9E_titanxp.tfrecord"))[0])
    cell, points = " ".join(record[2:4]), [[e, e * 2.0, 0.5, 0.5, 0.5, e * 1e-3, e * 1e-2] for e in (0, 2, 4)]
    evaluations = writer.metrics(points, 3_468_426, 9.0) + writer.double(4, 1.0) + writer.double(5, 1.0)
    writer.write(tmp_path / "energy_4V9E_titanxp.tfrecord", [writer.row(record[0], 4, cell, evaluations)])
    with pytest.raises(
        InputError, match="expected the accuracies of cell 5529e1779433733d1145e20de5d8604e to be"
    ):
        import_benchmark(importer_named("ec-nas-bench"), tmp_path, tmp_path / "store")


def test_costs_that_are_not_scaled_are_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "energy_4V9E.tfrecord", tmp_path / "energy_4V9E_rtx3090.tfrecord")
    with pytest.raises(InputError, match="expected time and energy to be those of 4 epochs scaled up"):
        import_benchmark(importer_named("ec-nas-bench"), tmp_path, tmp_path / "store")


def test_facts_are_checked(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied(folder, tmp_path, "energy_4V9E.tfrecord")
    monkeypatch.setattr("surronas.store.importers.ec_nas_bench.BEST_TEST", 0.95)
    with pytest.raises(ImportFactsError, match=r"best test accuracy at 108 epochs: expected 0\.95"):
        import_benchmark(importer_named("ec-nas-bench"), tmp_path, tmp_path / "store")


def test_other_sources_are_refused(folder: Path, tmp_path: Path) -> None:
    importer = importer_named("ec-nas-bench")
    (tmp_path / "a" / "b").mkdir(parents=True)
    with pytest.raises(InputError, match=r"no file of EC-NAS-Bench at .*: expected 7v_data\.pt, energy_4V9E"):
        import_benchmark(importer, tmp_path, tmp_path / "store")
    copied(folder, tmp_path / "a", "energy_5V9E.tfrecord")
    copied(folder, tmp_path / "a" / "b", "energy_5V9E.tfrecord")
    with pytest.raises(InputError, match="several files of one name"):
        import_benchmark(importer, tmp_path, tmp_path / "store")
    message = writer.metrics([[e, 1.0, 0.5, 0.5, 0.5, 0.1, 0.1] for e in (0, 2, 8)], 1, 9.0)
    totals = writer.double(4, 1.0) + writer.double(5, 1.0)
    for content in (message, message + totals):
        rows = [writer.row("a", 4, "0100 input,output", content)]
        path = writer.write(tmp_path / "energy_4V9E.tfrecord", rows)
        with pytest.raises(InputError, match="three evaluations of each training, the last after its epochs"):
            import_benchmark(importer, path, tmp_path / "store")


def test_another_torch_file_is_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save((torch.zeros(3, 7, 7), torch.zeros(3, 7)), tmp_path / "7v_data.pt")
    with pytest.raises(
        InputError, match=r"expected tensors of shape \(n, 7, 7\), .* got \[\(3, 7, 7\), \(3, 7\)\]"
    ):
        import_benchmark(importer_named("ec-nas-bench"), tmp_path / "7v_data.pt", tmp_path / "store")
