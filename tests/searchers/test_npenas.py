import numpy as np
import pytest
from contracts.searcher_contract import Make, SearcherContract, run, worth
from sklearn.linear_model import BayesianRidge

from surronas.encodings import one_hot
from surronas.errors import InputError
from surronas.searchers import NPENAS, LocalSearch, Pool
from surronas.searchers.npenas import grouped_process
from surronas.spaces import Cell201

SPACE = Cell201()


class TestContract(SearcherContract):
    @pytest.fixture(params=[None, 4])
    def make(self, request: pytest.FixtureRequest) -> Make:
        return lambda space, seed=0, candidates=None: NPENAS(
            space,
            BayesianRidge(),
            seed=seed,
            encoding=one_hot,
            tournament_size=request.param,
            num_children=30,
            num_initial=6,
            batch_size=4,
            candidates=candidates,
        )


@pytest.mark.parametrize("variant", [{}, {"acquisition": None}])
def test_as_published_it_finds_more_in_60_than_local_search(variant: dict[str, None]) -> None:
    pool = Pool(SPACE)
    ours = [
        worth(run(NPENAS(SPACE, seed=seed, candidates=pool, **variant), 6, batch=10)).max()
        for seed in range(2)
    ]
    theirs = [worth(run(LocalSearch(SPACE, seed=seed, candidates=pool), 60)).max() for seed in range(8)]
    assert np.mean(ours) > np.mean(theirs)


def test_children_are_one_decision_from_the_best() -> None:
    searcher = NPENAS(SPACE, BayesianRidge(), seed=0, encoding=one_hot)
    told = run(searcher, 10)
    pool = Pool(SPACE)
    order = np.argsort(-worth(told), kind="stable")
    near = {key for row in told[order] for key in pool.neighbors(pool.resolve(row[None])[0])}
    assert set(SPACE.keys(searcher.ask(10)).tolist()) <= near


def test_the_best_predicted_children_are_asked() -> None:
    searcher = NPENAS(SPACE, BayesianRidge(), seed=0, encoding=one_hot)
    told = run(searcher, 30)
    fitted = BayesianRidge().fit(one_hot(SPACE, SPACE.canonical(told)), worth(told))
    expected = fitted.predict(one_hot(SPACE, searcher.ask(60)))
    assert (np.diff(expected) <= 1e-12).all()


def test_the_default_predictor_has_the_groups_of_its_encoding() -> None:
    from surronas.encodings import default_encoding

    assert grouped_process(SPACE, default_encoding).groups == default_encoding.groups(SPACE).tolist()
    assert grouped_process(SPACE, one_hot).groups is None


def test_no_batch_is_refused() -> None:
    with pytest.raises(InputError, match="batch_size: expected 1 or more, got 0"):
        NPENAS(SPACE, seed=0, batch_size=0)
