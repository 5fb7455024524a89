import pytest
import torch
from training.tiny import TINY, tiny_task

from surronas.errors import DeviceError
from surronas.spaces import Cell201
from surronas.training import TrainingEvaluator
from surronas.training.device import hardware_name, resolve_device

no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


def test_cpu_is_the_cpu() -> None:
    assert resolve_device("cpu") == torch.device("cpu")


@no_gpu
def test_auto_without_a_gpu_is_the_cpu() -> None:
    assert resolve_device("auto") == torch.device("cpu")


@no_gpu
@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:3"])
def test_a_gpu_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(DeviceError, match=f"expected CUDA device '{name}', found 0 GPUs; use --device cpu"):
        resolve_device(name)


@pytest.mark.parametrize("name", ["tpu", "", "CPU", "gpu", "cuda:", "cuda:x", "cuda:-1", "cudax", "cpu:0"])
def test_another_word_is_refused(name: str) -> None:
    with pytest.raises(DeviceError, match=f"expected a device auto, cpu, cuda or cuda:N, got '{name}'"):
        resolve_device(name)


@pytest.mark.parametrize("num_workers", [1, 2])
def test_an_evaluator_tells_at_once(num_workers: int) -> None:
    with pytest.raises(DeviceError, match="got 'tpu'"):
        TrainingEvaluator(Cell201(), tiny_task(), TINY, device="tpu", num_workers=num_workers)


def test_the_hardware_has_a_name() -> None:
    assert hardware_name(torch.device("cpu")).strip()


@pytest.mark.gpu
def test_a_gpu_is_found_and_named() -> None:
    assert resolve_device("auto") == resolve_device("cuda") == resolve_device("cuda:0")
    assert "cpu" not in hardware_name(resolve_device("cuda")).lower()
    with pytest.raises(DeviceError, match="expected CUDA device 'cuda:999'"):
        resolve_device("cuda:999")
