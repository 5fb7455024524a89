import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from contracts.surrogate_contract import cell_accuracies
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge

import surronas.surrogates
from surronas.errors import InputError, StoreDamagedError, StoreError, StoreVersionError, SurronasError
from surronas.surrogates import (
    ConformalSurrogate,
    GaussianProcessSurrogate,
    Matrix,
    Surrogate,
    Vector,
    XGBoostSurrogate,
)
from surronas.surrogates.covariance import Stationary, hamming
from surronas.surrogates.kernels import matern32, squared_exponential
from surronas.surrogates.multi_fidelity_trees import MultiFidelityXGBoost
from surronas.surrogates.multi_task import MultiTaskGaussianProcess
from surronas.surrogates.saving import TrainedOn, load_surrogate, read_saved, save_surrogate
from surronas.surrogates.sealed_file import write_sealed
from surronas.surrogates.tasks import TaskRegressor

NO_SURROGATES = {"Surrogate"}  # the protocol
NEEDS: dict[str, Callable[[type], Surrogate]] = {  # those that no constructor call without arguments makes
    "BalancedSurrogate": lambda kind: kind(
        GaussianProcessSurrogate(), sample=cell_accuracies(np.random.default_rng(1), 50)[0]
    ),
    "ConformalSurrogate": lambda kind: kind(GaussianProcessSurrogate()),
    "RegressorSurrogate": lambda kind: kind(Ridge()),
}
SURROGATES = {
    name: kind
    for name in surronas.surrogates.__all__
    if isinstance(kind := getattr(surronas.surrogates, name), type)
    and hasattr(kind, "predict")
    and name not in NO_SURROGATES
}


@pytest.fixture(scope="module")
def rows() -> tuple[Matrix, Vector]:
    return cell_accuracies(np.random.default_rng(0), 120)


@pytest.fixture
def saved(tmp_path: Path, rows: tuple[Matrix, Vector]) -> Path:
    """A Gaussian process on forty cells."""
    X, y = rows
    path = tmp_path / "process.h5"
    save_surrogate(GaussianProcessSurrogate().fit(X[:40], y[:40]), path)
    return path


@pytest.mark.parametrize("name", sorted(SURROGATES))
def test_predictions_after_loading_are_bit_equal(
    name: str, tmp_path: Path, rows: tuple[Matrix, Vector]
) -> None:
    X, y = rows
    surrogate = NEEDS.get(name, lambda kind: kind())(SURROGATES[name]).fit(X[:60], y[:60])
    save_surrogate(surrogate, tmp_path / "saved.h5")
    loaded = load_surrogate(tmp_path / "saved.h5")
    assert type(loaded) is type(surrogate)
    for before, after in zip(
        surrogate.predict(X, return_std=True), loaded.predict(X, return_std=True), strict=True
    ):
        np.testing.assert_array_equal(after, before)
    assert str(loaded.get_params()) == str(surrogate.get_params())


@pytest.mark.parametrize(
    "surrogate",
    [
        GaussianProcessSurrogate(kernel=Stationary(squared_exponential) + Stationary(columns=[0, 3, 5])),
        GaussianProcessSurrogate(
            kernel=hamming([2] * 5, columns=slice(10)) * Stationary(columns=range(9, 40))
        ),
        GaussianProcessSurrogate(kernel=matern32, max_exact=30, noise_in_std=False),
        ConformalSurrogate(XGBoostSurrogate(num_rounds=5), level=0.8),
        MultiTaskGaussianProcess(rank=2),
        MultiFidelityXGBoost(num_rounds=5),
    ],
    ids=["sum", "product", "inducing", "conformal", "multi_task", "multi_fidelity"],
)
def test_other_parameters_are_kept_too(
    surrogate: Surrogate, tmp_path: Path, rows: tuple[Matrix, Vector]
) -> None:
    X, y = rows
    task = {"task": np.arange(60) % 2} if isinstance(surrogate, TaskRegressor) else {}
    surrogate.fit(X[:60], y[:60], **task)
    save_surrogate(surrogate, tmp_path / "saved.h5")
    loaded = load_surrogate(tmp_path / "saved.h5")
    for before, after in zip(
        surrogate.predict(X, return_std=True), loaded.predict(X, return_std=True), strict=True
    ):
        np.testing.assert_array_equal(after, before)
    if hasattr(surrogate, "update") and "max_exact" not in str(surrogate):
        once, again = (model.update(X[60:70], y[60:70]).predict(X) for model in (surrogate, loaded))
        np.testing.assert_array_equal(again, once)


