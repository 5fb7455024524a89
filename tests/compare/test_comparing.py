"""Comparisons: over processes, resumed, added to, and refused where they can't be."""

import functools
import shutil
from pathlib import Path

import numpy as np
import pytest
from tables import Breaks, made_store, networks, runs_of

from surronas.compare import Budget, Comparison, TableProblem, compare, comparing, query_table, write_parquet
from surronas.compare.parts import Parts
from surronas.compare.provenance import described
from surronas.compare.results import ARRAYS
from surronas.errors import InputError, SpaceExhaustedError
from surronas.searchers import LocalSearch, RandomSearch
from surronas.surrogates import XGBoostSurrogate

SEARCHERS = {"random": RandomSearch, "walk": functools.partial(LocalSearch, num_initial=2)}
SAME = [name for name in ARRAYS if name != "decision_seconds"]


@pytest.fixture
def problems(tmp_path: Path) -> list[TableProblem]:
    path = made_store(tmp_path, runs_of(networks(60), (0, 1)))
    return [TableProblem(path), TableProblem(path, seeds="drawn", label="noisy")]


def assert_same(one: Comparison, other: Comparison) -> None:
    assert (one.searchers, one.problems, one.seeds) == (other.searchers, other.problems, other.seeds)
    for name in SAME:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def test_the_workers_change_nothing(problems: list[TableProblem]) -> None:
    alone = compare(SEARCHERS, problems, seeds=23, budget=30, workers=1)
    assert_same(alone, compare(SEARCHERS, problems, seeds=23, budget=30, workers=2))
    assert alone.scores.shape == (2, 2, 23, 30)
    assert (alone.regret[..., -1] >= 0).all()


def test_seeds_and_searchers_do_not_touch_each_other(problems: list[TableProblem]) -> None:
    whole = compare(SEARCHERS, problems, seeds=5, budget=30, workers=1)
    alone = compare({"walk": SEARCHERS["walk"]}, problems[1:], seeds=[4, 2], budget=30, workers=1)
    np.testing.assert_array_equal(alone.keys[0, 0], whole.keys[1, 1, [4, 2]])


def test_seeds_pair_the_searchers(problems: list[TableProblem]) -> None:
    found = compare(SEARCHERS, problems[:1], seeds=5, budget=2, workers=1)
    np.testing.assert_array_equal(found.keys[0], found.keys[1])


def test_a_comparison_goes_on_where_it_stopped(problems: list[TableProblem], tmp_path: Path) -> None:
    out, calls = tmp_path / "found.h5", []

    def stop(done: int, total: int, words: str) -> None:
        if done > 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(SEARCHERS, problems, seeds=25, budget=20, workers=1, out=out, on_runs=stop)
    assert not out.exists()
    again = compare(
        SEARCHERS, problems, seeds=25, budget=20, workers=1, out=out, on_runs=lambda *all_: calls.append(all_)
    )
    assert calls[0] == (50, 100, "")
    assert_same(again, compare(SEARCHERS, problems, seeds=25, budget=20, workers=1))
    assert_same(again, Comparison.load(out))
    assert len(again.settings["sessions"]) == 2
    assert not out.with_name("found.h5.parts").exists()


def test_workers_that_are_stopped_leave_what_they_finished(
    problems: list[TableProblem], tmp_path: Path
) -> None:
    def stop(done: int, total: int, words: str) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(SEARCHERS, problems, seeds=20, budget=20, workers=2, out=tmp_path / "found.h5", on_runs=stop)
    calls: list[tuple[int, int, str]] = []
    compare(
        SEARCHERS,
        problems,
        seeds=20,
        budget=20,
        workers=1,
        out=tmp_path / "found.h5",
        on_runs=lambda *each: calls.append(each),
    )
    assert calls[0][0] >= 10


def test_a_damaged_part_is_run_anew(problems: list[TableProblem], tmp_path: Path) -> None:
    out = tmp_path / "found.h5"

    def stop(done: int, total: int, words: str) -> None:
        if done >= 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(SEARCHERS, problems, seeds=20, budget=20, workers=1, out=out, on_runs=stop)
    for part in list((tmp_path / "found.h5.parts").glob("*.h5"))[:2]:
        part.write_bytes(part.read_bytes()[:-9])
    again = compare(SEARCHERS, problems, seeds=20, budget=20, workers=1, out=out)
    assert_same(again, compare(SEARCHERS, problems, seeds=20, budget=20, workers=1))


