from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contracts.importer_contract import ImporterContract
from nats_sample import INDICES, SSS, TSS, load, sample_folder, small_folder, whole, write_compressed

from surronas.errors import ImportFactsError, InputError
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, import_benchmark, importer_named
from surronas.store.importers.nats_records import GPU

SPLITS = {"train": "train", "valid": "valid", "test": "test", "valtest": "valtest"}
SCHEDULES = {TSS: (12, 200), SSS: (1, 12, 90)}


class TestTopologyContract(ImporterContract):
    @pytest.fixture
    def importer(self) -> Importer:
        return importer_named("nats-bench-tss")

    @pytest.fixture
    def source(self, shared: Path, tmp_path: Path) -> Path:
        return small_folder(shared, TSS, tmp_path)


class TestSizeContract(ImporterContract):
    @pytest.fixture
    def importer(self) -> Importer:
        return importer_named("nats-bench-sss")

    @pytest.fixture
    def source(self, shared: Path, tmp_path: Path) -> Path:
        return write_compressed(whole(shared, SSS, (11,)), tmp_path / f"{SSS}.pickle.pbz2")


@pytest.fixture(scope="module", params=[TSS, SSS])
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def store(shared: Path, name: str, tmp_path_factory: pytest.TempPathFactory) -> BenchmarkStore:
    dest = tmp_path_factory.mktemp("nats") / f"{name}.h5"
    import_benchmark(importer_of(name), sample_folder(shared, name), dest)
    return BenchmarkStore.open(dest)


@pytest.fixture(scope="module")
def official(shared: Path, name: str) -> Any:
    """The authors' own interface over the same records."""
    nats_bench = pytest.importorskip("nats_bench", reason="pip install nats_bench")
    kind = nats_bench.NATStopology if name == TSS else nats_bench.NATSsize
    return kind(whole(shared, name), fast_mode=False, verbose=False)


def importer_of(name: str) -> Importer:
    return importer_named("nats-bench-tss" if name == TSS else "nats-bench-sss")


def trials(official: Any, name: str) -> Iterator[tuple[int, int, str, int]]:
    for index in INDICES:
        for epochs in SCHEDULES[name]:
            results = official.arch2infos_dict[index][f"{epochs:02d}"]
            for task in results.get_dataset_names():
                for seed in results.get_dataset_seeds(task):
                    yield index, epochs, task, seed


def test_every_answer_of_the_authors_code_is_ours_to_the_last_digit(
    store: BenchmarkStore, official: Any, name: str
) -> None:
    compared = 0
    for index, epochs, task, seed in trials(official, name):
        told = official.get_more_info(index, task, iepoch=None, hp=f"{epochs:02d}", is_random=seed)
        ask = asking(store, official.arch(index), task, epochs, seed)
        for theirs, ours in SPLITS.items():
            for quantity, scale in (("accuracy", 100), ("loss", 1)):
                value = told.get(f"{theirs}-{quantity}", np.nan)
                np.testing.assert_array_equal(ask(f"{ours}_{quantity}"), value / scale)
                compared += not np.isnan(value)
            seconds = told.get(f"{theirs}-all-time", np.nan)
            np.testing.assert_array_equal(ask(f"{ours}_seconds"), seconds)
            np.testing.assert_array_equal(
                ask(f"{ours}_seconds") / epochs, told.get(f"{theirs}-per-time", np.nan)
            )
    assert compared == {TSS: 3 * (2 * 6 + 4 + 2 * 8 + 3 * (6 + 4 + 2 * 8)), SSS: 3 * 5 * 26}[name]


def asking(
    store: BenchmarkStore, arch: str, task: str, epochs: int, seed: int
) -> Callable[[str], np.ndarray]:
    def ask(metric: str) -> np.ndarray:
        return store.query(arch, metric, task=task, epochs=epochs, seed=seed, missing="nan")[0]

    return ask


def test_means_over_seeds_are_those_of_the_authors_code(
    store: BenchmarkStore, official: Any, name: str
) -> None:
    for index, epochs, task, _ in trials(official, name):
        told = official.get_more_info(index, task, iepoch=None, hp=f"{epochs:02d}", is_random=False)
        mean = store.query(official.arch(index), "test_accuracy", task=task, epochs=epochs, seed="mean")
        assert mean[0] == pytest.approx(told["test-accuracy"] / 100, rel=1e-14)


def test_curves_are_those_of_the_authors_code(store: BenchmarkStore, official: Any, name: str) -> None:
    for index, epochs, task, seed in trials(official, name):
        if epochs == 1:
            continue
        for metric in ("train_accuracy", "valid_accuracy", "test_loss", "valtest_accuracy"):
            split, _, quantity = metric.partition("_")
            told = [
                official.get_more_info(index, task, iepoch=e, hp=f"{epochs:02d}", is_random=seed)
                if split == "train" or task != "cifar10-valid"
                else trial_info(official, index, epochs, task, seed, e)
                for e in (0, 5, epochs - 1)
            ]
            curve = store.curves(
                official.arch(index), metric, task=task, epochs=epochs, seed=seed, missing="nan"
            )
            scale = 100 if quantity == "accuracy" else 1
            expected = np.array([info.get(f"{split}-{quantity}", np.nan) for info in told]) / scale
            np.testing.assert_array_equal(curve[0, [0, 5, epochs - 1]], expected.astype(np.float32))


