import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from simulated_trainings import SimulatedTrainings, Stop, uneven
from training.tiny import GOOD, HUGE, TINY, tiny_task

from surronas.async_search import run_async_search
from surronas.errors import InputError, SpaceExhaustedError, SurronasError
from surronas.evaluators import TabularEvaluator
from surronas.objectives import Pareto
from surronas.search import Trajectory, run_search
from surronas.search_notes import SearchNotes
from surronas.searchers import (
    NSGA2,
    BayesianOptimization,
    LocalSearch,
    Pool,
    RandomSearch,
    RegularizedEvolution,
    Searcher,
)
from surronas.spaces import Architectures, Cell201
from surronas.store import BenchmarkStore, Metric
from surronas.training import TrainingEvaluator
from surronas.under_way import UnderWay

SPACE = Cell201()
MAKE: dict[str, Callable[..., Searcher]] = {
    "random": RandomSearch,
    "local": LocalSearch,
    "evolution": RegularizedEvolution,
    "bayesian": BayesianOptimization,
}


@pytest.fixture(scope="module")
def table(shipped) -> BenchmarkStore:
    return BenchmarkStore.open(shipped)


@pytest.fixture(scope="module")
def pool(table) -> Pool:
    return Pool(SPACE, table.architectures[::12])


@pytest.fixture
def store(tmp_path) -> BenchmarkStore:
    return BenchmarkStore.create(tmp_path / "store", SPACE, canonical=True)


class Watched:
    """A real searcher, and a note of what it was asked and told."""

    def __init__(self, searcher: Searcher) -> None:
        self.searcher, self.pending, self.told, self.discarded = searcher, [], [], []

    def ask(self, n: int = 1, *, pending=None) -> Architectures:
        self.pending.append(0 if pending is None else len(pending))
        return self.searcher.ask(n, pending=pending)

    def tell(self, architectures: Architectures, scores: np.ndarray) -> None:
        self.told.append((architectures, scores))
        self.searcher.tell(architectures, scores)

    def discard(self, architectures: Architectures) -> None:
        self.discarded.append(architectures)
        self.searcher.discard(architectures)


def assert_same(a: Trajectory, b: Trajectory) -> None:
    np.testing.assert_array_equal(a.architectures, b.architectures)
    np.testing.assert_array_equal(a.scores, b.scores)
    np.testing.assert_array_equal(a.records["seed"], b.records["seed"])


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("seeds", [(0,), (2, 0)])
def test_with_one_worker_it_is_the_sequential_search(table, pool, name, seeds):
    sequential = run_search(
        MAKE[name](SPACE, seed=4, candidates=pool), TabularEvaluator(table), budget=18, seeds=seeds
    )
    found = run_async_search(
        MAKE[name](SPACE, seed=4, candidates=pool), SimulatedTrainings(table, 1), budget=18, seeds=seeds
    )
    assert_same(found, sequential)


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize(("workers", "seeds"), [(4, (0,)), (4, (0, 1, 2)), (2, (1, 2)), (7, (0, 2))])
def test_no_worker_waits_while_there_is_something_to_ask(table, pool, name, workers, seeds):
    trainings = SimulatedTrainings(table, workers)
    searcher = Watched(MAKE[name](SPACE, seed=1, candidates=pool))
    found = run_async_search(searcher, trainings, budget=20, seeds=seeds)
    assert trainings.most_at_once == workers
    assert trainings.idle == [] or min(trainings.idle) >= trainings.begun[-1]  # only once all have begun
    assert max(searcher.pending) >= min(workers - 1, 20) // len(seeds)
    assert len(trainings.trained) == len(set(trainings.trained)) == 20 * len(seeds)
    assert len(np.unique(SPACE.keys(found.architectures))) == 20


def test_answers_come_in_the_order_in_which_trainings_end(table, pool):
    trainings = SimulatedTrainings(table, 4)
    searcher = Watched(RandomSearch(SPACE, seed=0, candidates=pool))
    found = run_async_search(searcher, trainings, budget=16)
    submitted = [architecture for architecture, _ in trainings.trained]
    answered = [tuple(row) for row in found.architectures.tolist()]
    assert sorted(answered) == sorted(submitted)
    assert answered != submitted
    ends = [trainings.begun[submitted.index(a)] + uneven(np.array(a), 0) for a in answered]
    assert ends == sorted(ends)
    told = np.concatenate([architectures for architectures, _ in searcher.told])
    np.testing.assert_array_equal(told, found.architectures)
    assert (np.diff(found.seconds) >= 0).all()


