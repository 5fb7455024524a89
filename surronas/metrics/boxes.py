"""Space cut into boxes along a Pareto front (Lacour, Klamroth and Fonseca 2017).

What a set of points dominates, or leaves undominated, is a union of boxes that do not overlap; volumes and
expectations over it are then sums over boxes. All objectives are maximised. For up to three of them the
boxes number at most 2 n + 1, for more they grow as n to the power of k / 2.
"""

import numpy as np
from numpy.typing import NDArray

from surronas.metrics.pareto import non_dominated

Array = NDArray[np.float64]


def dominated_boxes(scores: Array, reference: Array) -> tuple[Array, Array]:
    """Return corners (b, k), lower and upper, of boxes: what scores (n, k) dominate above a point (k,).

    Rows that are not above the reference in every objective dominate nothing above it.
    """
    return _orthants(front_above(scores, reference), reference)


def undominated_boxes(scores: Array, reference: Array) -> tuple[Array, Array]:
    """Return corners (b, k), lower and upper, of boxes: what scores (n, k) leave above a point (k,).

    Upper corners may be infinite.
    """
    k = len(reference)
    points = front_above(scores, reference)
    if k == 2:
        return _stairs(points, reference)
    corners, _ = _local_bounds(points, reference)  # whatever is undominated is above one of them
    corners = np.unique(corners[non_dominated(corners)], axis=0)
    mirrored = _orthants(-corners, np.full(k, -np.inf))
    return -mirrored[1], -mirrored[0]


def volumes(lower: Array, upper: Array) -> Array:
    """Return the (b,) volumes of boxes."""
    return np.asarray(np.prod(upper - lower, axis=1))


def front_above(scores: Array, reference: Array) -> Array:
    """Return the distinct rows (m, k) of the front that are above the reference in every objective."""
    above = scores[(scores > reference).all(axis=1)]
    return np.unique(above[non_dominated(-above)], axis=0)


def _stairs(points: Array, reference: Array) -> tuple[Array, Array]:
    """Return the m + 1 boxes above a front (m, 2), ascending in the first objective."""
    first = np.append(reference[0], points[:, 0])
    second = np.append(points[:, 1], reference[1])
    inf = np.full(len(first), np.inf)
    return np.stack([first, second], axis=1), np.stack([np.append(first[1:], np.inf), inf], axis=1)


def _local_bounds(points: Array, reference: Array) -> tuple[Array, NDArray[np.float64]]:
    """Return the corners (c, k) that bound what is undominated, and what defines them (c, k, k).

    Klamroth, Lacour and Vanderpooten 2015, Algorithm 3, turned to maximisation: what is not dominated is
    the union of the orthants above the corners. Coordinate j of a corner is that of its j-th defining
    point, or of the reference where that is a dummy, infinite but in coordinate j.
    """
    k = len(reference)
    corners, defining = reference[None].copy(), np.full((1, k, k), np.inf)
    defining[0, np.arange(k), np.arange(k)] = reference
    for point in points:
        hit = (point > corners).all(axis=1)
        old, old_defining = corners[hit], defining[hit]
        new, new_defining = [corners[~hit]], [defining[~hit]]
        for j in range(k):
            others = np.delete(old_defining[:, :, j], j, axis=1)
            kept = point[j] <= others.min(axis=1, initial=np.inf)
            raised, by = old[kept].copy(), old_defining[kept].copy()
            raised[:, j], by[:, j] = point[j], point
            new.append(raised)
            new_defining.append(by)
        corners, defining = np.concatenate(new), np.concatenate(new_defining)
    return corners, defining


def _orthants(points: Array, reference: Array) -> tuple[Array, Array]:
    """Return disjoint boxes that fill the union of what each of points (m, k) dominates above a reference.

    Lacour et al. 2017, section 3: a box for each corner of what is undominated, between it and its defining
    points; those of dummies are empty. No point may dominate another.
    """
    corners, defining = _local_bounds(points, reference)
    k = len(reference)
    lower, upper = np.empty_like(corners), np.empty_like(corners)
    lower[:, 0], upper[:, 0] = reference[0], defining[:, 0, 0]
    for j in range(1, k):
        lower[:, j] = corners[:, j]
        upper[:, j] = defining[:, :j, j].min(axis=1)
    filled = (upper > lower).all(axis=1)
    return lower[filled], upper[filled]
