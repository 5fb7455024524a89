import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from contracts.network_contract import IMAGES, SMALL, TEXTS
from torch import Tensor, nn

from surronas.errors import ArchitectureError, InputError, MissingPackageError, StoreError
from surronas.spaces import Cell201, SearchSpace
from surronas.spaces.cell101 import Cell101
from surronas.spaces.darts import Darts
from surronas.training.networks import build_for, initialise
from surronas.training.onnx_export import export_architecture, export_onnx, onnx_bytes, random_inputs

CELL201 = Cell201()
EMPTY = (0, 0, 0, 0, 0, 0)
FULL = (3, 2, 3, 4, 2, 3)


def network_of(row: tuple[int, ...], seed: int = 0) -> nn.Module:
    with torch.device("meta"):
        network = build_for(CELL201)(CELL201, row, IMAGES, SMALL)
    network = network.to_empty(device="cpu")
    initialise(network, torch.Generator().manual_seed(seed))
    return network


def logits_of(path: Path, inputs: Tensor) -> np.ndarray:
    from onnxruntime import InferenceSession

    session = InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    (logits,) = session.run(["logits"], {"input": inputs.numpy()})
    return np.asarray(logits)


class CountsItsInputs(nn.Module):
    """Multiplies by the number of inputs, which a trace holds for a constant."""

    def forward(self, x: Tensor) -> Tensor:
        return (x * len(x)).mean((2, 3))


