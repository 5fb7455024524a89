import numpy as np
import pytest
from contracts.searcher_contract import Make, SearcherContract, run, worth
from scipy.optimize import check_grad

from surronas.acquisition import log_expected_improvement
from surronas.encodings import WeisfeilerLehman
from surronas.errors import InputError
from surronas.searchers import NasBowl, Pool, RandomSearch
from surronas.searchers.cosine_kernel import Cosine
from surronas.searchers.nas_bowl import subtree_counts
from surronas.spaces import Cell201
from surronas.surrogates import GaussianProcessSurrogate
from surronas.surrogates.marginal_likelihood import MarginalLikelihood

SPACE = Cell201()


class TestContract(SearcherContract):
    @pytest.fixture
    def make(self) -> Make:
        return lambda space, seed=0, candidates=None: NasBowl(
            space, seed=seed, heights=(1,), pool_size=40, num_initial=6, candidates=candidates
        )


def test_as_published_it_finds_more_in_60_than_random_search() -> None:
    pool = Pool(SPACE)
    ours = [worth(run(NasBowl(SPACE, seed=seed, candidates=pool), 12, batch=5)).max() for seed in range(2)]
    theirs = [worth(RandomSearch(SPACE, seed=seed, candidates=pool).ask(60)).max() for seed in range(20)]
    assert np.mean(ours) > np.mean(theirs)


def test_counts_have_the_inner_products_of_the_kernel() -> None:
    cells = SPACE.sample(30, np.random.default_rng(0))
    counts = subtree_counts(SPACE, cells, 2)
    sparse = WeisfeilerLehman(2).counts(SPACE, cells)
    np.testing.assert_array_equal(counts @ counts.T, (sparse @ sparse.T).toarray())
    assert (counts.sum(axis=0) > 0).all()


def test_the_height_of_greatest_evidence_is_taken() -> None:
    cells = SPACE.sample(80, np.random.default_rng(1))
    evidence = []
    for height in (0, 3):
        counts = subtree_counts(SPACE, cells, height)
        process = GaussianProcessSurrogate(kernel=Cosine()).fit(counts, worth(cells))
        posterior = MarginalLikelihood(counts, process.warp_.latent(worth(cells)), process.covariance_)
        evidence.append(-posterior.negative_log_posterior(process.theta_)[0])
    height = (0, 3)[int(np.argmax(evidence))]
    one, both = (NasBowl(SPACE, seed=0, heights=heights) for heights in ((height,), (0, 3)))
    for searcher in (one, both):
        searcher.tell(cells, worth(cells))
    np.testing.assert_array_equal(both.ask(5), one.ask(5))


def test_asks_what_is_expected_to_improve_most() -> None:
    pool = SPACE.sample(60, np.random.default_rng(2))
    searcher = NasBowl(SPACE, seed=0, heights=(2,), candidates=pool, pool_size=400)
    told = run(searcher, 5, batch=2)
    rest = Pool(SPACE, pool).architectures
    rest = rest[~np.isin(SPACE.keys(rest), SPACE.keys(told))]
    counts = subtree_counts(SPACE, np.concatenate([SPACE.canonical(told), rest]), 2)
    process = GaussianProcessSurrogate(kernel=Cosine(), noise_in_std=False).fit(counts[:10], worth(told))
    mean, std = process.predict(counts[10:], return_std=True)
    value = log_expected_improvement(mean, std, float(worth(told).max()))
    asked = int(np.flatnonzero(SPACE.keys(rest) == SPACE.keys(searcher.ask())[0])[0])
    assert value[asked] == pytest.approx(value.max())


def test_only_mutants_or_none() -> None:
    for num_mutants in (0, 50):
        assert len(run(NasBowl(SPACE, seed=0, num_mutants=num_mutants, pool_size=50), 4, batch=5)) == 20


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"heights": ()}, "heights: expected one or more"),
        ({"heights": (-1, 2)}, "heights: expected one or more"),
        ({"pool_size": 0}, "expected pool_size >= 1"),
        ({"num_mutants": 201}, "num_mutants of 0 to pool_size; got 200 and 201"),
    ],
)
def test_sizes_without_sense_are_refused(bad: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        NasBowl(SPACE, seed=0, **bad)  # type: ignore[arg-type]


class TestCosine:
    def test_values_are_cosines(self) -> None:
        a, b = np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[4.0, 3.0], [1.0, 0.0]])
        covariance = Cosine().scaled(a)
        np.testing.assert_allclose(
            covariance.between(np.log([2.0]), a, b), 2.0 * np.array([[0.96, 0.6], [0.0, 0.0]])
        )
        assert covariance.variance(np.log([2.0])) == pytest.approx(2.0)

    def test_gradient_is_that_of_the_posterior(self) -> None:
        rng = np.random.default_rng(0)
        X, z = rng.random((12, 4)), rng.standard_normal(12)
        posterior = MarginalLikelihood(X, z, Cosine().scaled(X))
        error = check_grad(
            lambda theta: posterior.negative_log_posterior(theta)[0],
            lambda theta: posterior.negative_log_posterior(theta)[1],
            np.array([0.3, -2.0]),
        )
        assert error < 1e-4
