"""Final values from the first epochs of trainings, learnt from complete ones (Baker et al. 2017).

Instead of fitting a family of curves to each (Domhan et al. 2015), a surrogate learns from the curves of
other architectures where a curve such as this ends: from its last value, its differences over several
spans, and the architecture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from surronas.errors import InputError
from surronas.surrogates.base import Matrix, Surrogate, Vector, unfitted
from surronas.surrogates.gaussian_process import GaussianProcessSurrogate
from surronas.surrogates.warping import Warp, fit_warp

Curves = NDArray[np.float64]  # (n, T)
_SMALLEST_STD = 1e-3  # of the final values' deviation: complete curves may leave nothing open


@dataclass(frozen=True)
class LearntLength:
    """What is learnt for curves of one length: the final value less ``slope`` times the last one seen."""

    slope: float
    center: Vector  # (q,) of the features of curves
    scale: Vector  # (q,)
    surrogate: Surrogate


class CurveExtrapolation(BaseEstimator):  # type: ignore[misc]
    """A surrogate of final values that sees the first epochs of a training, and the architecture if given.

    For every length of curve a surrogate learns what a straight line in the last value seen leaves open, so
    where nothing else can be told curves rank by their last value. Values of curves and final values are
    warped; final values may be of another metric than the curves (test accuracy from validation curves).

    Curves may have gaps, NaN or infinite: those between values are interpolated, and a curve ends with its
    last value. One that diverged is so predicted by what it was before; none at all by the architecture.

    Args:
        surrogate: learns from features (n, q) of curves, then those of architectures. None: a Gaussian
            process with a lengthscale for the ones and one for the others.
        lengths: of the curves that will be extrapolated, in epochs; others are cut to the next lower one.
            None: all, which takes a fit for each epoch.
    """

    def __init__(self, *, surrogate: Surrogate | None = None, lengths: Sequence[int] | None = None) -> None:
        self.surrogate = surrogate
        self.lengths = lengths

    def fit(self, curves: ArrayLike, y: ArrayLike, features: ArrayLike | None = None) -> Self:
        """Return itself, fitted to complete curves (n, T), final values (n,) and features (n, p).

        Raises:
            InputError: curves, final values and features are not of such shapes; a final value or feature is
                not finite, or a curve has no value; ``lengths`` are not between 1 and T.
        """
        given = _filled(_matrix("curves", curves))[0]
        final = np.asarray(y, dtype=np.float64)
        if final.shape != given.shape[:1] or not np.isfinite(final).all():
            raise InputError(
                f"y: expected a finite final value for each of {len(given)} curves, got shape {final.shape} "
                f"with {np.count_nonzero(~np.isfinite(final))} that are not; leave failed trainings out"
            )
        if not len(given) or not np.isfinite(given).all():
            raise InputError(
                f"curves: expected at least one value in each, got {len(given)} curves, "
                f"{np.count_nonzero(~np.isfinite(given).all(axis=1))} without any; leave those out"
            )
        self.num_epochs_ = given.shape[1]
        self.num_features_ = 0 if features is None else _matrix("features", features).shape[1]
        architectures = self._features(len(given), features)
        lengths = range(1, self.num_epochs_ + 1) if self.lengths is None else sorted(set(self.lengths))
        if not lengths or lengths[0] < 1 or lengths[-1] > self.num_epochs_:
            raise InputError(f"lengths: expected epochs from 1 to {self.num_epochs_}, got {self.lengths}")
        self.curve_warp_, self.warp_ = fit_warp(given[:, -1]), fit_warp(final)
        z, ends = _latent(self.curve_warp_, given), self.warp_.latent(final)
        self.lengths_ = [0, *lengths]
        self.learnt_ = [self._learn(z[:, :length], ends, architectures) for length in self.lengths_]
        return self

    @overload
    def predict(self, curves: ArrayLike, *, features: ArrayLike | None = None) -> Vector: ...
    @overload
    def predict(
        self, curves: ArrayLike, return_std: Literal[True], *, features: ArrayLike | None = None
    ) -> tuple[Vector, Vector]: ...
    def predict(
        self, curves: ArrayLike, return_std: bool = False, *, features: ArrayLike | None = None
    ) -> Vector | tuple[Vector, Vector]:
        """Return the mean (n,) and, if ``return_std``, the standard deviation (n,) of the final values.

        ``curves`` (n, k) are the first k epochs, k <= T, NaN where not measured: they may be of any lengths.

        Raises:
            NotFittedError: ``fit`` was not called.
            InputError: more epochs than in ``fit``, or features that differ from those of ``fit`` in number.
        """
        check_is_fitted(self)
        given, measured = _filled(_matrix("curves", curves))
        if given.shape[1] > self.num_epochs_:
            raise InputError(f"curves: expected {self.num_epochs_} epochs at most, got {given.shape[1]}")
        architectures = self._features(len(given), features)
        z = _latent(self.curve_warp_, given)
        place = np.searchsorted(self.lengths_, measured, side="right") - 1
        mean, std = np.empty(len(given)), np.empty(len(given))
        for number in np.unique(place).tolist():
            rows = place == number
            of_length = z[rows, : self.lengths_[number]]
            mean[rows], std[rows] = _ends(self.learnt_[number], of_length, architectures[rows])
        mean, std = self.warp_.moments(mean, std)
        return (mean, std) if return_std else mean

    def _learn(self, z: Curves, ends: Vector, architectures: Matrix) -> LearntLength:
        """Return what curves z (n, k) and architectures tell of ends (n,), all warped."""
        shape = curve_shape(z)
        center, spread = shape.mean(axis=0), shape.std(axis=0)
        scale = np.where(spread > 0, spread, 1.0)
        last = shape[:, 0] - center[0]
        slope = float(last @ ends / max(float(last @ last), 1e-12)) if z.shape[1] else 0.0
        groups = [0] * shape.shape[1] + [1] * self.num_features_
        surrogate = GaussianProcessSurrogate(groups=groups) if self.surrogate is None else self.surrogate
        seen = np.hstack([(shape - center) / scale, architectures])
        left = ends - slope * last
        return LearntLength(slope, center, scale, unfitted(surrogate).fit(seen, left))

    def _features(self, n: int, features: ArrayLike | None) -> Matrix:
        """Return the features (n, p) of architectures, p = 0 where none are given."""
        given = np.empty((n, 0)) if features is None else _matrix("features", features)
        if given.shape != (n, self.num_features_) or not np.isfinite(given).all():
            raise InputError(
                f"features: expected finite numbers of shape {(n, self.num_features_)}, "
                f"as many columns as in fit, got shape {given.shape}"
            )
        return given


def curve_shape(z: Curves) -> Matrix:
    """Return (n, q) features of curves z (n, k): the last value, and what it gained over several spans.

    The spans: one epoch, a quarter, half and all of the curve; then the mean's distance from the last value
    and the deviation of single steps in the second half. Curves of no epoch have one column of zeros.
    """
    k = z.shape[1]
    if not k:
        return np.zeros((len(z), 1))
    last = z[:, -1]
    spans = sorted({1, k // 4, k // 2, k - 1} - {0}) if k > 1 else []
    columns = [last, *(last - z[:, -1 - span] for span in spans)]
    if k > 3:
        columns.append(z.mean(axis=1) - last)
    if k > 7:
        columns.append(np.diff(z[:, k // 2 :], axis=1).std(axis=1))
    return np.column_stack(columns)


def _ends(learnt: LearntLength, z: Curves, architectures: Matrix) -> tuple[Vector, Vector]:
    """Return mean (n,) and standard deviation (n,) of the warped final values of curves z (n, k)."""
    shape = curve_shape(z) - learnt.center
    rest, std = learnt.surrogate.predict(np.hstack([shape / learnt.scale, architectures]), return_std=True)
    return learnt.slope * shape[:, 0] + rest, np.maximum(std, _SMALLEST_STD)


def _latent(warp: Warp, curves: Curves) -> Curves:
    """Return warped values, held within the final values' range and one range on either side."""
    lowest, highest = (warp.lowest - warp.shift) / warp.scale, (warp.highest - warp.shift) / warp.scale
    return np.clip(warp.latent(curves), lowest, highest)


def _matrix(name: str, values: ArrayLike) -> Matrix:
    """Return values as float64 of shape (n, columns)."""
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2:
        raise InputError(f"{name}: expected shape (n, columns), got {matrix.shape}")
    return matrix


def _filled(curves: Curves) -> tuple[Curves, NDArray[np.int64]]:
    """Return curves whose gaps are interpolated and ends held, and the epochs (n,) up to the last value.

    Before its first value a curve has that value; one without any stays NaN, at 0 epochs.
    """
    there = np.isfinite(curves)
    epochs = np.arange(curves.shape[1])
    filled = np.where(there, curves, np.nan)
    for row in np.flatnonzero(~there.all(axis=1) & there.any(axis=1)):
        filled[row] = np.interp(epochs, epochs[there[row]], curves[row, there[row]])
    measured = np.where(there.any(axis=1), curves.shape[1] - np.argmax(there[:, ::-1], axis=1), 0)
    return filled, measured
