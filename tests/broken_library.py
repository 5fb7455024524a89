"""Copies of the library that are broken on purpose: reproductions have to notice."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
BREAKS = {  # a name: the file, and what is written at its end
    "bayesian optimisation asks at random": (
        "searchers/bayesian_optimization.py",
        """
def _ask(self, n=1, *, pending=None):
    closed = self._history.to_ask(n, pending)
    return self._history.asked(self._history.at_random(n, closed))


BayesianOptimization.ask = _ask
""",
    ),
    "a Gaussian process learns shuffled scores": (
        "surrogates/gaussian_process.py",
        """
_fit = GaussianProcessSurrogate.fit


def _fit_shuffled(self, X, y, *others, **more):
    return _fit(self, X, np.random.default_rng(0).permutation(y), *others, **more)


GaussianProcessSurrogate.fit = _fit_shuffled
""",
    ),
    "boosted trees learn shuffled scores": (
        "surrogates/boosted_trees.py",
        """
_fit = XGBoostSurrogate.fit


def _fit_shuffled(self, X, y, *others, **more):
    return _fit(self, X, np.random.default_rng(0).permutation(y), *others, **more)


XGBoostSurrogate.fit = _fit_shuffled
""",
    ),
    "evolution takes the worst for parent": (
        "searchers/regularized_evolution.py",
        """
_tell = RegularizedEvolution.tell
RegularizedEvolution.tell = lambda self, rows, scores: _tell(self, rows, -np.asarray(scores))
""",
    ),
    "local search descends": (
        "searchers/local_search.py",
        """
_tell = LocalSearch.tell
LocalSearch.tell = lambda self, rows, scores: _tell(self, rows, [-score for score in scores])
""",
    ),
}


def broken_library(folder: Path, name: str) -> Path:
    """Return a folder with a broken copy of the package, to put first on PYTHONPATH."""
    shutil.copytree(ROOT / "surronas", folder / "surronas", ignore=shutil.ignore_patterns("__pycache__"))
    file, ending = BREAKS[name]
    with (folder / "surronas" / file).open("a") as source:
        source.write(f"\n\n{ending.lstrip()}")
    return folder


def whole_checkout(folder: Path) -> Path:
    """Return a folder with a copy of all scripts, beside which a broken library fits."""
    shutil.copytree(ROOT / "reproduce", folder / "reproduce", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "benchmarks_data").symlink_to(ROOT / "benchmarks_data")
    return folder
