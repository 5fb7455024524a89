"""The few classes of xgboost and scikit-learn that surrogates hold, as plain data and back.

xgboost's models have a format of their own, UBJSON. scikit-learn has none but pickle; what its fitted models
hold are numbers, texts and arrays, from which they are put together again here. That reaches into its private
attributes: a version that changes them is refused with an error, or warned of, by scikit-learn itself.
"""

import importlib
import json
from typing import Any

import numpy as np

from surronas.errors import InputError

_PLAIN = {  # estimators whose state is numbers, texts, arrays and other classes of this file
    "sklearn.ensemble:ExtraTreesRegressor",
    "sklearn.ensemble:HistGradientBoostingRegressor",
    "sklearn.ensemble:RandomForestRegressor",
    "sklearn.ensemble._hist_gradient_boosting.binning:_BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor:TreePredictor",
    "sklearn.linear_model:BayesianRidge",
    "sklearn.linear_model:LinearRegression",
    "sklearn.linear_model:Ridge",
    "sklearn.preprocessing:StandardScaler",
    "sklearn.tree:DecisionTreeRegressor",
    "sklearn.tree:ExtraTreeRegressor",
}
_BOOSTER = "xgboost:Booster"
_TREE = "sklearn.tree._tree:Tree"
_KINDS = {*_PLAIN, _BOOSTER, _TREE}
_BOOSTED = "sklearn.ensemble:HistGradientBoostingRegressor"
_NOT_TO_PREDICT = ("_loss", "_feature_subsample_rng", "_scorer")  # what only fitting needs, and the loss
_SLOTS = ("max_depth", "node_count", "nodes", "values")  # of a tree's state


def kind_of(value: object) -> str | None:
    """Return the name under which an object of another package is saved, None if it is none of these."""
    module, name = type(value).__module__, type(value).__qualname__
    for kind in _KINDS:
        home, _, known = kind.partition(":")
        if name == known and module.startswith(home) and _class_of(kind) is type(value):
            return kind
    return None


def state_of(value: Any) -> dict[str, Any]:
    """Return what an object is made of: numbers, texts, arrays, and other objects of these kinds."""
    kind = kind_of(value)
    if kind == _BOOSTER:
        threads = json.loads(value.save_config())["learner"]["generic_param"]["nthread"]
        return {"ubjson": np.frombuffer(value.save_raw("ubj"), np.uint8), "threads": int(threads)}
    if kind == _TREE:
        sizes = {"n_features": value.n_features, "n_classes": value.n_classes, "n_outputs": value.n_outputs}
        state: dict[str, Any] = value.__getstate__()
        return sizes | state
    state = value.__getstate__()
    if kind == _BOOSTED:
        if value.loss != "squared_error":
            raise InputError(f"can't save histogram boosting with loss {value.loss!r}; use 'squared_error'")
        return {name: item for name, item in state.items() if name not in _NOT_TO_PREDICT}
    return state


def restored(kind: str, state: dict[str, Any]) -> Any:
    """Return the object of a kind that a state is of.

    Raises:
        InputError: an unknown kind, or a state that the installed version can't take.
    """
    if kind not in _KINDS:
        raise InputError(f"expected one of {', '.join(sorted(_KINDS))}, got {kind!r}; upgrade surronas")
    if kind == _BOOSTER:
        booster = _class_of(kind)({"nthread": state["threads"]})
        booster.load_model(bytearray(state["ubjson"].tobytes()))
        return booster
    if kind == _TREE:
        return _tree(state)
    made = _class_of(kind)
    estimator = made.__new__(made)
    if hasattr(estimator, "__setstate__"):
        estimator.__setstate__(state)
    else:
        estimator.__dict__.update(state)
    if kind == _BOOSTED:
        estimator._loss = importlib.import_module("sklearn._loss").HalfSquaredError()
    return estimator


def _class_of(kind: str) -> Any:
    module, _, name = kind.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"{kind} is not there; install the version that the file was written with"
        ) from error


def _tree(state: dict[str, Any]) -> Any:
    """Return a tree of scikit-learn; it follows the numbers of nodes without looking, so they are checked."""
    nodes, count, features = state["nodes"], state["node_count"], state["n_features"]
    children = np.stack([nodes["left_child"], nodes["right_child"]])
    inner = children[0] >= 0
    asked = nodes["feature"][inner]
    sound = (
        len(nodes) == len(state["values"]) == count > 0
        and (children < count).all()
        and (children[:, inner] > np.flatnonzero(inner)).all()
        and (children[:, ~inner] == -1).all()
        and ((asked >= 0) & (asked < features)).all()
    )
    if not sound:
        raise InputError("expected a decision tree whose nodes lead on to later nodes; the file's do not")
    tree = _class_of(_TREE)(features, state["n_classes"], state["n_outputs"])
    try:
        tree.__setstate__({name: state[name] for name in _SLOTS})
    except ValueError as error:
        raise InputError(
            f"this version of scikit-learn can't read the file's decision trees: {error}"
        ) from error
    return tree
