"""The one table from the command line's names to objects; an entry imports what it needs when called."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING

from surronas.errors import InputError
from surronas.spaces import SPACE_CLASSES

__all__ = [
    "DEFAULT_ENCODING",
    "ENCODINGS",
    "FIDELITY_SEARCHERS",
    "FRONT_SEARCHERS",
    "SEARCHERS",
    "SPACE_CLASSES",
    "SPLITS",
    "SURROGATES",
    "TASKS",
    "searcher_named",
    "seed_of",
    "takes_surrogate",
    "whole_number",
    "with_device",
]

if TYPE_CHECKING:
    from surronas.encodings import Encoding
    from surronas.evaluation import Split
    from surronas.searchers import Searcher
    from surronas.store import BenchmarkStore
    from surronas.store.axes import Seed
    from surronas.surrogates import Surrogate
    from surronas.training import Recipe, Task


def _task(name: str, function: str) -> Callable[..., tuple[Task, Recipe]]:
    """Return what imports a task of ``surronas.training.tasks`` and makes it, of a folder if one is given."""

    def make(data: str | None = None) -> tuple[Task, Recipe]:
        from surronas.training import tasks
        from surronas.training.recipes import default_recipe

        load = getattr(tasks, function)
        takes = list(inspect.signature(load).parameters.values())[:1]
        if data is not None and not takes:
            raise InputError(f"task {name!r} needs no files, got the folder {data!r}")
        if data is None and takes and takes[0].default is inspect.Parameter.empty:
            raise InputError(f"task {name!r} needs files: name their folder with --data")
        task: Task = load() if data is None else load(data)
        return task, default_recipe(task)

    return make


# The task, and the recipe that it is trained by where nothing names another.
TASKS: dict[str, Callable[..., tuple[Task, Recipe]]] = {
    name: _task(name, "task_from_folder" if name == "images" else name.replace("-", "_"))
    for name in (
        "digits",
        "fashion-mnist",
        "cifar10-valid",
        "cifar10-holdout",
        "cifar100-holdout",
        "mnist1d",
        "images",
        "tiny-shakespeare",
        "sentence-polarity",
        "subjectivity",
        "sst2",
    )
}


def _surrogate(name: str) -> Callable[[], Surrogate]:
    """Return what imports a class of ``surronas.surrogates`` and makes one with its defaults."""

    def make() -> Surrogate:
        from surronas import surrogates

        surrogate: Surrogate = getattr(surrogates, name)()
        return surrogate

    return make


SURROGATES: dict[str, Callable[[], Surrogate]] = {
    "gaussian-process": _surrogate("GaussianProcessSurrogate"),
    "xgboost": _surrogate("XGBoostSurrogate"),
    "auto": _surrogate("AutoSurrogate"),
    "stacking": _surrogate("StackingSurrogate"),
    "random-forest": _surrogate("RandomForestSurrogate"),
    "histogram-boosting": _surrogate("HistogramBoostingSurrogate"),
    "bayesian-ridge": _surrogate("BayesianRidgeSurrogate"),
    "nearest-neighbors": _surrogate("NearestNeighborsSurrogate"),
    "mlp-ensemble": _surrogate("MLPEnsembleSurrogate"),
    "mean": _surrogate("MeanSurrogate"),
}


def _encoding(name: str) -> Callable[[], Encoding]:
    """Return what imports the encoding, of ``surronas.encodings``, when called."""

    def load() -> Encoding:
        from surronas import encodings

        encoding: Encoding = getattr(encodings, name)
        return encoding

    return load


def _default_encoding() -> Encoding:
    from surronas.encodings.default import default_encoding

    return default_encoding


DEFAULT_ENCODING = "default"
ENCODINGS: dict[str, Callable[[], Encoding]] = {DEFAULT_ENCODING: _default_encoding} | {
    name.replace("_", "-"): _encoding(name)
    for name in (
        "adjacency",
        "canonical_one_hot",
        "live_one_hot",
        "live_one_hot_counts",
        "one_hot",
        "operation_counts",
        "ordinal",
        "path_counts",
        "paths",
        "structure",
        "weisfeiler_lehman",
    )
}


def _split(name: str) -> Callable[[], Split]:
    """Return what imports the split, of ``surronas.evaluation``, when called."""

    def load() -> Split:
        from surronas import evaluation

        split: Split = getattr(evaluation, name)
        return split

    return load


SPLITS: dict[str, Callable[[], Split]] = {
    name.lower().replace("_", "-"): _split(name)
    for name in ("RANDOM", "TOP_HEAVY", "MUTATION_CHAIN", "LEAVE_ONE_OUT", "K_FOLD")
}


# Classes of ``surronas.searchers``.
SEARCHERS: dict[str, str] = {
    "random": "RandomSearch",
    "local": "LocalSearch",
    "hill-climbing": "HillClimbing",
    "simulated-annealing": "SimulatedAnnealing",
    "evolution": "RegularizedEvolution",
    "genetic": "GeneticAlgorithm",
    "reinforce": "Reinforce",
    "q-learning": "QLearning",
    "bayesian": "BayesianOptimization",
    "bananas": "Bananas",
    "nas-bowl": "NasBowl",
    "npenas": "NPENAS",
    "predictor-evolution": "PredictorGuidedEvolution",
    "tpe": "TPE",
}

# Those that see learning curves, and ask for numbers of epochs: for comparisons.
FIDELITY_SEARCHERS: dict[str, str] = {
    "successive-halving": "SuccessiveHalving",
    "hyperband": "Hyperband",
    "bohb": "BOHB",
    "asha": "ASHA",
    "freeze-thaw": "FreezeThaw",
}

# Those that are told several scores: for comparisons of fronts.
FRONT_SEARCHERS: dict[str, str] = {
    "nsga2": "NSGA2",
    "front-local": "MultiObjectiveLocalSearch",
    "front-bayesian": "MultiObjectiveBayesianOptimization",
}
_ALL_SEARCHERS = SEARCHERS | FIDELITY_SEARCHERS | FRONT_SEARCHERS


def searcher_named(name: str, surrogate: str | None = None) -> Callable[..., Searcher]:
    """Return what makes the searcher, called with a space, ``seed`` and ``candidates``.

    Raises:
        InputError: a surrogate is named and the searcher takes none.
    """
    from surronas import searchers

    make: Callable[..., Searcher] = getattr(searchers, _ALL_SEARCHERS[name])
    if surrogate is None:
        return make
    if not takes_surrogate(name):
        raise InputError(f"searcher {name!r} takes no surrogate, got {surrogate!r}")
    return functools.partial(make, surrogate=SURROGATES[surrogate]())


def takes_surrogate(name: str) -> bool:
    """Return whether a searcher can be given a surrogate."""
    from surronas import searchers

    make = getattr(searchers, _ALL_SEARCHERS[name])
    return "surrogate" in inspect.signature(make).parameters


def whole_number(text: str, what: str) -> int:
    """Return a whole number that the user gave as text.

    Raises:
        InputError: it is none.
    """
    try:
        return int(text)
    except ValueError as error:
        raise InputError(f"expected {what}, got {text!r}") from error


def seed_of(text: str) -> Seed:
    """Return what ``--seed`` means: a number, "mean" or "all".

    Raises:
        InputError: it is none of them.
    """
    if text == "mean":
        return "mean"
    if text == "all":
        return "all"
    return whole_number(text, "--seed as a number, 'mean' or 'all'")


def with_device(store: BenchmarkStore, metric: str, device: str | None) -> str | None:
    """Return the device to ask a metric for: None where the metric hangs on no device."""
    devices = {column["device"] for column in store.info()["columns"] if column["metric"] == metric}
    return device if devices - {""} else None
