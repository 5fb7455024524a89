"""The meta network of BANANAS (White, Neiswanger and Savani 2021): an ensemble of narrow, deep networks.

torch is imported when ``fit`` is called; a fitted ensemble predicts with numpy alone.
"""

import itertools
from types import ModuleType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import validate_data

from surronas.errors import InputError, MissingPackageError
from surronas.surrogates.base import Matrix, Vector
from surronas.surrogates.error_variance import SMALLEST_VARIANCE
from surronas.surrogates.folds import fold_of_each_row
from surronas.surrogates.warped import WarpedRegressor
from surronas.surrogates.warping import fit_warp

if TYPE_CHECKING:
    import torch

Layers = list[tuple[NDArray[np.float64], NDArray[np.float64]]]  # (members, in, out) and (members, 1, out)
_LEARNING_RATE, _BETAS = 0.01, (0.9, 0.99)  # of Adam; these and the defaults are naszilla's
_MOST_BATCHES = 64  # of an epoch: batches grow beyond 32 rows where there are more than 2,048 rows


class MLPEnsembleSurrogate(WarpedRegressor):
    """The mean of networks trained by mean absolute error, all of them as one batched program.

    As in BANANAS: 5 networks of 10 layers of 20 rectified linear units, Adam at .01, 150 epochs, batches of
    32. Otherwise than there, targets are warped, and each network leaves out the rows of one fold, so that
    their errors on these say how far to trust the ensemble: the variance of a prediction is that between
    the members plus the variance of those errors which the members' own does not explain.

    Args:
        num_members: networks, and folds; at least 2.
        num_layers: hidden layers of each.
        width: units of each hidden layer.
        num_epochs: passes over the rows.
        batch_size: rows of a step, for up to 2,048 rows; then a 64th of them.
        seed: of weights, folds and batches; torch's global random state is neither read nor set.
    """

    def __init__(
        self,
        *,
        num_members: int = 5,
        num_layers: int = 10,
        width: int = 20,
        num_epochs: int = 150,
        batch_size: int = 32,
        seed: int = 0,
    ) -> None:
        self.num_members = num_members
        self.num_layers = num_layers
        self.width = width
        self.num_epochs = num_epochs
        self.batch_size = batch_size
        self.seed = seed

    def fit(self, X: Matrix, y: Vector) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,).

        Raises:
            InputError: fewer than two members.
            MissingPackageError: torch is not installed.
            ValueError: NaN or infinite values, no rows, or X and y of different lengths.
        """
        if self.num_members < 2:
            raise InputError(f"num_members: expected 2 or more, whose spread is told, got {self.num_members}")
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        self.warp_ = fit_warp(y.astype(np.float64))
        z = self.warp_.latent(y.astype(np.float64))
        self.scaler_ = StandardScaler().fit(X)
        rows = self.scaler_.transform(X)
        fold = fold_of_each_row(len(z), self.num_members, self.seed)
        learned = (
            fold != np.arange(self.num_members)[:, None] if len(z) > 1 else np.ones((self.num_members, 1))
        )
        self.layers_ = self._train(rows, z, learned.astype(np.float64))
        members = self._members(rows)
        self.noise_ = self._noise(z, members, fold)
        return self

    def _latent(self, X: Matrix) -> tuple[Vector, Vector]:
        """Return mean (n,) and standard deviation (n,) of the warped target."""
        members = self._members(self.scaler_.transform(X))
        return members.mean(axis=0), np.sqrt(members.var(axis=0, ddof=1) + self.noise_)

    def _noise(self, z: Vector, members: Matrix, fold: NDArray[np.int64]) -> float:
        """Return the variance of errors on left-out rows that the members' spread leaves unexplained."""
        if len(z) == 1:  # nothing says how far to trust it but the targets' own scale
            return 1.0
        error = float(np.mean((z - members[fold, np.arange(len(z))]) ** 2))
        explained = float(members.var(axis=0, ddof=1).mean())
        return max(error - explained, SMALLEST_VARIANCE)

    def _members(self, rows: Matrix) -> Matrix:
        """Return (members, n) predictions of the warped target, for standardised rows (n, p)."""
        hidden = rows[None]
        for weight, bias in self.layers_[:-1]:
            hidden = np.maximum(hidden @ weight + bias, 0.0)
        weight, bias = self.layers_[-1]
        predicted: Matrix = (hidden @ weight + bias)[:, :, 0]
        return predicted

    def _train(self, rows: Matrix, z: Vector, learned: Matrix) -> Layers:
        """Return the weights of members that learn the rows where ``learned`` (members, n) is 1."""
        torch = _torch()
        generator = torch.Generator().manual_seed(self.seed)
        layers = self._initial(rows.shape[1], generator)
        parameters = [tensor for layer in layers for tensor in layer]
        adam = torch.optim.Adam(parameters, lr=_LEARNING_RATE, betas=_BETAS, fused=True)
        X, targets, counts = (torch.from_numpy(a).float() for a in (rows, z, learned))
        size = max(self.batch_size, -(-len(z) // _MOST_BATCHES))
        with torch.enable_grad():
            for _ in range(self.num_epochs):
                for batch in torch.randperm(len(z), generator=generator).split(size):
                    weight = counts[:, batch]
                    error = (_forward(layers, X[batch]) - targets[batch]).abs() * weight
                    loss = (error.sum(dim=1) / weight.sum(dim=1).clamp(min=1.0)).sum()
                    adam.zero_grad()
                    loss.backward()
                    adam.step()
        return [(w.detach().double().numpy(), b.detach().double().numpy()) for w, b in layers]

    def _initial(
        self, num_features: int, generator: "torch.Generator"
    ) -> list[tuple["torch.Tensor", "torch.Tensor"]]:
        """Return weights and biases before training: after Glorot and Bengio (2010); outputs are 0."""
        torch = _torch()
        sizes = [num_features, *[self.width] * self.num_layers, 1]
        layers = []
        for above, below in itertools.pairwise(sizes):
            limit = (6.0 / (above + below)) ** 0.5
            weight = (2.0 * torch.rand(self.num_members, above, below, generator=generator) - 1.0) * limit
            bias = torch.zeros(self.num_members, 1, below)
            layers.append((weight.requires_grad_(), bias.requires_grad_()))
        with torch.no_grad():
            layers[-1][0].zero_()  # constant targets, 0 when warped, are met exactly and stay so
        return layers


def _forward(layers: "list[tuple[torch.Tensor, torch.Tensor]]", rows: "torch.Tensor") -> "torch.Tensor":
    """Return (members, n) outputs."""
    hidden = rows.expand(len(layers[0][0]), *rows.shape)
    for weight, bias in layers[:-1]:
        hidden = bias.baddbmm(hidden, weight).relu()
    weight, bias = layers[-1]
    return bias.baddbmm(hidden, weight)[:, :, 0]


def _torch() -> ModuleType:
    """Return torch, which takes 3 s to import."""
    try:
        import torch
    except ImportError as error:
        raise MissingPackageError(
            "MLPEnsembleSurrogate needs torch: pip install 'surronas[train]'"
        ) from error
    return torch
