"""Seconds to refit a surrogate on some cells and score all 15,625, with its std, one thread, beside peers.

    python reproduce/speed_surrogates.py    # prints, and writes reproduce/results/speed_surrogates.json

Processor seconds stand beside wall seconds: with one thread they are what an idle core would take. The data
are synthetic (an additive function of live edges, skewed, with noise), so nothing is downloaded.
To reach on one idle core: Gaussian process .06 s at n = 100, .3 at 300, 3 at 1,000, a third of
scikit-learn's; one row more at n = 300 in 15 ms; XGBoost with its std .4 s at n = 300. The Gaussian
processes see the default encoding, the trees live one-hot with counts, both of canonical forms, as searches
have them: isomorphic cells are equal rows, which are scored once. (Strings told apart by dead operations are
15,625 distinct rows, and take our Gaussian process 1.8 times as long.) BoTorch's is there if installed.

Ways tried for the boosted trees (n = 200, 10 members, 100 rounds of depth 4, one thread, busy machine, wall
seconds; Kendall tau: mean over CIFAR-10 and ImageNet16-120 of NAS-Bench-201 at n = 32, 64, 128, 256, three
seeds):

| way                                                       | seconds fit + score | tau  |
|-----------------------------------------------------------|---------------------|------|
| loop over members, tree_method exact                      | .45                 |      |
| loop over members, hist                                   | .31                 |      |
| one model, an output a member, exact                      | .32                 |      |
| one model, an output a member, hist (chosen)              | .24                 |      |
| the same, max_bin 16 (features are binary)                | .22, no gain        |      |
| the same, multi_output_tree (members share their splits)  | .13, no diversity   |      |
| scoring 9,445 distinct feature rows instead of 15,625     | .6 of the scoring   | same |
| members on bootstrap rows: depth 3 / depth 2, 200 rounds  |                     | .705 / .713 |
| members on 4/5 of the rows, depth 2, 200 rounds           |                     | .719 |
| the same, trees on 70 % of rows, depth 2 / 3 (chosen)     |                     | .725 / .726 |
| the latter in 150 rounds at rate .12 / 100 at .18 (chosen)| 1.0 / .6 of it      | same |
| the same, a third of the columns at each node             |                     | .722 |
| one model, tuned (13 settings; best: depth 2, 70 % rows)  | .06                 | .720 |
"""

import argparse
import importlib.util
import json
import os
import platform
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from threadpoolctl import threadpool_limits
from xgboost import XGBRegressor

from surronas.encodings import default_encoding, live_one_hot_counts
from surronas.metrics import calibration, kendall_tau, negative_log_likelihood
from surronas.spaces import Cell201
from surronas.surrogates import GaussianProcessSurrogate, Matrix, Vector, XGBoostSurrogate

NUM_THREADS = 1
NUM_TRAINED = (100, 200, 300, 1000)
NUM_REPEATS = {1000: 3}  # else:
USUAL_REPEATS = 7
NUM_MEMBERS = 10
RESULT = Path(__file__).parent / "results" / "speed_surrogates.json"
Refit = Callable[[Matrix, Vector, Matrix], tuple[Vector, Vector]]  # X, y, all rows -> mean, std


def ours(surrogate: GaussianProcessSurrogate | XGBoostSurrogate) -> Refit:
    """Return the refit of one of our surrogates."""
    return lambda X, y, rows: surrogate.fit(X, y).predict(rows, return_std=True)


