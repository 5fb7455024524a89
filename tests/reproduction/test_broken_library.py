"""A searcher or surrogate that is broken on purpose turns reproductions red."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from broken_library import BREAKS, ROOT, broken_library, whole_checkout
from small_checkout import add_script, small_checkout

BAYESIAN, PROCESS = "bayesian optimisation asks at random", "a Gaussian process learns shuffled scores"
SEARCH = """
from surronas.searchers import BayesianOptimization
store = setting.table("digits")
cells = store.architectures
values = store.query(cells, "valid_accuracy", task="digits", seed="mean")
place = {key: i for i, key in enumerate(store.space.keys(cells).tolist())}
ranks = []
for seed in range(2):
    searcher, told = BayesianOptimization(store.space, seed=seed, candidates=cells), []
    for _ in range(45):
        asked = searcher.ask(1)
        told.append(values[place[int(store.space.keys(asked)[0])]])
        searcher.tell(asked, told[-1:])
    ranks.append(int((values > max(told)).sum()))
report.at_most("digits", "cells above the best of 45", np.mean(ranks), 25, "random search has 140")
""".strip()
NOTICED_BY = {
    BAYESIAN: ["anytime_regret"],
    PROCESS: ["predictor_study", "flan_table"],
    "boosted trees learn shuffled scores": ["pinat_table", "zero_cost_xgb"],
    "evolution takes the worst for parent": ["search_baselines"],
    "local search descends": ["search_baselines"],
}


def statuses(checkout: Path, library: Path, *names: str) -> tuple[int, dict[str, str]]:
    """Return the exit code of ``surronas reproduce``, and what came of each script."""
    command = [sys.executable, "-m", "surronas", "reproduce", *names, "--json"]
    environment = {**os.environ, "PYTHONPATH": str(library)}  # the folder it runs in comes first
    run = subprocess.run(command, cwd=checkout, env=environment, stdout=subprocess.PIPE, text=True)
    return run.returncode, {entry["name"]: entry["status"] for entry in json.loads(run.stdout)["scripts"]}


def test_a_broken_searcher_misses(tmp_path: Path) -> None:
    checkout = small_checkout(tmp_path)
    add_script(checkout, "search", SEARCH)
    assert statuses(checkout, ROOT) == (0, {"search": "pass"})
    assert statuses(checkout, broken_library(tmp_path, BAYESIAN)) == (1, {"search": "MISS"})


def test_a_broken_surrogate_misses(tmp_path: Path) -> None:
    checkout = whole_checkout(tmp_path)
    library = broken_library(tmp_path, PROCESS)
    assert statuses(checkout, library, "predicted_measured") == (1, {"predicted_measured": "MISS"})


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(BREAKS))
def test_scripts_notice(name: str, tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SURRONAS_SHARED", str(shared.parent))
    checkout, scripts = whole_checkout(tmp_path), NOTICED_BY[name]
    library = broken_library(tmp_path, name)
    assert statuses(checkout, library, *scripts) == (1, dict.fromkeys(scripts, "MISS"))
