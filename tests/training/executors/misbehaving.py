"""Networks of cells that go wrong the first time that they are trained, in the ways that trainings do.

The build function runs in worker processes, which find it with ``tests`` in PYTHONPATH. What has gone wrong
is written down in a folder, so that it does not go wrong twice.
"""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from torch import Tensor, nn
from training.tiny import TINY

from surronas.spaces import SearchSpace
from surronas.training import Recipe
from surronas.training.networks import cell201
from surronas.training.tasks.base import Signature

FOLDER = "SURRONAS_TESTS_MISBEHAVING"  # environment variable
DIES, HANGS, DIVERGES, RAISES, RUNS_OUT = ((1, 0, 0, 2, kind, 2) for kind in range(5))
STOPS = (1, 0, 0, 2, 0, 1)
SIX_EPOCHS = replace(TINY, name="six-epochs", epochs=6)  # of four batches each
LAST_GOOD_BATCH = 4 * 3 + 2  # in the fourth epoch


def die(_: Tensor) -> Tensor:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def hang(_: Tensor) -> Tensor:
    threading.Event().wait()
    raise AssertionError


def diverge(inputs: Tensor) -> Tensor:
    return inputs * float("nan")


def raise_an_error(_: Tensor) -> Tensor:
    raise RuntimeError("CUDA error: an illegal memory access was encountered")


def run_out(_: Tensor) -> Tensor:
    raise RuntimeError("CUDA out of memory")


def stop(_: Tensor) -> Tensor:
    os.kill(os.getpid(), signal.SIGTERM)
    raise AssertionError


WAYS: dict[tuple[int, ...], Callable[[Tensor], Tensor]] = {
    DIES: die,
    HANGS: hang,
    DIVERGES: diverge,
    RAISES: raise_an_error,
    RUNS_OUT: run_out,
    STOPS: stop,
}


def build(
    space: SearchSpace, architecture: tuple[int, ...], signature: Signature, recipe: Recipe
) -> nn.Module:
    """The true network, which goes wrong in the midst of its first training if its cell is listed."""
    network = cell201.build(space, architecture, signature, recipe)
    mark = Path(os.environ[FOLDER]) / "".join(map(str, architecture))
    batches = 0

    def before_a_forward_pass(module: nn.Module, arguments: tuple[Tensor]) -> tuple[Tensor]:
        nonlocal batches
        (inputs,) = arguments
        batches += module.training and inputs.device.type != "meta"
        if batches > LAST_GOOD_BATCH and not mark.exists():
            mark.touch()
            return (WAYS[architecture](inputs),)
        return arguments

    if architecture in WAYS:
        network.register_forward_pre_hook(before_a_forward_pass)
    return network


def let_workers_find_it(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Set the environment that worker processes take over."""
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    monkeypatch.setenv(FOLDER, str(folder))
