"""The closed loop: store -> surrogates -> search -> real training -> store, round by round."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from surronas.async_loop import turn_without_rounds
from surronas.encodings.default import default_groups
from surronas.errors import InputError
from surronas.evaluators import StreamingEvaluator, search_metric
from surronas.journal import Candidate, Journal, Round
from surronas.loop_state import LoopState
from surronas.proposals import BayesianProposer, LocalProposer, Proposer, num_sampled
from surronas.spaces import SearchSpace
from surronas.store import BenchmarkStore, Records
from surronas.surrogates import GaussianProcessSurrogate, Surrogate, XGBoostSurrogate
from surronas.under_way import UnderWay, submitting

COMMAND = "the loop of surronas"


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
    sampled_share: float = 0.0,
    journal: Journal | None = None,
    asynchronous: bool = False,
) -> Iterator[Round]:
    """Yield rounds 0 to ``num_rounds``; round 0 judges the store as given, the others train and add to it.

    In a round the proposers pick ``per_round`` new architectures; each is trained with each of ``seeds``,
    and every row is in the store before the next training's row is waited for. A score is the mean of
    ``metric`` over ``seeds``; test scores are stored, and seen by nothing in here. The surrogates are then
    fitted anew and judged on ``held_out``: architectures that were sampled and that are not in the store.
    They are not for proposers to pick, so that every round is judged on the same ones.
    ``sampled_share`` of the candidates are drawn at random: a search's rows tell little of the whole space.
    ``journal`` remembers plans and finished rounds: a loop with the same store and journal goes on where
    it stopped.

    ``asynchronous``: no worker waits for the end of a round. As soon as one is free, the proposers, in turn,
    pick one candidate for it, on all rows that are in and knowing what is being trained. A round is then the
    next ``per_round`` candidates, and is judged when they have all ended; later ones may be in training then.
    The evaluator must be one that trainings can be submitted to.

    Raises:
        InputError: a setting or metric that means nothing; too few held-out rows; an evaluator that takes no
            single trainings, where that is needed.
        MissingRowsError: the store has no rows of the evaluator's task and recipe to learn from.
    """
    if num_rounds < 0 or per_round < 1 or not len(seeds):
        raise InputError(
            f"expected num_rounds >= 0, per_round >= 1 and one seed or more, got {num_rounds}, {per_round}, "
            f"{list(seeds)}"
        )
    num_sampled(sampled_share, 0, per_round)
    state = LoopState(
        store,
        evaluator.axes,
        held_out,
        tuple(int(s) for s in seeds),
        search_metric(store.metrics, metric),
        surrogates or default_surrogates(store.space),
    )
    journal, team = journal or Journal(), tuple(default_proposers() if proposers is None else proposers)
    settings = (num_rounds, per_round, sampled_share, seed, journal)
    if asynchronous:
        under_way = UnderWay(
            submitting(evaluator), state.seeds, store=store, command=COMMAND, on_row=journal.trained
        )
        yield from turn_without_rounds(state, under_way, team, *settings)
    else:
        yield from _turn_in_rounds(state, evaluator, team, *settings)


def _turn_in_rounds(
    state: LoopState,
    evaluator: StreamingEvaluator,
    proposers: Sequence[Proposer],
    num_rounds: int,
    per_round: int,
    sampled_share: float,
    seed: int,
    journal: Journal,
) -> Iterator[Round]:
    """Yield rounds, each proposed as a whole, trained, and waited for."""
    for number in range(num_rounds + 1):
        finished = journal.finished_round(number)
        if finished is None:
            plan = journal.plan(number) or ()
            if number and not plan:
                sampled = num_sampled(sampled_share, (number - 1) * per_round, per_round)
                plan = state.propose(proposers, per_round, (seed, number), sampled)
            journal.planned(number, plan)
            _train(state, evaluator, plan, journal)
            finished = state.round(number, plan)
            journal.finished(finished)
        yield finished


def _train(
    state: LoopState, evaluator: StreamingEvaluator, plan: Sequence[Candidate], journal: Journal
) -> None:
    """Train what the store lacks of a plan, and keep each row as it ends."""
    at, store = evaluator.axes, state.store
    pairs = [
        (candidate.architecture, seed)
        for candidate in plan
        for seed in state.seeds
        if not store.contains(
            [candidate.text], task=at.task, recipe=at.recipe, epochs=at.epochs, seed=seed
        ).all()
    ]
    if pairs:
        architectures, seeds = zip(*pairs, strict=True)
        for row in evaluator.stream(np.array(architectures, dtype=np.int8), seeds):
            store.append(row, command=COMMAND)
            journal.trained(row)
