from functools import partial

import numpy as np
import pytest
from contracts.searcher_contract import Make, SearcherContract, run, worth

from surronas.errors import InputError, SpaceExhaustedError
from surronas.searchers import Pool, RandomSearch, RegularizedEvolution
from surronas.spaces import Cell201, space_named

SPACE = Cell201()
KEEP = Pool(SPACE, isomorphic="keep")
NODE_THEN_EDGE = (1 / 3, 1 / 6, 1 / 6, 1 / 9, 1 / 9, 1 / 9)


class TestContract(SearcherContract):
    @pytest.fixture(
        params=[
            {"population_size": 6, "sample_size": 3, "num_initial": None},
            {"num_initial": 4, "mutation": "each"},
        ],
        ids=["one", "each"],
    )
    def make(self, request: pytest.FixtureRequest) -> Make:
        return partial(RegularizedEvolution, seed=0, **request.param)


class TestContractByWeights(SearcherContract):
    @pytest.fixture
    def make(self) -> Make:
        return lambda space, seed=0, candidates=None: RegularizedEvolution(
            space, seed=seed, num_initial=2, weights=range(1, 1 + space.num_decisions), candidates=candidates
        )


def changes(num_asks: int = 400, **settings: object) -> np.ndarray:
    """Return (num_asks, 6) which decisions of its only parent each child changes."""
    parent = np.array([[1, 2, 3, 4, 1, 2]])
    searcher = RegularizedEvolution(
        SPACE, seed=0, population_size=1, num_initial=1, repeats=True, candidates=KEEP, **settings
    )
    found = []
    for _ in range(num_asks):
        searcher.tell(parent, [1.0])
        found.append(searcher.ask()[0] != parent[0])
    return np.array(found)


def test_one_decision_changes_each_as_often() -> None:
    changed = changes()
    assert (changed.sum(axis=1) == 1).all()
    np.testing.assert_allclose(changed.mean(axis=0), 1 / 6, atol=0.06)


def test_one_decision_changes_by_its_weight() -> None:
    changed = changes(weights=NODE_THEN_EDGE)
    assert (changed.sum(axis=1) == 1).all()
    np.testing.assert_allclose(changed.mean(axis=0), NODE_THEN_EDGE, atol=0.06)
    assert not changes(20, weights=(1, 0, 0, 0, 0, 0))[:, 1:].any()


def test_each_decision_changes_one_time_in_four() -> None:
    changed = changes(mutation="each")
    np.testing.assert_allclose(changed.mean(axis=0), 1 / 4, atol=0.07)
    assert (changed.sum(axis=1) == 0).mean() == pytest.approx(0.75**6, abs=0.06)


def test_the_best_of_the_youngest_is_the_parent() -> None:
    searcher = RegularizedEvolution(SPACE, seed=0, population_size=3, sample_size=40, num_initial=1)
    cells = SPACE.enumerate()[[9000, 3000, 14000, 5000]]
    searcher.tell(cells, [9.0, 1.0, 3.0, 2.0])  # the first is the best, and too old
    asked = int(SPACE.keys(searcher.ask())[0])
    assert asked in SPACE.keys(SPACE.neighbors(SPACE.canonical(cells[2:3])[0]))


def test_the_population_is_what_was_told_and_not_what_failed() -> None:
    searcher = RegularizedEvolution(SPACE, seed=0, population_size=5, num_initial=2)
    cells = SPACE.sample(4, np.random.default_rng(0))
    searcher.discard(cells[:2])
    np.testing.assert_array_equal(searcher.ask(2), RandomSearch(SPACE, seed=0).ask(2))  # nobody to breed from
    searcher.tell(cells[2:], [0.1, 0.2])
    assert [score for score, _ in searcher._population] == [0.1, 0.2]


def test_repeats_ask_the_known_again_and_go_on_when_all_is_known() -> None:
    cells = SPACE.enumerate()[:9]
    pool = Pool(SPACE, cells, isomorphic="keep")
    searcher = RegularizedEvolution(SPACE, seed=0, num_initial=3, repeats=True, candidates=pool)
    asked = run(searcher, 40)
    assert len(np.unique(asked, axis=0)) < 10
    assert len(searcher.ask(50, pending=asked[:2])) == 50
    failed = RegularizedEvolution(SPACE, seed=0, repeats=True, candidates=pool)
    failed.discard(cells)
    assert len(failed.ask(2)) == 2


def test_lonely_candidates_are_followed_by_random_ones() -> None:
    cells = np.array([[0, 0, 0, 1, 0, 0], [3, 3, 3, 3, 3, 3], [4, 4, 4, 2, 2, 2]])
    searcher = RegularizedEvolution(SPACE, seed=0, num_initial=1, candidates=cells)
    assert len(np.unique(run(searcher, 3), axis=0)) == 3
    with pytest.raises(SpaceExhaustedError, match="0 of 3"):
        searcher.ask()


@pytest.mark.parametrize("mutation", ["one", "each"])
def test_children_of_a_constrained_space_are_architectures(mutation: str) -> None:
    space = space_named("cell101")
    searcher = RegularizedEvolution(space, seed=0, num_initial=3, mutation=mutation)
    for _ in range(12):
        asked = searcher.ask(2)
        assert space.allowed(asked).all()
        searcher.tell(asked, asked.sum(axis=1))


def test_finds_more_than_random_search() -> None:
    found = [worth(run(RegularizedEvolution(SPACE, seed=seed), 150)).max() for seed in range(4)]
    at_random = [worth(RandomSearch(SPACE, seed=seed).ask(150)).max() for seed in range(4)]
    assert np.mean(found) > np.mean(at_random)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"population_size": 0}, "population_size: expected 1 or more, got 0"),
        ({"sample_size": 0}, "sample_size: expected 1 or more, got 0"),
        ({"num_initial": 0}, "num_initial: expected 1 or more, got 0"),
        ({"mutation": "two"}, "mutation: expected 'one' or 'each', got 'two'"),
        ({"weights": (1, 1)}, "weights: expected 6 numbers >= 0 with a sum > 0"),
        ({"weights": (-1, 1, 1, 1, 1, 1)}, "weights: expected 6 numbers"),
        ({"weights": (0, 0, 0, 0, 0, 0)}, "weights: expected 6 numbers"),
        ({"weights": (1, 1, 1, 1, 1, np.nan)}, "weights: expected 6 numbers"),
        ({"weights": NODE_THEN_EDGE, "mutation": "each"}, "weights: they are for mutation 'one'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        RegularizedEvolution(SPACE, seed=0, **settings)
