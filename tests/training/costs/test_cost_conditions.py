import pytest
import torch

from surronas.errors import DeviceError, InputError
from surronas.training.costs import Conditions
from surronas.training.device import hardware_name

CPU = hardware_name(torch.device("cpu"))


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        (Conditions(device="cpu"), "torch, 1 thread, batch 1"),
        (Conditions(device="cpu", num_threads=2, batch_size=64), "torch, 2 threads, batch 64"),
        (Conditions(runtime="onnxruntime"), "onnxruntime, 1 thread, batch 1"),
    ],
)
def test_the_text_says_hardware_runtime_threads_and_batch(conditions: Conditions, words: str) -> None:
    assert conditions.text == f"{CPU}, {words}"


@pytest.mark.gpu
def test_the_text_of_a_gpu_names_no_threads() -> None:
    assert Conditions(device="cuda").text == f"{torch.cuda.get_device_name(0)}, torch, batch 1"


def test_bad_conditions_are_refused() -> None:
    with pytest.raises(InputError, match="expected runtime to be one of torch, onnxruntime, got 'tvm'"):
        Conditions(runtime="tvm")
    with pytest.raises(InputError, match="expected batch_size >= 1, got 0"):
        Conditions(batch_size=0)
    with pytest.raises(InputError, match="expected num_threads >= 1, got -1"):
        Conditions(num_threads=-1)
    with pytest.raises(DeviceError, match="expected a device auto, cpu, cuda"):
        Conditions(device="tpu")


@pytest.mark.gpu
def test_onnxruntime_is_measured_on_the_cpu_alone() -> None:
    with pytest.raises(InputError, match="expected device 'cpu' for runtime 'onnxruntime'"):
        Conditions(device="cuda", runtime="onnxruntime")
