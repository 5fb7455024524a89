from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from surronas.encodings import live_one_hot_counts
from surronas.errors import InputError
from surronas.metrics import calibration, kendall_tau
from surronas.store import BenchmarkStore
from surronas.surrogates.curve_extrapolation import CurveExtrapolation, curve_shape
from surronas.surrogates.saving import load_surrogate, save_surrogate

Curves = NDArray[np.float64]


@pytest.fixture(scope="module")
def digits() -> tuple[Curves, NDArray[np.float64]]:
    """Real validation curves (500, 6) of seed 0, and features of their cells."""
    store = BenchmarkStore.open(Path(__file__).parents[2] / "benchmarks_data" / "digits_cell201.h5")
    cells = store.architectures[np.random.default_rng(0).permutation(len(store.architectures))[:500]]
    curves = store.curves(cells, "valid_accuracy", seed=0).astype(np.float64)
    return curves, live_one_hot_counts(store.space, cells)


def power_laws(rng: np.random.Generator, n: int = 60, num_epochs: int = 20) -> Curves:
    """Return error curves (n, T) that end in another order than they begin."""
    limit, gap, speed = rng.uniform(0.1, 0.4, n), rng.uniform(0.2, 0.6, n), rng.uniform(0.3, 1.5, n)
    epochs = np.arange(1, num_epochs + 1)
    return limit[:, None] + gap[:, None] * epochs ** -speed[:, None]


@pytest.mark.parametrize(("num_epochs", "at_least"), [(1, 0.6), (2, 0.65), (3, 0.7), (5, 0.9)])
def test_real_curves_with_their_cells_rank_as_they_end(digits, num_epochs: int, at_least: float) -> None:
    curves, features = digits
    fitted = CurveExtrapolation(lengths=[num_epochs]).fit(curves[:100], curves[:100, -1], features[:100])
    mean, std = fitted.predict(curves[100:, :num_epochs], True, features=features[100:])
    ends, last = curves[100:, -1], curves[100:, num_epochs - 1]
    assert kendall_tau(ends, mean) > max(at_least, kendall_tau(ends, last) - 0.01)
    assert 0.8 < calibration(ends, mean, std, levels=[0.9]).coverage[0] < 0.98


def test_differences_tell_what_the_last_value_does_not() -> None:
    curves = power_laws(np.random.default_rng(0), n=300)
    fitted = CurveExtrapolation(lengths=[5]).fit(curves[:80], curves[:80, -1])
    ends = curves[80:, -1]
    predicted = fitted.predict(curves[80:, :5])
    assert kendall_tau(ends, predicted) > kendall_tau(ends, curves[80:, 4]) + 0.1
    assert np.abs(predicted - ends).mean() < 0.02


def test_less_is_known_after_fewer_epochs(digits) -> None:
    curves, _ = digits
    fitted = CurveExtrapolation().fit(curves[:100], curves[:100, -1])
    std = [np.median(fitted.predict(curves[100:, :length], True)[1]) for length in (1, 3, 5)]
    assert std[0] > 1.2 * std[1] > 1.44 * std[2]


def test_a_batch_may_hold_curves_of_all_lengths(digits) -> None:
    curves, features = digits
    fitted = CurveExtrapolation().fit(curves[:60], curves[:60, -1], features[:60])
    length = np.arange(60, 100) % 7
    partial = np.where(np.arange(6) < length[:, None], curves[60:100], np.nan)
    mean, std = fitted.predict(partial, True, features=features[60:100])
    assert np.isfinite(mean).all()
    assert (std > 0).all()
    for row in range(40):
        alone = fitted.predict(
            partial[row : row + 1, : max(length[row], 1)], True, features=features[[60 + row]]
        )
        np.testing.assert_allclose(np.ravel(alone), [mean[row], std[row]], rtol=1e-6)


def test_without_any_epoch_the_architecture_alone_tells(digits) -> None:
    curves, features = digits
    fitted = CurveExtrapolation(lengths=[3]).fit(curves[:100], curves[:100, -1], features[:100])
    nothing = np.full((400, 2), np.nan)
    mean = fitted.predict(nothing, features=features[100:])
    assert kendall_tau(curves[100:, -1], mean) > 0.6
    np.testing.assert_array_equal(fitted.predict(curves[100:, :2], features=features[100:]), mean)
    blind = CurveExtrapolation(lengths=[3]).fit(curves[:100], curves[:100, -1])
    mean, std = blind.predict(nothing[:5], True)
    assert np.ptp(mean) < 1e-12
    np.testing.assert_allclose(std, curves[:100, -1].std(), rtol=0.3)


def test_gaps_are_interpolated_and_infinities_not_believed() -> None:
    curves = power_laws(np.random.default_rng(0))
    fitted = CurveExtrapolation(lengths=[8]).fit(curves, curves[:, -1])
    broken = curves[:, :8].copy()
    broken[:, 4] = (broken[:, 3] + broken[:, 5]) / 2
    smooth = fitted.predict(broken)
    broken[:, 4] = np.inf
    np.testing.assert_allclose(fitted.predict(broken), smooth)


def test_a_curve_that_diverged_is_predicted_by_what_it_was_before() -> None:
    curves = power_laws(np.random.default_rng(0))
    fitted = CurveExtrapolation().fit(curves, curves[:, -1])
    diverged = curves[:, :9].copy()
    diverged[:, 6:] = [np.inf, np.nan, np.nan]
    np.testing.assert_array_equal(fitted.predict(diverged), fitted.predict(curves[:, :6]))


def test_trainings_that_broke_off_may_teach_too() -> None:
    curves = power_laws(np.random.default_rng(0))
    curves[:10, 15:] = np.nan
    ends = np.nan_to_num(curves[:, -1], nan=0.5)
    mean, std = CurveExtrapolation(lengths=[5, 20]).fit(curves, ends).predict(curves, True)
    assert np.isfinite(mean).all()
    assert (std > 0).all()


