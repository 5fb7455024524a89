"""What every searcher promises: inherit, and give a fixture ``make(space, seed, candidates)``."""

from collections.abc import Callable

import numpy as np
import pytest

from surronas.errors import ArchitectureError, InputError, SpaceExhaustedError
from surronas.searchers import Pool, Searcher
from surronas.spaces import Architectures, Cell201, space_named

Make = Callable[..., Searcher]


def worth(cells: Architectures) -> np.ndarray:
    """Return a score (n,) of cells, equal for isomorphic ones, with local optima."""
    space = Cell201()
    cells = space.canonical(cells)
    table = np.random.default_rng(3).uniform(size=(6, 5))
    pairs = np.random.default_rng(4).uniform(size=(5, 5))
    single = np.where(space.live(cells), table[np.arange(6), cells], 0.0).sum(axis=1)
    return single + pairs[cells[:, 0], cells[:, 5]] + pairs[cells[:, 1], cells[:, 4]]


def run(searcher: Searcher, num_asks: int, batch: int = 1) -> Architectures:
    """Return all (num_asks * batch, d) architectures asked when each ask is told."""
    asked = []
    for _ in range(num_asks):
        asked.append(searcher.ask(batch))
        searcher.tell(asked[-1], worth(asked[-1]))
    return np.concatenate(asked)


class SearcherContract:
    space = Cell201()

    @pytest.fixture
    def pool(self) -> Architectures:
        """Forty cells, of which some are isomorphic."""
        return self.space.sample(40, np.random.default_rng(11))

    def test_asks_rows_of_the_space(self, make: Make) -> None:
        asked = make(self.space).ask(7)
        assert asked.shape == (7, 6)
        assert asked.dtype == np.int8
        np.testing.assert_array_equal(self.space.validate(asked), asked)

    @pytest.mark.parametrize(("num_asks", "batch"), [(16, 1), (4, 4)])
    def test_never_asks_a_network_twice(self, make: Make, num_asks: int, batch: int) -> None:
        keys = self.space.keys(run(make(self.space), num_asks, batch))
        assert len(set(keys.tolist())) == num_asks * batch

    def test_never_asks_a_twin_of_what_it_was_told(self, make: Make, pool: Architectures) -> None:
        searcher = make(self.space, candidates=pool)
        told = pool[np.unique(self.space.keys(pool), return_index=True)[1]][:-2]
        twin_of = self.space.enumerate()
        keys = self.space.keys(twin_of)
        twins = np.stack([twin_of[keys == key][-1] for key in self.space.keys(told)])
        searcher.tell(twins, worth(twins))
        assert not set(self.space.keys(searcher.ask(2)).tolist()) & set(self.space.keys(told).tolist())

    def test_asking_changes_nothing(self, make: Make) -> None:
        searcher = make(self.space)
        for _ in range(14):
            first = searcher.ask()
            searcher.ask(3)
            np.testing.assert_array_equal(searcher.ask(), first)
            searcher.tell(first, worth(first))

    def test_same_seed_same_search_and_another_seed_another(self, make: Make) -> None:
        one, same, other = (run(make(self.space, seed=seed), 14) for seed in (5, 5, 6))
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, other)

    def test_resumes_from_its_history(self, make: Make) -> None:
        whole = make(self.space)
        asked = run(whole, 14)
        one_by_one, at_once = make(self.space), make(self.space)
        for cell in asked:
            one_by_one.tell(cell, worth(cell[None]))
        at_once.tell(asked, worth(asked))
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
                    searcher.tell(asked, worth(asked))
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
        rest = len(networks) % batch
        if rest:
            asked = np.concatenate([asked, run(searcher, 1, rest)])
        np.testing.assert_array_equal(np.sort(self.space.keys(asked)), networks)
        given = set(map(tuple, pool.tolist()))
        assert all(tuple(cell) in given for cell in asked.tolist())
        with pytest.raises(SpaceExhaustedError, match=f"0 of {len(networks)} distinct candidates are left"):
            searcher.ask()

    def test_asks_the_canonical_form_where_it_is_given(self, make: Make) -> None:
        twins = np.array([[0, 0, 4, 1, 0, 0], [0, 0, 0, 1, 0, 0]])  # 2<-1 is dead in the first
        np.testing.assert_array_equal(make(self.space, candidates=twins).ask(), twins[1:])
        np.testing.assert_array_equal(make(self.space, candidates=twins[:1]).ask(), twins[:1])

    def test_learns_from_architectures_it_did_not_ask(self, make: Make, pool: Architectures) -> None:
        searcher = make(self.space, candidates=pool)
        foreign = self.space.sample(60, np.random.default_rng(99))
        searcher.tell(foreign, worth(foreign))
        searcher.tell(foreign, worth(foreign) + 0.1)
        assert len(searcher.ask(4)) == 4

    def test_equal_scores_are_no_obstacle(self, make: Make, pool: Architectures) -> None:
        searcher = make(self.space, candidates=pool)
        for _ in range(len(np.unique(self.space.keys(pool)))):
            searcher.tell(searcher.ask(), 0.5)

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_scores_that_are_not_finite_are_refused_and_nothing_is_kept(self, make: Make, bad: float) -> None:
        searcher = make(self.space)
        asked = searcher.ask(3)
        with pytest.raises(InputError, match=r"expected finite.*at row 1; use discard\(\) for failed"):
            searcher.tell(asked, [0.5, bad, 0.4])
        np.testing.assert_array_equal(searcher.ask(3), asked)

    @pytest.mark.parametrize("scores", [[0.1], [[0.1, 0.2]], [0.1, 0.2, 0.3], []])
    def test_scores_of_another_shape_are_refused(self, make: Make, scores: list[float]) -> None:
        searcher = make(self.space)
        with pytest.raises(InputError, match=r"scores: expected shape \(2,\), one for each architecture"):
            searcher.tell(searcher.ask(2), scores)

    def test_architectures_of_another_space_are_refused(self, make: Make) -> None:
        for foreign in (np.zeros((1, 7), dtype=np.int8), np.full((1, 6), 5, dtype=np.int8)):
            with pytest.raises(ArchitectureError, match="space 'cell201'"):
                make(self.space).tell(foreign, [0.5])
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

    def test_workers_that_never_wait_are_served(self, make: Make) -> None:
        searcher, waiting = make(self.space), np.empty((0, 6), np.int8)
        seen: set[int] = set()
        for step in range(24):
            asked = searcher.ask(pending=waiting)
            key = int(self.space.keys(asked)[0])
            assert key not in seen
            seen.add(key)
            waiting = np.concatenate([waiting, asked])
            if step >= 3:  # four workers; the oldest is done
                searcher.tell(waiting[:1], worth(waiting[:1]))
                waiting = waiting[1:]

    def test_a_space_too_large_to_enumerate_is_searched_as_a_whole(self, make: Make) -> None:
        space = space_named("darts")
        searcher, seen = make(space), set()
        for _ in range(14):
            asked = searcher.ask(2)
            seen |= set(space.keys(asked).tolist())
            searcher.tell(asked, np.sort(asked, axis=1)[:, -3:].sum(axis=1) - asked[:, 0] / 3.0)
        assert len(seen) == 28
