import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from surronas.encodings import concatenate, live_one_hot_counts, one_hot
from surronas.errors import InputError
from surronas.evaluation import (
    Contender,
    Fit,
    Target,
    evaluate_surrogates,
    grouped,
    target_of,
    target_of_arrays,
)
from surronas.evaluation.results import bootstrapped
from surronas.metrics import kendall_tau
from surronas.surrogates import (
    AutoSurrogate,
    ConformalSurrogate,
    GaussianProcessSurrogate,
    StackingSurrogate,
)


class Broken(LinearRegression):
    """A surrogate that gives up on more than 20 rows, and predicts NaN otherwise."""

    def fit(self, X, y):
        if len(X) > 20:
            raise ValueError("too many rows")
        return super().fit(X, y)

    def predict(self, X):
        return np.full(len(X), np.nan)


def test_a_sweep_gives_every_contender_size_and_seed(target: Target, gaussian_process: Contender) -> None:
    linear = Contender("linear", LinearRegression(), "one-hot", one_hot)
    seen: list[tuple[Fit, int]] = []
    results = evaluate_surrogates(
        target,
        [gaussian_process, linear],
        train_sizes=(64, 16),
        num_seeds=3,
        num_test=200,
        on_fit=lambda fit, total: seen.append((fit, total)),
    )
    assert [fit for fit, _ in seen] == list(results.fits)
    assert {total for _, total in seen} == {12} == {len(results.fits)}
    assert results.contenders == [("gp", "live"), ("linear", "one-hot")]
    assert results.train_sizes == [16, 64]
    few, many = (results.summary("gp", "live", n).scores["kendall_tau"] for n in (16, 64))
    assert few.low <= few.mean <= few.high < many.mean
    assert np.isnan(results.summary("linear", "one-hot", 16).scores["nll"].mean)  # it knows no std
    assert {fit.num_judged for fit in results.fits} == {200}


def test_a_fit_is_what_one_does_by_hand(target: Target, gaussian_process: Contender) -> None:
    from surronas.evaluation import RANDOM
    from surronas.evaluation.splits import Wanted, draw

    results = evaluate_surrogates(target, [gaussian_process], train_sizes=[32], num_seeds=1)
    rows = draw(RANDOM, target, Wanted(32, 2000, 1), seed=0)
    X = live_one_hot_counts(target.space, target.architectures)
    model = GaussianProcessSurrogate().fit(X[rows.trained], target.values[rows.trained])
    expected = kendall_tau(target.values[rows.judged], model.predict(X[rows.judged]))
    assert results.fits[0].scores["kendall_tau"] == pytest.approx(expected, abs=1e-6)


def test_the_number_of_workers_changes_nothing(target: Target, gaussian_process: Contender) -> None:
    one, two = (
        evaluate_surrogates(
            target, [gaussian_process], train_sizes=[16, 32], num_seeds=2, num_workers=workers
        )
        for workers in (1, 2)
    )
    assert one == two


def test_a_surrogate_is_not_fitted_itself(target: Target, gaussian_process: Contender) -> None:
    evaluate_surrogates(target, [gaussian_process], train_sizes=[16], num_seeds=1)
    assert not hasattr(gaussian_process.surrogate, "warp_")


def test_groups_of_an_encoding_are_told_to_a_surrogate_that_knows_groups(target: Target) -> None:
    together = concatenate(one_hot, live_one_hot_counts)
    told = grouped(Contender("gp", GaussianProcessSurrogate(), "both", together), target.space)
    assert told.surrogate.groups == tuple(together.groups(target.space))
    for given in (
        Contender("gp", GaussianProcessSurrogate(groups=[0] * 71), "both", together),
        Contender("gp", GaussianProcessSurrogate(), "one-hot", one_hot),
        Contender("linear", LinearRegression(), "both", together),
    ):
        assert grouped(given, target.space) is given


def test_groups_are_told_to_the_gaussian_process_inside_another_surrogate(target: Target) -> None:
    together = concatenate(one_hot, live_one_hot_counts)
    groups = tuple(together.groups(target.space))
    for outer in (AutoSurrogate(), StackingSurrogate()):
        assert grouped(Contender("o", outer, "both", together), target.space).surrogate.groups == groups
    outer = ConformalSurrogate(GaussianProcessSurrogate())
    told = grouped(Contender("o", outer, "both", together), target.space).surrogate
    assert told.surrogate.groups == groups
    assert outer.surrogate.groups is None


def test_fits_that_fail_are_told(target: Target) -> None:
    broken = Contender("broken", Broken(), "one-hot", one_hot)
    results = evaluate_surrogates(target, [broken], train_sizes=[16, 32], num_seeds=2)
    assert "predictions: expected finite values, got nan" in results.fits[0].error
    assert results.fits[-1].error == "ValueError: too many rows"
    assert any(note.startswith("4 of 4 fits failed; the first, broken: InputError") for note in results.notes)
    summary = results.summary("broken", "one-hot", 32)
    assert (summary.num_seeds, summary.num_failed) == (0, 2)
    assert np.isnan(summary.scores["kendall_tau"].mean)
    with pytest.raises(KeyError):
        results.summary("broken", "one-hot", 64)


def test_sizes_beyond_the_rows_are_left_out_aloud(small_store, gaussian_process: Contender) -> None:
    results = evaluate_surrogates(target_of(small_store), [gaussian_process], num_seeds=2)
    assert results.train_sizes == [16, 32]
    assert (
        "left out: train sizes 64, 128, 256, more than the 48 rows there are to learn from" in results.notes
    )
    assert {fit.num_judged for fit in results.fits} == {
        28
    }  # those that the larger sizes would have taken too
    with pytest.raises(InputError, match="expected a train size of at most 48 of the 60 rows"):
        evaluate_surrogates(target_of(small_store), [gaussian_process], train_sizes=[100], num_seeds=1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"train_sizes": [1]}, "train sizes of 2 or more"),
        ({"train_sizes": []}, "train sizes of 2 or more"),
        ({"num_seeds": 0}, "at least one seed"),
        ({"num_workers": 0}, "at least one seed"),
    ],
)
def test_nothing_to_do_is_refused(target: Target, gaussian_process: Contender, wrong, message) -> None:
    with pytest.raises(InputError, match=message):
        evaluate_surrogates(target, [gaussian_process], **wrong)
    with pytest.raises(InputError, match="expected contenders"):
        evaluate_surrogates(target, [])


def test_constant_targets_are_scored(cell201, cells, gaussian_process: Contender) -> None:
    alike = target_of_arrays(cell201, cells[:100], np.full(100, 0.5))
    results = evaluate_surrogates(alike, [gaussian_process], train_sizes=[16], num_seeds=2)
    assert results.fits[0].scores["kendall_tau"] == 0.0
    assert results.fits[0].error == ""


def test_intervals_are_bootstrapped() -> None:
    values = np.random.default_rng(0).normal(0.7, 0.1, 400)
    found = bootstrapped(values)
    standard_error = values.std() / 20
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.96 * standard_error, abs=0.1 * standard_error)
    assert found.high == pytest.approx(values.mean() + 1.96 * standard_error, abs=0.1 * standard_error)
    assert bootstrapped(np.array([0.5])).mean == 0.5
    assert np.isnan(bootstrapped(np.array([0.5])).low)
    assert np.isnan(bootstrapped(np.array([0.5, np.nan])).mean)
    assert np.isnan(bootstrapped(np.array([])).mean)
