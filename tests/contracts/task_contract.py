"""What every surrogate of several tasks promises beside the ordinary: inherit, give ``surrogate``."""

from pathlib import Path

import numpy as np
import pytest
from contracts.surrogate_contract import cell_accuracies
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.metrics import kendall_tau
from surronas.surrogates import unfitted
from surronas.surrogates.saving import load_surrogate, save_surrogate
from surronas.surrogates.tasks import TaskRegressor

LOW, HIGH = 12, 200


def two_fidelities(
    seed: int, low: int = 150, high: int = 20, judged: int = 300
) -> tuple[
    NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]
]:
    """Return X, y and task of rows at two fidelities, and X and y of others at the high one."""
    X, y = cell_accuracies(np.random.default_rng(seed), low + judged)
    early = 60.0 * y**2 - 20.0  # another unit and scale, the same order
    rows = np.vstack([X[:low], X[:high]])
    task = np.repeat([LOW, HIGH], [low, high])
    return rows, np.hstack([early[:low], y[:high]]), task, X[low:], y[low:]


class TaskContract:
    def test_rows_of_another_fidelity_help(self, surrogate: TaskRegressor) -> None:
        gain = []
        for seed in range(3):
            X, y, task, others, truth = two_fidelities(seed)
            both = surrogate.fit(X, y, task).predict(others)
            alone = surrogate.fit(X[task == HIGH], y[task == HIGH]).predict(others)
            gain.append(kendall_tau(truth, both) - kendall_tau(truth, alone))
        assert np.mean(gain) > 0.05

    def test_the_greatest_task_is_the_target_unless_another_is_named(self, surrogate: TaskRegressor) -> None:
        X, y, task, others, truth = two_fidelities(0)
        surrogate.fit(X, y, task)
        assert surrogate.target_ == HIGH
        assert np.abs(surrogate.predict(others) - truth).mean() < 0.1
        np.testing.assert_array_equal(surrogate.predict(others), surrogate.predict(others, task=HIGH))
        early = surrogate.predict(others, task=LOW)
        assert np.ptp(early) > 2.0  # in that task's own unit
        low = unfitted(surrogate).set_params(target=LOW).fit(X, y, task)
        assert low.target_ == LOW
        assert np.ptp(low.predict(others)) > 2.0

    def test_std_is_in_the_unit_of_its_task(self, surrogate: TaskRegressor) -> None:
        X, y, task, others, _ = two_fidelities(0)
        surrogate.fit(X, y, task)
        low, high = (surrogate.predict(others, return_std=True, task=wanted)[1] for wanted in (LOW, HIGH))
        assert (np.hstack([low, high]) > 0).all()
        assert np.median(low) > 5 * np.median(high)

    def test_order_of_rows_and_names_of_tasks_do_not_matter_much(self, surrogate: TaskRegressor) -> None:
        X, y, task, others, _ = two_fidelities(0)
        order = np.random.default_rng(0).permutation(len(y))
        one = unfitted(surrogate).fit(X, y, task).predict(others)
        other = surrogate.fit(X[order], y[order], np.where(task == LOW, 0, 7)[order]).predict(others)
        assert kendall_tau(one, other) > 0.85

    @pytest.mark.parametrize("rows_of_target", [1, 2])
    def test_hardly_any_rows_of_the_target_are_enough(
        self, surrogate: TaskRegressor, rows_of_target: int
    ) -> None:
        X, y, task, others, _ = two_fidelities(0, high=rows_of_target)
        mean, std = surrogate.fit(X, y, task).predict(others, return_std=True)
        assert np.isfinite(mean).all()
        assert (std > 0).all()

    def test_tasks_may_be_measured_on_different_architectures(self, surrogate: TaskRegressor) -> None:
        X, y, _, others, truth = two_fidelities(0, low=180, high=0)
        task = np.repeat([LOW, HIGH], [150, 30])
        y[150:] = np.sqrt((y[150:] + 20.0) / 60.0)  # the others are measured at the high fidelity alone
        assert kendall_tau(truth, surrogate.fit(X, y, task).predict(others)) > 0.6

    def test_a_target_without_rows_is_refused(self, surrogate: TaskRegressor) -> None:
        X, y, task, _, _ = two_fidelities(0, low=10, high=3)
        with pytest.raises(InputError, match=r"target: expected one of the tasks \[12, 200\], got 90"):
            unfitted(surrogate).set_params(target=90).fit(X, y, task)

    @pytest.mark.parametrize("bad", [[12, 200], [12.5] * 13, ["low"] * 13, [[12]] * 13])
    def test_tasks_that_are_no_whole_number_a_row_are_refused(
        self, surrogate: TaskRegressor, bad: object
    ) -> None:
        X, y, _, _, _ = two_fidelities(0, low=10, high=3)
        with pytest.raises(InputError, match="task: expected a whole number for each of 13 rows"):
            surrogate.fit(X, y, bad)

    def test_a_task_that_was_not_fitted_is_refused(self, surrogate: TaskRegressor) -> None:
        X, y, task, others, _ = two_fidelities(0, low=10, high=3)
        with pytest.raises(InputError, match=r"task: expected one of the tasks fitted, \[12, 200\], got 50"):
            surrogate.fit(X, y, task).predict(others, task=50)

    def test_a_task_that_has_nothing_in_common_hardly_harms(self, surrogate: TaskRegressor) -> None:
        loss = []
        for seed in range(2):
            X, y, task, others, truth = two_fidelities(seed, high=60)
            rng = np.random.default_rng(seed)
            y[task == LOW] = rng.permutation(y[task == LOW])
            both = surrogate.fit(X, y, task).predict(others)
            alone = surrogate.fit(X[task == HIGH], y[task == HIGH]).predict(others)
            loss.append(kendall_tau(truth, alone) - kendall_tau(truth, both))
        assert np.mean(loss) < 0.1

    def test_saved_and_loaded_it_predicts_the_same(self, surrogate: TaskRegressor, tmp_path: Path) -> None:
        X, y, task, others, _ = two_fidelities(0, low=30, high=10)
        save_surrogate(surrogate.fit(X, y, task), tmp_path / "tasks.h5")
        loaded = load_surrogate(tmp_path / "tasks.h5")
        for named in (LOW, HIGH):
            np.testing.assert_array_equal(
                loaded.predict(others, return_std=True, task=named),
                surrogate.predict(others, return_std=True, task=named),
            )
