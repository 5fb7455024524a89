"""A surrogate of several tasks or fidelities: a Gaussian process that learns how alike they are."""

from collections.abc import Sequence

import numpy as np

from surronas.errors import InputError
from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.coregionalisation import CoregionalLikelihood, CoregionalPosterior
from surronas.surrogates.covariance import Kernel, Stationary
from surronas.surrogates.kernels import Shape, matern52
from surronas.surrogates.tasks import Index, TaskRegressor

_LEARNT_ON = 500  # rows at most that hyper-parameters are learnt on


class MultiTaskGaussianProcess(TaskRegressor):
    """An exact Gaussian process over rows of several tasks or fidelities; all hyper-parameters are learnt.

    Few rows of the target suffice where other tasks are like it: what they share is learnt from all rows,
    and how alike they are too (``parameters_.covariance``). ``fit(X, y, task)`` and
    ``predict(X, return_std=True)`` are told in ``TaskRegressor``. The standard deviation is that of a new
    measurement of the task, noise included.

    Args:
        target: the task that ``predict`` answers for; None: the greatest of ``task``.
        kernel: a shape of ``surrogates.kernels`` or a kernel of ``surrogates.covariance``, as for
            ``GaussianProcessSurrogate``.
        groups: (p,) the number 0, 1, ... of each feature's group; features of a group share a lengthscale.
            None: all features share one.
        rank: the number of ways in which tasks can be alike; tasks differ one by one beside them.
        max_rows: of more rows than that so many are drawn, the target's before others: an exact process
            takes n³ operations. Hyper-parameters are learnt on 500 of them at most, drawn likewise.
        seed: of the rows drawn.
    """

    def __init__(
        self,
        *,
        target: int | None = None,
        kernel: Shape | Kernel = matern52,
        groups: Sequence[int] | None = None,
        rank: int = 1,
        max_rows: int = 3_000,
        seed: int = 0,
    ) -> None:
        self.target = target
        self.kernel = kernel
        self.groups = groups
        self.rank = rank
        self.max_rows = max_rows
        self.seed = seed

    def _fit_latent(self, X: Matrix, z: Vector, row_task: Index) -> None:
        if self.rank < 1:
            raise InputError(f"rank: expected at least 1, got {self.rank}")
        if self.max_rows < len(self.tasks_):
            raise InputError(
                f"max_rows: expected one for each of {len(self.tasks_)} tasks, got {self.max_rows}"
            )
        description = self.kernel if hasattr(self.kernel, "scaled") else Stationary(self.kernel, self.groups)
        kernel = description.scaled(X)
        some = self._drawn(row_task, max(_LEARNT_ON, len(self.tasks_)))
        self.parameters_ = CoregionalLikelihood(
            X[some], z[some], row_task[some], kernel, self.rank
        ).maximize()
        kept = self._drawn(row_task, self.max_rows)
        self.posterior_ = CoregionalPosterior.given(
            kernel, self.parameters_, X[kept], row_task[kept], z[kept]
        )

    def _latent(self, X: Matrix, place: int) -> tuple[Vector, Vector]:
        mean, variance = self.posterior_.moments(X, place)
        return mean, np.sqrt(variance)

    def _drawn(self, row_task: Index, size: int) -> Index:
        """Return the places of at most ``size`` rows, in order: one of each task, the target's, others."""
        drawn = np.random.default_rng(self.seed).permutation(len(row_task))
        of_target = self.tasks_[row_task[drawn]] == self.target_
        first = np.isin(np.arange(len(drawn)), np.unique(row_task[drawn], return_index=True)[1])
        order = np.lexsort((~of_target, ~first))
        return np.sort(drawn[order[:size]])
