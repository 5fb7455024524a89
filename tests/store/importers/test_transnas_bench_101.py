import csv
import gzip
import json
from ast import literal_eval
from pathlib import Path

import numpy as np
import pytest
from contracts.importer_contract import ImporterContract
from naslib_parts import cut_json, cut_zip

from surronas.errors import ImportFactsError, InputError
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, import_benchmark, importer_named
from surronas.store.importers.naslib_architectures import TRANSNAS_TASKS
from surronas.store.importers.transnas_bench_101 import MACRO, MICRO

METRICS = {"room_layout": "valid_loss", "normal": "valid_ssim", "autoencoder": "valid_ssim"}
DIVISORS = {"valid_accuracy": 100, "valid_ssim": 1, "valid_loss": -1}


@pytest.fixture(scope="session")
def naslib(shared: Path) -> Path:
    return shared / "benchmarks/transnasbench101/naslib-zerocost"


@pytest.fixture(scope="module", params=["micro", "macro"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def store(kind: str, naslib: Path, tmp_path_factory: pytest.TempPathFactory) -> BenchmarkStore:
    dest = tmp_path_factory.mktemp("imported") / f"{kind}.h5"
    import_benchmark(importer_named(f"transnasbench101-{kind}"), naslib, dest)
    return BenchmarkStore.open(dest)


class TestMicroPart(ImporterContract):
    @pytest.fixture
    def importer(self) -> Importer:
        return MICRO

    @pytest.fixture
    def source(self, naslib: Path, tmp_path: Path) -> Path:
        folder = tmp_path / "scores"
        folder.mkdir()
        cut_zip(naslib / "all_benchmarks_zen.zip", folder / "all_benchmarks_zen.zip", 8)
        cut_json(naslib / "zc_transbench101_micro.json", folder / "zc_transbench101_micro.json", 3)
        return folder


class TestMacroPart(ImporterContract):
    @pytest.fixture
    def importer(self) -> Importer:
        return MACRO

    @pytest.fixture
    def source(self, naslib: Path, tmp_path: Path) -> Path:
        return cut_zip(naslib / "tnb101_macro_zen.zip", tmp_path / "macro.zip", 8)


def test_every_value_of_the_table_is_answered(store: BenchmarkStore, kind: str, shared: Path) -> None:
    with gzip.open(shared / "benchmarks/transnasbench101/derived_transnasbench101.csv.gz", "rt") as lines:
        rows = [row for row in csv.DictReader(lines) if row["space"] == kind]
    tuples = [literal_eval(row["arch"]) for row in rows]
    architectures = np.array([(*t, *[0] * (6 - len(t))) for t in tuples], dtype=np.int8)
    assert len(rows) == len(store.architectures) == store.space.num_architectures
    for task in TRANSNAS_TASKS:
        metric = METRICS.get(task, "valid_accuracy")
        theirs = np.array([float(row[task]) for row in rows]) / DIVISORS[metric]
        np.testing.assert_array_equal(store.query(architectures, metric, task=task), theirs)


def test_units_and_directions_are_those_of_the_tasks(store: BenchmarkStore) -> None:
    metrics = {metric.name: metric for metric in store.metrics}
    assert metrics["valid_loss"].direction == "minimize"
    assert metrics["valid_ssim"].direction == "maximize"
    assert metrics["valid_accuracy"].unit == "fraction"
    assert (store.query(store.architectures, "valid_loss", task="room_layout") > 0).all()
    assert "not checked against the benchmark's own file" in store.description


def test_the_best_epoch_is_never_worse_than_the_last(store: BenchmarkStore) -> None:
    for task in TRANSNAS_TASKS:
        metric = METRICS.get(task, "valid_accuracy")
        best = store.query(store.architectures, f"best_{metric}", task=task, missing="nan")
        last = store.query(store.architectures, metric, task=task)
        known = ~np.isnan(best)
        assert 600 < known.sum() < 730
        sign = -1 if metric == "valid_loss" else 1
        assert (sign * best[known] >= sign * last[known]).all()


def test_proxies_are_those_of_the_source(store: BenchmarkStore, kind: str, naslib: Path) -> None:
    tables = json.loads((naslib / f"zc_transbench101_{kind}.json").read_text())
    for task, table in tables.items():
        architectures = np.array([literal_eval(name) for name in table], dtype=np.int8)
        for theirs, ours in (("nwot", "nwot"), ("jacov", "jacov"), ("params", "params"), ("flops", "macs")):
            scores = np.array([record[theirs]["score"] for record in table.values()])
            found = store.query(architectures, ours, task=task, missing="nan")
            scale = 1e6 if ours in ("params", "macs") else 1
            np.testing.assert_allclose(found, np.where(scores == -1e8, np.nan, scores * scale), rtol=1e-15)
        seconds = [record["snip"]["time"] for record in table.values()]
        np.testing.assert_array_equal(store.query(architectures, "snip_seconds", task=task), seconds)


def test_a_proxy_that_failed_is_missing(store: BenchmarkStore, kind: str) -> None:
    zen = store.query(store.architectures, "zen", task="jigsaw", missing="nan")
    assert np.isnan(zen).sum() == (169 if kind == "micro" else 0)  # the cells without a path
    if kind == "micro":
        dead = ~store.space.live(store.architectures).any(axis=1)
        np.testing.assert_array_equal(np.isnan(zen), dead)


def test_another_optimum_than_published_is_refused(naslib: Path, tmp_path: Path) -> None:
    source = tmp_path / "benchmark--transbench101_macro--jigsaw--0.json"
    everything = MACRO.read(naslib / "tnb101_macro_zen.zip").space.enumerate().tolist()
    records = [{"arch": str(tuple(row)), "val_accuracy": 50.0} for row in everything]
    source.write_text(json.dumps(records))
    with pytest.raises(ImportFactsError, match=r"best on jigsaw: expected 97\.0193 .*, found 50"):
        import_benchmark(MACRO, source, tmp_path / "store")


def test_a_file_of_the_other_space_is_refused(naslib: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there are no scores of transbench101_macro at .*zen\.zip"):
        import_benchmark(MACRO, naslib / "all_benchmarks_zen.zip", tmp_path / "store")


def test_scores_on_other_tasks_alone_are_refused(shared: Path, tmp_path: Path) -> None:
    source = shared / "benchmarks/nasbench201/naslib-zerocost/9x_all.zip"
    with pytest.raises(
        InputError, match=r"on none of the benchmark's tasks .* nas-bench-suite-zero-transbench101"
    ):
        import_benchmark(MICRO, source, tmp_path / "store")
