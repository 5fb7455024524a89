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
from surronas.spaces.decoder_transformer import DecoderTransformer
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, import_benchmark
from surronas.store.importers.lite_transformer_search import IMPORTER

SPACE = DecoderTransformer()
ROOT = "archai/nlp/nas/saved_logs"
CONFIG = (
    "d_embed: {d_embed}\nd_inner:\n- 600\n- 1300\nd_model: 128\ndiv_val: 2\nn_head:\n- 2\n- {heads}\n"
    "n_layer: 2\n"
)
PARAMS = "{}:\n  AdaEmb: 900.0\n  Attn: 20.0\n  FFN: 30.0\n  nonembedding: 55.0\n  total: 1000.0\n"
FILES = {
    "random_GPT2_wt103/config_0/j0/model_config.yaml": CONFIG.format(d_embed=64, heads=4),
    "random_GPT2_wt103/config_0/j1/model_config.yaml": CONFIG.format(d_embed=64, heads=8),
    "random_GPT2_wt103/ppl_summary.yaml": "config_0_j0:\n  test_ppl: 45.1\n  test_word_ppl: 69.0\n"
    "  train_elapsed: 3073.7\n  valid_ppl: 45.0\nconfig_0_j1:\n  test_ppl: 40.0\n  valid_ppl: 39.5\n",
    "random_GPT2_wt103/params_summary.yaml": PARAMS.format("config_0_j0"),
    "random_TransXL_lm1b/config_0/j0/model_config.yaml": CONFIG.format(d_embed=64, heads=4) + "seed: 1111\n",
    "random_TransXL_lm1b/config_0/j1/model_config.yaml": CONFIG.format(d_embed=64, heads=8) + "seed: 1111\n",
    "random_TransXL_lm1b/ppl_summary.yaml": "config_0_j0:\n  test_ppl: 80.5\n  train_elapsed: 9.5\n"
    "  valid_ppl: 80.5\n",
    "pareto_GPT2_lm1b_arm/M1/model_config.yaml": CONFIG.format(d_embed=-1, heads=4),
    "pareto_GPT2_lm1b_arm/latency_summary.yaml": "M1: 1060.4\n",
    "pareto_GPT2_lm1b_arm/memory_summary.yaml": "M1: 125.25\n",
    "pareto_GPT2_lm1b_arm/params_summary.yaml": PARAMS.format("M1"),
    "pareto_GPT2_lm1b_arm/ppl_summary.yaml": "M1: 74.5\n",
}


def write_archive(path: Path, files: dict[str, str]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"{ROOT}/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_archive(tmp_path / "saved_logs.tar", FILES)


class TestContract(ImporterContract):
    CORRUPTIONS = 20

    @pytest.fixture
    def importer(self) -> Importer:
        return IMPORTER


@pytest.fixture
def store(source: Path, tmp_path: Path) -> BenchmarkStore:
    import_benchmark(IMPORTER, source, tmp_path / "store.h5")
    return BenchmarkStore.open(tmp_path / "store.h5")


def arch(backbone: str, d_embed: int, heads: int) -> np.ndarray:
    layers = {"d_inner": [600, 1300], "n_head": [2, heads]}
    config = {"backbone": backbone, "n_layer": 2, "d_model": 128, "d_embed": d_embed, "div_val": 2}
    return SPACE.from_configs([config | layers])


def test_numbers_lie_at_their_axes(store: BenchmarkStore) -> None:
    drawn = arch("GPT2", 64, 4)
    for metric, value in {
        "valid_perplexity": 45.0,
        "test_perplexity": 45.1,
        "test_word_perplexity": 69.0,
        "train_seconds": 3073.7,
    }.items():
        assert store.query(drawn, metric, task="wikitext103", epochs=1, seed=0) == value
    found = arch("GPT2", -1, 4)
    assert store.query(found, "latency_ms", task="lm1b", device="arm") == 1060.4
    assert store.query(found, "peak_memory_mib", task="lm1b", device="arm") == 125.25
    assert store.query(found, "non_embedding_params") == 55
    (recipe,) = set(store.table(found)["recipe"])
    assert store.query(found, "test_perplexity", task="lm1b", recipe=recipe, seed=0) == 74.5
    assert store.query(found, "params", task="lm1b", recipe=recipe) == 1000


def test_lm1b_has_no_validation_split_and_seeds_are_the_sources(store: BenchmarkStore) -> None:
    (run,) = store.table(arch("TransformerXL", 64, 4))
    assert (run["task"], run["seed"], run["test_perplexity"]) == ("lm1b", 1111, 80.5)
    assert np.isnan(run["valid_perplexity"])
    assert "seeds" not in json.loads(run["recipe"])
    assert "the source gives no seeds" in json.loads(store.table(arch("GPT2", 64, 4))["recipe"][0])["seeds"]


def test_networks_without_a_result_are_failed_rows(store: BenchmarkStore) -> None:
    (run,) = store.table(arch("TransformerXL", 64, 8))
    assert run["status"] == "failed"
    assert np.isnan(run["test_perplexity"])


def test_a_part_says_so(store: BenchmarkStore) -> None:
    assert "A part: 4 of 885 random and 1 of 236 pareto networks" in store.description


def test_the_folder_gives_the_same_as_the_archive(
    source: Path, store: BenchmarkStore, tmp_path: Path
) -> None:
    for name, text in FILES.items():
        path = tmp_path / "saved_logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    import_benchmark(IMPORTER, tmp_path / "saved_logs", tmp_path / "other.h5")
    other = BenchmarkStore.open(tmp_path / "other.h5").table()
    here = store.table()
    for field in here.dtype.names:
        np.testing.assert_array_equal(other[field], here[field])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"random_GPT2_wt103/ppl_summary.yaml": "a: [1]\n"}, "ppl_summary.yaml: line 1 is no plain YAML"),
        (
            {"random_GPT2_wt103/ppl_summary.yaml": "config_9_j9:\n  test_ppl: 1.0\n"},
            "names config_9_j9, which has",
        ),
        (
            {"pareto_GPT2_lm1b_arm/latency_summary.yaml": "M1: fast\n"},
            "expected a number in a summary, got 'fast'",
        ),
        ({"pareto_GPT2_lm1b_arm/M1/model_config.yaml": "n_layer: 2\n"}, "it lacks d_model"),
    ],
)
def test_wrong_files_are_named(tmp_path: Path, change: dict[str, str], message: str) -> None:
    wrong = write_archive(tmp_path / "wrong.tar", FILES | change)
    with pytest.raises(InputError, match=message):
        import_benchmark(IMPORTER, wrong, tmp_path / "store.h5")


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    other = write_archive(tmp_path / "other.tar", {"readme.yaml": "a: 1\n"})
    with pytest.raises(InputError, match=r"there is no model_config.yaml in .*other.tar"):
        import_benchmark(IMPORTER, other, tmp_path / "store.h5")


