"""What every multi-objective searcher promises: inherit, give a fixture ``make(space, seed, candidates)``."""

from collections.abc import Callable

import numpy as np
import pytest
from contracts.searcher_contract import worth

from surronas.errors import ArchitectureError, InputError, SpaceExhaustedError
from surronas.metrics import hypervolume
from surronas.searchers import Pool
from surronas.searchers.many_scores import MultiObjectiveSearcher
from surronas.spaces import Architectures, Cell201, space_named

Make = Callable[..., MultiObjectiveSearcher]
COST = np.array([0.0, 1.0, 3.0, 9.0, 2.0])  # of an edge with each choice
LIMIT = 12.0


def cost(cells: Architectures) -> np.ndarray:
    """Return what cells (n, 6) cost (n,), equal for isomorphic ones."""
    space = Cell201()
    cells = space.canonical(cells)
    return np.where(space.live(cells), COST[cells], 0.0).sum(axis=1)


def trade(cells: Architectures, num_scores: int = 2) -> np.ndarray:
    """Return scores (n, k) that are at odds: worth, savings, and how few edges live."""
    live = Cell201().live(Cell201().canonical(cells)).sum(axis=1)
    return np.stack([worth(cells), -cost(cells), -live], axis=1)[:, :num_scores].astype(float)


def slack(cells: Architectures) -> np.ndarray:
    """Return (n, 1) how far cells lie within the limit on cost."""
    return 1.0 - cost(cells)[:, None] / LIMIT


def run(
    searcher: MultiObjectiveSearcher,
    num_asks: int,
    batch: int = 1,
    *,
    num_scores: int = 2,
    limited: bool = False,
) -> Architectures:
    """Return all (num_asks * batch, d) architectures asked when each ask is told."""
    asked = []
    for _ in range(num_asks):
        asked.append(cells := searcher.ask(batch))
        searcher.tell(cells, trade(cells, num_scores), *([slack(cells)] if limited else []))
    return np.concatenate(asked)


