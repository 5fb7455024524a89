import numpy as np
import pytest
from contracts.searcher_contract import Make, SearcherContract, run, worth
from sklearn.linear_model import BayesianRidge

from surronas.acquisition import upper_confidence_bound
from surronas.encodings import one_hot
from surronas.errors import InputError
from surronas.searchers import Bananas, Pool, RandomSearch
from surronas.searchers.meta_network import MetaNetwork
from surronas.searchers.modelled import posterior_mean
from surronas.searchers.offspring import Drawn, NeighborsOfBest
from surronas.spaces import Cell201
from surronas.surrogates import GaussianProcessSurrogate

SPACE = Cell201()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


class TestContract(SearcherContract):
    @pytest.fixture
    def make(self) -> Make:
        return lambda space, seed=0, candidates=None: Bananas(
            space, BayesianRidge(), seed=seed, num_initial=6, batch_size=4, candidates=candidates
        )


class TestContractOfOtherProposals(SearcherContract):
    @pytest.fixture(params=[Drawn(20), NeighborsOfBest(2)])
    def make(self, request: pytest.FixtureRequest) -> Make:
        return lambda space, seed=0, candidates=None: Bananas(
            space,
            BayesianRidge(),
            seed=seed,
            encoding=one_hot,
            acquisition=posterior_mean,
            propose=request.param,
            batch_size=3,
            candidates=candidates,
        )


def test_as_published_it_finds_more_in_40_than_random_search_in_160() -> None:
    pool = Pool(SPACE)
    ours = worth(run(Bananas(SPACE, seed=0, candidates=pool), 4, batch=10)).max()
    theirs = [worth(RandomSearch(SPACE, seed=seed, candidates=pool).ask(160)).max() for seed in range(8)]
    assert ours > np.mean(theirs)


def test_networks_are_seeded_by_the_search_and_resume() -> None:
    whole, resumed, other = (Bananas(SPACE, seed=seed) for seed in (1, 1, 2))
    told = run(whole, 1, batch=10)
    for searcher in (resumed, other):
        searcher.tell(told, worth(told))
    np.testing.assert_array_equal(resumed.ask(12), whole.ask(12))
    assert not np.array_equal(other.ask(12), whole.ask(12))


def test_a_batch_is_the_same_asked_at_once_or_one_by_one() -> None:
    def search() -> Bananas:
        return Bananas(SPACE, BayesianRidge(), seed=3)

    np.testing.assert_array_equal(run(search(), 4, batch=10), run(search(), 40))


def test_the_model_is_fitted_once_a_round() -> None:
    class Counted(BayesianRidge):
        fits = 0

        def fit(self, X: np.ndarray, y: np.ndarray) -> "Counted":
            Counted.fits += 1
            super().fit(X, y)
            return self

    run(Bananas(SPACE, Counted(), seed=0), 40)
    assert Counted.fits == 3


def test_asks_the_mutant_of_highest_acquisition() -> None:
    searcher = Bananas(
        SPACE,
        GaussianProcessSurrogate(),
        seed=0,
        encoding=one_hot,
        acquisition=upper_confidence_bound,
        propose=NeighborsOfBest(1),
        num_initial=20,
    )
    told = run(searcher, 20)
    pool = Pool(SPACE)
    best = told[np.argmax(worth(told))]
    near = pool.rows(pool.neighbors(pool.resolve(best[None])[0]))
    near = near[~np.isin(SPACE.keys(near), SPACE.keys(told))]
    fitted = GaussianProcessSurrogate().fit(one_hot(SPACE, SPACE.canonical(told)), worth(told))
    mean, std = fitted.predict(one_hot(SPACE, near), return_std=True)
    np.testing.assert_array_equal(searcher.ask()[0], near[np.argmax(mean + 2.0 * std)])


def test_pending_work_takes_the_head_of_the_batch() -> None:
    searcher = Bananas(SPACE, BayesianRidge(), seed=0)
    run(searcher, 10)
    batch = searcher.ask(10)
    np.testing.assert_array_equal(searcher.ask(6, pending=batch[:4]), batch[4:])


