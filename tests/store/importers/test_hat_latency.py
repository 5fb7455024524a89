import csv
import json
from pathlib import Path

import numpy as np
import pytest
from contracts.importer_contract import ImporterContract

from surronas.errors import InputError
from surronas.spaces.hat_summary import FEATURES, HatSummary
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, import_benchmark
from surronas.store.importers.hat_latency import IMPORTER

SPACE = HatSummary()
LATENCIES = ("latency_mean_encoder", "latency_mean_decoder", "latency_std_encoder", "latency_std_decoder")
METRICS = ("encoder_latency_ms", "decoder_latency_ms", "encoder_latency_std_ms", "decoder_latency_std_ms")
HEADER = ",".join((*FEATURES, *LATENCIES)) + "\n"
ONE, OTHER = SPACE.to_strings(SPACE.sample(2, np.random.default_rng(0)))
XEON = f"{HEADER}{ONE},9.5,236.5,0.125,12.5\n{OTHER},8.5,110.5,0.25,2.5\n{ONE},9.25,200.5,0.5,1.5\n"
TITAN = f"{HEADER}{OTHER},5.5,124.5,0.0625,0.5\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "latency_dataset"
    folder.mkdir()
    (folder / "wmt14ende_cpu_xeon_all.csv").write_text(XEON)
    (folder / "iwslt14deen_gpu_titanxp_all.csv").write_text(TITAN)
    (folder / "NOTE.md").write_text("not a table\n")
    return folder


class TestContract(ImporterContract):
    CORRUPTIONS = 20

    @pytest.fixture
    def importer(self) -> Importer:
        return IMPORTER


def recipe_of(store: BenchmarkStore, device: str) -> str:
    (recipe,) = [recipe for recipe in store.recipes if json.loads(recipe)["device"] == device]
    return recipe


def test_rows_of_one_summary_are_numbered_and_none_is_lost(source: Path, tmp_path: Path) -> None:
    import_benchmark(IMPORTER, source, tmp_path / "store.h5")
    store = BenchmarkStore.open(tmp_path / "store.h5")
    at = {"task": "wmt14ende", "recipe": recipe_of(store, "xeon")}
    found = store.query([ONE, OTHER], "decoder_latency_ms", seed="all", missing="nan", **at)
    np.testing.assert_array_equal(found, [[236.5, 200.5], [110.5, np.nan]])
    assert store.query([OTHER], "encoder_latency_std_ms", task="iwslt14deen", seed=0) == 0.0625
    assert set(store.table()["device"]) == {"xeon", "titanxp"}
    assert "A part: 4 of 16,000 rows" in store.description


def test_one_table_is_a_source_too(source: Path, tmp_path: Path) -> None:
    report = import_benchmark(IMPORTER, source / "wmt14ende_cpu_xeon_all.csv", tmp_path / "store.h5")
    assert (report.num_runs, report.num_architectures, report.facts) == (3, 2, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (XEON.replace("encoder_layer_num", "encoder_layers", 1), "expected the columns encoder_embed_dim,"),
        (XEON[:-2], "ends in the middle of a line"),
        (HEADER + f"{ONE},9.5,236.5,0.125\n", "line 2: expected 14 numbers, got 13"),
        (HEADER + f"{ONE},9.5,nan,0.125,1.0\n", "a latency that is no number from 0 on"),
        (HEADER + f"{ONE},9.5,-1.0,0.125,1.0\n", "a latency that is no number from 0 on"),
        (HEADER + f"{ONE.replace('6', '7')},9.5,1.0,0.125,1.0\n", "expected"),
    ],
)
def test_a_wrong_table_is_told(source: Path, tmp_path: Path, text: str, message: str) -> None:
    (source / "wmt14ende_cpu_xeon_all.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        import_benchmark(IMPORTER, source, tmp_path / "store.h5")


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with pytest.raises(InputError, match=r"there is no table such as wmt14ende_cpu_xeon_all.csv at"):
        import_benchmark(IMPORTER, tmp_path / "other", tmp_path / "store.h5")


def test_every_number_of_the_real_tables_is_there(shared: Path, tmp_path: Path) -> None:
    folder = shared / "benchmarks" / "hat-latency"
    if not folder.is_dir():
        pytest.skip(f"no HAT tables at {folder}")
    report = import_benchmark(IMPORTER, folder, tmp_path / "store.h5")
    assert (report.num_runs, report.num_architectures, len(report.facts)) == (16_000, 15_945, 5)
    store = BenchmarkStore.open(tmp_path / "store.h5")
    shared_rows = 0
    for path in sorted(folder.glob("*.csv")):
        task, _, device, _ = path.stem.split("_")
        rows = list(csv.DictReader(path.open()))
        texts = [",".join(row[feature] for feature in FEATURES) for row in rows]
        assert SPACE.to_strings(SPACE.from_strings(texts)) == texts
        seeds = np.array([texts[:number].count(text) for number, text in enumerate(texts)])
        shared_rows += int((seeds > 0).sum())
        runs = store.table(texts, task=task, recipe=recipe_of(store, device))
        assert len(runs) == 2000
        lines = {(text, seed): row for text, seed, row in zip(texts, seeds.tolist(), rows, strict=True)}
        for text, run in zip(SPACE.to_strings(runs["architecture"]), runs, strict=True):
            row = lines.pop((text, int(run["seed"])))
            assert [run[metric] for metric in METRICS] == [float(row[name]) for name in LATENCIES]
        assert not lines
    assert shared_rows == 7
