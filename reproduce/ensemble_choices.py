"""What stacking adds to its members, and by which criterion AutoSurrogate should choose.

    python reproduce/ensemble_choices.py --tables cache     # half an hour, one thread

Learnt from n = 32 and 128 random rows of five of calibration.py's tables with the default encoding, judged on
1,000 others, means over seeds: Kendall tau, negative log likelihood per row and coverage of 90 % intervals.
Writes results/ensemble_choices.json.
"""

import argparse
import json
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from calibration import TABLES, judge, read
from measuring import about
from threadpoolctl import threadpool_limits

from surronas.surrogates import (
    AutoSurrogate,
    GaussianProcessSurrogate,
    MLPEnsembleSurrogate,
    RandomForestSurrogate,
    StackingSurrogate,
    Surrogate,
    XGBoostSurrogate,
)

RESULT = Path(__file__).parent / "results" / "ensemble_choices.json"
SIZES, NUM_SEEDS = (32, 128), 4
LEFT_OUT = ("NAS-Bench-201, CIFAR-100", "NAS-Bench-201, ImageNet16-120")  # close to CIFAR-10


def contestants(groups: tuple[int, ...]) -> dict[str, Surrogate]:
    """Return the surrogates for features of these groups."""
    process = GaussianProcessSurrogate(groups=groups)
    return {
        "Gaussian process": process,
        "XGBoost": XGBoostSurrogate(),
        "random forest": RandomForestSurrogate(),
        "MLP ensemble": MLPEnsembleSurrogate(),
        "stacking": StackingSurrogate(groups=groups),
        "stacking with forest": StackingSurrogate([process, XGBoostSurrogate(), RandomForestSurrogate()]),
        "auto by Kendall tau": AutoSurrogate(criterion="kendall_tau", groups=groups),
        "auto by likelihood": AutoSurrogate(criterion="likelihood", groups=groups),
    }


def main() -> None:
    """Judge every contestant on every table, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=Path, help="folder that the tables are imported into, or lie in")
    parser.add_argument("--seeds", type=int, default=NUM_SEEDS)
    asked = parser.parse_args()
    folder = asked.tables or Path(tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    rows = []
    for title in [title for title in TABLES if title not in LEFT_OUT]:
        X, y, groups = read(title, folder)
        for n in SIZES:
            for name, surrogate in contestants(groups).items():
                found = judge(surrogate, X, y, n, asked.seeds)
                rows.append({"table": title, "n": n, "surrogate": name, **found})
                print(
                    f"{title:38s} n={n:3d} {name:21s} tau {found['kendall_tau']:.3f}  "
                    f"nll {found['nll']:6.3f}  holds {found['coverage_of_90_percent']:.3f}",
                    flush=True,
                )
    means = {}
    for name in dict.fromkeys(row["surrogate"] for row in rows):
        own = [[row["kendall_tau"], row["nll"]] for row in rows if row["surrogate"] == name]
        means[name] = dict(zip(("kendall_tau", "nll"), np.mean(own, axis=0).round(4).tolist(), strict=True))
        print(f"mean: {name:21s} {means[name]}")
    packages = {name: version(name) for name in ("scikit-learn", "xgboost", "torch")}
    result = {**about(), **packages, "num_seeds": asked.seeds, "means": means, "rows": rows}
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