def scikit_learn_gaussian_process(X: Matrix, y: Vector, rows: Matrix) -> tuple[Vector, Vector]:
    """Return mean and std of scikit-learn's exact Gaussian process, one lengthscale, learnt noise."""
    kernel = ConstantKernel() * Matern(length_scale=3.0, nu=1.5) + WhiteKernel(0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianProcessRegressor(kernel, normalize_y=True).fit(X, y).predict(rows, return_std=True)


def xgboost_loop(X: Matrix, y: Vector, rows: Matrix) -> tuple[Vector, Vector]:
    """Return mean and spread of a plain loop over bootstrapped xgboost regressors, xgboost's defaults."""
    members = []
    for seed in range(NUM_MEMBERS):
        drawn = np.random.default_rng(seed).integers(len(X), size=len(X))
        model = XGBRegressor(n_jobs=NUM_THREADS, random_state=seed).fit(X[drawn], y[drawn])
        members.append(model.predict(rows))
    return np.mean(members, axis=0, dtype=np.float64), np.std(members, axis=0, ddof=1, dtype=np.float64)


def botorch_gaussian_process(X: Matrix, y: Vector, rows: Matrix) -> tuple[Vector, Vector]:
    """Return mean and std of BoTorch's SingleTaskGP with its defaults."""
    import torch
    from botorch.fit import fit_gpytorch_mll
    from botorch.models import SingleTaskGP
    from gpytorch.mlls import ExactMarginalLogLikelihood

    torch.set_num_threads(NUM_THREADS)
    center, spread = y.mean(), y.std()
    model = SingleTaskGP(torch.tensor(X), torch.tensor((y - center) / spread)[:, None])
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    with torch.no_grad():
        found = model.posterior(torch.tensor(rows), observation_noise=True)
        mean, std = found.mean[:, 0].numpy(), found.variance[:, 0].sqrt().numpy()
    return center + spread * mean, spread * std


GROUPS = default_encoding.groups(Cell201())
CONTESTANTS: dict[str, Refit] = {
    "surronas Gaussian process": ours(GaussianProcessSurrogate(groups=GROUPS)),
    "scikit-learn Gaussian process": scikit_learn_gaussian_process,
    "surronas XGBoost, 10 members": ours(XGBoostSurrogate(n_jobs=NUM_THREADS)),
    "xgboost, loop over 10 bootstraps": xgboost_loop,
}
if importlib.util.find_spec("botorch"):
    CONTESTANTS["BoTorch Gaussian process"] = botorch_gaussian_process


def accuracies(rng: np.random.Generator) -> Vector:
    """Return a synthetic accuracy (15625,) of each cell."""
    space = Cell201()
    cells = space.canonical(space.enumerate())  # isomorphic networks are equally accurate
    worth = rng.uniform(0.0, 0.3, size=(6, 5))
    pair = rng.uniform(0.0, 0.2, size=(5, 5))
    quality = np.where(space.live(cells), worth[np.arange(6), cells], 0.0).sum(axis=1)
    quality += pair[cells[:, 0], cells[:, 5]]
    accuracy: Vector = 0.95 - 0.85 * np.exp(-3.0 * quality) + 0.005 * rng.standard_normal(len(cells))
    return accuracy


def seconds_of_one_more_row(X: Matrix) -> float:
    """Return the median processor seconds of ``update`` with one row at n = 300."""
    y, seconds = accuracies(np.random.default_rng(0)), []
    surrogate = GaussianProcessSurrogate(groups=GROUPS).fit(X[:300], y[:300])
    for row in range(300, 320):
        used = time.process_time()
        surrogate.update(X[row : row + 1], y[row : row + 1])
        seconds.append(time.process_time() - used)
    return round(float(np.median(seconds)), 5)


def measure(refit: Refit, X: Matrix, num_trained: int) -> dict[str, float]:
    """Return the median seconds of a refit with all scores, and how good they were on the other cells."""
    seconds, quality = [], []
    for seed in range(NUM_REPEATS.get(num_trained, USUAL_REPEATS)):
        rng = np.random.default_rng(seed)
        y = accuracies(rng)
        order = rng.permutation(len(X))
        trained, others = order[:num_trained], order[num_trained:]
        wall, used = time.perf_counter(), time.process_time()
        mean, std = refit(X[trained], y[trained], X)
        seconds.append([time.perf_counter() - wall, time.process_time() - used])
        mean, std, y = mean[others], np.maximum(std[others], 1e-6), y[others]
        coverage = calibration(y, mean, std, levels=[0.9]).coverage[0]
        quality.append([kendall_tau(y, mean), coverage, negative_log_likelihood(y, mean, std)])
    tau, coverage, nll = np.mean(quality, axis=0).round(3).tolist()
    wall, used = np.median(seconds, axis=0).round(4).tolist()
    return {
        "wall_seconds": wall,
        "processor_seconds": used,
        "kendall_tau": tau,
        "coverage_of_90_percent": coverage,
        "nll": nll,
    }


def processor() -> str:
    """Return the processor's name."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def main() -> None:
    """Measure all contestants in turn, print a table and write the result."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    load = os.getloadavg()[0]
    rows, space = [], Cell201()
    canonical = space.canonical(space.enumerate())
    by_distance, by_split = (code(space, canonical) for code in (default_encoding, live_one_hot_counts))
    for num_trained in NUM_TRAINED:
        for contestant, refit in CONTESTANTS.items():
            X = by_distance if "Gaussian" in contestant else by_split
            rows.append({"contestant": contestant, "n": num_trained, **measure(refit, X, num_trained)})
            row = rows[-1]
            print(
                f"n={num_trained:3d}  {contestant:34s} "
                f"{row['wall_seconds'] * 1e3:6.0f} ms wall "
                f"{row['processor_seconds'] * 1e3:6.0f} ms processor   "
                f"tau {row['kendall_tau']:.3f}   90 % interval holds {row['coverage_of_90_percent']:.2f}   "
                f"nll {row['nll']:.2f}",
                flush=True,
            )
    packages = ("surronas", "numpy", "scipy", "scikit-learn", "xgboost")
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": NUM_THREADS,
        "load_before": round(load, 2),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in packages},
        "num_scored": 15_625,
        "repeats": {str(n): NUM_REPEATS.get(n, USUAL_REPEATS) for n in NUM_TRAINED},
        "processor_seconds_of_one_more_row_at_300": seconds_of_one_more_row(by_distance),
        "rows": rows,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(f"load before: {load:.2f} on {os.cpu_count()} cores; wrote results/{RESULT.name}")


if __name__ == "__main__":
    with threadpool_limits(NUM_THREADS):
        main()
