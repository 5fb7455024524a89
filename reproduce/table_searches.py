"""A benchmark table as a problem for searchers: their scores, query by query."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from multiprocessing import get_context
from typing import TypeVar

import numpy as np
from published_searches import Make

from surronas.searchers import Pool, RandomSearch
from surronas.store import BenchmarkStore

Found = TypeVar("Found")


class Table:
    """A table's values (N,) by candidate, in percent, and searches on it.

    Args:
        store: the table.
        axes: of the query of its values: task, epochs, seed.
        isomorphic: ``"keep"``: every string is a candidate, as papers count; ``"merge"``: every network.
        metric: what is searched.
    """

    def __init__(
        self,
        store: BenchmarkStore,
        axes: dict[str, object],
        isomorphic: str = "keep",
        metric: str = "test_accuracy",
    ) -> None:
        self.pool = Pool(store.space, isomorphic=isomorphic)
        values = 100 * store.query(self.pool.architectures, metric, **axes)
        self.values: list[float] = values.tolist()
        self.optimum = max(self.values) - 1e-9

    def places(self, make: Make, seed: int, batch: int = 1) -> Iterator[int]:
        """Yield the candidate of each query of one search, its score told to it, a batch at a time."""
        searcher, place = make(self.pool.space, seed=seed, candidates=self.pool), self.pool.place
        while True:
            asked = searcher.ask(batch)
            found = [place[key] for key in self.pool.resolve(asked)]
            yield from found
            searcher.tell(asked, [self.values[at] for at in found])

    def scores(self, make: Make, seed: int) -> Iterable[float]:
        """Yield the score of each query of one search, told to it; in the end, none."""
        return (self.values[place] for place in self.places(make, seed))

    def asked(self, make: Make, num_queries: int, seed: int, batch: int = 1) -> np.ndarray:
        """Return (num_queries,) the candidates of one search's queries."""
        return np.array(list(islice(self.places(make, seed, batch), num_queries)))

    def best_so_far(self, make: Make, num_queries: int, num_seeds: int) -> np.ndarray:
        """Return (num_seeds, num_queries) the best score after each query."""
        runs = [list(islice(self.scores(make, seed), num_queries)) for seed in range(num_seeds)]
        return np.maximum.accumulate(np.array(runs), axis=1)

    def random_orders(self, num_queries: int, num_seeds: int) -> np.ndarray:
        """Return (num_seeds, num_queries) the scores of random search, which needs to be told nothing."""
        values = np.array(self.values)
        runs = []
        for seed in range(num_seeds):
            asked = RandomSearch(self.pool.space, seed=seed, candidates=self.pool).ask(num_queries)
            runs.append(values[np.searchsorted(self.pool.keys, self.pool.space.codes(asked))])
        return np.array(runs)

    def to_optimum(self, make: Make, num_seeds: int) -> np.ndarray:
        """Return (num_seeds,) the queries until the optimum is found."""
        runs = (enumerate(self.scores(make, seed), 1) for seed in range(num_seeds))
        return np.array([next(i for i, score in run if score >= self.optimum) for run in runs])


def incumbents(scores: np.ndarray) -> np.ndarray:
    """Return (R, n) the place in its search of the best score so far, the first of equals; scores (R, n)."""
    best = np.maximum.accumulate(scores, axis=1)
    rises = np.column_stack([np.ones(len(scores), bool), best[:, 1:] > best[:, :-1]])
    found: np.ndarray = np.maximum.accumulate(np.where(rises, np.arange(scores.shape[1]), 0), axis=1)
    return found


def over_seeds(search: Callable[[int], Found], seeds: Sequence[int], workers: int) -> list[Found]:
    """Return what a search finds with each seed, in their order; the processes inherit its tables."""
    if workers == 1:
        return [search(seed) for seed in seeds]
    global _search
    _search = search
    with get_context("fork").Pool(workers) as pool:
        return pool.map(_one, seeds, chunksize=1)


_search: Callable[[int], object]  # of the processes under way


def _one(seed: int) -> object:
    return _search(seed)