def test_a_finished_comparison_grows(problems: list[TableProblem], tmp_path: Path) -> None:
    out, done = tmp_path / "found.h5", []
    compare({"random": RandomSearch}, problems[:1], seeds=4, budget=20, workers=1, out=out)
    grown = compare(
        SEARCHERS,
        problems,
        seeds=6,
        budget=20,
        workers=1,
        out=out,
        on_runs=lambda *all_: done.append(all_[0]),
    )
    assert done[0] == 4
    assert_same(grown, compare(SEARCHERS, problems, seeds=6, budget=20, workers=1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"budget": 21}, "the results hold a comparison with"),
        ({"seeds": 3}, r"the results hold seeds that this comparison lacks: \[3\]"),
        ({"searchers": {"random": RandomSearch}}, r"hold searchers that this comparison lacks: \['walk'\]"),
        (
            {"searchers": {"random": RandomSearch, "walk": LocalSearch}},
            "the results hold walk as something else",
        ),
    ],
)
def test_another_comparison_is_refused(
    problems: list[TableProblem], tmp_path: Path, change: dict[str, object], message: str
) -> None:
    out = tmp_path / "found.h5"
    given = {"searchers": SEARCHERS, "seeds": 4, "budget": 20}
    found = compare(problems=problems, workers=1, out=out, **given)
    with pytest.raises(InputError, match=message):
        compare(problems=problems, workers=1, out=out, **(given | change))
    assert_same(Comparison.load(out), found)


def test_another_table_is_refused(problems: list[TableProblem], tmp_path: Path) -> None:
    compare(SEARCHERS, problems, seeds=2, budget=20, workers=1, out=tmp_path / "found.h5")
    changed = runs_of(networks(60))
    changed["valid_accuracy"][0] += 0.001
    (tmp_path / "toy.h5").unlink()
    made_store(tmp_path, changed)
    with pytest.raises(InputError, match="the results hold toy, noisy as something else than now"):
        compare(SEARCHERS, problems, seeds=2, budget=20, workers=1, out=tmp_path / "found.h5")


def test_a_copy_of_the_table_will_do(problems: list[TableProblem], tmp_path: Path) -> None:
    compare(SEARCHERS, problems[:1], seeds=2, budget=20, workers=1, out=tmp_path / "found.h5")
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(tmp_path / "toy.h5", tmp_path / "elsewhere")
    moved = [TableProblem(tmp_path / "elsewhere" / "toy.h5")]
    compare(SEARCHERS, moved, seeds=3, budget=20, workers=1, out=tmp_path / "found.h5")


def test_two_processes_do_not_share_results(problems: list[TableProblem], tmp_path: Path) -> None:
    out = tmp_path / "found.h5"
    with (
        Parts(out).held(),
        pytest.raises(InputError, match="another process compares into"),
    ):
        compare(SEARCHERS, problems, seeds=2, budget=20, workers=1, out=out)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_searcher_that_raises_costs_only_its_runs(
    problems: list[TableProblem], tmp_path: Path, workers: int
) -> None:
    out = tmp_path / "found.h5"
    searchers = {"breaks": Breaks, "random": RandomSearch}
    found = compare(searchers, problems[:1], seeds=6, budget=20, workers=workers, out=out)
    assert [(each.seed, each.message) for each in found.failures] == [
        (seed, "ZeroDivisionError: on purpose") for seed in (1, 3, 5)
    ]
    assert (found.keys[0, 0, 1::2] == -1).all()
    assert np.isnan(found.scores[0, 0, 1::2]).all()
    np.testing.assert_array_equal(found.keys[0, 0, ::2], found.keys[1, 0, ::2])
    assert Comparison.load(out).failures == found.failures
    mended = compare({"breaks": Breaks, "random": RandomSearch}, problems[:1], seeds=6, budget=20, out=out)
    assert mended.failures == found.failures  # tried again, in vain


