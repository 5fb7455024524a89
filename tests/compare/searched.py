"""Comparisons of searchers that never were, as large and as noisy as real ones."""

import numpy as np
from made import comparison, facts

from surronas.compare import Comparison

NAMES = ("default", "evolution", "local search", "random")


def searched(
    num_problems: int = 2,
    num_seeds: int = 20,
    num_queries: int = 60,
    *,
    speeds: tuple[float, ...] = (9, 3, 2, 1),
) -> Comparison:
    """Return random searches that draw the best of ``speeds`` networks at once: the more, the better."""
    rng = np.random.default_rng(5)
    shape = (len(speeds), num_problems, num_seeds, num_queries)
    best = rng.uniform(size=shape) ** (1.0 / np.array(speeds))[:, None, None, None]
    places = np.minimum((400 * best).astype(np.int64), 399)  # network 399 is the optimum
    scores = 0.5 + 0.4 * (places / 399.0) ** 2
    problems = tuple(facts(f"toy_{p}", optimum=0.9, num_networks=400) for p in range(num_problems))
    return comparison(
        scores,
        places,
        searchers=NAMES[: len(speeds)],
        problems=problems,
        test=scores + rng.normal(0.03, 0.005, shape),
        train_seconds=100.0 + places / 4.0,
        clock=np.cumsum(100.0 + places / 4.0, axis=-1),
        settings={"setting": {"budget": {"queries": num_queries}}},
    )
