import pickle

import numpy as np
import pytest
from contracts.searcher_contract import run, worth

pytest.importorskip("optuna")

import optuna

from surronas.adapters import SurronasSampler, suggest_architecture
from surronas.errors import InputError, SpaceExhaustedError
from surronas.searchers import LocalSearch, RandomSearch
from surronas.spaces import Cell201

SPACE = Cell201()


def sampler(factory=LocalSearch, seed: int = 0) -> SurronasSampler:
    return SurronasSampler(factory, SPACE, seed=seed)


def objective(trial: optuna.Trial) -> float:
    return float(worth(suggest_architecture(trial, SPACE))[0])


def architectures(study: optuna.Study) -> np.ndarray:
    return np.array([[t.params[f"d{i}"] for i in range(6)] for t in study.trials], np.int8)


@pytest.fixture(autouse=True)
def quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    yield
    optuna.logging.set_verbosity(before)


def test_a_study_asks_what_the_searcher_asks() -> None:
    study = optuna.create_study(direction="maximize", sampler=sampler())
    study.optimize(objective, n_trials=20)
    np.testing.assert_array_equal(architectures(study), run(LocalSearch(SPACE, seed=0), 20))


def test_minimising_is_maximising_the_negative() -> None:
    study = optuna.create_study(sampler=sampler())
    study.optimize(lambda trial: -objective(trial), n_trials=20)
    np.testing.assert_array_equal(architectures(study), run(LocalSearch(SPACE, seed=0), 20))


def test_a_study_goes_on_from_its_trials_with_a_fresh_sampler() -> None:
    study = optuna.create_study(direction="maximize", sampler=sampler())
    study.optimize(objective, n_trials=10)
    study.sampler = sampler()
    study.optimize(objective, n_trials=10)
    np.testing.assert_array_equal(architectures(study), run(LocalSearch(SPACE, seed=0), 20))


def test_failed_and_pruned_trials_are_discarded() -> None:
    study = optuna.create_study(direction="maximize", sampler=sampler())

    def failing(trial: optuna.Trial) -> float:
        value = objective(trial)
        if trial.number % 3 == 1:
            raise optuna.TrialPruned if trial.number % 2 else ArithmeticError
        return value

    study.optimize(failing, n_trials=15, catch=(ArithmeticError,))
    direct = LocalSearch(SPACE, seed=0)
    for number, asked in enumerate(architectures(study)[:, None]):
        np.testing.assert_array_equal(direct.ask(), asked)
        if number % 3 == 1:
            direct.discard(asked)
        else:
            direct.tell(asked, worth(asked))


def test_running_trials_are_pending() -> None:
    study = optuna.create_study(direction="maximize", sampler=sampler())
    trials = [study.ask() for _ in range(5)]
    asked = np.concatenate([suggest_architecture(trial, SPACE) for trial in trials])
    assert len(np.unique(SPACE.keys(asked))) == 5


def test_threads_share_one_sampler() -> None:
    study = optuna.create_study(direction="maximize", sampler=sampler())
    study.optimize(objective, n_trials=24, n_jobs=3)
    assert len(np.unique(SPACE.keys(architectures(study)))) == 24


def test_other_parameters_are_sampled_at_random() -> None:
    study = optuna.create_study(direction="maximize", sampler=sampler())
    study.optimize(lambda trial: objective(trial) * trial.suggest_float("rate", 0.5, 1.0), n_trials=5)
    rates = [trial.params["rate"] for trial in study.trials]
    assert len(set(rates)) == 5
    assert all(0.5 <= rate <= 1.0 for rate in rates)


def test_trials_without_decisions_are_passed_over() -> None:
    study = optuna.create_study(direction="maximize", sampler=sampler())
    study.add_trial(optuna.trial.create_trial(value=1.0))
    study.optimize(objective, n_trials=2)
    assert len(study.trials) == 3


def test_one_sampler_may_serve_another_study() -> None:
    shared = sampler()
    for _ in range(2):
        study = optuna.create_study(direction="maximize", sampler=shared)
        study.optimize(objective, n_trials=8)
        np.testing.assert_array_equal(architectures(study), run(LocalSearch(SPACE, seed=0), 8))


def test_it_is_pickled_between_trials() -> None:
    study = optuna.create_study(direction="maximize", sampler=sampler())
    study.optimize(objective, n_trials=5)
    study = pickle.loads(pickle.dumps(study))
    study.optimize(objective, n_trials=5)
    np.testing.assert_array_equal(architectures(study), run(LocalSearch(SPACE, seed=0), 10))


def test_several_objectives_are_refused() -> None:
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=sampler())
    with pytest.raises(InputError, match="expected a study of one objective, got 2"):
        study.optimize(lambda trial: (objective(trial), 0.0), n_trials=1)


def test_an_exhausted_searcher_says_so() -> None:
    few = SPACE.sample(2, np.random.default_rng(0))
    shared = SurronasSampler(
        lambda space, seed: RandomSearch(space, seed=seed, candidates=few), SPACE, seed=0
    )
    study = optuna.create_study(direction="maximize", sampler=shared)
    with pytest.raises(SpaceExhaustedError, match="0 of 2 distinct candidates are left"):
        study.optimize(objective, n_trials=3)