def test_a_score_is_the_mean_over_all_seeds_and_nothing_else_is_told(table, pool):
    searcher = Watched(RandomSearch(SPACE, seed=0, candidates=pool))
    found = run_async_search(searcher, SimulatedTrainings(table, 3), budget=6, seeds=(2, 0))
    means = np.mean([table.query(found.architectures, "valid_accuracy", seed=s) for s in (0, 2)], axis=0)
    np.testing.assert_allclose(found.scores, means, rtol=1e-12)
    np.testing.assert_array_equal(np.concatenate([scores for _, scores in searcher.told]), found.scores)
    assert found.records["seed"].tolist() == [2, 0] * 6


@pytest.mark.parametrize("metric", ["test_accuracy", "test_loss"])
def test_test_metrics_are_refused(table, pool, metric):
    trainings = SimulatedTrainings(table, 2)
    with pytest.raises(InputError, match="must not see"):
        run_async_search(RandomSearch(SPACE, seed=0, candidates=pool), trainings, budget=3, metric=metric)
    assert trainings.trained == []


def test_failed_architectures_are_discarded_once_and_have_no_score(table, pool):
    trainings = SimulatedTrainings(table, 3, fails=lambda a: bool(a.sum() % 3 == 0))
    searcher = Watched(RegularizedEvolution(SPACE, seed=0, candidates=pool))
    found = run_async_search(searcher, trainings, budget=15, seeds=(0, 1))
    failed = found.architectures.sum(axis=1) % 3 == 0
    assert 0 < failed.sum() < 15
    np.testing.assert_array_equal(np.isnan(found.scores), failed)
    np.testing.assert_array_equal(np.concatenate(searcher.discarded), found.architectures[failed])
    assert set(found.records["status"].tolist()) == {"ok", "diverged"}


def test_rows_are_stored_before_they_are_handed_on(table, pool, store):
    rows = []

    def note(row) -> None:
        assert store.contains(row["architecture"], seed=int(row["seed"][0])).all()
        rows.append(row)

    answers = []
    found = run_async_search(
        RandomSearch(SPACE, seed=0, candidates=pool),
        SimulatedTrainings(table, 4),
        budget=9,
        seeds=(0, 1),
        store=store,
        on_row=note,
        on_answer=lambda queries, best: answers.append((queries, best)),
    )
    assert len(rows) == len(store) == 18
    assert [queries for queries, _ in answers] == list(range(1, 10))
    assert [best for _, best in answers] == np.maximum.accumulate(found.scores).tolist()


def test_what_the_store_holds_is_not_trained(table, pool, store):
    store.append(table.records(pool.architectures[::2], seed=0))
    trainings = SimulatedTrainings(table, 3)
    found = run_async_search(
        RandomSearch(SPACE, seed=0, candidates=pool), trainings, budget=20, seeds=(0, 1), store=store
    )
    held = set(map(tuple, pool.architectures[::2].tolist()))
    asked = set(map(tuple, found.architectures.tolist()))
    assert len(asked & held) > 3
    assert sorted(trainings.trained) == sorted([(a, 0) for a in asked - held] + [(a, 1) for a in asked])


@pytest.mark.parametrize(
    ("name", "rows"), [("random", 0), ("local", 1), ("bayesian", 7), ("evolution", 12), ("bayesian", 23)]
)
def test_a_stopped_search_goes_on_as_if_nothing_had_happened(table, pool, store, tmp_path, name, rows):
    knobs = {"budget": 12, "seeds": (0, 1)}

    def search(trainings: SimulatedTrainings, where: BenchmarkStore, notes: Path) -> Trajectory:
        searcher = MAKE[name](SPACE, seed=2, candidates=pool)
        return run_async_search(searcher, trainings, **knobs, store=where, notes=notes)

    stopped, after = SimulatedTrainings(table, 1, stop_after=rows), SimulatedTrainings(table, 1)
    with pytest.raises(Stop):
        search(stopped, store, tmp_path / "notes")
    assert len(store) == rows
    found = search(after, store, tmp_path / "notes")
    other = BenchmarkStore.create(tmp_path / "other", SPACE, canonical=True)
    assert_same(found, search(SimulatedTrainings(table, 1), other, tmp_path / "others"))
    assert len(after.trained) == 24 - rows
    assert len(store) == 24


