"""From features back to what they were made of: to decisions, and to paths from input to output."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.encodings import Encoding, Features, live_one_hot, live_one_hot_counts, one_hot, ordinal
from surronas.encodings.concatenate import Concatenation, Standardized
from surronas.encodings.default import Balanced
from surronas.encodings.paths import Path, Paths
from surronas.encodings.whole_space import WholeSpace
from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.surrogates import Surrogate, XGBoostSurrogate
from surronas.surrogates.contributions import feature_contributions

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]
_WRAPPERS = (Balanced, Standardized, WholeSpace)  # they scale or keep features, and move no column
SHARED = -1  # a feature that no single decision makes: counts, paths


def _by_choice(space: SearchSpace) -> Numbers:
    return np.repeat(np.arange(space.num_decisions), space.num_choices)


def _dead_then_choice(space: SearchSpace) -> Numbers:
    return np.append(np.arange(space.num_decisions), _by_choice(space))


_LAYOUTS: dict[Encoding, Callable[[SearchSpace], Numbers]] = {  # the columns that begin with decisions'
    one_hot: _by_choice,
    live_one_hot: _dead_then_choice,
    live_one_hot_counts: _dead_then_choice,
    ordinal: lambda space: np.tile(np.arange(space.num_decisions), 2),
}


def decision_of_each_feature(encoding: Encoding, space: SearchSpace) -> Numbers:
    """Return (p,) the decision that each feature stands for; SHARED: several make it together.

    A feature of the live one-hot encodings stands for its decision, although others decide whether that is
    live.

    Raises:
        InputError: no feature of this encoding stands for a decision.
    """
    found = _decisions(encoding, space)
    if (found == SHARED).all():
        raise InputError(
            "expected an encoding with features that stand for a decision, such as live_one_hot, alone or "
            f"concatenated; got {encoding}, for which explain() gives Shapley values of decisions"
        )
    return found


def _decisions(encoding: Encoding, space: SearchSpace) -> Numbers:
    if isinstance(encoding, _WRAPPERS):
        return _decisions(encoding.encoding, space)
    if isinstance(encoding, Concatenation):
        return np.concatenate([_decisions(one, space) for one in encoding.encodings])
    found = np.full(_width(encoding, space), SHARED)
    layout = next((layout for known, layout in _LAYOUTS.items() if known is encoding), None)
    if layout is not None:
        numbers = layout(space)
        found[: len(numbers)] = numbers
    return found


def _width(encoding: Encoding, space: SearchSpace) -> int:
    return int(encoding(space, np.empty((0, space.num_decisions), np.int8)).shape[1])


@dataclass(frozen=True)
class TreeContributions:
    """Contributions to predictions of the warped target, which they sum to together with ``base``."""

    contributions: Array  # (n, d) of the features that stand for a decision
    shared: Array  # (n,) of all others
    base: float  # the trees' mean


def tree_contributions(
    surrogate: XGBoostSurrogate, encoding: Encoding, space: SearchSpace, architectures: ArrayLike
) -> TreeContributions:
    """Return xgboost's own contributions of features, summed to the decisions that these stand for.

    Unlike ``explain``'s they hang on how the encoding spreads a decision over features, need no background,
    and are told on the warped scale, not in the target's unit.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
        InputError: no feature of the encoding stands for a decision.
        NotFittedError: ``fit`` was not called.
    """
    rows = space.validate(architectures)
    decision = decision_of_each_feature(encoding, space)
    given = feature_contributions(surrogate, encoding(space, rows))
    member = decision[:, None] == np.arange(space.num_decisions)  # (p, d)
    shared: Array = given[:, :-1] @ (decision == SHARED)
    return TreeContributions(given[:, :-1] @ member, shared, float(given[:, -1].mean()))


@dataclass(frozen=True)
class PathEffects:
    """What k paths from input to output do to predictions."""

    paths: list[Path]  # the operations of each
    counts: Numbers  # (k,) architectures that have it
    effects: Array  # (k,) mean fall of their predictions where its feature is set to 0; NaN: none has it
    errors: Array  # (k,) standard errors of that mean over architectures
    differences: Array  # (k,) mean prediction of those that have it minus that of those that have not


def path_effects(
    surrogate: Surrogate, encoding: Encoding, space: SearchSpace, architectures: ArrayLike
) -> PathEffects:
    """Return what the features of a path encoding, alone or concatenated, do to predictions.

    ``effects`` leave all other features as they are, as no architecture would: that is what the
    surrogate holds of the path itself. ``differences`` compare real architectures, which differ in more.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
        InputError: no path encoding among the encodings, or its paths share columns.
    """
    rows = space.validate(architectures)
    paths, columns = _path_columns(encoding, space)
    X = encoding(space, rows)
    predicted = surrogate.predict(X)
    owner, which = np.nonzero(X[:, columns])
    without = X[owner]
    without[np.arange(len(owner)), columns[which]] = 0.0
    fall = predicted[owner] - (surrogate.predict(without) if len(owner) else np.empty(0))
    counts = np.bincount(which, minlength=len(columns))
    some = np.where(counts > 0, counts, np.nan)
    effects = np.bincount(which, fall, len(columns)) / some
    spread = np.bincount(which, (fall - effects[which]) ** 2, len(columns))
    freedom = np.where(counts > 1, counts - 1, np.nan)
    return PathEffects(
        paths, counts, effects, np.sqrt(spread / freedom / some), _differences(X[:, columns], predicted)
    )


def _differences(features: Features, predicted: Array) -> Array:
    """Return (k,) differences in mean prediction, NaN where all architectures have a path or none has."""
    there = features != 0
    number = there.sum(axis=0)
    both = np.where((number > 0) & (number < len(there)), 1.0, np.nan)
    inside = predicted @ there / np.maximum(number, 1)
    outside = predicted @ ~there / np.maximum(len(there) - number, 1)
    differences: Array = both * (inside - outside)
    return differences


def _path_columns(encoding: Encoding, space: SearchSpace) -> tuple[list[Path], Numbers]:
    """Return the paths of the first path encoding among encodings, and their (k,) columns."""
    first = 0
    for one in _flattened(encoding):
        if isinstance(one, Paths):
            listed = one.listed(space)
            if not listed:
                raise InputError(
                    f"the paths of space {space.name!r} are too many for a column each: use Paths(longest=2)"
                )
            return listed, np.arange(first, first + len(listed))
        first += _width(one, space)
    raise InputError(f"expected the encoding paths, alone or concatenated, got {encoding}")


def _flattened(encoding: Encoding) -> list[Encoding]:
    """Return the encodings side by side in one."""
    if isinstance(encoding, _WRAPPERS):
        return _flattened(encoding.encoding)
    if isinstance(encoding, Concatenation):
        return [part for one in encoding.encodings for part in _flattened(one)]
    return [encoding]
