from functools import partial

import numpy as np
import pytest
from contracts.searcher_contract import SearcherContract, run, worth

pytest.importorskip("optuna")

import optuna

from surronas.adapters import OptunaSearcher
from surronas.searchers import RandomSearch
from surronas.spaces import Cell201, SearchSpace, space_named

SAMPLERS = {
    "random": optuna.samplers.RandomSampler,
    "tpe": optuna.samplers.TPESampler,
    "genetic": partial(optuna.samplers.NSGAIISampler, population_size=5),
}


@pytest.mark.parametrize("sampler", ["random", "tpe"])
class TestContract(SearcherContract):
    @pytest.fixture
    def make(self, sampler: str):
        def make_searcher(space: SearchSpace, seed: int = 0, candidates=None) -> OptunaSearcher:
            return OptunaSearcher(space, SAMPLERS[sampler], seed=seed, candidates=candidates)

        return make_searcher


@pytest.mark.parametrize("sampler", ["tpe", "genetic"])
def test_what_a_sampler_learns_shows(sampler: str) -> None:
    space, better = Cell201(), []
    for seed in range(2):
        asked = run(OptunaSearcher(space, SAMPLERS[sampler], seed=seed), 60)
        chance = run(RandomSearch(space, seed=seed), 60)
        better.append(worth(asked[40:]).mean() - worth(chance[40:]).mean())
    assert np.mean(better) > 0.1


@pytest.mark.slow
def test_gaussian_process_sampler_serves() -> None:
    pytest.importorskip("torch")
    asked = run(OptunaSearcher(Cell201(), optuna.samplers.GPSampler, seed=0), 13)
    assert len(np.unique(Cell201().keys(asked))) == 13


def test_a_constrained_space_is_asked_valid_architectures_only() -> None:
    space = space_named("cell101")
    asked = OptunaSearcher(space, optuna.samplers.RandomSampler, seed=0).ask(3)
    assert space.allowed(asked).all()


def test_nothing_is_logged_and_the_verbosity_stays(capsys) -> None:
    before = optuna.logging.get_verbosity()
    OptunaSearcher(Cell201(), optuna.samplers.RandomSampler, seed=0).ask()
    assert optuna.logging.get_verbosity() == before
    assert capsys.readouterr().err == ""
