import json
from pathlib import Path

import numpy as np
import pytest
from contracts.importer_contract import ImporterContract

from surronas.errors import ImportFactsError, InputError
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, import_benchmark, importer_named
from surronas.store.importers.nasbench_macro import FILE, IMPORTER


@pytest.fixture(scope="session")
def table(shared: Path) -> dict[str, dict]:
    return json.loads((shared / "benchmarks/nasbench-macro" / FILE).read_text())


@pytest.fixture(scope="module")
def store(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> BenchmarkStore:
    dest = tmp_path_factory.mktemp("imported") / "macro.h5"
    import_benchmark(importer_named("nasbench-macro"), shared / "benchmarks/nasbench-macro", dest)
    return BenchmarkStore.open(dest)


class TestPart(ImporterContract):
    @pytest.fixture
    def importer(self) -> Importer:
        return IMPORTER

    @pytest.fixture
    def source(self, table: dict[str, dict], tmp_path: Path) -> Path:
        part = tmp_path / FILE
        part.write_text(
            json.dumps({name: table[name] for name in [*list(table)[:40], "22212220", "22212202"]})
        )
        return part


def test_every_number_of_the_source_is_answered(store: BenchmarkStore, table: dict[str, dict]) -> None:
    names = list(table)
    accuracies = np.array([table[name]["test_acc"] for name in names]) / 100
    np.testing.assert_array_equal(store.query(names, "test_accuracy", seed="all"), accuracies)
    for ours, theirs in (("params", "params"), ("macs", "flops")):
        np.testing.assert_array_equal(store.query(names, ours), [table[name][theirs] for name in names])


def test_holds_each_network_once(store: BenchmarkStore) -> None:
    assert len(store.architectures) == 3_969
    assert len(store) == 3 * 3_969
    assert store.canonical
    assert "no validation split" in store.description


def test_macs_are_multiply_adds_by_the_shape_of_the_network(store: BenchmarkStore) -> None:
    # a stem, three 1x1 convolutions of stride 2, the head and the classifier: nothing else
    stem, head, classifier = 3 * 9 * 32 * 32**2, 256 * 1280 * 4**2, 1280 * 10
    reductions = 32 * 64 * 16**2 + 64 * 128 * 8**2 + 128 * 256 * 4**2
    assert store.query("00000000", "macs")[0] == stem + reductions + head + classifier


def test_a_part_says_so(table: dict[str, dict], tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps({"22212220": table["22212220"]}))
    report = import_benchmark(IMPORTER, tmp_path / FILE, tmp_path / "part")
    assert "A part: 1 of 6,561 strings" in BenchmarkStore.open(tmp_path / "part").description
    assert (report.num_runs, report.num_architectures) == (3, 1)
    assert [fact.expected for fact in report.facts] == [0.931267, 0.931267]  # its twin is the same network


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean_acc": 93.2}, "network 22212220: mean_acc is 93.2, the mean of test_acc 93.12666"),
        ({"params": 1}, "22212202 and 22212220 are one network and have different numbers"),
        ({"test_acc": 93.12666320800781}, r"expected test_acc to list the repeats, got \(\) numbers"),
    ],
)
def test_numbers_that_contradict_one_another_are_refused(
    table: dict[str, dict], tmp_path: Path, change: dict[str, object], message: str
) -> None:
    twins = {name: table[name] | ({} if name == "22212202" else change) for name in ("22212220", "22212202")}
    if "test_acc" in change:
        twins = {name: row | change for name, row in twins.items()}
    (tmp_path / FILE).write_text(json.dumps(twins))
    with pytest.raises(InputError, match=message):
        import_benchmark(IMPORTER, tmp_path / FILE, tmp_path / "store")


def test_another_accuracy_than_published_is_refused(table: dict[str, dict], tmp_path: Path) -> None:
    better = {"test_acc": [99.0] * 3, "mean_acc": 99.0}
    (tmp_path / FILE).write_text(json.dumps({"22212220": table["22212220"] | better}))
    with pytest.raises(ImportFactsError, match=r"mean test accuracy of 22212220: expected 0\.931267"):
        import_benchmark(IMPORTER, tmp_path / FILE, tmp_path / "store")


@pytest.mark.parametrize("content", ["[]", "{}", "12"])
def test_a_file_without_networks_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(InputError, match="holds no networks; expected nas-bench-macro"):
        import_benchmark(IMPORTER, tmp_path, tmp_path / "store")


def test_a_folder_without_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no nas-bench-macro_cifar10\.json at"):
        import_benchmark(IMPORTER, tmp_path, tmp_path / "store")


def test_the_landscape_is_the_one_known(store: BenchmarkStore) -> None:
    networks = store.space.enumerate()
    means = store.query(networks, "test_accuracy", seed="mean")
    neighbors = store.space.codes(store.space.neighborhoods(networks)[0]).reshape(-1, 16)
    best = neighbors[np.arange(len(networks)), means[neighbors].argmax(axis=1)]
    assert (means >= means[best]).sum() == 15  # local maxima
    uphill = np.where(means[best] > means, best, np.arange(len(networks)))
    place, steps = np.arange(len(networks)), np.zeros(len(networks))
    while (uphill[place] != place).any():
        steps += uphill[place] != place
        place = uphill[place]
    assert steps.mean() == pytest.approx(4.24, abs=0.005)
    assert (place == means.argmax()).mean() == pytest.approx(
        0.109, abs=0.001
    )  # starts that end at the optimum
