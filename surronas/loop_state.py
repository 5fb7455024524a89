"""What a turn of the loop needs of its store: what was measured, candidates to train next, rounds judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from surronas.encodings.default import default_encoding
from surronas.errors import InputError, MissingRowsError
from surronas.evaluators import RecordAxes
from surronas.journal import Candidate, Incumbent, Measurement, Round
from surronas.judging import judge, unseen
from surronas.proposals import Measured, Proposer, SampledProposer
from surronas.spaces import Architectures
from surronas.store import BenchmarkStore, Metric, Records
from surronas.surrogates import Surrogate
from surronas.surrogates.base import unfitted


@dataclass(frozen=True)
class LoopState:
    """What stays the same from round to round."""

    store: BenchmarkStore
    axes: RecordAxes  # where the rows that are trained lie
    held_out: Records
    seeds: tuple[int, ...]
    metric: Metric
    surrogates: Mapping[str, Surrogate]
    _fitted: dict[int, Mapping[str, Surrogate]] = field(
        default_factory=dict
    )  # by rows in the store: the last

    def propose(
        self, proposers: Sequence[Proposer], number: int, seed: tuple[int, int], num_sampled: int = 0
    ) -> tuple[Candidate, ...]:
        """Return ``number`` candidates with their predictions: what was sampled, the rest from the proposers.

        ``num_sampled`` of them are drawn at random; the proposers share out the rest evenly.
        """
        architectures, values, unusable = self._measured()
        names: list[str] = []
        picked = np.empty((0, self.store.space.num_decisions), dtype=np.int8)
        each, over = divmod(number - num_sampled, len(proposers))
        shares = [(proposer, each + (place < over)) for place, proposer in enumerate(proposers)]
        for place, (proposer, share) in enumerate([*shares, (SampledProposer(), num_sampled)]):
            if share:
                taken = np.concatenate([unusable, self.held_out["architecture"], picked])
                known = Measured(self.store.space, architectures, self.metric.sign * values, taken)
                own_seed = int(np.random.SeedSequence((*seed, place)).generate_state(1)[0])
                proposed = proposer.propose(known, share, own_seed)
                picked = np.concatenate([picked, self._checked(proposer.name, proposed, share, known)])
                names += [proposer.name] * share
        return self._candidates(names, picked)

    def propose_one(
        self, proposer: Proposer, pending: Architectures | None, seed: tuple[int, ...]
    ) -> Candidate:
        """Return one candidate, with its predictions, while ``pending`` (m, d) are being trained."""
        architectures, values, unusable = self._measured()
        waiting = architectures[:0] if pending is None else pending
        taken = np.concatenate([unusable, self.held_out["architecture"], waiting])
        known = Measured(self.store.space, architectures, self.metric.sign * values, taken, waiting)
        proposed = proposer.propose(known, 1, int(np.random.SeedSequence(seed).generate_state(1)[0]))
        return self._candidates([proposer.name], self._checked(proposer.name, proposed, 1, known))[0]

    def _checked(self, name: str, proposed: Architectures, number: int, known: Measured) -> Architectures:
        """Return what was proposed, if it is ``number`` distinct architectures, none measured or closed.

        Raises:
            InputError: it is not; nothing is trained then.
        """
        space = self.store.space
        keys = space.keys(space.validate(proposed))
        taken = space.keys(np.concatenate([known.architectures, known.closed]))
        if len(np.unique(keys)) != number or np.isin(keys, taken).any():
            raise InputError(
                f"proposer {name!r}: expected {number} distinct new architectures, got "
                f"{space.to_strings(proposed)}, {int(np.isin(keys, taken).sum())} of them measured or closed"
            )
        return proposed

    def _candidates(self, proposers: Sequence[str], architectures: Architectures) -> tuple[Candidate, ...]:
        """Return the candidates with what every surrogate predicts of them."""
        predicted = self._predict(architectures)
        texts = self.store.space.to_strings(architectures)
        return tuple(
            Candidate(
                tuple(architectures[i].tolist()),
                texts[i],
                proposers[i],
                {name: (float(mean[i]), float(std[i])) for name, (mean, std) in predicted.items()},
            )
            for i in range(len(architectures))
        )

    def round(self, number: int, plan: tuple[Candidate, ...]) -> Round:
        """Return the round as it stands after its trainings."""
        architectures, values, _ = self._measured()
        best = int(np.argmax(self.metric.sign * values))
        text = self.store.space.to_strings(architectures[best : best + 1])[0]
        truth = unseen(self.held_out, self.store, self.seeds, self.metric.name)
        return Round(
            number,
            len(self.store),
            plan,
            tuple(self._measurement(candidate) for candidate in plan),
            Incumbent(tuple(architectures[best].tolist()), text, float(values[best])),
            judge(
                truth,
                default_encoding(self.store.space, truth.architectures),
                self._fit(),
                sign=self.metric.sign,
            ),
        )

    def _measurement(self, candidate: Candidate) -> Measurement:
        """Return what the runs of a candidate gave."""
        at = self.axes
        rows = self.store.table([candidate.text], task=at.task, recipe=at.recipe, epochs=at.epochs)
        status = dict(zip(rows["seed"].tolist(), rows["status"].tolist(), strict=True))
        return Measurement(
            float(self._values([candidate.text])[0]), tuple(status[seed] for seed in self.seeds)
        )

    def _values(self, architectures: Architectures | Sequence[str]) -> NDArray[np.float64]:
        """Return (n,) means of the metric over the seeds; NaN where a run is missing or failed."""
        at = self.axes
        of_seeds = [
            self.store.query(
                architectures,
                self.metric.name,
                task=at.task,
                recipe=at.recipe,
                epochs=at.epochs,
                seed=seed,
                missing="nan",
            )
            for seed in self.seeds
        ]
        mean: NDArray[np.float64] = np.mean(of_seeds, axis=0)
        return mean

    def _measured(self) -> tuple[Architectures, NDArray[np.float64], Architectures]:
        """Return the (n, d) architectures that have a value, the (n,) values, and the rest (m, d).

        Raises:
            MissingRowsError: none has a value.
        """
        architectures = self.store.architectures
        values = self._values(architectures)
        known = np.isfinite(values)
        if not known.any():
            at = self.axes
            raise MissingRowsError(
                f"expected runs of task {at.task!r} with seeds {list(self.seeds)} and recipe {at.recipe} in "
                f"{self.store.path} to learn from, found none; train some first, or name seeds that are there"
            )
        return architectures[known], values[known], architectures[~known]

    def _predict(
        self, architectures: Architectures
    ) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Return mean (n,) and std (n,) by each surrogate, fitted to the store as it is now."""
        features = default_encoding(self.store.space, architectures)
        return {name: each.predict(features, return_std=True) for name, each in self._fit().items()}

    def _fit(self) -> Mapping[str, Surrogate]:
        """Return the surrogates by name, fitted to the store as it is now."""
        if len(self.store) not in self._fitted:
            known, values, _ = self._measured()
            told = default_encoding(self.store.space, known)
            fitted = {name: unfitted(each).fit(told, values) for name, each in self.surrogates.items()}
            self._fitted.clear()
            self._fitted[len(self.store)] = fitted
        return self._fitted[len(self.store)]
