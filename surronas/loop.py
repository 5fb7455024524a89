"""The closed loop: store -> surrogates -> search -> real training -> store, round by round."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surronas.encodings.default import default_encoding, default_groups
from surronas.errors import InputError, MissingRowsError
from surronas.evaluators import StreamingEvaluator, search_metric
from surronas.journal import Candidate, Incumbent, Journal, Measurement, Round
from surronas.judging import judge, unseen
from surronas.proposals import BayesianProposer, LocalProposer, Measured, Proposer
from surronas.spaces import Architectures, SearchSpace
from surronas.store import BenchmarkStore, Metric, Records
from surronas.surrogates import GaussianProcessSurrogate, Surrogate, XGBoostSurrogate
from surronas.surrogates.base import unfitted


def default_surrogates(space: SearchSpace) -> dict[str, Surrogate]:
    """Return the two surrogates of the loop, by name."""
    process = GaussianProcessSurrogate(groups=default_groups(space))
    return {"XGBoost": XGBoostSurrogate(), "Gaussian process": process}


def default_proposers() -> tuple[Proposer, ...]:
    """Return Bayesian optimisation on a Gaussian process, and local search on boosted trees."""
    return BayesianProposer(), LocalProposer(XGBoostSurrogate())


def run_loop(
    store: BenchmarkStore,
    evaluator: StreamingEvaluator,
    held_out: Records,
    *,
    num_rounds: int = 3,
    per_round: int = 8,
    seeds: Sequence[int] = (0,),
    seed: int = 0,
    metric: str = "valid_accuracy",
    surrogates: Mapping[str, Surrogate] | None = None,
    proposers: Sequence[Proposer] | None = None,
    journal: Journal | None = None,
) -> Iterator[Round]:
    """Yield rounds 0 to ``num_rounds``; round 0 judges the store as given, the others train and add to it.

    In a round the proposers pick ``per_round`` new architectures; each is trained with each of ``seeds``,
    and every row is in the store before the next training's row is waited for. A score is the mean of
    ``metric`` over ``seeds``; test scores are stored, and seen by nothing in here. The surrogates are then
    fitted anew and judged on ``held_out``: architectures that were sampled and that are not in the store.
    They are not for proposers to pick, so that every round is judged on the same ones.
    ``journal`` remembers plans and finished rounds: a loop with the same store and journal goes on where
    it stopped.

    Raises:
        InputError: no rounds, candidates or seeds; a metric of the test split; too few held-out rows.
        MissingRowsError: the store has no rows of the evaluator's task and recipe to learn from.
    """
    if num_rounds < 0 or per_round < 1 or not len(seeds):
        raise InputError(
            f"expected num_rounds >= 0, per_round >= 1 and one seed or more, got {num_rounds}, {per_round}, "
            f"{list(seeds)}"
        )
    loop = _Loop(
        store,
        evaluator,
        held_out,
        tuple(int(s) for s in seeds),
        search_metric(store.metrics, metric),
        surrogates or default_surrogates(store.space),
    )
    journal = journal or Journal()
    team = tuple(proposers) if proposers is not None else default_proposers()
    for number in range(num_rounds + 1):
        finished = journal.finished_round(number)
        if finished is None:
            plan = journal.plan(number) or (loop.propose(team, per_round, (seed, number)) if number else ())
            journal.planned(number, plan)
            loop.train(plan, journal)
            finished = loop.round(number, plan)
            journal.finished(finished)
        yield finished


@dataclass(frozen=True)
class _Loop:
    """What stays the same from round to round."""

    store: BenchmarkStore
    evaluator: StreamingEvaluator
    held_out: Records
    seeds: tuple[int, ...]
    metric: Metric
    surrogates: Mapping[str, Surrogate]

    def propose(
        self, proposers: Sequence[Proposer], number: int, seed: tuple[int, int]
    ) -> tuple[Candidate, ...]:
        """Return ``number`` candidates, shared out evenly among the proposers, with their predictions."""
        architectures, values, unusable = self._measured()
        names: list[str] = []
        picked = np.empty((0, self.store.space.num_decisions), dtype=np.int8)
        for place, proposer in enumerate(proposers):
            share = number // len(proposers) + (place < number % len(proposers))
            if share:
                taken = np.concatenate([unusable, self.held_out["architecture"], picked])
                known = Measured(self.store.space, architectures, self.metric.sign * values, taken)
                own_seed = int(np.random.SeedSequence((*seed, place)).generate_state(1)[0])
                proposed = proposer.propose(known, share, own_seed)
                picked = np.concatenate([picked, self._checked(proposer.name, proposed, share, known)])
                names += [proposer.name] * share
        return self._candidates(names, picked)

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

    def train(self, plan: Sequence[Candidate], journal: Journal) -> None:
        """Train what the store lacks of a plan, and keep each row as it ends."""
        at = self.evaluator.axes
        pairs = [
            (candidate.architecture, seed)
            for candidate in plan
            for seed in self.seeds
            if not self.store.contains(
                [candidate.text], task=at.task, recipe=at.recipe, epochs=at.epochs, seed=seed
            ).all()
        ]
        if pairs:
            architectures, seeds = zip(*pairs, strict=True)
            for row in self.evaluator.stream(np.array(architectures, dtype=np.int8), seeds):
                self.store.append(row, command="the loop of surronas")
                journal.trained(row)

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
            judge(truth, self._predict(truth.architectures)),
        )

    def _measurement(self, candidate: Candidate) -> Measurement:
        """Return what the runs of a candidate gave."""
        at = self.evaluator.axes
        rows = self.store.table([candidate.text], task=at.task, recipe=at.recipe, epochs=at.epochs)
        status = dict(zip(rows["seed"].tolist(), rows["status"].tolist(), strict=True))
        return Measurement(
            float(self._values([candidate.text])[0]), tuple(status[seed] for seed in self.seeds)
        )

    def _values(self, architectures: Architectures | Sequence[str]) -> NDArray[np.float64]:
        """Return (n,) means of the metric over the seeds; NaN where a run is missing or failed."""
        at = self.evaluator.axes
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
            at = self.evaluator.axes
            raise MissingRowsError(
                f"expected runs of task {at.task!r} with seeds {list(self.seeds)} and recipe {at.recipe} in "
                f"{self.store.path} to learn from, found none; train some first, or name seeds that are there"
            )
        return architectures[known], values[known], architectures[~known]

    def _predict(
        self, architectures: Architectures
    ) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Return mean (n,) and std (n,) by each surrogate, fitted to the store as it is now."""
        known, values, _ = self._measured()
        space = self.store.space
        features, told = default_encoding(space, architectures), default_encoding(space, known)
        return {
            name: unfitted(surrogate).fit(told, values).predict(features, return_std=True)
            for name, surrogate in self.surrogates.items()
        }