class IsNotInONNX(nn.Module):
    """Uses an operation that ONNX doesn't have."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.special.zeta(x.abs() + 2, x.abs() + 1).mean((2, 3))


@pytest.mark.parametrize("row", [EMPTY, FULL, (0, 0, 0, 1, 0, 0), (4, 0, 1, 0, 4, 1)])
def test_the_file_gives_the_networks_logits_for_any_number_of_inputs(
    tmp_path: Path, row: tuple[int, ...]
) -> None:
    path, network = tmp_path / "cell.onnx", network_of(row)
    export_onnx(network, IMAGES, path)
    for n in (1, 4, 7):
        inputs = random_inputs(IMAGES, n, seed=n)
        with torch.inference_mode():
            expected = network.eval()(inputs).numpy()
        np.testing.assert_allclose(logits_of(path, inputs), expected, rtol=1e-4, atol=1e-4)


def test_the_file_is_valid_and_whole(tmp_path: Path) -> None:
    import onnx

    path = tmp_path / "cell.onnx"
    export_onnx(network_of(FULL), IMAGES, path)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [value.name for value in (*model.graph.input, *model.graph.output)] == ["input", "logits"]
    assert [path.name for path in tmp_path.iterdir()] == ["cell.onnx"]  # no weights beside it


def test_a_fixed_batch_is_the_only_one_that_goes_in(tmp_path: Path) -> None:
    path = tmp_path / "cell.onnx"
    export_onnx(network_of(FULL), IMAGES, path, batch=4)
    assert logits_of(path, random_inputs(IMAGES, 4)).shape == (4, 5)
    with pytest.raises(Exception, match="invalid dimensions"):
        logits_of(path, random_inputs(IMAGES, 5))


def test_the_network_is_left_as_it_is(tmp_path: Path) -> None:
    network, state = network_of(FULL).train(), torch.get_rng_state()
    network[1].eval()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    export_onnx(network, IMAGES, tmp_path / "cell.onnx")
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert network.training
    assert not network[1].training
    assert torch.equal(state, torch.get_rng_state())


def test_an_architecture_is_exported_as_a_training_with_its_seed_begins(tmp_path: Path) -> None:
    path, inputs = tmp_path / "cell.onnx", random_inputs(IMAGES, 3)
    export_architecture(CELL201, FULL, IMAGES, SMALL, path, seed=5)
    with torch.inference_mode():
        same, other = (network_of(FULL, seed).eval()(inputs).numpy() for seed in (5, 6))
    np.testing.assert_allclose(logits_of(path, inputs), same, rtol=1e-4, atol=1e-4)
    assert np.abs(logits_of(path, inputs) - other).max() > 1e-2


def test_another_export_takes_the_place_of_the_first(tmp_path: Path) -> None:
    path, inputs = tmp_path / "cell.onnx", random_inputs(IMAGES, 2)
    for seed in (1, 2):
        export_architecture(CELL201, FULL, IMAGES, SMALL, path, seed=seed)
    with torch.inference_mode():
        expected = network_of(FULL, 2).eval()(inputs).numpy()
    np.testing.assert_allclose(logits_of(path, inputs), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=rf"needs {package}, .*surronas\[export\]"):
        export_onnx(network_of(FULL), IMAGES, tmp_path / "cell.onnx")
    with pytest.raises(MissingPackageError, match=rf"needs {package}, .*surronas\[export\]"):
        export_architecture(CELL201, FULL, IMAGES, SMALL, tmp_path / "cell.onnx")


def test_a_path_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no/folder"):
        export_onnx(network_of(EMPTY), IMAGES, tmp_path / "no/folder/cell.onnx")
    (tmp_path / "taken.onnx").mkdir()
    with pytest.raises(StoreError, match=r"taken\.onnx"):
        export_onnx(network_of(EMPTY), IMAGES, tmp_path / "taken.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["taken.onnx"]


@pytest.mark.parametrize(
    ("network", "words"),
    [(CountsItsInputs(), "would not give the network's logits"), (IsNotInONNX(), "can't be written as ONNX")],
)
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_a_network_that_cannot_be_traced_is_refused_and_nothing_is_left(
    tmp_path: Path, network: nn.Module, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        export_onnx(network, IMAGES, tmp_path / "cell.onnx")
    assert not list(tmp_path.iterdir())


def test_a_network_with_broken_weights_is_refused(tmp_path: Path) -> None:
    network = network_of(FULL)
    with torch.no_grad():
        next(network.parameters()).fill_(float("nan"))
    with pytest.raises(InputError, match="differ by nan"):
        export_onnx(network, IMAGES, tmp_path / "cell.onnx")


def test_a_network_without_weights_and_an_empty_batch_are_refused(tmp_path: Path) -> None:
    with torch.device("meta"):
        network = build_for(CELL201)(CELL201, FULL, IMAGES, SMALL)
    with pytest.raises(InputError, match="expected a network with weights"):
        export_onnx(network, IMAGES, tmp_path / "cell.onnx")
    with pytest.raises(InputError, match="batch of at least 1 input, got 0"):
        export_onnx(network_of(EMPTY), IMAGES, tmp_path / "cell.onnx", batch=0)


@pytest.mark.parametrize(
    ("space", "row", "error", "words"),
    [
        (CELL201, (9, 0, 0, 0, 0, 0), ArchitectureError, "cell201"),
        (CELL201, (FULL, EMPTY), ArchitectureError, "expected one architecture, got 2"),
        (Cell101(), (0,) * 26, ArchitectureError, "cell101"),
    ],
)
def test_an_architecture_that_is_none_is_refused(
    tmp_path: Path, space: SearchSpace, row: tuple[int, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        export_architecture(space, row, IMAGES, SMALL, tmp_path / "cell.onnx")


def test_what_cannot_be_built_is_refused(tmp_path: Path) -> None:
    darts = Darts()
    row = darts.sample(1, np.random.default_rng(0))[0]
    with pytest.raises(InputError, match="no networks can be built for space 'darts'"):
        export_architecture(darts, row, IMAGES, SMALL, tmp_path / "cell.onnx")
    with pytest.raises(InputError, match="take images"):
        export_architecture(CELL201, FULL, TEXTS, SMALL, tmp_path / "cell.onnx")
    huge = replace(SMALL, channels=2_000_000)
    with pytest.raises(InputError, match="can't be built here"):
        export_architecture(CELL201, FULL, IMAGES, huge, tmp_path / "cell.onnx")


def test_random_inputs_are_of_the_tasks_kind() -> None:
    texts = random_inputs(TEXTS, 50)
    assert texts.shape == (50, *TEXTS.input_shape)
    assert texts.dtype == torch.int64
    assert (int(texts.min()), int(texts.max())) == (0, TEXTS.vocabulary - 1)
    assert torch.equal(random_inputs(IMAGES, 2), random_inputs(IMAGES, 2))
    assert not torch.equal(random_inputs(IMAGES, 2), random_inputs(IMAGES, 2, seed=1))


def test_bytes_for_one_batch_can_be_had_without_a_file() -> None:
    import onnx

    content = onnx_bytes(network_of(FULL).eval(), random_inputs(IMAGES, 4))
    onnx.checker.check_model(content)
    (dims,) = [value.type.tensor_type.shape.dim for value in onnx.load_from_string(content).graph.input]
    assert [dim.dim_value for dim in dims] == [4, *IMAGES.input_shape]
