"""The commands on stores: top, describe, export, import, fetch, check, merge, copy."""

import json
from pathlib import Path

import numpy as np
import pytest
from test_cli import answer, failure

from surronas.cli import main
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Metric

LATENCY = Metric("latency_ms", None, "ms", "minimize", per="architecture")


@pytest.fixture
def store(shipped: Path, tmp_path: Path) -> BenchmarkStore:
    """Forty cells of the shipped store, with made-up latencies on two devices."""
    cells = BenchmarkStore.open(shipped).architectures[:40]
    store = BenchmarkStore.open(shipped).copy(tmp_path / "store", cells)
    rng = np.random.default_rng(0)
    for device in ("phone", "server"):
        store.attach(cells, {"latency_ms": rng.random(40)}, device=device, metrics=[LATENCY])
    return store


def printed(capsys, *arguments: object) -> str:
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def test_query_tells_over_how_many_seeds_a_mean_is(capsys, store: BenchmarkStore) -> None:
    (text,) = store.space.to_strings(store.architectures[3:4])
    assert "fraction (mean of 3 seeds)" in printed(capsys, "query", store.path, text)
    row = answer(capsys, "query", store.path, text)["rows"][0]
    assert row["seed_counts"]["valid_accuracy"] == 3
    assert "latency_ms" not in row
    found = answer(capsys, "query", store.path, text, "--metric", "latency_ms", "--device", "phone")
    expected = store.query([text], "latency_ms", device="phone")[0]
    assert found["rows"][0]["latency_ms"] == expected
    error = failure(capsys, "query", store.path, text, "--metric", "latency_ms")
    assert "leaves the device open and latency_ms has several: 'phone', 'server'" in error


def test_query_lets_a_twin_answer(capsys, tmp_path: Path, cell201: Cell201) -> None:
    cells = cell201.enumerate()
    twins = cells[cell201.keys(cells) == cell201.keys(cells[4000:4001])]
    store = BenchmarkStore.create(tmp_path / "one", cell201, metrics=[LATENCY])
    store.attach(twins[:1], {"latency_ms": [2.5]})
    (text,) = cell201.to_strings(twins[1:2])
    assert "have no latency_ms" in failure(capsys, "query", store.path, text)
    assert answer(capsys, "query", store.path, text, "--equivalent")["rows"][0]["latency_ms"] == 2.5


def test_top_shows_the_best_under_conditions(capsys, store: BenchmarkStore) -> None:
    axes = ("--metric", "valid_accuracy", "--metric", "latency_ms", "--device", "phone")
    found = answer(capsys, "top", store.path, *axes, "--where", "latency_ms<=0.5", "-k", 3)
    cells = store.architectures
    accuracy = store.query(cells, "valid_accuracy", seed="mean")
    fast = store.query(cells, "latency_ms", device="phone") <= 0.5
    assert found["candidates"] == fast.sum()
    assert [row["valid_accuracy"] for row in found["rows"]] == np.sort(accuracy[fast])[::-1][:3].tolist()
    assert "3 best of" in printed(capsys, "top", store.path, *axes, "-k", 3)


def test_top_shows_a_pareto_front(capsys, store: BenchmarkStore) -> None:
    axes = ("--metric", "valid_accuracy", "--metric", "latency_ms", "--device", "phone", "--pareto")
    rows = answer(capsys, "top", store.path, *axes)["rows"]
    pairs = [(row["valid_accuracy"], row["latency_ms"]) for row in rows]
    assert len(pairs) > 1
    assert pairs == sorted(pairs, reverse=True)
    assert [fast for _, fast in pairs] == sorted((fast for _, fast in pairs), reverse=True)


@pytest.mark.parametrize("condition", ["latency_ms", "latency_ms<=fast", "<=5"])
def test_a_condition_that_is_none_is_told(capsys, store: BenchmarkStore, condition: str) -> None:
    error = failure(capsys, "top", store.path, "--metric", "valid_accuracy", "--where", condition)
    assert "expected --where METRIC<=NUMBER" in error


