import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import skew, yeojohnson, yeojohnson_normmax

from surronas.surrogates.warping import fit_warp

targets = st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=40).map(np.array)


@settings(max_examples=60, deadline=None)
@given(targets)
def test_target_undoes_latent_and_keeps_the_order(y: np.ndarray) -> None:
    warp = fit_warp(y)
    z = warp.latent(y)
    np.testing.assert_allclose(warp.target(z), y, atol=1e-6 * max(np.ptp(y), 1e-3))
    assert (np.diff(z[np.argsort(y)]) >= -1e-9).all()


def test_power_is_scipys_when_rows_outweigh_the_prior(rng: np.random.Generator) -> None:
    y = 1.0 - rng.exponential(size=3000)
    x = (y - y.mean()) / y.std()
    warp = fit_warp(y)
    assert warp.power == pytest.approx(yeojohnson_normmax(x), abs=0.02)
    reference = yeojohnson(x, warp.power)
    np.testing.assert_allclose(warp.latent(y), (reference - reference.mean()) / reference.std(), atol=1e-9)
    assert abs(skew(warp.latent(y))) < 0.3 < abs(skew(y))


def test_moments_are_those_of_a_large_sample(rng: np.random.Generator) -> None:
    warp = fit_warp(0.95 - 0.1 * rng.exponential(size=200))
    sample = warp.target(rng.normal(-0.3, 0.4, size=400_000))
    mean, std = warp.moments(np.array([-0.3]), np.array([0.4]))
    assert mean[0] == pytest.approx(sample.mean(), rel=1e-3)
    assert std[0] == pytest.approx(sample.std(), rel=1e-2)


def test_predictions_may_exceed_the_best_target_but_stay_finite(rng: np.random.Generator) -> None:
    y = 1.0 - rng.exponential(size=50)
    warp = fit_warp(y)
    assert warp.target(warp.latent(y).max() + np.array([0.1]))[0] > y.max()
    assert np.isfinite(warp.target(np.array([-50.0, 50.0]))).all()


@pytest.mark.parametrize("y", [[0.3], [2.0, 2.0], [0.0, 0.0, 0.0]])
def test_constant_targets_keep_unit_scale(y: list[float]) -> None:
    warp = fit_warp(np.array(y))
    mean, std = warp.moments(np.array([0.0]), np.array([0.5]))
    assert mean[0] == pytest.approx(y[0])
    assert std[0] == pytest.approx(0.5)