def test_what_is_loaded_can_be_fitted_and_saved_again(tmp_path: Path, rows: tuple[Matrix, Vector]) -> None:
    X, y = rows
    save_surrogate(XGBoostSurrogate(num_rounds=5).fit(X[:30], y[:30]), tmp_path / "a.h5")
    again = load_surrogate(tmp_path / "a.h5").fit(X[:60], y[:60])
    save_surrogate(again, tmp_path / "a.h5")
    expected = XGBoostSurrogate(num_rounds=5).fit(X[:60], y[:60]).predict(X)
    np.testing.assert_array_equal(load_surrogate(tmp_path / "a.h5").predict(X), expected)


def test_the_file_says_what_it_was_trained_on_and_with_which_versions(
    tmp_path: Path, rows: tuple[Matrix, Vector]
) -> None:
    told = TrainedOn(
        "cell201", "live_one_hot_counts", "valid_accuracy", "cifar10", "{}", 200, "mean", num_rows=9
    )
    save_surrogate(
        surronas.surrogates.GaussianProcessSurrogate().fit(*rows), tmp_path / "a.h5", trained_on=told
    )
    saved = read_saved(tmp_path / "a.h5")
    assert saved.trained_on == told
    assert saved.versions["numpy"] == np.__version__


def test_it_is_a_plain_hdf5_file(saved: Path) -> None:
    with h5py.File(saved) as file:
        assert json.loads(file["about"][()])["format"] == "surronas-surrogate"
        assert len(file["arrays"]) > 3
        assert "GaussianProcessSurrogate" in file["state"][()].decode()


def test_an_unfitted_surrogate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError, match="not fitted"):
        save_surrogate(GaussianProcessSurrogate(), tmp_path / "a.h5")
    assert not list(tmp_path.iterdir())


class Own(RegressorMixin, BaseEstimator):
    """A surrogate of a user."""

    def fit(self, X: Matrix, y: Vector) -> "Own":
        self.mean_ = float(np.mean(y))
        return self

    def predict(self, X: Matrix, return_std: bool = False) -> Vector | tuple[Vector, Vector]:
        mean = np.full(len(X), self.mean_)
        return (mean, mean) if return_std else mean


def test_classes_of_ones_own_are_named_by_the_caller(tmp_path: Path, rows: tuple[Matrix, Vector]) -> None:
    own, path = Own().fit(*rows), tmp_path / "own.h5"
    with pytest.raises(InputError, match=r"can't save Own: .*Own is neither of surronas.surrogates nor"):
        save_surrogate(own, path)
    save_surrogate(own, path, classes=[Own])
    assert load_surrogate(path, classes=[Own]).mean_ == own.mean_
    with pytest.raises(InputError, match=r"own.h5: the file names '.*:Own', which is not of surronas"):
        load_surrogate(path)


def test_other_files_are_refused(tmp_path: Path, saved: Path, shipped: Path) -> None:
    with pytest.raises(StoreError, match=r"can't read .*: No such file"):
        load_surrogate(tmp_path / "nothing.h5")
    (tmp_path / "text").write_text("a few words that are no surrogate at all")
    with pytest.raises(InputError, match="is no saved surrogate; expected a file of save_surrogate"):
        load_surrogate(tmp_path / "text")
    with pytest.raises(StoreDamagedError, match="truncated or damaged, or no saved surrogate"):
        load_surrogate(shipped)
    write_sealed(tmp_path / "other", {"about": {"format": "another"}, "state": None}, [])
    with pytest.raises(InputError, match="is a another, expected a surronas-surrogate"):
        load_surrogate(tmp_path / "other")
    write_sealed(tmp_path / "strange", {"about": {"format": "surronas-surrogate"}}, [])
    with pytest.raises(InputError, match=r"does not hold what this version expects \(KeyError"):
        load_surrogate(tmp_path / "strange")


def test_a_later_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surronas.surrogates.sealed_file.VERSION", 2)
    write_sealed(tmp_path / "later.h5", {}, [])
    monkeypatch.undo()
    with pytest.raises(
        StoreVersionError, match="is of version 2, this surronas reads surrogates up to version 1"
    ):
        load_surrogate(tmp_path / "later.h5")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_damage_is_found(saved: Path, share: float, bit: int, cut: bool) -> None:
    content = bytearray(saved.read_bytes())
    at = int(share * len(content))
    if cut:
        del content[at:]
    else:
        content[at] ^= 1 << bit
    broken = saved.with_name("broken.h5")
    broken.write_bytes(content)
    with pytest.raises(SurronasError, match=r"broken.h5 is (truncated or damaged|no saved surrogate)"):
        load_surrogate(broken)