def test_describe_tells_the_optimum(capsys, shipped: Path) -> None:
    facts = answer(capsys, "describe", shipped)
    store = BenchmarkStore.open(shipped)
    best = store.query(store.architectures, "valid_accuracy", seed="mean").max()
    assert f"{best:.6f}"[:6] in json.dumps(facts)
    assert "valid_accuracy" in printed(capsys, "describe", shipped)


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_what_is_exported_can_be_imported(capsys, store: BenchmarkStore, tmp_path: Path, suffix: str) -> None:
    runs, back = tmp_path / f"runs.{suffix}", tmp_path / "back.h5"
    assert "40 runs in" in printed(capsys, "export", store.path, runs, "--seed", 1)
    assert "it exists; choose another path" in failure(capsys, "export", store.path, runs)
    assert "40 runs of 40 architectures" in printed(capsys, "import", "runs", runs, back)
    cells = store.architectures
    expected = store.query(cells, "test_accuracy", seed=1)
    np.testing.assert_array_equal(BenchmarkStore.open(back).query(cells, "test_accuracy"), expected)
    error = failure(capsys, "import", "runs", runs, back)
    assert "it exists" in error
    assert "40 of 40 rows repeat a run" in failure(capsys, "import", "runs", runs, back, "--append")
    added = answer(capsys, "import", "runs", runs, back, "--append", "--existing", "skip")
    assert added["new_runs"] == 0


def test_import_tells_the_facts_it_was_held_to(capsys, shared: Path, tmp_path: Path) -> None:
    source = shared / "benchmarks" / "nasbench-macro" / "nas-bench-macro_cifar10.json"
    made = answer(capsys, "import", "nasbench-macro", source, tmp_path / "macro.h5")
    assert made["facts"]
    assert all(fact["holds"] for fact in made["facts"])
    assert len(BenchmarkStore.open(tmp_path / "macro.h5")) == made["runs"]


def test_bad_imports_are_one_line(capsys, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    assert "unknown format 'nasbench-102'; known are" in failure(
        capsys, "import", "nasbench-102", tmp_path, tmp_path / "x.h5"
    )
    assert "there is nothing at" in failure(capsys, "import", "nasbench-macro", "gone", tmp_path / "x.h5")
    assert "expected" in failure(capsys, "import", "nasbench-macro", tmp_path / "x.json", tmp_path / "x.h5")
    assert "--existing with --append" in failure(
        capsys, "import", "runs", tmp_path / "x.json", tmp_path / "x.h5", "--existing", "skip"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_fetch_lists_the_formats_and_says_what_to_get_by_hand(capsys, tmp_path: Path) -> None:
    formats = {entry["format"]: entry for entry in answer(capsys, "fetch")}
    assert formats["nasbench101"]["downloads"][0]["sha256"].startswith("4c39c393")
    assert "nats-bench-tss" in printed(capsys, "fetch")
    assert "get it by hand: https" in failure(capsys, "fetch", "nats-bench-tss", tmp_path)
    assert "unknown format" in failure(capsys, "fetch", "nasbench-102", tmp_path)


def test_check_tells_damage_and_repairs_it(capsys, store: BenchmarkStore, tmp_path: Path) -> None:
    assert "is sound" in printed(capsys, "check", store.path)
    newest = max(store.path.glob("segment-*.h5"))
    content = bytearray(newest.read_bytes())
    content[1000] ^= 1
    newest.write_bytes(content)
    error = failure(capsys, "check", store.path)
    assert newest.name in error
    assert "--repair keeps what is sound" in error
    assert newest.name in printed(capsys, "check", store.path, "--repair")
    assert "is sound" in printed(capsys, "check", store.path)
    assert len(BenchmarkStore.open(store.path)) > 0


def test_merge_folds_and_adds_other_stores(capsys, store: BenchmarkStore, shipped: Path) -> None:
    assert "0 new runs; 120 in" in printed(capsys, "merge", store.path)
    assert len(list(store.path.glob("segment-*.h5"))) == 1
    assert "are in both stores" in failure(capsys, "merge", store.path, shipped)
    assert answer(capsys, "merge", store.path, shipped, "--existing", "skip")["runs"] == 4500


def test_copy_takes_a_selection(capsys, store: BenchmarkStore, tmp_path: Path) -> None:
    part = tmp_path / "part.h5"
    made = answer(capsys, "copy", store.path, part, "--select", "seed=0,2", "task=digits")
    assert made["runs"] == 80
    assert BenchmarkStore.open(part).seeds() == [0, 2]
    whole = tmp_path / "whole"
    assert "120 of 120 runs in" in printed(capsys, "copy", store.path, whole)
    for words in ("seed", "colour=red", "seed=a"):
        assert "expected" in failure(capsys, "copy", store.path, tmp_path / "no", "--select", words)


def test_a_search_tells_no_test_score_where_there_is_none(capsys, store: BenchmarkStore, tmp_path) -> None:
    runs = store.records(curves=False)
    runs["test_accuracy"] = np.nan
    untested = BenchmarkStore.create(tmp_path / "untested", store.space)
    untested.append(runs[[name for name in runs.dtype.names if name != "latency_ms"]])
    found = answer(capsys, "search", untested.path, "--searcher", "random", "--budget", 5)
    assert found["test_of_best"] is None
    assert "nan" not in printed(capsys, "search", untested.path, "--searcher", "random", "--budget", 5)
