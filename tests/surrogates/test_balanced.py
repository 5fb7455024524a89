import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.errors import InputError
from surronas.metrics import kendall_tau
from surronas.surrogates import BalancedSurrogate, GaussianProcessSurrogate, XGBoostSurrogate
from surronas.surrogates.balanced import balanced_weights
from surronas.surrogates.warping import fit_warp


class TestContract(SurrogateContract):
    @pytest.fixture(params=[GaussianProcessSurrogate(), XGBoostSurrogate()], ids=["process", "trees"])
    def surrogate(self, request: pytest.FixtureRequest) -> BalancedSurrogate:
        sample, _ = cell_accuracies(np.random.default_rng(7), 300)
        return BalancedSurrogate(request.param, sample=sample)

    def test_identical_features_of_every_row(self, surrogate: BalancedSurrogate) -> None:
        with pytest.raises(InputError, match=r"sample: expected \(m, 3\) features as those of X, got \(300"):
            surrogate.fit(np.ones((20, 3)), np.linspace(0.0, 1.0, 20))

    def test_more_features_than_rows(self, surrogate: BalancedSurrogate) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 10)  # 10 rows, more features
        mean, std = surrogate.fit(X, y).predict(X, return_std=True)
        assert np.isfinite(mean).all()
        assert (std > 0).all()


@parametrize_with_checks([BalancedSurrogate(XGBoostSurrogate(num_members=5, num_rounds=10))])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


def test_weighted_targets_are_spread_as_the_space_is(rng: np.random.Generator) -> None:
    space = rng.normal(size=4000)
    chosen = np.concatenate([rng.normal(size=60), 1.0 + 0.3 * rng.normal(size=140)])
    weight = balanced_weights(chosen, space, most=20.0)
    assert weight.mean() == pytest.approx(1.0)
    assert abs(np.average(chosen, weights=weight)) < 0.15 < chosen.mean()
    for low, high in ((-9.0, 0.0), (0.0, 1.0), (1.0, 9.0)):
        inside = (low < chosen) & (chosen <= high)
        assert weight[inside].sum() / 200 == pytest.approx(np.mean((low < space) & (space <= high)), abs=0.08)


def test_no_weight_is_beyond_its_limits(rng: np.random.Generator) -> None:
    weight = balanced_weights(np.concatenate([np.full(99, 1.0), [-1.0]]), rng.normal(size=1000), most=3.0)
    assert weight.max() / weight.min() <= 9.0 + 1e-9


def test_rows_that_a_search_chose_spoil_the_ranking_less() -> None:
    """From 30 sampled and the best 70 of 400: the process ranks the rest better once it is balanced."""
    taus: dict[str, list[float]] = {"plain": [], "balanced": []}
    for seed in range(4):
        X, y = cell_accuracies(np.random.default_rng(seed), 900)
        learnt = np.concatenate([np.arange(30), 30 + np.argsort(-y[30:430])[:70]])
        models = {
            "plain": GaussianProcessSurrogate(),
            "balanced": BalancedSurrogate(GaussianProcessSurrogate(), sample=X[430:]),
        }
        for name, model in models.items():
            taus[name].append(kendall_tau(y[430:], model.fit(X[learnt], y[learnt]).predict(X[430:])))
    assert np.mean(taus["balanced"]) > np.mean(taus["plain"])


def test_equal_weights_are_no_weights(rng: np.random.Generator) -> None:
    y = rng.beta(5, 1, size=80)
    plain, weighted = fit_warp(y), fit_warp(y, np.full(80, 0.3))
    assert weighted.power == pytest.approx(plain.power)
    np.testing.assert_allclose(weighted.latent(y), plain.latent(y))


def test_a_weight_of_two_is_the_row_twice(rng: np.random.Generator) -> None:
    y = rng.beta(5, 1, size=60)
    weight = 1.0 + (np.arange(60) < 20)
    twice, weighted = fit_warp(np.concatenate([y, y[:20]])), fit_warp(y, weight)
    assert weighted.mean == pytest.approx(twice.mean)
    assert weighted.std == pytest.approx(twice.std)


def test_parameters_that_mean_nothing_are_refused() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 20)
    for model in (
        BalancedSurrogate(XGBoostSurrogate(), num_bins=1),
        BalancedSurrogate(XGBoostSurrogate(), most=0.5),
    ):
        with pytest.raises(InputError, match="expected 2 bins or more and most >= 1, got num_bins="):
            model.fit(X, y)
