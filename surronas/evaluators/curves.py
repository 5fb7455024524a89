"""A store as trainings that can be stopped early: validation scores by epoch, and what they cost."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import MissingRowsError
from surronas.evaluators.scores import test_counterpart
from surronas.evaluators.stored_trainings import Trainings, Where, final_values, stored_trainings
from surronas.objectives import search_metric
from surronas.spaces import Architectures
from surronas.store import BenchmarkStore

Values = NDArray[np.float64]


class CurveEvaluator:
    """Answers with a validation metric after some epochs: from learning curves, or from several trainings.

    Where the store holds curves of trainings of E epochs, the fidelities are 1, ..., E, and a training that
    is asked for more epochs goes on. Final values at several numbers of epochs are of a training each, with
    its own schedule: those numbers are the fidelities, and none is the start of another.
    A training that failed answers with NaN from where its curve ends.

    Args:
        store: its runs answer; they are read once.
        task: None where the store has one.
        recipe: None where there is one for each number of epochs.
        epochs: a number: of the trainings whose curves answer; several: of those whose final values do.
            None: the one number there is, else all.
        metric: none of the test split.
        seed: one training seed, or "mean" over all, which costs the epochs of all. None where there is one.

    Attributes:
        metric: what is answered.
        fidelities: the ascending numbers of epochs that can be asked.
        continues: whether a training goes on where it stopped, so that only the epochs added cost anything.
        architectures: (A, d) that can be asked: measured at all fidelities, or their training failed.

    Raises:
        AmbiguousQueryError: an axis is left open that has several values.
        InputError: a metric that is unknown, of the test split or without direction.
        MissingRowsError: the store holds no such curves, or no final values there.
    """

    def __init__(
        self,
        store: BenchmarkStore,
        *,
        task: str | None = None,
        recipe: str | None = None,
        epochs: int | Sequence[int] | None = None,
        metric: str = "valid_accuracy",
        seed: int | str | None = None,
    ) -> None:
        self.store, self.metric = store, search_metric(store.metrics, metric)
        self._where = Where(task, recipe, seed)
        given = store.epochs(task=task, recipe=recipe) if epochs is None else epochs
        lengths = [given] if isinstance(given, int) else sorted(set(given))
        if not lengths:
            raise MissingRowsError(
                f"expected trainings of task {task!r} and recipe {recipe!r} in {store.path}, found none; "
                f"it holds tasks {store.tasks}"
            )
        self.continues = len(lengths) == 1
        parts = [
            stored_trainings(store, self.metric, self._where, length, curves=self.continues)
            for length in lengths
        ]
        self.fidelities = tuple(range(1, lengths[0] + 1) if self.continues else lengths)
        self._known = Trainings.side_by_side(parts)
        measured = np.isfinite(self._known.scores).all(axis=1)
        if not measured.any():
            raise MissingRowsError(
                f"expected {'curves' if self.continues else 'final values'} of {metric} in trainings of "
                f"{lengths} epochs in {store.path}, found none; it holds epochs {store.epochs()}, of which "
                "several answer with final values"
            )
        rows = np.flatnonzero(measured | self._known.failed)
        self.architectures: Architectures = store.architectures[rows]
        self._place = dict(zip((row.tobytes() for row in self.architectures), rows.tolist(), strict=True))
        self._column = {epochs: column for column, epochs in enumerate(self.fidelities)}

    @property
    def max_epochs(self) -> int:
        """The epochs of a complete training."""
        return self.fidelities[-1]

    @property
    def timed(self) -> bool:
        """Whether the seconds of all trainings that can be asked are known."""
        return bool(np.isfinite(self._known.seconds[list(self._place.values())]).all())

    @property
    def test_metric(self) -> str | None:
        """The test metric beside the one searched on, for reports; None where there is none."""
        return test_counterpart(self.store.metrics, self.metric.name)

    def scores(self, architectures: ArrayLike, epochs: ArrayLike) -> Values:
        """Return (n,) scores after epochs (n,), signed so that more is better; NaN where training failed.

        Raises:
            ArchitectureError: the rows are not architectures of the search space.
            MissingRowsError: the store has no such trainings, or none of such a number of epochs.
        """
        found: Values = self._known.scores[self._at(architectures, epochs)]
        return found

    def costs(self, architectures: ArrayLike, epochs: ArrayLike) -> tuple[Values, Values]:
        """Return (n,) epochs and (n,) seconds, NaN where not known, of training from the start to ``epochs``.

        Of all seeds together; less where a training failed on the way. Raises as ``scores``.
        """
        at = self._at(architectures, epochs)
        return self._known.epochs[at], self._known.seconds[at]

    def final_values(self, architectures: ArrayLike, metric: str) -> Values:
        """Return (n,) values of a metric after complete trainings, for reports: test metrics are welcome.

        In the metric's unit, of the same seeds; NaN where not measured. Raises as ``scores``.
        """
        rows, _ = self._at(architectures, self.max_epochs)
        of_all = final_values(self.store, metric, self._where, self.max_epochs)
        return of_all[rows]

    def _at(self, architectures: ArrayLike, epochs: ArrayLike) -> tuple[list[int], list[int]]:
        """Return the rows (n,) and columns (n,) of architectures at numbers of epochs."""
        given = np.atleast_2d(np.asarray(architectures, order="C"))
        places = [self._place.get(row.tobytes()) for row in given] if given.dtype == np.int8 else [None]
        if None in places:
            given = self.store.space.validate(architectures)
            stored = self.store.space.canonical(given) if self.store.canonical else given
            places = [self._place.get(row.tobytes()) for row in stored]
        if None in places:
            text = self.store.space.to_strings(given[[places.index(None)]])[0]
            raise MissingRowsError(
                f"no such training of {text} in {self.store.path}, which answers for "
                f"{len(self.architectures)} architectures; give the searcher candidates=curves.architectures"
            )
        numbers = np.broadcast_to(np.asarray(epochs), (len(places),)).tolist()
        if unknown := [number for number in numbers if number not in self._column]:
            raise MissingRowsError(
                f"expected epochs among {self.fidelities} of {self.store.path}, got {unknown[0]}; "
                "give the searcher fitting min_epochs, max_epochs and eta"
            )
        return [place for place in places if place is not None], [self._column[number] for number in numbers]