def test_what_can_not_be_sent_is_named(problems: list[TableProblem]) -> None:
    made = {"mine": lambda space, seed, candidates: RandomSearch(space, seed=seed, candidates=candidates)}
    with pytest.raises(InputError, match="searcher 'mine' can't be sent to other processes"):
        compare(made, problems, seeds=20, budget=5, workers=2)
    assert compare(made, problems, seeds=2, budget=5, workers=1).keys.min() >= 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"searchers": {}}, "expected searchers to compare, got none"),
        ({"problems": []}, "expected problems to compare, got none"),
        ({"seeds": 0}, "expected seeds to compare, got none"),
        ({"seeds": [1, 1]}, "expected distinct seeds, got 1 twice"),
        ({"seeds": [-1]}, "expected seeds from 0 up, got -1"),
        ({"budget": 0}, "expected queries > 0, got 0"),
        ({"budget": 61}, "toy: expected a budget of at most its 60 candidates, got 61"),
        ({"workers": 0}, "expected 1 worker or more, got 0"),
    ],
)
def test_bad_input_is_refused(problems: list[TableProblem], change: dict[str, object], message: str) -> None:
    given = {"searchers": SEARCHERS, "problems": problems, "seeds": 2, "budget": 5, "workers": 1}
    with pytest.raises(InputError, match=message):
        compare(**(given | change))


def test_problems_of_one_name_are_refused(problems: list[TableProblem]) -> None:
    with pytest.raises(
        InputError, match="expected distinct problems, got 'toy' twice; give problems a label"
    ):
        compare(SEARCHERS, [problems[0], problems[0]], seeds=2, budget=5)


def test_budgets_in_what_a_table_does_not_know_are_refused(tmp_path: Path) -> None:
    runs = runs_of(networks(20), epochs=0)
    runs["train_seconds"] = np.nan
    problems = [TableProblem(made_store(tmp_path, runs))]
    with pytest.raises(InputError, match="the table has no train_seconds"):
        compare(SEARCHERS, problems, seeds=1, budget=Budget(train_seconds=10.0))
    with pytest.raises(InputError, match="the table has no train_seconds"):
        compare(SEARCHERS, problems, seeds=1, budget=5, decision_seconds=1.0)
    with pytest.raises(InputError, match="the table does not say the epochs"):
        compare(SEARCHERS, problems, seeds=1, budget=Budget(epochs=10))


def test_results_in_a_folders_place_are_refused(problems: list[TableProblem], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a file for the results"):
        compare(SEARCHERS, problems, seeds=1, budget=5, out=tmp_path)


def test_searches_of_different_lengths_lie_in_one_array(problems: list[TableProblem]) -> None:
    found = compare(SEARCHERS, problems[:1], seeds=4, budget=Budget(train_seconds=300.0), workers=1)
    assert found.num_queries.max() == found.scores.shape[-1]
    assert found.num_queries.min() < found.num_queries.max()
    assert np.isfinite(found.regret[..., -1]).all()


def test_the_settings_say_how_to_run_it_again(problems: list[TableProblem]) -> None:
    settings = compare(SEARCHERS, problems, seeds=2, budget=5, workers=1).settings
    assert settings["setting"]["budget"]["queries"] == 5
    assert settings["searchers"]["walk"] == {
        "partial": "surronas.searchers.local_search.LocalSearch",
        "keywords": {"num_initial": 2},
    }
    table = settings["problems"]["noisy"]
    assert (table["seeds"], len(table["file_sha256"]), len(table["answers_sha256"])) == ("drawn", 64, 64)
    (session,) = settings["sessions"]
    assert "surronas" in session["versions"]
    assert session["command"]


def test_objects_are_described_without_their_place_in_memory() -> None:
    one, same = (described(functools.partial(RandomSearch, surrogate=XGBoostSurrogate())) for _ in range(2))
    assert one == same
    assert one["keywords"]["surrogate"]["class"].endswith("XGBoostSurrogate")
    assert described({"a": (1, np.arange(3)), "b": SpaceExhaustedError}) == {
        "a": [1, described(np.arange(3))],
        "b": "surronas.errors.SpaceExhaustedError",
    }
    assert "0x" not in str(described(object()))
    assert described(comparing) == described(comparing)


def test_queries_go_to_other_tools(problems: list[TableProblem], tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    found = compare(SEARCHERS, problems, seeds=2, budget=Budget(train_seconds=200.0), workers=1)
    write_parquet(found, tmp_path / "queries.parquet")
    frame = pandas.read_parquet(tmp_path / "queries.parquet")
    assert len(frame) == found.asked.sum() == len(query_table(found)["seed"])
    one = frame[(frame.searcher == "walk") & (frame.problem == "noisy") & (frame.seed == 1)]
    length = len(one)
    np.testing.assert_array_equal(one["network"], found.keys[1, 1, 1, :length])
    np.testing.assert_array_equal(one["regret"], found.regret[1, 1, 1, :length])
    assert one["query"].tolist() == list(range(1, length + 1))
