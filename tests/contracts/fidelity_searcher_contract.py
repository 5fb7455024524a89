"""What every multi-fidelity searcher promises: inherit, and give a fixture ``make(space, seed, candidates)``.

The searcher trains for 9 epochs at most.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from contracts.searcher_contract import worth
from numpy.typing import NDArray

from surronas.errors import ArchitectureError, InputError, SpaceExhaustedError
from surronas.searchers import FidelitySearcher, Pool
from surronas.spaces import Architectures, Cell201, space_named

Make = Callable[..., FidelitySearcher]
Asked = tuple[Architectures, NDArray[np.int64]]
MAX_EPOCHS = 9


def score(cells: Architectures, epochs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what cells score after some epochs: curves that rise to ``worth`` at different speeds."""
    speed = 0.5 + np.random.default_rng(9).uniform(size=7)[cells.sum(axis=1) % 7]
    return worth(cells) - 2.0 * np.exp(-speed * np.asarray(epochs))


def run(searcher: FidelitySearcher, num_asks: int, batch: int = 1) -> Asked:
    """Return all (num_asks * batch, d) architectures asked, and their epochs, when each ask is told."""
    asked = []
    for _ in range(num_asks):
        cells, epochs = searcher.ask(batch)
        searcher.tell(cells, score(cells, epochs), epochs)
        asked.append((cells, epochs))
    return np.concatenate([cells for cells, _ in asked]), np.concatenate([epochs for _, epochs in asked])


def assert_same(one: Asked, other: Asked) -> None:
    for ours, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def steps(searcher: FidelitySearcher) -> Iterator[Asked]:
    """Yield what is asked, one by one, until nothing is left; the caller tells the scores."""
    while True:
        try:
            asked = searcher.ask()
        except SpaceExhaustedError:
            return
        yield asked


def run_to_the_end(searcher: FidelitySearcher) -> Asked:
    """Return all that is asked until nothing is left, when each ask is told."""
    asked = []
    for cells, epochs in steps(searcher):
        searcher.tell(cells, score(cells, epochs), epochs)
        asked.append((cells, epochs))
    return np.concatenate([cells for cells, _ in asked]), np.concatenate([epochs for _, epochs in asked])


