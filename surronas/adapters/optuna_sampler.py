"""Our searchers as a sampler of Optuna's: ``study.optimize`` then asks what they would ask."""

from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from surronas.adapters.optuna_searcher import distributions
from surronas.errors import InputError
from surronas.searchers import Searcher
from surronas.spaces import Architectures, SearchSpace


class SurronasSampler(BaseSampler):
    """An Optuna sampler of the decisions ``d0``, ``d1``, ... of architectures by one of our searchers.

    ``suggest_architecture(trial, space)`` suggests them all in the objective. Finished trials are told,
    failed and pruned ones discarded, running ones are pending; a study that is loaded from a storage goes on
    from its trials. Parameters of other names are sampled at random. When all candidates are asked, asking
    raises ``SpaceExhaustedError``.

    Args:
        searcher: called with ``(space, seed=...)``, gives a searcher: ``LocalSearch``, or
            ``functools.partial(LocalSearch, candidates=pool)``.
        space: where architectures come from.
        seed: of the searcher.
    """

    def __init__(self, searcher: Callable[..., Searcher], space: SearchSpace, *, seed: int) -> None:
        self._factory, self._space, self._seed = searcher, space, seed
        self._distributions = dict(distributions(space))
        self._others = RandomSampler(seed=seed)
        self._lock = Lock()  # one sampler serves all threads of a study
        self._study_name: str | None = None
        self._searcher: Searcher | None = None
        self._told: set[int] = set()  # numbers of trials
        self._asked: dict[int, Architectures] = {}  # by the number of the running trial

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the distributions of all decisions."""
        return dict(self._distributions)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return what the searcher asks, given the study's trials.

        Raises:
            InputError: the study has several objectives.
            SpaceExhaustedError: no candidates remain.
        """
        if len(study.directions) != 1:
            raise InputError(f"expected a study of one objective, got {len(study.directions)}")
        with self._lock:
            searcher = self._up_to_date(study)
            running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
            waiting = [row for other in running if (row := self._row(other)) is not None]
            pending = np.array(waiting, np.int8).reshape(-1, self._space.num_decisions)
            asked = searcher.ask(pending=pending)
            self._asked[trial.number] = asked[0]
        return dict(zip(self._distributions, asked[0].tolist(), strict=True))

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a random value of a parameter that is no decision."""
        return self._others.sample_independent(study, trial, param_name, param_distribution)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy needs: it tells a fresh searcher the study's trials."""
        return {"searcher": self._factory, "space": self._space, "seed": self._seed}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def _up_to_date(self, study: Study) -> Searcher:
        """Return the searcher, told all finished trials of the study in their order."""
        if self._searcher is None or self._study_name != study.study_name:
            self._searcher, self._study_name = self._factory(self._space, seed=self._seed), study.study_name
            self._told, self._asked = set(), {}
        sign = 1.0 if study.direction == StudyDirection.MAXIMIZE else -1.0
        for trial in study.get_trials(deepcopy=False):
            if not trial.state.is_finished() or trial.number in self._told:
                continue
            self._told.add(trial.number)
            row = self._row(trial)
            self._asked.pop(trial.number, None)
            if row is None:
                continue
            if trial.state == TrialState.COMPLETE and trial.value is not None:
                self._searcher.tell(row[None], [sign * trial.value])
            else:
                self._searcher.discard(row[None])
        return self._searcher

    def _row(self, trial: FrozenTrial) -> Architectures | None:
        """Return the architecture (d,) of a trial; None where it has not got all decisions."""
        if trial.number in self._asked:
            return self._asked[trial.number]
        if not self._distributions.keys() <= trial.params.keys():
            return None
        return np.array([trial.params[name] for name in self._distributions], np.int8)


def suggest_architecture(trial: Trial, space: SearchSpace) -> Architectures:
    """Return one architecture (1, d), suggested decision by decision as ``d0``, ``d1``, ...."""
    sizes = np.asarray(space.num_choices).tolist()
    row = [trial.suggest_categorical(f"d{i}", range(size)) for i, size in enumerate(sizes)]
    return np.array([row], np.int8)
