"""The command that compares searchers, and the names of all of them."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from test_cli import answer, failure

from surronas.cli import main
from surronas.commands.names import (
    FIDELITY_SEARCHERS,
    FRONT_SEARCHERS,
    SEARCHERS,
    searcher_named,
    takes_surrogate,
)
from surronas.compare import Comparison
from surronas.errors import InputError
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore

QUICK = ("--searchers", "random", "local", "--seeds", 3, "--budget", 12, "--workers", 1)


@pytest.fixture
def store(shipped: Path, tmp_path: Path) -> Path:
    """Sixty cells of the shipped store."""
    source = BenchmarkStore.open(shipped)
    source.copy(tmp_path / "small.h5", source.architectures[::25])
    return tmp_path / "small.h5"


def test_compare_says_what_was_searched_and_prints_a_table(capsys, store: Path) -> None:
    assert main(["compare", str(store), *map(str, QUICK)]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0].startswith("small: searched on valid_accuracy (validation split, task digits")
    assert "3 seeds, 12 queries" in lines[1]
    assert lines[2].split()[:3] == ["searcher", "mean", "regret"]
    assert [line.split()[0] for line in lines[3:]] == ["random", "local"]
    assert "6 of 6 searches" in printed.err


def test_compare_answers_in_json(capsys, store: Path) -> None:
    found = answer(capsys, "compare", store, *QUICK)
    (problem,) = found["problems"]
    assert [each["searcher"] for each in problem["searchers"]] == ["random", "local"]
    assert all(each["mean_regret"] >= 0 for each in problem["searchers"])
    assert found["settings"]["searchers"]["random"].endswith("RandomSearch")


def test_compare_writes_results_and_goes_on(capsys, store: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    assert main(["compare", str(store), *map(str, QUICK), "--out", str(out), "--parquet"]) == 0
    assert (out / "queries.parquet").stat().st_size
    assert "valid_accuracy" in (out / "report.html").read_text()
    assert {path.suffix for path in out.iterdir()} >= {".png", ".pdf", ".csv", ".tex", ".txt"}
    found = Comparison.load(out / "comparison.h5")
    assert found.keys.shape == (2, 1, 3, 12)
    capsys.readouterr()
    more = [*map(str, QUICK[:-4]), "--budget", "12", "--workers", "1", "--out", str(out)]
    more[more.index("3")] = "5"
    assert main(["compare", str(store), *more]) == 0
    assert "6 of 10 searches" in capsys.readouterr().err
    np.testing.assert_array_equal(Comparison.load(out / "comparison.h5").keys[:, :, :3], found.keys)


def test_compare_takes_budgets_on_simulated_workers(capsys, store: Path) -> None:
    found = answer(
        capsys,
        *("compare", store, "--searchers", "random", "--seeds", 2, "--workers", 1),
        *(
            "--budget-seconds",
            4,
            "--simulated-workers",
            3,
            "--training-seeds",
            "drawn",
            "--decision-seconds",
            0.1,
        ),
    )
    assert found["settings"]["setting"] == {
        "budget": {"queries": None, "epochs": None, "train_seconds": None, "clock_seconds": 4.0},
        "workers": 3,
        "batch": 1,
        "decision_seconds": 0.1,
    }
    assert "drawn at random for each query" in found["problems"][0]["what"]


def test_compare_searches_every_task_that_has_the_metric(capsys, store: Path) -> None:
    opened = BenchmarkStore.open(store)
    runs = opened.records()
    runs["task"] = "other"
    opened.append(runs)
    runs["task"], runs["valid_accuracy"] = "untested", np.nan
    opened.append(runs)
    found = answer(capsys, "compare", store, *QUICK)
    assert [each["problem"] for each in found["problems"]] == ["small digits", "small other"]
    found = answer(capsys, "compare", store, *QUICK, "--task", "other", "--training-seeds", 0, 1)
    assert [each["problem"] for each in found["problems"]] == ["small other"]


def test_compare_takes_a_surrogate(capsys, store: Path) -> None:
    given = ("--searchers", "random", "npenas", "--surrogate", "bayesian-ridge")
    found = answer(capsys, "compare", store, *QUICK, *given)
    made = found["settings"]["searchers"]
    assert made["npenas"]["keywords"]["surrogate"]["class"].endswith("BayesianRidgeSurrogate")
    assert isinstance(made["random"], str)


def test_compare_tells_what_is_wrong(capsys, store: Path, tmp_path: Path) -> None:
    assert "expected --out as a folder" in failure(capsys, "compare", store, "--out", store)
    assert "expected --out as well as --parquet" in failure(capsys, "compare", store, "--parquet")
    assert "none of random, local takes a surrogate" in failure(
        capsys, "compare", store, *QUICK, "--surrogate", "xgboost"
    )
    assert "expected a metric among" in failure(capsys, "compare", store, *QUICK, "--metric", "accuracy")
    assert "--objective-is-test" in failure(capsys, "compare", store, *QUICK, "--metric", "test_accuracy")
    assert "at most its 60 candidates, got 61" in failure(capsys, "compare", store, "--budget", 61)
    assert "--training-seeds as numbers" in failure(capsys, "compare", store, "--training-seeds", "all")


def test_decision_seconds_must_be_a_number_or_a_word(capsys, store: Path) -> None:
    with pytest.raises(SystemExit):
        main(["compare", str(store), "--decision-seconds", "long"])
    assert "expected 'free', 'measured' or seconds, got 'long'" in capsys.readouterr().err


@pytest.mark.parametrize("name", SEARCHERS)
def test_every_searcher_can_be_named(capsys, store: Path, name: str, cell201: Cell201) -> None:
    assert searcher_named(name)(cell201, seed=0, candidates=None).ask(2).shape == (2, 6)
    found = answer(capsys, "search", store, "--searcher", name, "--budget", 3)
    assert len(found["queries"]) == 3


def test_a_surrogate_is_for_those_that_take_one(cell201: Cell201) -> None:
    assert takes_surrogate("bayesian")
    assert not takes_surrogate("random")
    with pytest.raises(InputError, match="searcher 'random' takes no surrogate, got 'xgboost'"):
        searcher_named("random", "xgboost")


def test_searches_over_fidelities_can_be_named(capsys, store: Path) -> None:
    found = answer(capsys, "compare", store, *QUICK, "--searchers", *FIDELITY_SEARCHERS, "--seeds", 1)
    summaries = found["problems"][0]["searchers"]
    assert [each["searcher"] for each in summaries] == list(FIDELITY_SEARCHERS)
    assert all(each["failed"] == 0 for each in summaries)


def test_fronts_are_compared_within_limits(capsys, store: Path) -> None:
    given = ("--searchers", "random", "nsga2", "front-local", "--against", "params", "--at-most", "flops=2e6")
    found = answer(capsys, "compare", store, *QUICK, *given)
    (problem,) = found["problems"]
    assert problem["metric"] == "hypervolume"
    assert "valid_accuracy against params within flops" in problem["what"]
    assert all(each["failed"] == 0 for each in problem["searchers"])
    limited = failure(capsys, "compare", store, *QUICK, "--at-most", "params")
    assert "expected a limit as METRIC=VALUE, got 'params'" in limited
    tested = failure(
        capsys, "compare", store, *QUICK, "--against", "params", "--test-metric", "test_accuracy"
    )
    assert "no test metric is reported or searched" in tested
    drawn = failure(capsys, "compare", store, *QUICK, "--against", "params", "--training-seeds", "drawn")
    assert "expected --training-seeds as numbers or 'mean'" in drawn


@pytest.mark.parametrize("name", FRONT_SEARCHERS)
def test_every_searcher_of_fronts_can_be_named(name: str, cell201: Cell201) -> None:
    assert searcher_named(name)(cell201, seed=0, candidates=None).ask(2).shape == (2, 6)


def test_a_comparison_of_failures_alone_is_told(capsys, store: Path, tmp_path: Path) -> None:
    given = ("--searchers", "asha", "--budget-seconds", 9, "--seeds", 2, "--workers", 1)
    assert main(["compare", str(store), *map(str, given), "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "2 searches failed and are left out; the first, asha on small, seed 0: InputError" in printed
    assert "written to" in printed


@pytest.mark.slow
def test_a_killed_comparison_goes_on(shipped: Path, tmp_path: Path) -> None:
    given = ["--searchers", "random", "npenas", "--seeds", "40", "--budget", "60", "--workers", "2"]
    command = [sys.executable, "-m", "surronas", "compare", str(shipped), *given, "--out"]
    running = subprocess.Popen([*command, str(tmp_path / "out")], stderr=subprocess.DEVNULL)
    while not list((tmp_path / "out").glob("comparison.h5.parts/*.h5")):
        assert running.poll() is None
        time.sleep(0.01)
    running.kill()
    running.wait()
    again = subprocess.run([*command, str(tmp_path / "out")], capture_output=True, text=True, check=True)
    assert not again.stderr.startswith("0 of 80")
    subprocess.run([*command[:-2], "1", "--out", str(tmp_path / "whole")], capture_output=True, check=True)
    found, whole = (Comparison.load(tmp_path / name / "comparison.h5") for name in ("out", "whole"))
    np.testing.assert_array_equal(found.keys, whole.keys)
    np.testing.assert_array_equal(found.scores, whole.scores)