class MultiObjectiveContract:
    space = Cell201()
    num_queries = 120  # of searches that are compared with chance

    @pytest.fixture
    def pool(self) -> Architectures:
        """Forty cells, of which some are isomorphic."""
        return self.space.sample(40, np.random.default_rng(11))

    def test_asks_rows_of_the_space(self, make: Make) -> None:
        asked = make(self.space).ask(7)
        assert asked.shape == (7, 6)
        assert asked.dtype == np.int8
        np.testing.assert_array_equal(self.space.validate(asked), asked)

    @pytest.mark.parametrize(("num_asks", "batch"), [(16, 1), (5, 4)])
    @pytest.mark.parametrize("num_scores", [1, 2, 3])
    def test_never_asks_a_network_twice(self, make: Make, num_asks: int, batch: int, num_scores: int) -> None:
        keys = self.space.keys(run(make(self.space), num_asks, batch, num_scores=num_scores))
        assert len(set(keys.tolist())) == num_asks * batch

    def test_never_asks_a_twin_of_what_it_was_told(self, make: Make, pool: Architectures) -> None:
        searcher = make(self.space, candidates=pool)
        told = pool[np.unique(self.space.keys(pool), return_index=True)[1]][:-2]
        everything = self.space.enumerate()
        keys = self.space.keys(everything)
        twins = np.stack([everything[keys == key][-1] for key in self.space.keys(told)])
        searcher.tell(twins, trade(twins))
        assert not set(self.space.keys(searcher.ask(2)).tolist()) & set(self.space.keys(told).tolist())

    @pytest.mark.parametrize("limited", [False, True])
    def test_asking_changes_nothing(self, make: Make, limited: bool) -> None:
        searcher = make(self.space)
        for _ in range(14):
            first = searcher.ask()
            searcher.ask(3)
            np.testing.assert_array_equal(searcher.ask(), first)
            searcher.tell(first, trade(first), *([slack(first)] if limited else []))

    def test_same_seed_same_search_and_another_seed_another(self, make: Make) -> None:
        one, same, other = (run(make(self.space, seed=seed), 14) for seed in (5, 5, 6))
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, other)

    @pytest.mark.parametrize("limited", [False, True])
    def test_resumes_from_its_history(self, make: Make, limited: bool) -> None:
        whole = make(self.space)
        asked = run(whole, 26, limited=limited)
        limits = [slack(asked)] if limited else []
        one_by_one, at_once = make(self.space), make(self.space)
        for i, cell in enumerate(asked):
            one_by_one.tell(cell, trade(asked)[i : i + 1], *(limit[i : i + 1] for limit in limits))
        at_once.tell(asked, trade(asked), *limits)
        np.testing.assert_array_equal(one_by_one.ask(3), whole.ask(3))
        np.testing.assert_array_equal(at_once.ask(3), whole.ask(3))

    def test_resumes_with_discarded_architectures(self, make: Make) -> None:
        whole, resumed = make(self.space), make(self.space)
        for i in range(15):
            asked = whole.ask()
            for searcher in (whole, resumed):
                if i % 3 == 1:
                    searcher.discard(asked)
                else:
                    searcher.tell(asked, trade(asked))
        np.testing.assert_array_equal(resumed.ask(2), whole.ask(2))

    def test_discarded_architectures_are_not_asked_again(self, make: Make, pool: Architectures) -> None:
        searcher = make(self.space, candidates=pool)
        failed = searcher.ask(5)
        searcher.discard(failed)
        left = len(np.unique(self.space.keys(pool))) - 5
        rest = np.concatenate([run(searcher, left), failed])
        assert len(np.unique(self.space.keys(rest))) == left + 5

    def test_everything_may_fail(self, make: Make, pool: Architectures) -> None:
        searcher = make(self.space, candidates=pool)
        for _ in range(len(np.unique(self.space.keys(pool)))):
            searcher.discard(searcher.ask())
        with pytest.raises(SpaceExhaustedError, match="asked for 1 architectures, but 0 of"):
            searcher.ask()

    @pytest.mark.parametrize("batch", [1, 3])
    def test_exhausts_its_candidates_to_the_last_one(
        self, make: Make, pool: Architectures, batch: int
    ) -> None:
        networks = np.unique(self.space.keys(pool))
        searcher = make(self.space, candidates=pool)
        asked = run(searcher, len(networks) // batch, batch)
        if rest := len(networks) % batch:
            asked = np.concatenate([asked, run(searcher, 1, rest)])
        np.testing.assert_array_equal(np.sort(self.space.keys(asked)), networks)
        given = set(map(tuple, pool.tolist()))
        assert all(tuple(cell) in given for cell in asked.tolist())
        with pytest.raises(SpaceExhaustedError, match=f"0 of {len(networks)} distinct candidates are left"):
            searcher.ask()

    def test_learns_from_architectures_it_did_not_ask(self, make: Make, pool: Architectures) -> None:
        searcher = make(self.space, candidates=pool)
        foreign = self.space.sample(60, np.random.default_rng(99))
        searcher.tell(foreign, trade(foreign))
        searcher.tell(foreign, trade(foreign) + 0.1)
        assert len(searcher.ask(4)) == 4

    def test_equal_scores_are_no_obstacle(self, make: Make, pool: Architectures) -> None:
        searcher = make(self.space, candidates=pool)
        for _ in range(len(np.unique(self.space.keys(pool)))):
            searcher.tell(searcher.ask(), [[0.5, -1.0]])

    @pytest.mark.parametrize("all_violate", [False, True])
    def test_limits_are_learnt(self, make: Make, pool: Architectures, all_violate: bool) -> None:
        searcher = make(self.space, candidates=pool)
        for _ in range(len(np.unique(self.space.keys(pool)))):
            cell = searcher.ask()
            searcher.tell(cell, trade(cell), slack(cell) - (9.0 if all_violate else 0.0))
        with pytest.raises(SpaceExhaustedError):
            searcher.ask()

    def test_a_limited_search_keeps_the_limit_more_often_than_chance(self, make: Make) -> None:
        everything = slack(self.space.enumerate()) >= 0
        found = [run(make(self.space, seed=s), self.num_queries, limited=True)[20:] for s in range(2)]
        assert np.mean([slack(cells) >= 0 for cells in found]) > everything.mean()

    def test_finds_more_hypervolume_than_chance(self, make: Make) -> None:
        reference = np.array([0.0, -54.0])
        cells = self.space.canonical(self.space.sample(10 * self.num_queries, np.random.default_rng(2)))
        chance = [hypervolume(trade(part), reference) for part in np.split(cells, 10)]
        searches = [run(make(self.space, seed=s), self.num_queries) for s in range(2)]
        found = [hypervolume(trade(cells), reference) for cells in searches]
        assert np.mean(found) > np.mean(chance)

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_numbers_that_are_not_finite_are_refused_and_nothing_is_kept(
        self, make: Make, bad: float
    ) -> None:
        searcher = make(self.space)
        asked = searcher.ask(2)
        for name, given in (
            ("scores", ([[0.5, 1.0], [0.1, bad]], None)),
            ("slacks", ([[0.5, 1.0], [0.1, 0.2]], [[0.1], [bad]])),
        ):
            with pytest.raises(InputError, match=rf"{name}: expected finite.*at row 1; use discard\(\)"):
                searcher.tell(asked, *given)
        np.testing.assert_array_equal(searcher.ask(2), asked)

    @pytest.mark.parametrize("scores", [[0.1, 0.2], [[0.1, 0.2]], [[0.1], [0.2], [0.3]], 0.5])
    def test_scores_of_another_shape_are_refused(self, make: Make, scores: object) -> None:
        searcher = make(self.space)
        with pytest.raises(InputError, match=r"scores: expected shape \(2, k\), a row for each architecture"):
            searcher.tell(searcher.ask(2), scores)

    def test_the_numbers_of_scores_and_limits_stay_as_they_are(self, make: Make) -> None:
        searcher = make(self.space)
        first = searcher.ask()
        with pytest.raises(InputError, match="scores: expected one objective or more, got none"):
            searcher.tell(first, np.empty((1, 0)))
        searcher.tell(first, trade(first), slack(first))
        with pytest.raises(InputError, match=r"scores: expected shape \(1, 2\)"):
            searcher.tell(searcher.ask(), [[0.1, 0.2, 0.3]], [[0.1]])
        with pytest.raises(InputError, match=r"slacks: expected shape \(1, 1\)"):
            searcher.tell(searcher.ask(), [[0.1, 0.2]])

    def test_telling_nothing_says_nothing(self, make: Make) -> None:
        searcher = make(self.space)
        before = searcher.ask()
        searcher.tell(before[:0], np.empty((0, 3)))
        np.testing.assert_array_equal(searcher.ask(), before)
        searcher.tell(before, trade(before))

    def test_architectures_of_another_space_are_refused(self, make: Make) -> None:
        for foreign in (np.zeros((1, 7), dtype=np.int8), np.full((1, 6), 5, dtype=np.int8)):
            with pytest.raises(ArchitectureError, match="space 'cell201'"):
                make(self.space).tell(foreign, [[0.5, 0.5]])
            with pytest.raises(ArchitectureError, match="space 'cell201'"):
                make(self.space).discard(foreign)

    @pytest.mark.parametrize("n", [0, -1])
    def test_asking_for_none_is_refused(self, make: Make, n: int) -> None:
        with pytest.raises(InputError, match=f"n >= 1 architectures, got n = {n}"):
            make(self.space).ask(n)

    def test_no_candidates_are_refused(self, make: Make) -> None:
        with pytest.raises(InputError, match="candidates: expected at least one architecture"):
            make(self.space, candidates=np.empty((0, 6), dtype=np.int8))

    def test_a_pool_serves_as_candidates(self, make: Make, pool: Architectures) -> None:
        shared = Pool(self.space, pool)
        run(make(self.space, seed=3, candidates=shared), 5)
        asked = run(make(self.space, candidates=shared), 14)
        np.testing.assert_array_equal(asked, run(make(self.space, candidates=pool), 14))

    def test_pending_architectures_are_not_asked(self, make: Make, pool: Architectures) -> None:
        for num_told in (0, 12):
            searcher = make(self.space, candidates=pool)
            if num_told:
                run(searcher, num_told)
            left = len(np.unique(self.space.keys(pool))) - num_told
            pending = searcher.ask(4)
            before = searcher.ask()
            rest = searcher.ask(left - 4, pending=pending)
            keys = self.space.keys(np.concatenate([pending, rest]))
            assert len(set(keys.tolist())) == left
            np.testing.assert_array_equal(searcher.ask(), before)
            with pytest.raises(
                SpaceExhaustedError, match=f"asked for {left - 3} architectures, but {left - 4}"
            ):
                searcher.ask(left - 3, pending=pending)

    def test_a_space_too_large_to_enumerate_is_searched_as_a_whole(self, make: Make) -> None:
        space = space_named("darts")
        searcher, seen = make(space), set()
        for _ in range(6):
            asked = searcher.ask(2)
            seen |= set(space.keys(asked).tolist())
            searcher.tell(asked, np.stack([asked[:, -3:].sum(axis=1), -asked.sum(axis=1)], axis=1))
        assert len(seen) == 12
