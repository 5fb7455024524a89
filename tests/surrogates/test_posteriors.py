import numpy as np
import pytest
from contracts.surrogate_contract import cell_accuracies

from surronas.surrogates.covariance import Covariance, Stationary
from surronas.surrogates.posteriors import ExactPosterior, InducingPosterior

THETA = np.array([-1.0, 0.5])


@pytest.fixture
def data() -> tuple[Covariance, np.ndarray, np.ndarray, np.ndarray]:
    X, y = cell_accuracies(np.random.default_rng(0), 60)
    noise = np.linspace(0.01, 0.2, 60)
    return Stationary().scaled(X), X, (y - y.mean()) / y.std(), noise


def test_exact_posterior_is_the_textbooks(data) -> None:
    covariance, X, z, noise = data
    rows, given = X[40:], slice(0, 40)
    mean, variance = ExactPosterior.given(covariance, THETA, X[given], z[given], noise[given]).moments(rows)
    K = covariance.between(THETA, X[given], X[given]) + np.diag(noise[given])
    cross = covariance.between(THETA, rows, X[given])
    np.testing.assert_allclose(mean, cross @ np.linalg.solve(K, z[given]), atol=1e-6)
    explained = np.einsum("ij,ji->i", cross, np.linalg.solve(K, cross.T))
    np.testing.assert_allclose(variance, np.exp(0.5) - explained, atol=1e-6)


def test_all_rows_inducing_gives_the_exact_posterior(data) -> None:
    covariance, X, z, noise = data
    exact = ExactPosterior.given(covariance, THETA, X, z, noise)
    through = InducingPosterior.given(covariance, THETA, X, X, z, noise)
    rows = cell_accuracies(np.random.default_rng(1), 50)[0]
    np.testing.assert_allclose(through.moments(rows), exact.moments(rows), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("kind", ["exact", "inducing"])
def test_rows_added_later_count_like_those_given_at_once(data, kind: str) -> None:
    covariance, X, z, noise = data

    def after(n: int) -> ExactPosterior | InducingPosterior:
        given = (X[:n], z[:n], noise[:n])
        if kind == "exact":
            return ExactPosterior.given(covariance, THETA, *given)
        return InducingPosterior.given(covariance, THETA, X[:20], *given)

    later = after(45)
    for part in (slice(45, 46), slice(46, 60)):
        later = later.updated(X[part], z[part], noise[part])
    np.testing.assert_allclose(later.moments(X), after(60).moments(X), rtol=1e-7, atol=1e-10)


def test_few_inducing_rows_know_less(data) -> None:
    covariance, X, z, noise = data
    rows = cell_accuracies(np.random.default_rng(1), 50)[0]
    exact = ExactPosterior.given(covariance, THETA, X, z, noise).moments(rows)[1]
    few = InducingPosterior.given(covariance, THETA, X[:5], X, z, noise).moments(rows)[1]
    assert few.mean() > exact.mean()
    assert (few > 0).all()
