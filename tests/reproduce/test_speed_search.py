import sys
from pathlib import Path

import numpy as np
import pytest

from surronas.searchers import LocalSearch, Pool, RandomSearch


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "reproduce")
    import speed_search

    monkeypatch.setattr(speed_search, "QUERIES", (4, 8))
    monkeypatch.setattr(speed_search, "AROUND", 2)
    monkeypatch.setattr(speed_search, "CHEAP_QUERIES", 20)
    yield speed_search
    sys.modules.pop("speed_search")


def test_every_query_of_a_search_is_timed_and_the_median_around_a_number_is_told(script) -> None:
    pool = Pool(script.SPACE)
    cells = map(tuple, script.SPACE.enumerate().tolist())
    accuracy = dict.fromkeys(cells, 0.5)
    taken = script.decision_seconds(
        script.Ours(RandomSearch(script.SPACE, seed=0, candidates=pool)), accuracy
    )
    assert len(taken) == 10
    assert all(wall > 0 for wall, _ in taken)
    told = script.at_queries([[(float(i), 0.0) for i in range(10)]])
    assert told["4"]["wall_ms"] == 1e3 * np.median([2, 3, 4, 5])
    assert set(script.at_queries([taken[:5]])) == {"4"}  # a search that was stopped


def test_queries_a_second_are_told_of_cheap_searchers(script) -> None:
    pool = Pool(script.SPACE)
    scores = dict.fromkeys(pool.keys.tolist(), 0.5)
    assert script.queries_a_second(LocalSearch, pool, scores)["a wall second"] > 0


def test_peers_are_named_with_the_packages_that_they_need(script) -> None:
    contestants = script.contestants(Pool(script.SPACE))
    assert {needs.split()[0] for needs, _ in contestants.values() if needs} == {"optuna", "smac", "syne_tune"}
    assert set(script.versions()) == {"optuna", "smac", "syne-tune", "torch"}