def test_final_values_may_be_of_another_metric(digits) -> None:
    curves, _ = digits
    percent_error = 100 * (1 - curves[:, -1])
    fitted = CurveExtrapolation(lengths=[5]).fit(curves[:100], percent_error[:100])
    assert kendall_tau(percent_error[100:], fitted.predict(curves[100:, :5])) > 0.85
    assert np.abs(fitted.predict(curves[100:, :5]) - percent_error[100:]).mean() < 5


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_curves_are_enough(digits, n: int) -> None:
    curves, features = digits
    fitted = CurveExtrapolation().fit(curves[:n], curves[:n, -1], features[:n])
    mean, std = fitted.predict(curves[100:, :3], True, features=features[100:])
    assert np.isfinite(mean).all()
    assert (std > 0).all()


def test_constant_curves_are_predicted_with_doubt() -> None:
    mean, std = (
        CurveExtrapolation().fit(np.full((9, 4), 0.1), np.full(9, 0.1)).predict(np.full((2, 2), 0.1), True)
    )
    np.testing.assert_allclose(mean, 0.1, atol=1e-6)
    assert (std > 0).all()


def test_real_losses_of_recurrent_cells_rank_better_than_by_the_last(shared: Path, tmp_path: Path) -> None:
    from surronas.store.importers import import_benchmark, importer_named

    source = shared / "benchmarks" / "nasbench-nlp" / "train_logs_wikitext-2_logs.zip"
    import_benchmark(importer_named("nas-bench-nlp"), source, tmp_path / "nlp.h5")
    store = BenchmarkStore.open(tmp_path / "nlp.h5")
    curves = store.curves(store.architectures, "valid_loss", seed=0, missing="nan").astype(np.float64)
    curves = curves[np.isfinite(curves).all(axis=1)]
    curves = curves[np.random.default_rng(0).permutation(len(curves))]
    fitted = CurveExtrapolation(lengths=[5, 10]).fit(curves[:100], curves[:100, -1])
    for length in (5, 10):
        ends = curves[100:, -1]
        last = kendall_tau(ends, curves[100:, length - 1])
        assert kendall_tau(ends, fitted.predict(curves[100:, :length])) > last + 0.03


def test_fit_forgets_and_clones_are_unfitted() -> None:
    curves = power_laws(np.random.default_rng(0))
    surrogate = CurveExtrapolation(lengths=[3])
    once = surrogate.fit(curves, curves[:, -1]).predict(curves[:, :3])
    surrogate.fit(curves[:9, :5], -curves[:9, 4])
    np.testing.assert_array_equal(surrogate.fit(curves, curves[:, -1]).predict(curves[:, :3]), once)
    with pytest.raises(NotFittedError, match="not fitted"):
        clone(surrogate).predict(curves[:, :3])


def test_saved_and_loaded_it_predicts_the_same(tmp_path: Path) -> None:
    curves = power_laws(np.random.default_rng(0))
    fitted = CurveExtrapolation(lengths=[3, 6]).fit(curves, curves[:, -1])
    save_surrogate(fitted, tmp_path / "curves.h5")
    loaded = load_surrogate(tmp_path / "curves.h5")
    np.testing.assert_array_equal(loaded.predict(curves[:, :6], True), fitted.predict(curves[:, :6], True))


@pytest.mark.parametrize("num_epochs", [0, 1, 2, 4, 8, 50])
def test_shapes_of_curves_are_finite_and_as_many_for_all(num_epochs: int, rng) -> None:
    shape = curve_shape(rng.standard_normal((3, num_epochs)))
    assert shape.shape == (3, {0: 1, 1: 1, 2: 2, 4: 5, 8: 7, 50: 7}[num_epochs])
    assert np.isfinite(shape).all()


CURVES, ENDS, FEATURES = np.ones((4, 5)), np.ones(4), np.ones((4, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.ones(5), ENDS), r"curves: expected shape \(n, columns\), got \(5,\)"),
        ((CURVES, ENDS[1:]), r"y: expected a finite final value for each of 4 curves, got shape \(3,\)"),
        ((CURVES, np.array([1.0, np.nan, 1.0, 1.0])), "1 that are not; leave failed trainings out"),
        ((CURVES * np.nan, ENDS), "curves: expected at least one value in each, got 4 curves, 4 without"),
        ((CURVES[:0], ENDS[:0]), "curves: expected at least one value in each, got 0 curves"),
        ((CURVES, ENDS, FEATURES[1:]), r"features: expected finite numbers of shape \(4, 2\)"),
        ((CURVES, ENDS, FEATURES * np.inf), r"features: expected finite numbers of shape \(4, 2\)"),
    ],
)
def test_senseless_rows_are_refused(arguments: tuple[NDArray[np.float64], ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        CurveExtrapolation().fit(*arguments)


@pytest.mark.parametrize("lengths", [[], [0, 1], [6]])
def test_lengths_outside_the_curves_are_refused(lengths: list[int]) -> None:
    with pytest.raises(InputError, match="lengths: expected epochs from 1 to 5"):
        CurveExtrapolation(lengths=lengths).fit(CURVES, ENDS)


def test_curves_longer_than_those_learnt_and_missing_features_are_refused() -> None:
    fitted = CurveExtrapolation(lengths=[2]).fit(CURVES, ENDS, FEATURES)
    with pytest.raises(InputError, match="curves: expected 5 epochs at most, got 6"):
        fitted.predict(np.ones((1, 6)), features=np.ones((1, 2)))
    with pytest.raises(InputError, match=r"as many columns as in fit, got shape \(4, 0\)"):
        fitted.predict(CURVES)
