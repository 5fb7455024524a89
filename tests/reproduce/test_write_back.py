"""The study of writing trainings back: how it is summed up, and that the README tells what it found."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "reproduce"


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import write_back

    yield write_back
    for name in ("write_back", "claims", "measuring"):
        sys.modules.pop(name, None)


def one_run(regret: float, tau: float) -> dict[str, dict]:
    judged = {"tau": [0.1, tau], "tau_top": [0.0, tau / 2], "coverage": [0.9, 0.8]}
    line = {"rows": [50, 150], "regret": [2.0, regret], "Gaussian process": judged, "XGBoost": judged}
    worse = {**line, "regret": [2.0, regret + 1.0]}
    return {"loop": line, "one search": worse, "random": worse, "loop, a quarter sampled": line}


def test_differences_are_paired_by_seed(study) -> None:
    found = study.differences([one_run(0.5, 0.6), one_run(3.5, 0.7)])
    mean, error = found["loop - random"]["regret"]
    assert (mean, error) == (pytest.approx(-1.0), pytest.approx(0.0))  # however far apart the seeds are


def test_means_and_errors_are_told_round_by_round(study) -> None:
    told = study.summary([one_run(0.5, 0.6), one_run(1.5, 0.8)])["loop"]
    assert told["rows"] == [50, 150]
    assert told["regret"] == [2.0, 1.0]
    assert told["regret_error"] == [0.0, 0.5]
    assert told["tau"] == told["Gaussian process"]["tau"] == [0.1, 0.7]


def test_a_start_has_no_network_twice_and_none_that_judges(study, shipped) -> None:
    from surronas.evaluators import TabularEvaluator
    from surronas.store import BenchmarkStore

    store = BenchmarkStore.open(shipped)
    order = study.drawn(store, TabularEvaluator(store), 0)
    assert len(np.unique(store.space.keys(order))) == len(order) == 1500
    assert not np.array_equal(order, study.drawn(store, TabularEvaluator(store), 1))


@pytest.mark.parametrize("name", ["write_back", "write_back_training"])
def test_the_committed_result_has_every_strategy_and_round(study, name: str) -> None:
    result = json.loads((FOLDER / "results" / f"{name}.json").read_text())
    assert result["missed"] == sum(line["passed"] is False for line in result["lines"])
    expected = set(study.STRATEGIES) if name == "write_back" else {"loop", "one search", "random"}
    for starts in result["tables"].values():
        for start, found in starts.items():
            assert set(found) == expected
            assert found["loop"]["rows"][0] == int(start)
            rounds = len(found["loop"]["rows"])
            assert {len(found["loop"][each]) for each in ("regret", "tau", "tau_top", "coverage")} == {rounds}


def test_the_offline_study_covers_four_tables_three_starts_and_twenty_seeds(study) -> None:
    result = json.loads((FOLDER / "results" / "write_back.json").read_text())
    assert set(result["tables"]) == set(study.TABLES)
    assert all(set(starts) == set(map(str, study.STARTS)) for starts in result["tables"].values())
    assert result["seeds"] == f"0 to {study.NUM_SEEDS - 1}"