def trial_info(official: Any, index: int, epochs: int, task: str, seed: int, epoch: int) -> dict[str, float]:
    """Return what get_more_info would say, where it stumbles over a test that was not made at this epoch."""
    trial = official.arch2infos_dict[index][f"{epochs:02d}"].query(task, seed)
    told = {}
    for split, images in (("valid", "x-valid"), ("test", "ori-test")):
        for quantity, values in (("accuracy", trial.eval_acc1es), ("loss", trial.eval_losses)):
            told[f"{split}-{quantity}"] = values.get(f"{images}@{epoch}", np.nan)
    return told


def test_costs_are_those_of_the_authors_code(store: BenchmarkStore, official: Any, name: str) -> None:
    for index, epochs, task, _ in trials(official, name):
        costs, arch = official.get_cost_info(index, task, hp=f"{epochs:02d}"), official.arch(index)
        assert store.query(arch, "params", task=task)[0] == round(costs["params"] * 1e6)
        assert store.query(arch, "macs", task=task)[0] == pytest.approx(costs["flops"] * 1e6, rel=1e-15)
        latency = store.query(arch, "latency_ms", task=task, device=GPU)[0]
        assert latency == pytest.approx(costs["latency"] * 1000, rel=1e-15)


def test_seeds_and_epochs_are_the_benchmarks(store: BenchmarkStore, name: str) -> None:
    assert store.tasks == ["ImageNet16-120", "cifar10", "cifar10-valid", "cifar100"]
    assert tuple(store.epochs()) == SCHEDULES[name]
    assert store.seeds(epochs=SCHEDULES[name][-1]) == ([777, 888, 999] if name == TSS else [777])
    if name == TSS:
        assert store.seeds(epochs=12, task="cifar10-valid") == [111, 777]
        assert store.seeds(epochs=12, task="cifar100") == [111]


def test_the_single_file_holds_the_same(
    shared: Path, store: BenchmarkStore, name: str, tmp_path: Path
) -> None:
    source = write_compressed(whole(shared, name), tmp_path / f"{name}.pickle.pbz2")
    import_benchmark(importer_of(name), source, tmp_path / "single.h5")
    ours = BenchmarkStore.open(tmp_path / "single.h5").records()
    for field in ours.dtype.names:
        np.testing.assert_array_equal(ours[field], store.records()[field])


def test_a_part_says_that_it_is_one(store: BenchmarkStore) -> None:
    assert "A part: 3 of" in store.description


def test_a_spot_value_that_is_not_the_published_one_is_told(shared: Path, tmp_path: Path) -> None:
    content = whole(shared, TSS, (0,))
    trial = content["arch2infos"][0]["200"]["all_results"]["cifar10", 777]
    trial["eval_acc1es"]["ori-test@199"] = 99.0
    source = write_compressed(content, tmp_path / f"{TSS}.pickle.pbz2")
    with pytest.raises(ImportFactsError, match="architecture 0, test_accuracy, cifar10"):
        import_benchmark(importer_named("nats-bench-tss"), source, tmp_path / "store.h5")
    assert not (tmp_path / "store.h5").exists()


def test_the_other_space_is_refused(shared: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lists 32768 architectures, expected 15625"):
        import_benchmark(importer_named("nats-bench-tss"), sample_folder(shared, SSS), tmp_path / "store")


def test_the_folder_above_is_refused(shared: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no meta.pickle.pbz2 in .*expected the folder NATS-tss"):
        import_benchmark(
            importer_named("nats-bench-tss"), sample_folder(shared, TSS).parent, tmp_path / "store"
        )


def test_a_file_of_the_folder_is_refused(shared: Path, tmp_path: Path) -> None:
    meta = sample_folder(shared, TSS) / "meta.pickle.pbz2"
    with pytest.raises(InputError, match="is not NATS-Bench's file"):
        import_benchmark(importer_named("nats-bench-tss"), meta, tmp_path / "store")


def test_one_architecture_is_no_benchmark(shared: Path, tmp_path: Path) -> None:
    single = load(sample_folder(shared, TSS) / "000011.pickle.pbz2")
    source = write_compressed({"meta_archs": [], "arch2infos": None, **single}, tmp_path / "x.pickle.pbz2")
    with pytest.raises(InputError, match="holds no records"):
        import_benchmark(importer_named("nats-bench-tss"), source, tmp_path / "store")


def test_a_list_is_no_benchmark(tmp_path: Path) -> None:
    source = write_compressed([1, 2], tmp_path / "x.pickle.pbz2")
    with pytest.raises(InputError, match="holds a list, expected a dict"):
        import_benchmark(importer_named("nats-bench-tss"), source, tmp_path / "store")


def test_a_folder_without_architectures_is_refused(shared: Path, tmp_path: Path) -> None:
    folder = small_folder(shared, TSS, tmp_path)
    (folder / "000011.pickle.pbz2").unlink()
    with pytest.raises(InputError, match="at least one architecture, found none"):
        import_benchmark(importer_named("nats-bench-tss"), folder, tmp_path / "store")


def test_a_file_in_the_place_of_another_is_told(shared: Path, tmp_path: Path) -> None:
    folder = small_folder(shared, TSS, tmp_path)
    (folder / "000011.pickle.pbz2").rename(folder / "000012.pickle.pbz2")
    with pytest.raises(InputError, match="the file of architecture 12 holds"):
        import_benchmark(importer_named("nats-bench-tss"), folder, tmp_path / "store")
