from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contracts.importer_contract import ImporterContract
from nats_sample import TSS, sample_folder, whole

from surronas.errors import InputError
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, import_benchmark, importer_named

V1_0, V1_1 = "NAS-Bench-201-v1_0-e61699.pth", "NAS-Bench-201-v1_1-096897.pth"


def official(shared: Path, indices: tuple[int, ...] = (0, 11, 284)) -> dict[str, Any]:
    """Return what the official file would hold if only these cells were measured."""
    content = whole(shared, TSS, indices)
    infos = content["arch2infos"]
    content["arch2infos"] = {i: {"less": infos[i]["12"], "full": infos[i]["200"]} for i in indices}
    return content


def write(content: object, file: Path, *, zipped: bool) -> Path:
    torch = pytest.importorskip("torch", reason="pip install surronas[train]: torch writes the file")
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    return file


@pytest.fixture
def importer() -> Importer:
    return importer_named("nasbench201-pth")


class TestContract(ImporterContract):
    @pytest.fixture
    def source(self, shared: Path, tmp_path: Path) -> Path:
        return write(official(shared, (11,)), tmp_path / V1_1, zipped=False)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", [V1_0, V1_1])
def test_the_numbers_are_those_of_the_same_runs_in_nats_bench(
    shared: Path, importer: Importer, tmp_path: Path, name: str, zipped: bool
) -> None:
    report = import_benchmark(
        importer, write(official(shared), tmp_path / name, zipped=zipped), tmp_path / "a"
    )
    import_benchmark(importer_named("nats-bench-tss"), sample_folder(shared, TSS), tmp_path / "b")
    ours, nats = BenchmarkStore.open(tmp_path / "a"), BenchmarkStore.open(tmp_path / "b")
    assert report.num_architectures == 3
    runs, same = ours.records(), nats.records()
    for field in set(runs.dtype.names) - {"recipe"}:
        np.testing.assert_array_equal(runs[field], same[field])
    assert f'"NAS-Bench-201 {name[14:18]}"' in ours.recipes[0]


def test_tensors_among_the_numbers_are_read_too(shared: Path, importer: Importer, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="pip install surronas[train]: torch writes the file")
    content = official(shared, (11,))
    trial = content["arch2infos"][11]["full"]["all_results"]["cifar10", 777]
    trial["params"] = torch.tensor(float(trial["params"]), dtype=torch.float64)
    trial["net_state_dict"] = {"stem.0.weight": torch.zeros(16, 3, 3, 3)}
    import_benchmark(importer, write(content, tmp_path / V1_1, zipped=False), tmp_path / "store")
    store = BenchmarkStore.open(tmp_path / "store")
    assert store.query(store.architectures, "params", task="cifar10") == [802_426]


def test_a_trial_without_times_or_latency_lacks_them(
    shared: Path, importer: Importer, tmp_path: Path
) -> None:
    content = official(shared, (11,))
    for trial in content["arch2infos"][11]["full"]["all_results"].values():
        trial.update(train_times=None, eval_times={}, latency=None)
    import_benchmark(importer, write(content, tmp_path / V1_0, zipped=True), tmp_path / "store")
    store = BenchmarkStore.open(tmp_path / "store")
    ask = {"task": "cifar10", "epochs": 200, "seed": "mean", "missing": "nan"}
    assert np.isnan(store.query(store.architectures, "train_seconds", **ask)).all()
    assert not np.isnan(store.query(store.architectures, "test_accuracy", **ask)).any()


def test_a_folder_is_refused(importer: Importer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder; expected NAS-Bench-201-v1_0"):
        import_benchmark(importer, tmp_path, tmp_path / "store")


@pytest.mark.parametrize("content", [{"epoch": 3}, [1, 2]])
def test_another_torch_file_is_refused(importer: Importer, tmp_path: Path, content: object) -> None:
    with pytest.raises(InputError, match="does not hold NAS-Bench-201"):
        import_benchmark(importer, write(content, tmp_path / "x.pth", zipped=True), tmp_path / "store")


def test_a_cut_list_of_cells_is_refused(shared: Path, importer: Importer, tmp_path: Path) -> None:
    content = official(shared, (11,))
    content["meta_archs"] = content["meta_archs"][:100]
    with pytest.raises(InputError, match="lists 100 cells, expected 15625"):
        import_benchmark(importer, write(content, tmp_path / V1_1, zipped=True), tmp_path / "store")
