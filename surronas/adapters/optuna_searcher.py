"""Any sampler of Optuna's as a searcher (Akiba et al. 2019).

Optuna's ``ask`` changes the study and the sampler, ours changes nothing. So each ask builds a fresh study of
all that was told, with a fresh sampler whose seed follows from the number of architectures told. That costs
some 25 microseconds for each one told before, beside the sampler's own milliseconds: at 200 queries 5 ms.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import MissingPackageError
from surronas.searchers.history import History
from surronas.searchers.pool import Pool
from surronas.spaces import Architectures, SearchSpace

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial, TrialState

_ATTEMPTS = 8  # draws until a sampler that repeats itself is helped out


class OptunaSearcher:
    """Asks what an Optuna sampler suggests; decision i is the categorical parameter ``d0``, ``d1``, ....

    Samplers repeat themselves and know nothing of isomorphic networks or invalid architectures. What is no
    open candidate is drawn again, eight times at most; then an open neighbor of the last draw is asked, at
    random, and where there is none, any open candidate. Failed evaluations are failed trials, pending ones
    are running trials (of which TPE with ``constant_liar=True`` takes note).

    Samplers get by with the trials told, as TPE, Gaussian processes, random, brute force and the genetic ones
    do. Those that note more in the trials they have asked themselves (CMA-ES, grids, quasi-random ones) find
    no notes, and do what they do with categorical parameters anyway: sample at random.

    Args:
        space: where architectures come from.
        sampler: called with ``seed=...``, gives a sampler: ``optuna.samplers.TPESampler``, or
            ``functools.partial(TPESampler, multivariate=True)``.
        seed: of the samplers.
        candidates: (N, d) what may be asked, or a ``Pool`` of it; None for all of the space.

    Raises:
        MissingPackageError: Optuna is not installed.
    """

    def __init__(
        self,
        space: SearchSpace,
        sampler: Callable[..., BaseSampler],
        *,
        seed: int,
        candidates: Architectures | Pool | None = None,
    ) -> None:
        try:
            import optuna  # noqa: F401
        except ModuleNotFoundError as error:
            raise MissingPackageError(
                "OptunaSearcher needs optuna: pip install 'surronas[adapters]'"
            ) from error
        self._space, self._sampler, self._seed = space, sampler, seed
        self._history = History(space, candidates, seed)
        self._distributions = distributions(space)
        self._trials: list[FrozenTrial] = []
        self._kept: tuple[tuple[int, frozenset[int]], Architectures] | None = None  # the last ask, for speed

    def ask(self, n: int = 1, *, pending: ArrayLike | None = None) -> Architectures:
        """Return (n, d) distinct architectures; see ``Searcher.ask``."""
        closed = self._history.to_ask(n, pending)
        question = (n, frozenset(closed))
        if self._kept is None or self._kept[0] != question:
            self._kept = question, self._history.asked(self._suggested(n, set(closed)))
        return self._kept[1].copy()

    def tell(self, architectures: ArrayLike, scores: ArrayLike) -> None:
        """Learn the scores (n,) of architectures (n, d); see ``Searcher.tell``."""
        from optuna.trial import TrialState

        keys = self._history.tell(architectures, scores)
        self._remember(
            keys, TrialState.COMPLETE, self._history.scores[len(self._history.scores) - len(keys) :]
        )

    def discard(self, architectures: ArrayLike) -> None:
        """Note that architectures (n, d) could not be evaluated; see ``Searcher.discard``."""
        from optuna.trial import TrialState

        keys = self._history.discard(architectures)
        self._remember(keys, TrialState.FAIL, [None] * len(keys))

    def _remember(self, keys: list[int], state: TrialState, values: list[float] | list[None]) -> None:
        """Append finished trials."""
        self._kept = None
        for row, value in zip(self._history.pool.rows(keys).tolist(), values, strict=True):
            self._trials.append(self._trial(row, state, value))

    def _trial(self, row: list[int], state: TrialState, value: float | None = None) -> FrozenTrial:
        from optuna.trial import create_trial

        params = dict(zip(self._distributions, row, strict=True))
        return create_trial(state=state, value=value, params=params, distributions=dict(self._distributions))

    def _suggested(self, n: int, closed: set[int]) -> list[int]:
        """Return the keys of n open candidates; ``closed`` are pending."""
        rng = np.random.default_rng((self._seed, self._history.num_seen))
        study, asked = self._study(closed, int(rng.integers(2**31))), list[int]()
        while len(asked) < n:
            asked.append(self._open_one(study, closed, rng))
            closed.add(asked[-1])
        return asked

    def _open_one(self, study: Study, closed: set[int], rng: np.random.Generator) -> int:
        """Return the key of an open candidate, the sampler's if it finds one."""
        from optuna.trial import TrialState

        history, key = self._history, None
        for _ in range(_ATTEMPTS):
            trial = study.ask(dict(self._distributions))
            row = np.array([[trial.params[name] for name in self._distributions]], np.int8)
            if self._space.allowed(row)[0]:
                key = history.pool.resolve(row)[0]
                if key in history.pool and key not in history.score_of and key not in closed:
                    return key
            study.tell(trial, state=TrialState.FAIL)
        near = () if key is None else history.pool.neighbors(key)
        near = tuple(other for other in near if other not in history.score_of and other not in closed)
        return int(rng.choice(near)) if near else history.at_random(1, closed)[0]

    def _study(self, pending: set[int], seed: int) -> Study:
        """Return a fresh study of everything told, and of what is pending, with a fresh sampler."""
        from optuna import create_study
        from optuna.storages import InMemoryStorage
        from optuna.trial import TrialState

        sampler: BaseSampler = self._sampler(seed=seed)
        logger = logging.getLogger(InMemoryStorage.__module__)
        level = logger.level
        logger.setLevel(logging.WARNING)  # else each ask says that it has made a study
        try:
            study = create_study(direction="maximize", sampler=sampler)
        finally:
            logger.setLevel(level)
        study.add_trials(_with_generations(self._trials, sampler))
        for row in self._history.pool.rows(sorted(pending)).tolist():
            study.add_trial(self._trial(row, TrialState.RUNNING))
        return study


def distributions(space: SearchSpace) -> Mapping[str, BaseDistribution]:
    """Return Optuna's distribution of each decision: ``d0``, ``d1``, ... with choices 0, 1, ...."""
    from optuna.distributions import CategoricalDistribution

    sizes: NDArray[np.int64] = np.asarray(space.num_choices, np.int64)
    return {f"d{i}": CategoricalDistribution(range(size)) for i, size in enumerate(sizes.tolist())}


def _with_generations(trials: list[FrozenTrial], sampler: BaseSampler) -> list[FrozenTrial]:
    """Return the trials, for a genetic sampler with the number of the generation that each is of."""
    from optuna.samplers._ga import BaseGASampler

    if isinstance(sampler, BaseGASampler) and sampler.population_size is not None:
        for number, trial in enumerate(trials):
            generation = number // sampler.population_size
            trial.system_attrs = {sampler._get_generation_key(): generation}
    return trials
