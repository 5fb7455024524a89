import subprocess
import sys

import numpy as np
import pytest
from contracts.surrogate_contract import SurrogateContract, cell_accuracies
from sklearn.utils.estimator_checks import parametrize_with_checks

from surronas.errors import InputError, MissingPackageError
from surronas.surrogates import MLPEnsembleSurrogate


class TestContract(SurrogateContract):
    @pytest.fixture
    def surrogate(self) -> MLPEnsembleSurrogate:
        return MLPEnsembleSurrogate(num_layers=3, num_epochs=60)


@parametrize_with_checks([MLPEnsembleSurrogate(num_layers=3, num_epochs=60)])
def test_scikit_learn_conformance(estimator, check) -> None:
    check(estimator)


def test_the_defaults_are_the_meta_network_of_bananas() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 12)
    ensemble = MLPEnsembleSurrogate().fit(X, y)
    p = X.shape[1]
    assert [w.shape for w, _ in ensemble.layers_] == [(5, p, 20), *[(5, 20, 20)] * 9, (5, 20, 1)]


def test_a_member_does_not_learn_from_the_rows_it_leaves_out() -> None:
    X, y = cell_accuracies(np.random.default_rng(0), 40)
    ensemble = MLPEnsembleSurrogate(num_layers=2, num_epochs=5)
    learned = np.ones((5, 40))
    learned[0, :8] = 0.0
    z = (y - y.mean()) / y.std()
    changed = z.copy()
    changed[:8] += 5.0
    before, after = ensemble._train(X, z, learned), ensemble._train(X, changed, learned)
    np.testing.assert_array_equal(after[0][0][0], before[0][0][0])
    assert not np.array_equal(after[0][0][1], before[0][0][1])


def test_torchs_random_state_is_left_alone() -> None:
    import torch

    X, y = cell_accuracies(np.random.default_rng(0), 12)
    before = torch.get_rng_state()
    MLPEnsembleSurrogate(num_epochs=2).fit(X, y)
    assert torch.equal(torch.get_rng_state(), before)


def test_torch_is_imported_when_fit_is_called() -> None:
    script = (
        "import sys, numpy as np; from surronas.surrogates import MLPEnsembleSurrogate as M; "
        "m = M(num_epochs=1); assert 'torch' not in sys.modules; "
        "m.fit(np.eye(3), np.arange(3.0)); print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "True"


def test_a_missing_torch_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingPackageError, match=r"needs torch: pip install 'surronas\[train\]'"):
        MLPEnsembleSurrogate().fit(np.eye(3), np.arange(3.0))


def test_one_member_is_refused() -> None:
    with pytest.raises(InputError, match="num_members: expected 2 or more, whose spread is told, got 1"):
        MLPEnsembleSurrogate(num_members=1).fit(np.eye(3), np.arange(3.0))