@pytest.mark.parametrize("damage", ["cut between members", "header"])
def test_a_damaged_archive_is_no_part_of_the_benchmark(source: Path, tmp_path: Path, damage: str) -> None:
    content = bytearray(source.read_bytes())
    with tarfile.open(source) as archive:
        start = archive.getmembers()[-5].offset
    if damage == "header":
        content[start + 150] ^= 1
    else:
        del content[start:]
    source.write_bytes(content)
    with pytest.raises(InputError, match="cut short or damaged"):
        import_benchmark(IMPORTER, source, tmp_path / "store.h5")


@pytest.fixture(scope="module")
def real(
    shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[BenchmarkStore, list[dict[str, str]]]:
    """The store of the real logs, and the 1,121 rows of the table derived from them by other code."""
    folder = shared / "benchmarks" / "lite-transformer-search"
    if not (folder / "saved_logs.tar").is_file():
        pytest.skip(f"no saved_logs.tar in {folder}")
    path = tmp_path_factory.mktemp("lts") / "store.h5"
    report = import_benchmark(IMPORTER, folder / "saved_logs.tar", path)
    assert (report.num_runs, len(report.facts)) == (885 + 235, 7)
    with gzip.open(folder / "derived_lts.csv.gz", "rt") as table:
        return BenchmarkStore.open(path), list(csv.DictReader(table))


def of_row(row: dict[str, str]) -> np.ndarray:
    config = {key: int(row[key]) for key in ("n_layer", "d_model", "d_embed", "div_val")}
    config |= {key: json.loads(row[key]) for key in ("d_inner", "n_head")}
    backbone = "GPT2" if "_GPT2_" in row["run"] else "TransformerXL"
    return SPACE.from_configs([config | {"backbone": backbone}])


def number(row: dict[str, str], key: str) -> float:
    return float(row[key]) if row[key] else np.nan


def test_every_run_of_the_real_logs_is_there(real: tuple[BenchmarkStore, list[dict[str, str]]]) -> None:
    store, rows = real
    runs = {(run["architecture"].tobytes(), run["task"]): run for run in store.table()}
    assert len(runs) == len(store) == 1120
    compared = 0
    for row in rows:
        task = "lm1b" if "lm1b" in row["run"] else "wikitext103"
        run = runs.get((of_row(row).tobytes(), task))
        if run is None:  # the one network without a training
            assert (row["run"], row["key"]) == ("pareto_GPT2_lm1b_titanxp", "M18")
            continue
        pareto = row["run"].startswith("pareto")
        test = number(row, "valid_ppl_reported" if pareto else "test_ppl")
        valid = np.nan if task == "lm1b" else number(row, "valid_ppl")
        word = np.nan if task == "lm1b" else number(row, "test_word_ppl")
        found = [run[name] for name in ("valid_perplexity", "test_perplexity", "test_word_perplexity")]
        np.testing.assert_array_equal(found, [valid, test, word])
        np.testing.assert_array_equal(run["train_seconds"], number(row, "train_elapsed"))
        assert run["status"] == ("failed" if np.isnan(test) else "ok")
        assert task != "lm1b" or pareto or row["valid_ppl"] == row["test_ppl"]
        compared += 1
    assert compared == 1120


def test_every_column_of_the_real_logs_is_there(real: tuple[BenchmarkStore, list[dict[str, str]]]) -> None:
    store, rows = real
    recipes = {run["architecture"].tobytes() + run["task"].encode(): run["recipe"] for run in store.table()}
    layers = {"Attn": "attention", "FFN": "ffn", "nonembedding": "non_embedding"}
    whole = np.concatenate([of_row(row) for row in rows])
    for entry, name in layers.items():
        expected = [number(row, f"params_{entry}") for row in rows]
        np.testing.assert_array_equal(store.query(whole, f"{name}_params", missing="nan"), expected)
    for one, row in zip(whole, rows, strict=True):
        task = "lm1b" if "lm1b" in row["run"] else "wikitext103"
        if recipe := recipes.get(one.tobytes() + task.encode()):
            found = [store.query(one, m, task=task, recipe=recipe)[0] for m in ("params", "embedding_params")]
            assert found == [number(row, "params_total"), number(row, "params_AdaEmb")]
        if row["latency"]:
            device = row["run"].rsplit("_", 1)[1]
            at = {"task": "lm1b", "device": device}
            assert store.query(one, "latency_ms", **at) == number(row, "latency")
            assert store.query(one, "peak_memory_mib", **at) == number(row, "memory")
