"""Limits on metrics, such as at most 5 ms: how far within them, and which candidates keep them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import InputError
from surronas.objectives.base import Values
from surronas.spaces import Architectures


@dataclass(frozen=True)
class Limits:
    """Bounds by metric, each in its metric's unit; a value equal to a bound keeps it."""

    at_most: Mapping[str, float]
    at_least: Mapping[str, float]

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics that are limited."""
        return tuple(dict.fromkeys((*self.at_most, *self.at_least)))

    @property
    def words(self) -> str:
        """The limits, as a report says them."""
        return " and ".join(f"{name} {'<=' if sign > 0 else '>='} {bound:g}" for name, sign, bound in self)

    def __iter__(self) -> Iterator[tuple[str, float, float]]:
        """Yield each limit: metric, 1 for at most or -1 for at least, and the bound."""
        yield from ((name, 1.0, bound) for name, bound in self.at_most.items())
        yield from ((name, -1.0, bound) for name, bound in self.at_least.items())

    def check(self) -> None:
        """Raise unless the limits can be kept.

        Raises:
            InputError: a bound that is not finite, or a lower one above an upper one.
        """
        for name, _, bound in self:
            if not np.isfinite(bound):
                raise InputError(f"limit on {name}: expected a finite number in its unit, got {bound}")
        for name in set(self.at_most) & set(self.at_least):
            if self.at_least[name] > self.at_most[name]:
                raise InputError(
                    f"nothing satisfies {name} >= {self.at_least[name]:g} and <= {self.at_most[name]:g}"
                )

    def slacks(self, values: Values) -> NDArray[np.float64]:
        """Return (n, c) how far within each limit values are, as a share of it; negative: violated.

        Deb 2000, section 3: limits of different units are divided by their bounds to be added up (here by 1
        where the bound is 0).
        """
        found = [sign * (bound - values[name]) / (abs(bound) or 1.0) for name, sign, bound in self]
        n = len(next(iter(values.values())))
        return np.stack(found, axis=1) if found else np.empty((n, 0))

    @staticmethod
    def violation(slacks: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n,) the sum of what the limits are violated by, 0 where all are kept; NaN where unknown."""
        return np.asarray(np.maximum(-slacks, 0.0).sum(axis=1))

    def allowed(self, architectures: Architectures, known: Mapping[str, ArrayLike]) -> Architectures:
        """Return the (m, d) of n architectures that keep the limits on what is known before a search.

        ``known`` holds values (n,) by metric, such as ``TabularEvaluator.known`` gives; NaN: not measured,
        those are left out, since nobody can say that they keep a limit. Limits on other metrics are left to
        the search.

        Raises:
            InputError: nothing limited is known, values of another shape, or no architecture is left.
        """
        given = {name: np.asarray(known[name], np.float64) for name in self.names if name in known}
        if not given:
            raise InputError(
                f"expected known values of {', '.join(self.names)}, got {', '.join(known) or 'none'}"
            )
        for name, values in given.items():
            if values.shape != (len(architectures),):
                raise InputError(
                    f"known {name}: expected shape ({len(architectures)},), one for each architecture, "
                    f"got {values.shape}"
                )
        part = Limits(
            {name: bound for name, bound in self.at_most.items() if name in given},
            {name: bound for name, bound in self.at_least.items() if name in given},
        )
        kept = part.violation(part.slacks(given)) == 0
        if not kept.any():
            raise InputError(
                f"none of {len(architectures)} architectures has {part.words}: {_ranges(given)}; "
                f"loosen the limits"
            )
        left: Architectures = architectures[kept]
        return left


def _ranges(given: Mapping[str, NDArray[np.float64]]) -> str:
    """Return from where to where values go, in words."""
    known = {name: values[~np.isnan(values)] for name, values in given.items()}
    return ", ".join(
        f"{name} goes from {values.min():g} to {values.max():g}" if len(values) else f"{name} is not known"
        for name, values in known.items()
    )
