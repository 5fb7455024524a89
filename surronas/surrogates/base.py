"""What a surrogate is: a scikit-learn regressor that says how far it can be trusted."""

from typing import Literal, Protocol, Self, TypeVar, cast, overload

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

Vector = NDArray[np.float64]  # (n,)
Matrix = NDArray[np.float64]  # (n, p)


class Surrogate(Protocol):
    """A scikit-learn regressor whose ``predict`` also gives a standard deviation on request.

    Any regressor with these methods will do: those of scikit-learn that know ``return_std`` do.
    """

    def fit(self, X: Matrix, y: Vector) -> Self:
        """Return itself, fitted to features (n, p) and targets (n,); what was fitted before is forgotten."""
        ...

    @overload
    def predict(self, X: Matrix) -> Vector: ...
    @overload
    def predict(self, X: Matrix, return_std: Literal[True]) -> tuple[Vector, Vector]: ...
    def predict(self, X: Matrix, return_std: bool = False) -> Vector | tuple[Vector, Vector]:
        """Return the mean (n,) and, if ``return_std``, the standard deviation (n,), in the targets' unit."""
        ...


SurrogateT = TypeVar("SurrogateT", bound=Surrogate)


def unfitted(surrogate: SurrogateT) -> SurrogateT:
    """Return an unfitted surrogate with the same parameters; the one given stays as it is."""
    return cast(SurrogateT, clone(surrogate))
