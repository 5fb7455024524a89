"""A store as an evaluator: searches run against what was measured before."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import AmbiguousQueryError, MissingRowsError
from surronas.spaces import Architectures
from surronas.store import BenchmarkStore, Metric, Records


class TabularEvaluator:
    """Answers from a store's rows of one task, recipe and number of epochs, read once.

    An axis may be left open (None) only where the store holds one value of it.

    Raises:
        AmbiguousQueryError: an axis is left open that has several values.
        MissingRowsError: the store holds no run there.
    """

    def __init__(
        self,
        store: BenchmarkStore,
        *,
        task: str | None = None,
        recipe: str | None = None,
        epochs: int | None = None,
    ) -> None:
        self.store = store
        self._rows = store.table(task=task, recipe=recipe, epochs=epochs)
        if not len(self._rows):
            raise MissingRowsError(
                f"expected runs of task {task!r}, recipe {recipe!r}, epochs {epochs} in {store.path}, "
                f"found none; it holds tasks {store.tasks}"
            )
        for axis in ("task", "recipe", "epochs"):
            values = sorted({str(value) for value in self._rows[axis].tolist()})
            if len(values) > 1:
                raise AmbiguousQueryError(f"several values of {axis}: {', '.join(values)}; name one")
        self._codes, architecture = np.unique(self._code(self._rows["architecture"]), return_inverse=True)
        self._seeds, seed = np.unique(self._rows["seed"], return_inverse=True)
        self._row_of = np.full((len(self._codes), len(self._seeds)), -1)  # -1: no such run
        self._row_of[architecture, seed] = np.arange(len(self._rows))

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics that the rows hold."""
        return self.store.metrics

    @property
    def architectures(self) -> Architectures:
        """The (n, d) architectures with at least one run: the candidates of a search on this table."""
        return self.store.space.from_codes(self._codes)

    @property
    def seeds(self) -> list[int]:
        """The seeds of the rows."""
        return [int(seed) for seed in self._seeds]

    def architectures_with(self, seeds: Sequence[int]) -> Architectures:
        """Return the (n, d) architectures with a run of each of the seeds.

        Raises:
            MissingRowsError: there is none.
        """
        columns = np.isin(self._seeds, seeds)
        complete = (self._row_of[:, columns] >= 0).all(axis=1) & (columns.sum() == len(set(seeds)))
        if not complete.any():
            raise MissingRowsError(
                f"expected architectures with seeds {list(seeds)} in {self.store.path}, found none; "
                f"it holds seeds {self.seeds}"
            )
        return self.store.space.from_codes(self._codes[complete])

    def evaluate(self, architectures: ArrayLike, seeds: Sequence[int]) -> Records:
        """Return one row for each of the n architectures and each seed, architecture by architecture.

        Raises:
            MissingRowsError: the store has no such run.
        """
        wanted = self._code(self.store.space.validate(architectures))
        rows = self._row_of[_positions(self._codes, wanted)][:, _positions(self._seeds, np.asarray(seeds))]
        known = np.isin(wanted, self._codes)[:, None] & np.isin(seeds, self._seeds) & (rows >= 0)
        if not known.all():
            row, column = np.argwhere(~known)[0]
            text = self.store.space.to_strings(self.store.space.from_codes(wanted[row : row + 1]))[0]
            raise MissingRowsError(
                f"no run of {text} with seed {seeds[column]} in {self.store.path}, which holds "
                f"{len(self._codes)} architectures and seeds {self._seeds.tolist()}; "
                "give the searcher candidates=evaluator.architectures"
            )
        answer: Records = self._rows[rows.ravel()]
        return answer

    def _code(self, architectures: Architectures) -> NDArray[np.int64]:
        """Return (n,) codes, of the canonical forms where the store keeps those."""
        space = self.store.space
        return space.codes(space.canonical(architectures) if self.store.canonical else architectures)


def _positions(known: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (n,) positions of ``wanted`` in sorted ``known``, anything valid for what is not there."""
    return np.minimum(np.searchsorted(known, wanted), len(known) - 1)