@pytest.mark.parametrize("rows", [1, 10, 17])
def test_several_workers_go_on_with_the_order_that_was(table, pool, store, tmp_path, rows):
    """No row is lost, none repeated, though trainings ended in another order than they began."""

    def search(trainings: SimulatedTrainings) -> tuple[Trajectory, Watched]:
        searcher = Watched(BayesianOptimization(SPACE, seed=2, candidates=pool, num_initial=5))
        found = run_async_search(searcher, trainings, budget=18, store=store, notes=tmp_path / "s" / "notes")
        return found, searcher

    stopped, after = SimulatedTrainings(table, 4, stop_after=rows), SimulatedTrainings(table, 4)
    with pytest.raises(Stop):
        search(stopped)
    ended_before = SearchNotes(tmp_path / "s" / "notes", read_about(tmp_path / "s" / "notes"))
    ended_before.close()
    found, searcher = search(after)
    assert len(store) == 18
    assert len(after.trained) == 18 - rows
    told = [a[0].tolist() for a, _ in searcher.told]
    assert told[: len(ended_before.told)] == [a.tolist() for a in ended_before.told]
    assert sorted(told) == sorted(found.architectures.tolist()) == sorted(store.architectures.tolist())
    again = SimulatedTrainings(table, 4)
    assert_same(search(again)[0], found)
    assert again.trained == []


def read_about(path: Path) -> dict:
    return json.loads(path.read_text().splitlines()[0])


def test_a_finished_search_can_be_given_more_budget_or_less(table, pool, store, tmp_path):
    def search(budget: int) -> tuple[Trajectory, int]:
        trainings = SimulatedTrainings(table, 3)
        searcher = RegularizedEvolution(SPACE, seed=2, candidates=pool)
        found = run_async_search(searcher, trainings, budget=budget, store=store, notes=tmp_path / "notes")
        return found, len(trainings.trained)

    first, _ = search(8)
    longer, trained = search(12)
    assert trained == 4
    np.testing.assert_array_equal(longer.architectures[:8], first.architectures)
    shorter, trained = search(5)
    assert trained == 0
    np.testing.assert_array_equal(shorter.architectures, first.architectures[:5])


def test_a_row_that_went_lost_is_trained_again(table, pool, store, tmp_path):
    def search(where: BenchmarkStore) -> tuple[Trajectory, int]:
        trainings = SimulatedTrainings(table, 2)
        searcher = RandomSearch(SPACE, seed=2, candidates=pool)
        found = run_async_search(searcher, trainings, budget=6, store=where, notes=tmp_path / "notes")
        return found, len(trainings.trained)

    search(store)
    found, trained = search(BenchmarkStore.create(tmp_path / "empty", SPACE, canonical=True))
    assert trained == len(found.scores) == 6


def test_without_notes_a_search_goes_on_from_its_rows(table, pool, store):
    def search(stop_after: int | None) -> Trajectory:
        searcher = RandomSearch(SPACE, seed=2, candidates=pool)
        return run_async_search(
            searcher, SimulatedTrainings(table, 3, stop_after=stop_after), budget=12, store=store
        )

    with pytest.raises(Stop):
        search(7)
    assert len(search(None).scores) == len(store) == 12


def test_a_half_written_line_of_notes_is_dropped(tmp_path):
    path = tmp_path / "notes"
    with SearchNotes(path, {"goal": "x"}) as notes:
        notes.ask(np.zeros(6, np.int8))
    with path.open("a") as file:
        file.write('{"told": [0, 0,')
    with SearchNotes(path, {"goal": "x"}) as notes:
        assert len(notes.asked) == 1
        assert notes.told == []
        notes.tell(np.zeros(6, np.int8))
    with SearchNotes(path, {"goal": "x"}) as notes:
        assert len(notes.told) == 1


def test_notes_of_another_search_are_refused(table, pool, store, tmp_path):
    notes = tmp_path / "notes"

    def search(seed: int = 0, **knobs) -> Trajectory:
        searcher = RandomSearch(SPACE, seed=seed, candidates=pool)
        trainings = SimulatedTrainings(table, 2)
        return run_async_search(searcher, trainings, budget=3, store=store, notes=notes, **knobs)

    search()
    with pytest.raises(InputError, match="notes of another search, which began with"):
        search(seed=1)
    with pytest.raises(InputError, match=r"notes of another search, \{'goal': 'valid_accuracy'"):
        search(metric="valid_loss")
    with pytest.raises(InputError, match="notes of another search"):
        search(seeds=(0, 1))
    with SearchNotes(notes, read_about(notes)), pytest.raises(InputError, match="another process holds"):
        search()
    notes.write_text("[]\n3\n")
    with pytest.raises(InputError, match="is damaged"):
        search()


def test_a_searcher_that_runs_dry_hands_over_what_it_found(table):
    few = Pool(SPACE, table.architectures[:5])
    trainings = SimulatedTrainings(table, 3)
    with pytest.raises(SpaceExhaustedError, match="0 of 5 distinct candidates are left") as stop:
        run_async_search(LocalSearch(SPACE, seed=0, candidates=few), trainings, budget=9)
    assert isinstance(stop.value.trajectory, Trajectory)
    assert len(stop.value.trajectory.scores) == 5


