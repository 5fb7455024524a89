"""Why targets are warped, and what simple encodings are worth: each choice beside the one not taken.

    python reproduce/surrogate_choices.py            # a minute, one thread

Kendall tau of a Gaussian process trained on 128 random NAS-Bench-201 cells and judged on 2,000 others
(CIFAR-10, 200-epoch test accuracy, mean over the benchmark's seeds), mean over 10 samples. Reads the table
that cells201.py reads; writes reproduce/results/surrogate_choices.json.
"""

import json
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
from cells201 import COLUMNS, NUM_JUDGED, TABLE, read_rows
from threadpoolctl import threadpool_limits

from surronas.encodings import default_encoding, live_one_hot, live_one_hot_counts, one_hot
from surronas.metrics import kendall_tau
from surronas.spaces import Architectures, Cell201, SearchSpace
from surronas.surrogates import GaussianProcessSurrogate, gaussian_process
from surronas.surrogates.warping import Warp

RESULT = Path(__file__).parent / "results" / "surrogate_choices.json"
NUM_TRAINED, NUM_SAMPLES = 128, 10
SPACE = Cell201()


def zero_rows(space: SearchSpace, architectures: Architectures) -> np.ndarray:
    """Return live one-hot without the columns that say "dead": a dead edge is all zeros."""
    return live_one_hot(space, architectures)[:, space.num_decisions :]


def unwarped(y: np.ndarray) -> Warp:
    """Return the warp that only standardises."""
    return Warp(float(y.mean()), float(y.std()), 1.0, 0.0, 1.0, -np.inf, np.inf)


def mean_tau(
    encoding: Callable[[SearchSpace, Architectures], np.ndarray], cells: Architectures, y: np.ndarray
) -> float:
    """Return the mean Kendall tau over samples."""
    X, taus = encoding(SPACE, cells), []
    groups = tuple(default_encoding.groups(SPACE).tolist()) if encoding is default_encoding else None
    for seed in range(NUM_SAMPLES):
        order = np.random.default_rng(seed).permutation(len(X))
        trained, judged = order[:NUM_TRAINED], order[NUM_TRAINED : NUM_TRAINED + NUM_JUDGED]
        process = GaussianProcessSurrogate(groups=groups).fit(X[trained], y[trained])
        taus.append(kendall_tau(y[judged], process.predict(X[judged])))
    return float(np.mean(taus))


def main() -> None:
    """Judge every choice, print and write."""
    cells, targets = read_rows()
    y = targets["CIFAR-10"]
    taus = {
        "as shipped: the default encoding, targets warped": mean_tau(default_encoding, cells, y),
        "live one-hot with dead columns, and counts": mean_tau(live_one_hot_counts, cells, y),
        "  without the counts": mean_tau(live_one_hot, cells, y),
        "  without counts and dead columns": mean_tau(zero_rows, cells, y),
        "one-hot of all edges, dead or live": mean_tau(one_hot, cells, y),
    }
    with mock.patch.object(gaussian_process, "fit_warp", unwarped):
        taus["as shipped, but targets not warped"] = mean_tau(default_encoding, cells, y)
        taus["live one-hot with dead columns, and counts; not warped"] = mean_tau(
            live_one_hot_counts, cells, y
        )
    for name, tau in taus.items():
        print(f"{name:65} {tau:.3f}")
    about = {
        "table": TABLE.name,
        "column": COLUMNS["CIFAR-10"],
        "num_trained": NUM_TRAINED,
        "samples": NUM_SAMPLES,
    }
    RESULT.write_text(
        json.dumps({**about, "kendall_tau": {k: round(v, 3) for k, v in taus.items()}}, indent=1) + "\n"
    )


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
