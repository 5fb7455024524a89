"""Searches over fidelities, and of several metrics, beside plain ones."""

import functools
from pathlib import Path

import numpy as np
import pytest
from tables import LATENCY, made_store, networks, runs_of

from surronas.compare import Budget, Comparison, ParetoProblem, Setting, TableProblem, compare
from surronas.compare.fidelity_run import over_fidelities
from surronas.compare.run import run
from surronas.errors import InputError
from surronas.metrics import hypervolume, pareto_front
from surronas.objectives import Pareto
from surronas.searchers import ASHA, LocalSearch, RandomSearch, SuccessiveHalving
from surronas.searchers.nsga2 import NSGA2
from surronas.store import BenchmarkStore

CELLS = networks(60)
BOTH = Pareto(["valid_accuracy", "latency_ms"])


@pytest.fixture
def shipped_part(shipped: Path, tmp_path: Path) -> TableProblem:
    """A hundred cells of the shipped store, with learning curves of six epochs and three seeds."""
    source = BenchmarkStore.open(shipped)
    source.copy(tmp_path / "part.h5", source.architectures[::15])
    return TableProblem(tmp_path / "part.h5")


@pytest.fixture
def timed(tmp_path: Path) -> Path:
    """Sixty cells with an accuracy and a latency."""
    path = made_store(tmp_path, runs_of(CELLS))
    latency = np.random.default_rng(1).random(60) * 10
    BenchmarkStore.open(path).attach(CELLS, {LATENCY.name: latency})
    return path


def test_those_that_take_epochs_are_told_apart() -> None:
    assert over_fidelities(ASHA)
    assert over_fidelities(functools.partial(ASHA, eta=2))
    assert not over_fidelities(RandomSearch)


def test_a_budget_in_queries_is_as_many_complete_trainings(shipped_part: TableProblem) -> None:
    found = compare({"asha": ASHA, "random": RandomSearch}, [shipped_part], seeds=3, budget=20, workers=1)
    assert not found.failures
    spent = found.costs("epochs")[..., -1]
    np.testing.assert_array_equal(spent[1], 20 * 6 * 3)
    assert (spent[0] <= 20 * 6 * 3).all()
    assert (spent[0] > 18 * 6 * 3).all()
    assert (found.num_queries[0] > 20).all()
    assert np.isnan(found.scores[0, 0, :, 20:]).any()


def test_only_complete_trainings_have_a_score(shipped_part: TableProblem) -> None:
    found = compare(
        {"halving": SuccessiveHalving}, [shipped_part], seeds=2, budget=Budget(epochs=300), workers=1
    )
    answers = shipped_part.opened()
    scored = np.isfinite(found.scores)
    assert scored.any()
    assert not scored[found.asked].all()
    keys = answers.columns(range(100), [0] * 100).keys.tolist()
    best = dict(zip(keys, answers.scores[:, 0], strict=True))
    told = [best[key] for key in found.keys[scored].tolist()]
    np.testing.assert_allclose(found.scores[scored], told)
    assert np.isfinite(found.test[scored]).all()
    np.testing.assert_allclose(found.costs("clock")[..., -1], found.costs("train_seconds")[..., -1])


def test_fidelities_take_workers_and_stay_the_same(shipped_part: TableProblem) -> None:
    given = {"seeds": 12, "budget": 8, "simulated_workers": 3}
    alone = compare({"asha": ASHA}, [shipped_part], workers=1, **given)
    both = compare({"asha": ASHA}, [shipped_part], workers=2, **given)
    np.testing.assert_array_equal(alone.keys, both.keys)
    np.testing.assert_array_equal(alone.clock, both.clock)
    assert (alone.costs("clock")[..., -1] < alone.costs("train_seconds")[..., -1]).all()


def failed(found: Comparison) -> str:
    (message,) = {failure.message for failure in found.failures}
    return message


def test_what_a_search_over_fidelities_can_not_have_fails(shipped_part: TableProblem, timed: Path) -> None:
    asha = {"asha": ASHA}
    seconds = compare(asha, [shipped_part], seeds=2, budget=Budget(clock_seconds=9.0), workers=1)
    assert "takes a budget in queries or epochs" in failed(seconds)
    pareto = compare(asha, [ParetoProblem(timed, BOTH)], seeds=2, budget=5, workers=1)
    assert "needs the learning curves of a table" in failed(pareto)
    drawn = TableProblem(shipped_part.store, seeds="drawn")
    assert "needs one seed, or the mean over all" in failed(
        compare(asha, [drawn], seeds=1, budget=5, workers=1)
    )


def test_an_archive_is_worth_its_hypervolume(timed: Path) -> None:
    problem = ParetoProblem(timed, BOTH)
    answers = problem.opened()
    found = compare({"nsga2": NSGA2, "random": RandomSearch}, [problem], seeds=3, budget=60, workers=1)
    assert not found.failures
    assert (np.diff(found.scores) >= 0).all()
    np.testing.assert_allclose(found.scores[..., -1], 1.0)  # of all candidates
    log = run(
        RandomSearch(answers.pool.space, seed=2, candidates=answers.pool),
        answers,
        Setting(Budget(queries=9)),
        2,
    )
    shares = answers.shares[log.places]
    whole = hypervolume(answers.shares, np.zeros(2))
    np.testing.assert_allclose(found.scores[1, 0, 2, 8], hypervolume(shares, np.zeros(2)) / whole)
    assert len(answers.front()) == len(pareto_front(answers.scores))
    assert found.problems[0].metric == "hypervolume"


def test_searchers_of_one_score_are_told_the_first(timed: Path) -> None:
    alone = compare({"local": LocalSearch}, [TableProblem(timed)], seeds=2, budget=30, workers=1)
    pareto = compare({"local": LocalSearch}, [ParetoProblem(timed, BOTH)], seeds=2, budget=30, workers=1)
    np.testing.assert_array_equal(pareto.keys, alone.keys)


def test_what_breaks_a_limit_is_worth_nothing(timed: Path) -> None:
    objective = Pareto(["valid_accuracy", "latency_ms"], at_most={"latency_ms": 4.0})
    problem = ParetoProblem(timed, objective)
    answers = problem.opened()
    assert 0 < answers.feasible.sum() < 60
    outside = np.flatnonzero(~answers.feasible).tolist()
    np.testing.assert_array_equal(answers.columns(outside, [0] * len(outside)).scores, 0.0)
    found = compare({"nsga2": NSGA2}, [problem], seeds=2, budget=60, workers=1)
    np.testing.assert_allclose(found.scores[..., -1], 1.0)
    assert "within latency_ms" in found.problems[0].split_words


def test_objectives_that_can_not_be_are_refused(timed: Path) -> None:
    nowhere = ParetoProblem(timed, Pareto(["valid_accuracy"], at_most={"latency_ms": -1.0}))
    with pytest.raises(InputError, match=r"of the 60 architectures .* none is within the limits"):
        nowhere.opened()
    with pytest.raises(InputError, match="test split"):
        ParetoProblem(timed, Pareto(["test_accuracy", "latency_ms"])).opened()


def test_fingerprints_hold_all_metrics(timed: Path) -> None:
    others = [Pareto(["valid_accuracy", "valid_loss"]), Pareto(BOTH.metrics, {"latency_ms": 4.0})]
    prints = [ParetoProblem(timed, each).opened().fingerprint() for each in (BOTH, BOTH, *others)]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3
