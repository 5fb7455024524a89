"""The closed loop with no round to wait for: a free worker gets a candidate, picked on all rows so far."""

from collections.abc import Iterator, Sequence

import numpy as np

from surronas.errors import SpaceExhaustedError
from surronas.journal import Candidate, Journal, Round
from surronas.loop_state import LoopState
from surronas.proposals import Proposer, SampledProposer, num_sampled
from surronas.under_way import UnderWay


def turn_without_rounds(
    state: LoopState,
    under_way: UnderWay,
    proposers: Sequence[Proposer],
    num_rounds: int,
    per_round: int,
    sampled_share: float,
    seed: int,
    journal: Journal,
) -> Iterator[Round]:
    """Yield rounds 0 to ``num_rounds``, blocks of ``per_round`` candidates; see ``run_loop``.

    A candidate is in the journal before it is trained and its rows are in the store as they end, so whatever
    stops the loop, no row is lost and none is trained twice.
    """
    turn = _Turn(state, under_way, proposers, num_rounds, per_round, sampled_share, seed, journal)
    try:
        for number in range(num_rounds + 1):
            finished = journal.finished_round(number)
            if finished is None:
                finished = state.round(number, turn.candidates(number))
                journal.finished(finished)
            yield finished
    finally:
        under_way.cancel()


class _Turn:
    """Candidates that are picked, trained and done, by round."""

    def __init__(
        self,
        state: LoopState,
        under_way: UnderWay,
        proposers: Sequence[Proposer],
        num_rounds: int,
        per_round: int,
        sampled_share: float,
        seed: int,
        journal: Journal,
    ) -> None:
        self._state, self._under_way, self._journal, self._seed = state, under_way, journal, seed
        self._proposers, self._per_round, self._sampled_share = proposers, per_round, sampled_share
        self._plans: dict[int, list[Candidate]] = {number: [] for number in range(1, num_rounds + 1)}
        self._begun = False

    def candidates(self, number: int) -> tuple[Candidate, ...]:
        """Return the candidates of a round, when all are trained and every free worker has another one."""
        if number == 0:
            self._journal.planned(0, ())
            return ()
        self._go_on(number)
        self._pick()
        while self._is_open(number):
            self._under_way.wait()
            self._pick()
        return tuple(self._plans[number])

    def _go_on(self, first: int) -> None:
        """Take up, once, what was picked before a stop, in the rounds that are not finished."""
        if self._begun:
            return
        self._begun = True
        self._plans = {number: plan for number, plan in self._plans.items() if number >= first}
        for number, plan in self._plans.items():
            plan += self._journal.plan(number) or ()
            if plan:
                self._journal.planned(number, tuple(plan))
            for candidate in plan:
                self._under_way.add(np.array(candidate.architecture, np.int8))

    def _pick(self) -> None:
        """Give every free worker a candidate, as long as a round lacks some."""
        while self._under_way.has_room:
            number = next((n for n, plan in self._plans.items() if len(plan) < self._per_round), None)
            if number is None:
                return
            plan = self._plans[number]
            proposer = self._next(number, len(plan))
            try:
                candidate = self._state.propose_one(
                    proposer, self._under_way.pending, (self._seed, number, len(plan))
                )
            except SpaceExhaustedError:
                if not len(self._under_way):
                    raise
                return  # what is being trained is kept first
            plan.append(candidate)
            self._journal.picked(number, candidate)
            self._under_way.add(np.array(candidate.architecture, np.int8))

    def _next(self, number: int, place: int) -> Proposer:
        """Return who picks the candidate of a place of a round."""
        if num_sampled(self._sampled_share, (number - 1) * self._per_round + place, 1):
            return SampledProposer()
        return self._proposers[place % len(self._proposers)]

    def _is_open(self, number: int) -> bool:
        """Return whether a round lacks candidates, or waits for one."""
        plan = self._plans[number]
        return len(plan) < self._per_round or any(
            self._under_way.waits_for(candidate.architecture) for candidate in plan
        )
