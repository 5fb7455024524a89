"""What surrogates of several tasks or fidelities share: rows that carry a task, a warp for each task."""

from abc import abstractmethod
from typing import Literal, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from surronas.errors import InputError
from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.distinct_rows import distinct_rows
from surronas.surrogates.warping import Warp, fit_warp

Index = NDArray[np.int64]  # (n,) places 0, 1, ... in ``tasks_``


class TaskRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A regressor on rows of several tasks that predicts one of them, its target, unless told otherwise.

    A task is named by a whole number: the epochs of a fidelity (12, 200), or any number of a data set. Each
    row of ``fit`` belongs to one; architectures may be measured in any of the tasks, in several or in one.
    The target is the greatest number (of fidelities the highest) or the one that ``target`` names.
    Without ``task`` all rows are of the target: an ordinary surrogate.
    """

    target: int | None
    tasks_: Index
    target_: int
    warps_: list[Warp]

    def fit(self, X: Matrix, y: Vector, task: ArrayLike | None = None) -> Self:
        """Return itself, fitted to features (n, p), targets (n,) and the task (n,) of each row.

        Raises:
            InputError: ``task`` is not a whole number for each row, or no row is of the target.
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        y = y.astype(np.float64)
        self.tasks_, row_task = self._numbered(len(y), task)
        self.target_ = int(self.tasks_[-1]) if self.target is None else int(self.target)
        if self.target_ not in self.tasks_:
            raise InputError(f"target: expected one of the tasks {self.tasks_.tolist()}, got {self.target}")
        self.warps_ = [fit_warp(y[row_task == place]) for place in range(len(self.tasks_))]
        z = np.empty(len(y))
        for place, warp in enumerate(self.warps_):
            z[row_task == place] = warp.latent(y[row_task == place])
        self._fit_latent(X, z, row_task)
        return self

    @overload
    def predict(self, X: Matrix, *, task: int | None = None) -> Vector: ...
    @overload
    def predict(
        self, X: Matrix, return_std: Literal[True], *, task: int | None = None
    ) -> tuple[Vector, Vector]: ...
    def predict(
        self, X: Matrix, return_std: bool = False, *, task: int | None = None
    ) -> Vector | tuple[Vector, Vector]:
        """Return the mean (n,) and, if ``return_std``, the standard deviation (n,), in the task's unit.

        Args:
            X: (n, p) features, without the task.
            return_std: whether the standard deviation is wanted.
            task: the task that is predicted, the target unless named.

        Raises:
            InputError: ``task`` is not one of those fitted.
            NotFittedError: ``fit`` was not called.
            ValueError: X has another number of features than in ``fit``, or is not finite.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        wanted = self.target_ if task is None else task
        if wanted not in self.tasks_:
            raise InputError(f"task: expected one of the tasks fitted, {self.tasks_.tolist()}, got {task!r}")
        place = int(np.searchsorted(self.tasks_, wanted))
        rows, expand = distinct_rows(X)
        mean, std = self.warps_[place].moments(*self._latent(rows, place))
        return (mean[expand], std[expand]) if return_std else mean[expand]

    @abstractmethod
    def _fit_latent(self, X: Matrix, z: Vector, row_task: Index) -> None:
        """Learn warped targets z (n,) of rows whose task is at place ``row_task`` (n,) of ``tasks_``."""

    @abstractmethod
    def _latent(self, X: Matrix, place: int) -> tuple[Vector, Vector]:
        """Return mean (n,) and standard deviation (n,) of the warped target of one task."""

    def _numbered(self, n: int, task: ArrayLike | None) -> tuple[Index, Index]:
        """Return the tasks (T,) in order and each row's place (n,) among them."""
        if task is None:
            return np.array([0 if self.target is None else self.target]), np.zeros(n, dtype=np.int64)
        given = np.asarray(task)
        if given.shape != (n,) or not np.issubdtype(given.dtype, np.integer):
            raise InputError(
                f"task: expected a whole number for each of {n} rows, "
                f"got {given.dtype} of shape {given.shape}; name fidelities by their epochs"
            )
        tasks, row_task = np.unique(given.astype(np.int64), return_inverse=True)
        return tasks, row_task
