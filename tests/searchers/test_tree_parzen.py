import numpy as np
import pytest
from contracts.searcher_contract import Make, SearcherContract, run, worth

from surronas.errors import InputError
from surronas.searchers import TPE, Pool, RandomSearch
from surronas.searchers.tree_parzen import log_density
from surronas.spaces import Cell201, space_named

SPACE = Cell201()


class TestContract(SearcherContract):
    @pytest.fixture
    def make(self) -> Make:
        return lambda space, seed=0, candidates=None: TPE(
            space, seed=seed, num_initial=6, candidates=candidates
        )


def test_finds_more_in_80_than_random_search_in_320() -> None:
    pool = Pool(SPACE)
    ours = [worth(run(TPE(SPACE, seed=seed, candidates=pool), 80)).max() for seed in range(3)]
    theirs = [worth(RandomSearch(SPACE, seed=seed, candidates=pool).ask(320)).max() for seed in range(6)]
    assert np.mean(ours) > np.mean(theirs)


def test_over_the_whole_pool_it_asks_the_greatest_ratio() -> None:
    """Counts by hand: ten told, one good; weights 1 and a prior of 1 over 5 choices."""
    rng = np.random.default_rng(0)
    pool = Pool(SPACE, SPACE.sample(200, rng))
    told = pool.architectures[:10]
    searcher = TPE(SPACE, seed=0, num_candidates=None, candidates=pool)
    searcher.tell(told, worth(told))
    good = told[np.argmax(worth(told))]
    bad = np.delete(told, np.argmax(worth(told)), axis=0)
    ratio = np.zeros(len(pool.architectures))
    for decision in range(6):
        for choice in range(5):
            l_x = ((good[decision] == choice) + 0.2) / 2.0
            g_x = ((bad[:, decision] == choice).sum() + 0.2) / 10.0
            ratio[pool.architectures[:, decision] == choice] += np.log(l_x / g_x)
    ratio[:10] = -np.inf
    np.testing.assert_array_equal(searcher.ask(), pool.architectures[[np.argmax(ratio)]])


def test_candidates_are_drawn_from_the_good() -> None:
    """A choice that all the good share and none of the bad is asked most of the time."""
    cells = SPACE.sample(300, np.random.default_rng(3))
    scores = (cells[:, 3] == 3).astype(float)
    searcher = TPE(SPACE, seed=0, gamma=0.2, candidates=Pool(SPACE, isomorphic="keep"))
    searcher.tell(cells, scores)
    assert (searcher.ask(20)[:, 3] == 3).mean() > 0.9


def test_density_is_that_of_independent_decisions() -> None:
    logs = [np.log([0.25, 0.75]), np.log([0.5, 0.2, 0.3])]
    rows = np.array([[0, 2], [1, 0]], np.int8)
    np.testing.assert_allclose(np.exp(log_density(logs, rows)), [0.075, 0.375])


@pytest.mark.parametrize("name", ["cell101", "darts"])
def test_large_spaces_are_searched_within_what_they_allow(name: str) -> None:
    space = space_named(name)
    searcher = TPE(space, seed=0)
    for _ in range(5):
        asked = searcher.ask(5)
        np.testing.assert_array_equal(space.validate(asked), asked)
        searcher.tell(asked, asked.sum(axis=1, dtype=float))
    assert len(searcher.ask(60)) == 60


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"gamma": 0.0}, "gamma: expected a share within 0 and 1, got 0.0"),
        ({"gamma": 1.0}, "gamma: expected a share"),
        ({"prior_weight": 0.0}, "prior_weight: expected more than 0"),
        ({"num_candidates": 0}, "num_candidates: expected 1 or more, or None, got 0"),
        ({"num_initial": 0}, "num_initial: expected 1 or more"),
    ],
)
def test_settings_without_sense_are_refused(bad: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        TPE(SPACE, seed=0, **bad)  # type: ignore[arg-type]


def test_all_of_an_open_space_is_refused() -> None:
    with pytest.raises(InputError, match="space 'darts' is too large for all"):
        TPE(space_named("darts"), seed=0, num_candidates=None)
