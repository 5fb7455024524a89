"""What every surrogate promises: inherit the class and give a ``surrogate`` fixture."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from surronas.encodings import live_one_hot_counts
from surronas.errors import InputError
from surronas.metrics import calibration, kendall_tau
from surronas.spaces import Cell201
from surronas.surrogates import Matrix, Surrogate, Vector, unfitted
from surronas.surrogates.intervals import cdf_of, interval_of


def cell_accuracies(rng: np.random.Generator, n: int, noise: float = 0.01) -> tuple[Matrix, Vector]:
    """Return features (n, p) of random cells and a skewed, additive accuracy with noise."""
    space = Cell201()
    cells = space.sample(n, rng)
    worth = np.random.default_rng(7).uniform(0.0, 0.3, size=(6, 5))  # the same landscape for every rng
    quality = np.where(space.live(cells), worth[np.arange(6), cells], 0.0).sum(axis=1)
    accuracy = 0.95 - 0.8 * np.exp(-3.0 * quality) + noise * rng.standard_normal(n)
    return live_one_hot_counts(space, cells), accuracy


class SurrogateContract:
    def test_ranks_architectures_it_has_not_seen(self, surrogate: Surrogate) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 600)
        predicted = surrogate.fit(X[:150], y[:150]).predict(X[150:])
        assert kendall_tau(y[150:], predicted) > 0.7

    def test_ninety_percent_intervals_hold_about_ninety_percent(self, surrogate: Surrogate) -> None:
        coverage = []
        for seed in range(3):
            X, y = cell_accuracies(np.random.default_rng(seed), 500)
            mean, std = surrogate.fit(X[:100], y[:100]).predict(X[100:], return_std=True)
            coverage.append(calibration(y[100:], mean, std, levels=[0.9]).coverage[0])
        assert 0.82 <= np.mean(coverage) <= 0.98

    def test_its_own_intervals_hold_about_ninety_percent_too(self, surrogate: Surrogate) -> None:
        coverage, below = [], []
        for seed in range(3):
            X, y = cell_accuracies(np.random.default_rng(seed), 500)
            low, high = interval_of(surrogate.fit(X[:100], y[:100]), X[100:])
            coverage.append(np.mean((low <= y[100:]) & (y[100:] <= high)))
            below += cdf_of(surrogate, X[100:], low).tolist()
        assert 0.82 <= np.mean(coverage) <= 0.98
        if hasattr(surrogate, "cdf"):
            assert np.median(below) == pytest.approx(0.05)
            with pytest.raises(
                InputError, match=r"level: expected a share inside \(0, 1\), such as 0.9, got 90"
            ):
                surrogate.predict_interval(X, 90)

    def test_std_is_never_zero_and_is_in_the_targets_unit(self, surrogate: Surrogate) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 80)
        mean, std = surrogate.fit(X[:60], y[:60]).predict(X, return_std=True)
        assert (std > 0).all()
        percent_mean, percent_std = surrogate.fit(X[:60], 100 * y[:60]).predict(X, return_std=True)
        np.testing.assert_allclose(percent_mean, 100 * mean, rtol=1e-3)
        np.testing.assert_allclose(percent_std, 100 * std, rtol=2e-2)

    def test_mean_is_the_same_with_and_without_std(self, surrogate: Surrogate) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 60)
        surrogate.fit(X, y)
        np.testing.assert_array_equal(surrogate.predict(X), surrogate.predict(X, return_std=True)[0])

    @pytest.mark.parametrize("n", [1, 2, 3])
    def test_few_rows_are_enough(self, surrogate: Surrogate, n: int) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 50)
        mean, std = surrogate.fit(X[:n], y[:n]).predict(X, return_std=True)
        assert np.isfinite(mean).all()
        assert np.isfinite(std).all()
        assert (std > 0).all()

    @pytest.mark.parametrize("constant", [0.0, 0.1, -3.0])
    def test_constant_targets_are_predicted_with_doubt(self, surrogate: Surrogate, constant: float) -> None:
        X, _ = cell_accuracies(np.random.default_rng(0), 40)
        mean, std = surrogate.fit(X, np.full(40, constant)).predict(X, return_std=True)
        np.testing.assert_allclose(mean, constant, atol=1e-6)
        assert (std > 0).all()

    def test_duplicate_rows_with_different_targets(self, surrogate: Surrogate) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 30)
        mean, std = surrogate.fit(np.vstack([X, X, X]), np.hstack([y, y + 0.02, y - 0.02])).predict(
            X, return_std=True
        )
        assert np.abs(mean - y).mean() < 0.05
        assert (std > 0).all()

    def test_identical_features_of_every_row(self, surrogate: Surrogate) -> None:
        mean, std = surrogate.fit(np.ones((6, 3)), np.arange(6.0)).predict(np.ones((2, 3)), return_std=True)
        np.testing.assert_allclose(mean, 2.5, atol=0.7)
        assert (std > 0.5).all()

    def test_more_features_than_rows(self, surrogate: Surrogate) -> None:
        rng = np.random.default_rng(0)
        X = rng.standard_normal((8, 100))
        assert np.isfinite(surrogate.fit(X, X[:, 0]).predict(X)).all()

    def test_fit_forgets(self, surrogate: Surrogate) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 60)
        again = unfitted(surrogate).fit(X, y).predict(X, return_std=True)
        surrogate.fit(X[:20], -y[:20])
        np.testing.assert_array_equal(surrogate.fit(X, y).predict(X, return_std=True), again)

    def test_predictions_do_not_depend_on_the_rest_of_the_batch(self, surrogate: Surrogate) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 80)
        surrogate.fit(X[:40], y[:40])
        whole = np.array(surrogate.predict(X, return_std=True))
        alone = np.hstack([surrogate.predict(X[i : i + 1], return_std=True) for i in range(len(X))])
        np.testing.assert_allclose(alone, whole, rtol=1e-6)

    def test_leaves_global_random_state_alone(self, surrogate: Surrogate) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 30)
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        surrogate.fit(X, y).predict(X)
        np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002

    def test_clone_has_the_parameters_but_no_fit(self, surrogate: Surrogate) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 30)
        copy = unfitted(surrogate.fit(X, y))
        assert copy.get_params().keys() == clone(surrogate).get_params().keys()
        with pytest.raises(NotFittedError, match="not fitted"):
            copy.predict(X)

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_targets_that_are_not_finite_are_refused(self, surrogate: Surrogate, bad: float) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 10)
        y[3] = bad
        with pytest.raises(ValueError, match=r"NaN|infinity"):
            surrogate.fit(X, y)

    def test_another_number_of_features_at_predict_is_refused(self, surrogate: Surrogate) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 10)
        with pytest.raises(ValueError, match="features"):
            surrogate.fit(X, y).predict(X[:, 1:])

    def test_lengths_that_differ_are_refused(self, surrogate: Surrogate) -> None:
        X, y = cell_accuracies(np.random.default_rng(0), 10)
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            surrogate.fit(X, y[1:])
