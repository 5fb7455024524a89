import numpy as np
import pytest

from surronas.errors import InputError
from surronas.surrogates import GaussianProcessSurrogate
from surronas.surrogates.candidate_posterior import CandidatePosterior

X = np.random.default_rng(0).normal(size=(1_300, 4))
Y = np.sin(X[:, 0]) + 0.3 * X[:, 1] ** 2 + 0.01 * np.random.default_rng(1).normal(size=1_300)


def fitted(n: int, *, noise_in_std: bool = False) -> GaussianProcessSurrogate:
    return GaussianProcessSurrogate(noise_in_std=noise_in_std).fit(X[:n], Y[:n])


@pytest.mark.parametrize("noise_in_std", [True, False])
def test_predicts_what_the_process_predicts(noise_in_std: bool) -> None:
    process = fitted(30, noise_in_std=noise_in_std)
    watched = CandidatePosterior(process, X)  # more than one block
    for found, expected in zip(watched.moments(), process.predict(X, return_std=True), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)
    some = np.array([5, 900, 3])
    np.testing.assert_array_equal(watched.latent_moments(some)[0], watched.latent_moments()[0][some])


def test_rows_one_by_one_are_an_update_of_the_process() -> None:
    process, watched = fitted(20), CandidatePosterior(fitted(20), X)
    for i in range(20, 90):  # beyond the room set aside at first
        watched.add(X[i], Y[i])
    process.update(X[20:90], Y[20:90])
    assert watched.num_rows == 90
    for found, expected in zip(watched.latent_moments(), process.predict_latent(X), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert watched.best == pytest.approx(process.predict_latent(X[:90])[0].max(), abs=1e-6)


def test_believing_its_own_mean_keeps_means_and_shrinks_deviations() -> None:
    watched = CandidatePosterior(fitted(20), X)
    mean, std = watched.latent_moments()
    before = mean.copy(), std.copy()
    mark = watched.mark()
    watched.believe(700)
    after = watched.latent_moments()
    np.testing.assert_allclose(after[0], before[0], atol=1e-9)
    assert (after[1] <= before[1] + 1e-12).all()
    assert after[1][700] < 0.5 * before[1][700]
    watched.restore(mark)
    for found, expected in zip(watched.latent_moments(), before, strict=True):
        np.testing.assert_array_equal(found, expected)
    watched.add(X[20], Y[20])  # over what was believed
    again = CandidatePosterior(fitted(20), X)
    again.add(X[20], Y[20])
    np.testing.assert_array_equal(watched.latent_moments()[0], again.latent_moments()[0])


def test_the_same_row_twice_is_no_obstacle() -> None:
    watched = CandidatePosterior(fitted(20), X[:100])
    for _ in range(5):
        watched.add(X[3], Y[3])
    mean, std = watched.moments()
    assert np.isfinite(mean).all()
    assert (std > 0).all()


def test_a_process_that_sees_its_rows_through_others_is_refused() -> None:
    process = GaussianProcessSurrogate(max_exact=50).fit(X[:60], Y[:60])
    with pytest.raises(InputError, match="expected an exact Gaussian process"):
        CandidatePosterior(process, X)