class FidelitySearcherContract:
    space = Cell201()

    @pytest.fixture
    def pool(self) -> Architectures:
        """Forty cells, of which some are isomorphic."""
        return self.space.sample(40, np.random.default_rng(11))

    def test_asks_rows_of_the_space_and_whole_epochs(self, make: Make) -> None:
        cells, epochs = make(self.space).ask(4)
        assert cells.shape == (4, 6)
        assert cells.dtype == np.int8
        np.testing.assert_array_equal(self.space.validate(cells), cells)
        assert epochs.shape == (4,)
        assert epochs.dtype == np.int64
        assert ((epochs >= 1) & (epochs <= MAX_EPOCHS)).all()

    @pytest.mark.parametrize(("num_asks", "batch"), [(40, 1), (10, 4)])
    def test_a_network_is_asked_again_only_at_more_epochs(
        self, make: Make, num_asks: int, batch: int
    ) -> None:
        cells, epochs = run(make(self.space), num_asks, batch)
        most: dict[int, int] = {}
        for key, number in zip(self.space.keys(cells).tolist(), epochs.tolist(), strict=True):
            assert number > most.get(key, 0)
            most[key] = number

    def test_a_batch_asks_distinct_networks(self, make: Make) -> None:
        searcher = make(self.space)
        for _ in range(8):
            cells, epochs = searcher.ask(3)
            assert len(set(self.space.keys(cells).tolist())) == 3
            searcher.tell(cells, score(cells, epochs), epochs)

    def test_asking_changes_nothing(self, make: Make) -> None:
        searcher = make(self.space)
        for _ in range(30):
            first = searcher.ask()
            searcher.ask(2)
            assert_same(searcher.ask(), first)
            searcher.tell(first[0], score(*first), first[1])

    def test_same_seed_same_search_and_another_seed_another(self, make: Make) -> None:
        one, same, other = (run(make(self.space, seed=seed), 30) for seed in (5, 5, 6))
        assert_same(one, same)
        assert not np.array_equal(one[0], other[0])

    def test_resumes_from_its_history(self, make: Make) -> None:
        whole = make(self.space)
        cells, epochs = run(whole, 40)
        one_by_one, at_once = make(self.space), make(self.space)
        for cell, number in zip(cells, epochs, strict=True):
            one_by_one.tell(cell, score(cell[None], number), number)
        at_once.tell(cells, score(cells, epochs), epochs)
        assert_same(one_by_one.ask(2), whole.ask(2))
        assert_same(at_once.ask(2), whole.ask(2))

    def test_resumes_where_few_candidates_are_left(self, make: Make, pool: Architectures) -> None:
        whole = make(self.space, candidates=pool)
        cells, epochs = run_to_the_end(whole)
        for told in range(3, len(cells), 7):
            resumed = make(self.space, candidates=pool)
            resumed.tell(cells[:told], score(cells[:told], epochs[:told]), epochs[:told])
            assert_same(resumed.ask(), (cells[told : told + 1], epochs[told : told + 1]))

    def test_resumes_with_discarded_architectures(self, make: Make) -> None:
        whole, resumed = make(self.space), make(self.space)
        for i in range(40):
            cells, epochs = whole.ask()
            for searcher in (whole, resumed):
                if i % 4 == 1:
                    searcher.discard(cells, epochs)
                else:
                    searcher.tell(cells, score(cells, epochs), epochs)
        assert_same(resumed.ask(), whole.ask())

    def test_discarded_architectures_are_not_asked_again(self, make: Make, pool: Architectures) -> None:
        searcher = make(self.space, candidates=pool)
        failed, epochs = searcher.ask(5)
        searcher.discard(failed, epochs)
        cells, _ = run_to_the_end(searcher)
        assert not set(self.space.keys(cells).tolist()) & set(self.space.keys(failed).tolist())

    def test_what_failed_halfway_is_not_asked_again(self, make: Make, pool: Architectures) -> None:
        searcher, failed, seen = make(self.space, candidates=pool), set[int](), dict[int, int]()
        for cells, epochs in steps(searcher):
            key = int(self.space.keys(cells)[0])
            assert key not in failed
            if key in seen and len(failed) < 9:
                failed.add(key)
                searcher.discard(cells, epochs)
            else:
                searcher.tell(cells, score(cells, epochs), epochs)
                seen[key] = int(epochs[0])
        unfinished = {key for key, epochs in seen.items() if epochs < MAX_EPOCHS}
        assert unfinished == failed

    def test_everything_may_fail(self, make: Make, pool: Architectures) -> None:
        searcher = make(self.space, candidates=pool)
        for _ in range(len(np.unique(self.space.keys(pool)))):
            searcher.discard(*searcher.ask())
        with pytest.raises(SpaceExhaustedError, match="asked for 1 architectures, but 0 of"):
            searcher.ask()

    def test_in_the_end_all_candidates_are_trained_completely(self, make: Make, pool: Architectures) -> None:
        cells, epochs = run_to_the_end(make(self.space, candidates=pool))
        complete = self.space.keys(cells[epochs == MAX_EPOCHS])
        np.testing.assert_array_equal(np.sort(complete), np.unique(self.space.keys(pool)))
        given = set(map(tuple, pool.tolist()))
        assert all(tuple(cell) in given for cell in cells.tolist())

    def test_learns_from_trainings_it_did_not_ask(self, make: Make, pool: Architectures) -> None:
        searcher = make(self.space, candidates=pool)
        foreign = self.space.sample(40, np.random.default_rng(99))
        rng = np.random.default_rng(0)
        told: dict[int, int] = {}
        for rows in (foreign, foreign, pool[:20], pool[:9]):
            epochs = rng.integers(1, MAX_EPOCHS, size=len(rows), endpoint=True)
            searcher.tell(rows, score(rows, epochs), epochs)
            for key, number in zip(self.space.keys(rows).tolist(), epochs.tolist(), strict=True):
                told[key] = max(number, told.get(key, 0))
        cells, epochs = run_to_the_end(searcher)
        for key, number in zip(self.space.keys(cells).tolist(), epochs.tolist(), strict=True):
            assert number > told.get(key, 0)
        candidates = set(self.space.keys(pool).tolist())
        assert set(self.space.keys(cells).tolist()) <= candidates

    def test_equal_scores_are_no_obstacle(self, make: Make, pool: Architectures) -> None:
        searcher = make(self.space, candidates=pool)
        for _ in range(len(np.unique(self.space.keys(pool)))):
            cells, epochs = searcher.ask()
            searcher.tell(cells, [0.5], epochs)

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_scores_that_are_not_finite_are_refused_and_nothing_is_kept(self, make: Make, bad: float) -> None:
        searcher = make(self.space)
        cells, epochs = searcher.ask(3)
        with pytest.raises(InputError, match=r"expected finite.*; use discard\(\) for failed"):
            searcher.tell(cells, [0.5, bad, 0.4], MAX_EPOCHS)
        assert_same(searcher.ask(3), (cells, epochs))

    @pytest.mark.parametrize("scores", [[0.1], [[0.1, 0.2]], [0.1, 0.2, 0.3], []])
    def test_scores_of_another_shape_are_refused(self, make: Make, scores: list[float]) -> None:
        searcher = make(self.space)
        with pytest.raises(InputError, match=r"scores: expected shape \(2,\), one for each architecture"):
            searcher.tell(searcher.ask(2)[0], scores, MAX_EPOCHS)

    @pytest.mark.parametrize("epochs", [[0, 9], [10, 9], [2.5, 9], [np.nan, 9]])
    def test_epochs_that_can_not_be_are_refused_and_nothing_is_kept(
        self, make: Make, epochs: list[float]
    ) -> None:
        searcher = make(self.space)
        asked = searcher.ask(2)
        for refusing in (
            lambda: searcher.tell(asked[0], [0.5, 0.4], epochs),
            lambda: searcher.discard(asked[0], epochs),
            lambda: searcher.ask(pending=(asked[0], epochs)),
        ):
            with pytest.raises(InputError, match="epochs: expected whole numbers from 1 to 9, got "):
                refusing()
        assert_same(searcher.ask(2), asked)

    def test_epochs_of_another_shape_are_refused(self, make: Make) -> None:
        searcher = make(self.space)
        cells, _ = searcher.ask(2)
        with pytest.raises(InputError, match=r"epochs: expected shape \(2,\), one for each architecture"):
            searcher.tell(cells, [0.5, 0.4], [1, 2, 3])

    def test_architectures_of_another_space_are_refused(self, make: Make) -> None:
        for foreign in (np.zeros((1, 7), dtype=np.int8), np.full((1, 6), 5, dtype=np.int8)):
            with pytest.raises(ArchitectureError, match="space 'cell201'"):
                make(self.space).tell(foreign, [0.5], [MAX_EPOCHS])
            with pytest.raises(ArchitectureError, match="space 'cell201'"):
                make(self.space).discard(foreign, [MAX_EPOCHS])

    @pytest.mark.parametrize("n", [0, -1])
    def test_asking_for_none_is_refused(self, make: Make, n: int) -> None:
        with pytest.raises(InputError, match=f"n >= 1 architectures, got n = {n}"):
            make(self.space).ask(n)

    def test_a_pool_serves_as_candidates(self, make: Make, pool: Architectures) -> None:
        shared = Pool(self.space, pool)
        run(make(self.space, seed=3, candidates=shared), 5)
        asked = run(make(self.space, candidates=shared), 30)
        assert_same(asked, run(make(self.space, candidates=pool), 30))

    def test_pending_architectures_are_not_asked(self, make: Make, pool: Architectures) -> None:
        for num_told in (0, 30):
            searcher = make(self.space, candidates=pool)
            if num_told:
                run(searcher, num_told)
            pending = searcher.ask(4)
            before = searcher.ask()
            cells, _ = searcher.ask(3, pending=pending)
            assert not set(self.space.keys(cells).tolist()) & set(self.space.keys(pending[0]).tolist())
            assert_same(searcher.ask(), before)

    def test_workers_that_never_wait_are_served(self, make: Make) -> None:
        searcher = make(self.space)
        waiting: list[Asked] = []
        for _ in range(40):
            pending = tuple(np.concatenate(parts) for parts in zip(*waiting, strict=True)) or None
            asked = searcher.ask(pending=pending)
            if pending is not None:
                assert self.space.keys(asked[0])[0] not in self.space.keys(pending[0])
            waiting.append(asked)
            if len(waiting) == 4:
                cells, epochs = waiting.pop(0)
                searcher.tell(cells, score(cells, epochs), epochs)

    def test_a_space_too_large_to_enumerate_is_searched_as_a_whole(self, make: Make) -> None:
        space = space_named("darts")
        searcher, most = make(space), dict[int, int]()
        for _ in range(14):
            cells, epochs = searcher.ask(2)
            for key, number in zip(space.keys(cells).tolist(), epochs.tolist(), strict=True):
                assert number > most.get(key, 0)
                most[key] = number
            searcher.tell(cells, np.sort(cells, axis=1)[:, -3:].sum(axis=1) - 1.0 / epochs, epochs)
