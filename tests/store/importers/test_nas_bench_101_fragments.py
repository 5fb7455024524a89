import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from contracts.importer_contract import ImporterContract

from surronas.errors import ImportFactsError, InputError
from surronas.spaces.cell101 import Cell101
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, import_benchmark, importer_named
from surronas.store.importers.nas_bench_101_fragments import PROXIES
from surronas.store.importers.restricted import load_pickle

SPACE = Cell101()


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "benchmarks" / "nasbench101" / "naslib-history"


class TestPickleContract(ImporterContract):
    @pytest.fixture
    def importer(self) -> Importer:
        return importer_named("nasbench101-fragments")

    @pytest.fixture
    def source(self, folder: Path) -> Path:
        return folder / "nb101_dummy.small.pkl"


class TestZeroCostContract(TestPickleContract):
    @pytest.fixture
    def source(self, folder: Path) -> Path:
        return folder / "zc_nasbench101.json"


def imported(source: Path, to: Path) -> BenchmarkStore:
    import_benchmark(importer_named("nasbench101-fragments"), source, to)
    return BenchmarkStore.open(to)


@pytest.mark.parametrize(("name", "cells"), [("30cells", 30), ("small", 25)])
def test_every_number_of_a_pickle_comes_back(folder: Path, tmp_path: Path, name: str, cells: int) -> None:
    store = imported(folder / f"nb101_dummy.{name}.pkl", tmp_path / "store")
    with (folder / f"nb101_dummy.{name}.pkl").open("rb") as file:
        content = load_pickle(file)
    assert len(store.architectures) == len(content) == cells
    places = {name: i for i, name in enumerate(SPACE.module_hashes(store.architectures))}
    for ours, theirs in [
        ("valid_accuracy", "final_validation_accuracy"),
        ("test_accuracy", "final_test_accuracy"),
        ("train_accuracy", "final_train_accuracy"),
        ("train_seconds", "final_training_time"),
        ("halfway_valid_accuracy", "halfway_validation_accuracy"),
        ("halfway_train_seconds", "halfway_training_time"),
    ]:
        found = store.query(store.architectures, ours, task="cifar10", epochs=108, seed="all")
        for name_, (fixed, computed) in content.items():
            assert found[places[name_]].tolist() == [run[theirs] for run in computed[108]]
            assert store.query(store.architectures, "params")[places[name_]] == fixed["trainable_parameters"]


def test_every_number_of_the_zero_cost_file_comes_back(folder: Path, tmp_path: Path) -> None:
    store = imported(folder / "zc_nasbench101.json", tmp_path / "store")
    rows = json.loads((folder / "zc_nasbench101.json").read_text())["nasbench101"]["cifar10"]
    numbered = ["input", "output", "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu"]
    tuples = [name.strip("()").split(", ") for name in rows]
    texts = [f"{''.join(t[:49])} {','.join(numbered[int(n)] for n in t[49:])}" for t in tuples]
    assert len(store) == len(set(texts)) == 500
    assert not store.canonical
    found = store.query(texts, "valid_accuracy", epochs=108)
    np.testing.assert_array_equal(found, [row["val_accuracy"] / 100 for row in rows.values()])
    for name in PROXIES:
        np.testing.assert_array_equal(
            store.query(texts, name, task="cifar10"), [row[name] for row in rows.values()]
        )
    np.testing.assert_allclose(store.query(texts, "macs"), [row["flops"] * 1e6 for row in rows.values()])
    params = store.query(texts, "params")
    assert (params == np.round(params)).all()
    np.testing.assert_allclose(params, [row["params"] * 1e6 for row in rows.values()])
    assert "500 ways to write 292 of 423,624 cells" in store.description


def test_twins_have_up_to_three_accuracies_and_mostly_one_parameter_count(
    folder: Path, tmp_path: Path
) -> None:
    store = imported(folder / "zc_nasbench101.json", tmp_path / "store")
    keys = SPACE.keys(store.architectures)
    accuracies, params = (store.query(store.architectures, name) for name in ("valid_accuracy", "params"))
    several = [len(np.unique(accuracies[keys == key])) for key in np.unique(keys)]
    assert max(several) == 3
    counts = [len(np.unique(params[keys == key])) for key in np.unique(keys)]
    assert sorted(counts)[-4:] == [1, 2, 2, 2]  # channels that don't divide evenly go to the first vertices


def test_what_is_no_fragment_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(InputError, match="holds no cells by name; expected one file: a pickle"):
        imported(tmp_path / "a.pkl", tmp_path / "store")
    with pytest.raises(InputError, match="is a folder; expected one file: a pickle"):
        imported(tmp_path, tmp_path / "store")
    fixed = {"module_adjacency": [[0, 1], [0, 0]], "module_operations": ["input", "output"]}
    content = {"a": ({**fixed, "trainable_parameters": 3}, {12: []})}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(InputError, match="expected three runs of 108 epochs of each cell"):
        imported(tmp_path / "a.pkl", tmp_path / "store")
    (tmp_path / "a.json").write_text(json.dumps({"nasbench101": {"cifar10": {"(0, 1)": {}}}}))
    with pytest.raises(InputError, match=r"expected 49 bits and 7 operations, got '\(0, 1\)'"):
        imported(tmp_path / "a.json", tmp_path / "store")


def test_means_are_no_single_accuracies(folder: Path, tmp_path: Path) -> None:
    content = json.loads((folder / "zc_nasbench101.json").read_text())
    next(iter(content["nasbench101"]["cifar10"].values()))["val_accuracy"] = 93.12345
    (tmp_path / "zc.json").write_text(json.dumps(content))
    with pytest.raises(ImportFactsError, match="distance of accuracies from a whole number of 9,984 images"):
        imported(tmp_path / "zc.json", tmp_path / "store")