def test_told_only_failures_it_stays_with_random_architectures() -> None:
    searcher = Bananas(SPACE, BayesianRidge(), seed=0)
    for _ in range(25):
        searcher.discard(searcher.ask())
    assert searcher.ask(3).shape == (3, 6)


def repeating(seed: int, candidates: Pool | None = None) -> Bananas:
    return Bananas(
        SPACE,
        BayesianRidge(),
        seed=seed,
        encoding=one_hot,
        propose=Drawn(20),
        acquisition=posterior_mean,
        repeats=True,
        candidates=candidates,
    )


def test_repeats_ask_again_what_is_rated_highest(rng: np.random.Generator) -> None:
    pool = Pool(SPACE, SPACE.sample(12, rng))
    asked = run(repeating(0, pool), 40)
    assert len(asked) == 40
    again = SPACE.keys(asked[10:])
    assert worth(asked[10:]).mean() > worth(pool.architectures).mean()
    assert np.unique(again, return_counts=True)[1].max() > 3
    np.testing.assert_array_equal(run(repeating(0, pool), 4, batch=10), asked)
    resumed = repeating(0, pool)
    resumed.tell(asked[:17], worth(asked[:17]))
    np.testing.assert_array_equal(resumed.ask(30)[:3], asked[17:20])
    np.testing.assert_array_equal(resumed.ask(1, pending=asked[17:19]), asked[19:20])
    with pytest.raises(InputError, match="n >= 1 architectures, got n = 0"):
        resumed.ask(0)


def test_no_batch_is_refused() -> None:
    with pytest.raises(InputError, match="batch_size: expected 1 or more, got 0"):
        Bananas(SPACE, seed=0, batch_size=0)
    with pytest.raises(InputError, match="num_initial: expected 1 or more, got 0"):
        Bananas(SPACE, seed=0, num_initial=0)


class TestMetaNetwork:
    def test_every_network_learns_every_row_and_the_spread_is_theirs(self, rng: np.random.Generator) -> None:
        cells = SPACE.sample(60, rng)
        X, y = one_hot(SPACE, cells), worth(cells)
        network = MetaNetwork(num_epochs=150, num_layers=2).fit(X, y)
        mean, std = network.predict(X, return_std=True)
        assert np.abs(mean - y).mean() < 0.2 * y.std()
        assert network.noise_ == 0.0
        far = network.predict(one_hot(SPACE, SPACE.sample(200, rng)), return_std=True)[1]
        assert far.mean() > std.mean()

    def test_equal_scores_are_met_exactly(self, rng: np.random.Generator) -> None:
        X = one_hot(SPACE, SPACE.sample(12, rng))
        mean, std = MetaNetwork(num_epochs=2).fit(X, np.full(12, 0.7)).predict(X, return_std=True)
        np.testing.assert_allclose(mean, 0.7)
        np.testing.assert_allclose(std, 0.0, atol=1e-12)

    @pytest.mark.parametrize("n", [1, 2, 3])
    def test_fewer_rows_than_networks_are_enough(self, n: int) -> None:
        X = np.eye(4)
        mean, std = MetaNetwork(num_epochs=2).fit(X[:n], np.arange(n) / 10.0).predict(X, return_std=True)
        assert np.isfinite(mean).all()
        assert (std >= 0).all()

    def test_seeds_tell_networks_apart(self, rng: np.random.Generator) -> None:
        cells = SPACE.sample(20, rng)
        X, y = one_hot(SPACE, cells), worth(cells)
        one, same, other = (MetaNetwork(num_epochs=5, seed=seed).fit(X, y).predict(X) for seed in (0, 0, 1))
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, other)

    def test_the_settings_are_the_published_ones(self) -> None:
        known = MetaNetwork().get_params()
        assert known == {
            "num_members": 5,
            "num_layers": 10,
            "width": 20,
            "num_epochs": 150,
            "batch_size": 32,
            "seed": 0,
        }