def test_several_objectives_want_a_searcher_for_them(table, pool):
    goal = Pareto(("valid_accuracy", "params"))
    searcher = NSGA2(SPACE, seed=0, candidates=pool)
    found = run_async_search(searcher, SimulatedTrainings(table, 4), budget=20, objective=goal)
    assert found.scores.shape == (20, 2)
    trainings = SimulatedTrainings(table, 4)
    with pytest.raises(InputError, match="RandomSearch takes one score an architecture"):
        run_async_search(RandomSearch(SPACE, seed=0, candidates=pool), trainings, budget=20, objective=goal)
    assert trainings.trained == []


def test_bad_settings_are_refused_before_anything_is_trained(table, pool, store, tmp_path):
    other = BenchmarkStore.create(
        tmp_path / "other", SPACE, metrics=[Metric("top5", "valid", "fraction", "maximize")]
    )
    for knobs, message in (
        ({"budget": 0}, "budget >= 1, got 0"),
        ({"seeds": ()}, "one training seed or more, each once"),
        ({"seeds": (1, 1)}, "one training seed or more, each once"),
        ({"notes": tmp_path / "notes"}, "expected a store as well"),
        ({"store": other}, r"lacks \['valid_accuracy'\]"),
    ):
        trainings = SimulatedTrainings(table, 2)
        with pytest.raises(InputError, match=message):
            run_async_search(
                RandomSearch(SPACE, seed=0, candidates=pool), trainings, **{"budget": 3, **knobs}
            )
        assert trainings.trained == []
    with pytest.raises(InputError, match=r"submit\(\) and finished\(\).*TabularEvaluator"):
        run_async_search(RandomSearch(SPACE, seed=0), TabularEvaluator(table), budget=1)


def test_waiting_for_nothing_and_training_twice_at_once_are_refused(table):
    under_way = UnderWay(SimulatedTrainings(table, 2), (0,))
    with pytest.raises(InputError, match="there is none"):
        under_way.wait()
    under_way.add(table.architectures[3])
    with pytest.raises(InputError, match="is being trained"):
        under_way.add(table.architectures[3])
    under_way.cancel()
    assert under_way.pending is None


def test_an_evaluator_that_loses_trainings_is_told_of(table):
    trainings = SimulatedTrainings(table, 2)
    under_way = UnderWay(trainings, (0,))
    under_way.add(table.architectures[3])
    trainings.cancel()
    with pytest.raises(SurronasError, match="SimulatedTrainings lost 1 trainings"):
        under_way.wait()


def test_one_process_trains_as_the_sequential_search_does(tmp_path):
    def searcher() -> Searcher:
        return RegularizedEvolution(SPACE, seed=3)

    with TrainingEvaluator(SPACE, tiny_task(), TINY, device="cpu") as evaluator:
        sequential = run_search(searcher(), evaluator, budget=6, seeds=(0, 1))
        found = run_async_search(searcher(), evaluator, budget=6, seeds=(0, 1))
    assert_same(found, sequential)
    np.testing.assert_array_equal(found.records["valid_loss_curve"], sequential.records["valid_loss_curve"])


def test_two_processes_train_whatever_ends_first(tmp_path):
    store = BenchmarkStore.create(tmp_path / "store", SPACE, canonical=True)
    searcher = Watched(BayesianOptimization(SPACE, seed=3, num_initial=4))
    with TrainingEvaluator(SPACE, tiny_task(), TINY, device="cpu", num_workers=2) as evaluator:
        found = run_async_search(
            searcher, evaluator, budget=7, seeds=(0, 1), store=store, notes=tmp_path / "notes"
        )
        assert len(store) == 14
        again = run_async_search(
            BayesianOptimization(SPACE, seed=3, num_initial=4),
            evaluator,
            budget=7,
            seeds=(0, 1),
            store=store,
            notes=tmp_path / "notes",
        )
        expected = evaluator.evaluate(found.architectures[:3], [0, 1])
    assert_same(again, found)
    assert max(searcher.pending) >= 1
    np.testing.assert_array_equal(found.records["valid_accuracy"][:6], expected["valid_accuracy"])


def test_a_training_that_fails_for_real_is_discarded(tmp_path):
    searcher = Watched(RandomSearch(SPACE, seed=0, candidates=np.array([GOOD], np.int8)))
    with TrainingEvaluator(SPACE, tiny_task(), HUGE, device="cpu") as evaluator:
        found = run_async_search(searcher, evaluator, budget=1)
    assert found.records["status"].tolist() == ["out_of_memory"]
    assert np.isnan(found.scores).all()
    assert searcher.told == []
    np.testing.assert_array_equal(searcher.discarded, [[GOOD]])
