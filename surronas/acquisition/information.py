"""Knowledge gradient over a finite set, exact (Frazier, Powell and Dayanik 2009, INFORMS J. Computing 21).

What is a measurement worth if the best mean is taken afterwards? With mean a (m,) and covariance S (m, m) of
the beliefs, measuring x with noise of variance v moves the means to a + b Z, Z standard normal, by

    b = S[:, x] / sqrt(S[x, x] + v)                    (their sigma tilde)

and is worth h(a, b) = E[max_i (a_i + b_i Z)] - max_i a_i. Of the lines a_i + b_i Z the upper envelope counts,
pieces of rising slope with breaks c between them, and

    h(a, b) = sum over breaks of (rise of the slope) * f(-|c|),    f(z) = phi(z) + z Phi(z).

Unlike improvement it values a point for what it tells about others, and is defined under noise.
"""

import numpy as np
from numpy.typing import NDArray

from surronas.acquisition.improvement import log_h
from surronas.acquisition.thompson import check_joint
from surronas.errors import InputError

Array = NDArray[np.float64]

_BLOCK = 2**20  # numbers at once: (measured points, lines)


def knowledge_gradient(mean: Array, covariance: Array, noise_variance: float | Array = 0.0) -> Array:
    """Return (m,) by how much the best mean rises, in expectation, if a point is measured.

    It underflows to 0 where a measurement hardly ever changes what is best; to rank those use its logarithm.

    Args:
        mean: (m,) of the beliefs about all points that may be taken for the best.
        covariance: (m, m) of the function, noise left out.
        noise_variance: of a measurement, one number or (m,).

    Raises:
        InputError: shapes that differ, numbers that are not finite, or a negative variance of the noise.
    """
    return np.exp(log_knowledge_gradient(mean, covariance, noise_variance))


def log_knowledge_gradient(mean: Array, covariance: Array, noise_variance: float | Array = 0.0) -> Array:
    """Return the logarithm (m,) of ``knowledge_gradient``; -inf where measuring changes nothing.

    Raises:
        InputError: shapes that differ, numbers that are not finite, or a negative variance of the noise.
    """
    check_joint(mean, covariance)
    noise = np.broadcast_to(np.asarray(noise_variance, np.float64), mean.shape)
    if not np.isfinite(noise).all() or (noise < 0).any():
        raise InputError(f"noise_variance: expected finite numbers of at least 0, got {noise_variance}")
    spread = np.diag(covariance) + noise
    scale = np.where(spread > 0, spread, 1.0)  # a row of 0 stays one: nothing can be learnt there
    values = np.empty(len(mean))
    step = max(1, _BLOCK // max(len(mean), 1))
    for start in range(0, len(mean), step):
        block = slice(start, start + step)
        slopes = covariance[block] / np.sqrt(scale[block])[:, None]
        values[block] = _log_expected_rise(mean, slopes)
    return values


def _log_expected_rise(intercepts: Array, slopes: Array) -> Array:
    """Return log h(a, b) (k,) for intercepts a (m,) and slopes b (k, m), a set of lines a row of b.

    The envelope is walked from Z = -inf to the right, in all rows at once: the next piece is that line of
    greater slope which crosses the present one first. (Their algorithm 1 sorts by slope and scans with a
    stack; this walk takes as many steps as the envelope has pieces, a few, not as many as there are lines.)
    """
    k = len(slopes)
    total = np.full(k, -np.inf)
    active = np.arange(k)  # rows whose envelope goes on
    present = _greatest(slopes == slopes.min(axis=1, keepdims=True), intercepts)
    while len(active):
        b = slopes[active]
        rise = b - b[np.arange(len(active)), present][:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = np.where(rise > 0, (intercepts[present][:, None] - intercepts) / rise, np.inf)
        first = crossing.min(axis=1)
        goes_on = np.isfinite(first)
        active, rise, first = active[goes_on], rise[goes_on], first[goes_on]
        steepest = np.where(crossing[goes_on] == first[:, None], rise, -np.inf)  # of those that cross there
        present = steepest.argmax(axis=1)
        gained = steepest[np.arange(len(active)), present]
        total[active] = np.logaddexp(total[active], np.log(gained) + log_h(-np.abs(first)))
    return total


def _greatest(among: NDArray[np.bool_], values: Array) -> NDArray[np.int64]:
    """Return (k,) the place of the greatest of values (m,) among those marked in each row (k, m)."""
    places: NDArray[np.int64] = np.where(among, values, -np.inf).argmax(axis=1)
    return places
