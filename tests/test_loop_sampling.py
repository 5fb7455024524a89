"""The loop offline: a table in place of training, candidates that are sampled, and how rounds are judged."""

from pathlib import Path

import numpy as np
import pytest
from simulated_trainings import SimulatedTrainings

from surronas.errors import InputError
from surronas.evaluators import TabularEvaluator
from surronas.journal import Round
from surronas.judging import Truth, judge
from surronas.loop import run_loop
from surronas.metrics import kendall_tau
from surronas.proposals import SampledProposer, num_sampled
from surronas.store import BenchmarkStore
from surronas.surrogates import BayesianRidgeSurrogate

SURROGATES = {"ridge": BayesianRidgeSurrogate()}


@pytest.fixture(scope="module")
def table() -> BenchmarkStore:
    """The whole shipped table: any cell that a searcher may pick is in it."""
    return BenchmarkStore.open(Path(__file__).parents[1] / "benchmarks_data" / "digits_cell201.h5")


def turned(table: BenchmarkStore, folder: Path, **knobs) -> list[Round]:
    """Turn the loop on 30 cells of the table, 2 rounds of 8, judged on 120 others."""
    evaluator = TabularEvaluator(table)
    cells = np.random.default_rng(3).permutation(table.space.canonical(table.architectures))
    store = BenchmarkStore.create(folder / "store", table.space, canonical=True)
    store.append(evaluator.evaluate(cells[:30], [0]))
    held_out = evaluator.evaluate(cells[30:150], [0])
    settings = {"num_rounds": 2, "per_round": 8, "surrogates": SURROGATES, **knobs}
    return list(run_loop(store, settings.pop("evaluator", evaluator), held_out, **settings))


def proposers_of(rounds: list[Round]) -> list[list[str]]:
    return [[candidate.proposer for candidate in one.candidates] for one in rounds[1:]]


def test_a_table_turns_the_loop_as_training_does(table, tmp_path) -> None:
    rounds = turned(table, tmp_path)
    assert [one.num_rows for one in rounds] == [30, 38, 46]
    for one in rounds[1:]:
        texts = [candidate.text for candidate in one.candidates]
        scores = [measurement.score for measurement in one.measurements]
        np.testing.assert_array_equal(scores, table.query(texts, "valid_accuracy", seed=0))


def test_a_share_of_the_candidates_is_sampled(table, tmp_path) -> None:
    rounds = turned(table, tmp_path, sampled_share=0.25)
    assert [names.count("random sampling") for names in proposers_of(rounds)] == [2, 2]
    keys = table.space.keys(
        np.array([c.architecture for one in rounds for c in one.candidates], dtype=np.int8)
    )
    assert len(np.unique(keys)) == 16


@pytest.mark.parametrize(("share", "counts"), [(0.0, [0, 0]), (1.0, [8, 8]), (0.1, [0, 1])])
def test_shares_add_up_over_rounds(table, tmp_path, share: float, counts: list[int]) -> None:
    rounds = turned(table, tmp_path, sampled_share=share)
    assert [names.count("random sampling") for names in proposers_of(rounds)] == counts


def test_without_rounds_to_wait_for_as_many_are_sampled(table, tmp_path) -> None:
    workers = SimulatedTrainings(table, 3)
    rounds = turned(table, tmp_path, evaluator=workers, sampled_share=0.25, asynchronous=True)
    assert [names.count("random sampling") for names in proposers_of(rounds)] == [2, 2]


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused_before_anything_is_trained(table, tmp_path, share: float) -> None:
    with pytest.raises(InputError, match="sampled_share: expected a share from 0 to 1, got"):
        turned(table, tmp_path, sampled_share=share)


def test_parts_of_a_share_are_told_apart_however_they_are_asked_for() -> None:
    for share in (0.0, 0.1, 1 / 3, 0.25, 0.9, 1.0):
        one_by_one = [num_sampled(share, first, 1) for first in range(40)]
        assert sum(one_by_one) == num_sampled(share, 0, 40)
        assert sum(one_by_one[:15]) == num_sampled(share, 0, 15)


def test_samples_are_uniform_over_distinct_networks(table) -> None:
    from surronas.proposals import Measured

    nothing = np.empty((0, 6), dtype=np.int8)
    known = Measured(table.space, nothing, np.empty(0), nothing)
    found = SampledProposer().propose(known, 600, 0)
    assert len(np.unique(table.space.keys(found))) == 600
    again = SampledProposer().propose(Measured(table.space, found[:300], np.zeros(300), found[300:]), 600, 1)
    assert not np.isin(table.space.keys(again), table.space.keys(found)).any()


def test_the_best_tenth_of_the_held_out_is_judged_on_its_own(rng: np.random.Generator) -> None:
    cells = np.zeros((200, 6), dtype=np.int8)
    X, values = rng.normal(size=(200, 3)), rng.normal(size=200)
    fitted = {"ridge": BayesianRidgeSurrogate().fit(X, values + 0.3 * rng.normal(size=200))}
    mean = fitted["ridge"].predict(X)
    best, worst = np.argsort(-values)[:20], np.argsort(values)[:20]
    quality = judge(Truth(cells, values), X, fitted)["ridge"]
    assert quality.kendall_tau == pytest.approx(kendall_tau(values, mean))
    assert quality.kendall_tau_top == pytest.approx(kendall_tau(values[best], mean[best]))
    less_is_better = judge(Truth(cells, values), X, fitted, sign=-1.0)["ridge"]
    assert less_is_better.kendall_tau_top == pytest.approx(kendall_tau(values[worst], mean[worst]))


def test_a_tenth_of_few_says_nothing(rng: np.random.Generator) -> None:
    X, values = rng.normal(size=(60, 3)), rng.normal(size=60)
    fitted = {"ridge": BayesianRidgeSurrogate().fit(X, values)}
    assert judge(Truth(np.zeros((60, 6), dtype=np.int8), values), X, fitted)["ridge"].kendall_tau_top is None
