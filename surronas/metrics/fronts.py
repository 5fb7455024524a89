"""How good sets of points in several objectives are: fronts, hypervolume, distances to a front.

Scores (n, k) are to be maximised, each column in its own unit; a hypervolume is in the product of them.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.metrics.boxes import dominated_boxes, volumes
from surronas.metrics.pareto import non_dominated

_AT_ONCE = 1_500  # rows that are all compared with all: 2.25 MB of booleans


def pareto_front(scores: ArrayLike) -> NDArray[np.int64]:
    """Return the numbers of the rows that no other row dominates, ascending; equal rows stand together.

    Raises:
        InputError: the scores are not (n, k) finite numbers.
    """
    return np.flatnonzero(non_dominated(-checked(scores)))


def front_ranks(scores: ArrayLike) -> NDArray[np.int64]:
    """Return (n,) 0 for the Pareto front, 1 for that of the rest, and so on (Deb et al. 2002, section III-A).

    Raises:
        InputError: the scores are not (n, k) finite numbers.
    """
    rows = checked(scores)
    ranks = np.zeros(len(rows), np.int64)
    left, rank = np.arange(len(rows)), 0
    while len(left) > _AT_ONCE:
        best = non_dominated(-rows[left])
        ranks[left[best]] = rank
        left, rank = left[~best], rank + 1
    ranks[left] = rank + _ranks_of_few(rows[left])
    return ranks


def _ranks_of_few(rows: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return (n,) ranks by counting who dominates whom, and taking away front after front."""
    as_good = np.ones((len(rows), len(rows)), np.bool_)  # [i, j]: i is nowhere behind j
    for column in rows.T:
        as_good &= column[:, None] >= column
    dominates = as_good & ~as_good.T
    dominators = dominates.sum(axis=0)
    ranks = np.full(len(rows), -1)
    rank = 0
    while (front := (dominators == 0) & (ranks < 0)).any():
        ranks[front] = rank
        dominators -= dominates[front].sum(axis=0)
        rank += 1
    return ranks


def hypervolume(scores: ArrayLike, reference: ArrayLike) -> float:
    """Return the volume that rows (n, k) dominate above a reference point (k,), exactly, for any k.

    A row that is not above the reference in every objective adds nothing; without rows it is 0.

    Raises:
        InputError: the scores are not (n, k) finite numbers, or the reference is not (k,).
    """
    rows = checked(scores)
    point = checked_reference(reference, rows.shape[1])
    if rows.shape[1] == 2:
        return _area(rows, point)
    return float(volumes(*dominated_boxes(rows, point)).sum())


def running_hypervolume(scores: ArrayLike, reference: ArrayLike) -> NDArray[np.float64]:
    """Return (n,) the hypervolume of the first 1, 2, ..., n rows; NaN rows, failed ones, add nothing.

    Raises:
        InputError: the scores are not (n, k) numbers or NaN, or the reference is not (k,).
    """
    given = np.asarray(scores, dtype=np.float64)
    rows = checked(np.nan_to_num(given, nan=0.0, posinf=np.inf, neginf=-np.inf))
    failed = np.asarray(np.isnan(given).any(axis=1))
    point = checked_reference(reference, rows.shape[1])
    volume, found = 0.0, np.empty(len(rows))
    front = np.empty((0, rows.shape[1]))
    for i, row in enumerate(rows):
        if not failed[i] and (row > point).all() and not (front >= row).all(axis=1).any():
            front = np.vstack([front[~(row >= front).all(axis=1)], row])
            volume = hypervolume(front, point)
        found[i] = volume
    return found


def _area(rows: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """Return the hypervolume of two objectives: a staircase seen from its highest step down."""
    above = rows[(rows > reference).all(axis=1)]
    ordered = above[np.lexsort(above.T)[::-1]]  # the second objective descends
    reach = np.maximum.accumulate(ordered[:, 0]) if len(ordered) else ordered[:, 0]
    drop = ordered[:, 1] - np.append(ordered[1:, 1], reference[1])
    return float(((reach - reference[0]) * drop).sum())


def additive_epsilon(scores: ArrayLike, front: ArrayLike) -> float:
    """Return what must be added to rows (n, k) for them to dominate a front (m, k) (Zitzler et al. 2003).

    It is one number for all objectives: give them on one scale. 0: the whole front is reached.

    Raises:
        InputError: the two are not (n, k) and (m, k) finite numbers, n and m >= 1.
    """
    rows, goals = _two(scores, front)
    return float((goals[:, None] - rows).max(axis=2).min(axis=1).max())


def inverted_generational_distance(scores: ArrayLike, front: ArrayLike) -> float:
    """Return the mean over a front (m, k) of how far the nearest of rows (n, k) falls behind: IGD+.

    Distances count only where a row is behind (Ishibuchi et al. 2015), so a better set never has a larger
    one. Give objectives on one scale.

    Raises:
        InputError: the two are not (n, k) and (m, k) finite numbers, n and m >= 1.
    """
    rows, goals = _two(scores, front)
    behind = np.maximum(goals[:, None] - rows, 0.0)
    return float(np.sqrt((behind**2).sum(axis=2)).min(axis=1).mean())


def _two(scores: ArrayLike, front: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows, goals = checked(scores), checked(front)
    if rows.shape[1] != goals.shape[1] or not len(rows) or not len(goals):
        raise InputError(f"expected scores (n, k) and a front (m, k), got {rows.shape} and {goals.shape}")
    return rows, goals


def checked(scores: ArrayLike) -> NDArray[np.float64]:
    """Return scores as float64 (n, k).

    Raises:
        InputError: they are not (n, k) finite numbers, k >= 1.
    """
    rows = np.asarray(scores, dtype=np.float64)
    if rows.ndim != 2 or not rows.shape[1]:
        raise InputError(f"expected scores of shape (n, k), a column an objective, got {rows.shape}")
    if not np.isfinite(rows).all():
        row = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise InputError(f"expected finite scores, got {rows[row].tolist()} at row {row}")
    return rows


def checked_reference(reference: ArrayLike, num_objectives: int) -> NDArray[np.float64]:
    """Return a reference point as float64 (k,).

    Raises:
        InputError: it is not (k,) finite numbers.
    """
    point = np.asarray(reference, dtype=np.float64)
    if point.shape != (num_objectives,) or not np.isfinite(point).all():
        raise InputError(
            f"reference: expected a finite number for each of {num_objectives} objectives, "
            f"got {point.tolist()}"
        )
    return point
