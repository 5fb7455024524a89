"""A benchmark table as a problem for searchers: their scores, query by query."""

from collections.abc import Iterable
from itertools import islice

import numpy as np
from published_searches import Make

from surronas.searchers import Pool, RandomSearch
from surronas.store import BenchmarkStore


class Table:
    """A table's values (N,) by candidate, and searches on it."""

    def __init__(self, store: BenchmarkStore, axes: dict[str, object], isomorphic: str = "keep") -> None:
        self.pool = Pool(store.space, isomorphic=isomorphic)
        values = 100 * store.query(self.pool.architectures, "test_accuracy", **axes)
        self.values: list[float] = values.tolist()
        self.optimum = max(self.values) - 1e-9

    def scores(self, make: Make, seed: int) -> Iterable[float]:
        """Yield the score of each query of one search, told to it; in the end, none."""
        searcher, place = make(self.pool.space, seed=seed, candidates=self.pool), self.pool.place
        while True:
            asked = searcher.ask()
            score = self.values[place[self.pool.resolve(asked)[0]]]
            yield score
            searcher.tell(asked, score)

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
