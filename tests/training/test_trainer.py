import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.modules.module import register_module_forward_hook
from training.tiny import EMPTY, EXPLODING, GOOD, HUGE, POINTWISE, TINY, tiny_task

from surronas.errors import ArchitectureError, InputError
from surronas.spaces import Cell201, Graph, SearchSpace
from surronas.training import DIGITS_RECIPE, Job, Recipe, Task, Trainer, TrainingResult, digits
from surronas.training.networks.cell201 import CellNetwork
from surronas.training.result import CURVES

CELL = (3, 2, 1, 4, 0, 2)


def job(cell: tuple[int, ...] = CELL, seed: int = 0, recipe: Recipe = TINY) -> Job:
    return Job(cell, seed, recipe)


def trained(
    cell: tuple[int, ...] = CELL, recipe: Recipe = TINY, task: Task | None = None, device: str = "cpu"
) -> TrainingResult:
    return Trainer(Cell201(), task or tiny_task(), device=device).train(job(cell, 0, recipe))


def assert_same_curves(a: TrainingResult, b: TrainingResult) -> None:
    """Equal to the last digit, NaN where the other is NaN."""
    assert (a.status, a.params, a.flops) == (b.status, b.params, b.flops)
    assert set(a.curves) == set(b.curves) == set(CURVES)
    for name, curve in a.curves.items():
        np.testing.assert_array_equal(curve, b.curves[name], err_msg=name)


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return Trainer(Cell201(), tiny_task(), device="cpu")


def test_a_training_gives_every_curve_and_count(trainer: Trainer) -> None:
    result = trainer.train(job())
    assert result.status == "ok"
    assert result.message == ""
    assert result.train_seconds > 0
    for name, curve in result.curves.items():
        assert curve.shape == (TINY.epochs,)
        assert curve.dtype == np.float32
        assert np.isfinite(curve).all(), name
        assert (curve >= 0).all(), name
        assert "loss" in name or (curve <= 1).all(), name


def test_accuracies_are_shares_of_each_split(trainer: Trainer) -> None:
    curves = trainer.train(job()).curves
    for split, images in (("train", 64), ("valid", 40), ("test", 48)):
        correct = curves[f"{split}_accuracy"] * images
        np.testing.assert_allclose(correct, np.round(correct), atol=1e-3)


def test_same_graph_and_seed_give_equal_curves_and_another_seed_others(trainer: Trainer) -> None:
    first = trainer.train(job(seed=5))
    trainer.train(job(GOOD, 9))  # what was trained in between does not matter
    assert_same_curves(trainer.train(job(seed=5)), first)
    assert_same_curves(Trainer(Cell201(), tiny_task(), device="cpu").train(job(seed=5)), first)
    assert (trainer.train(job(seed=6)).curves["train_loss"] != first.curves["train_loss"]).any()


def test_the_users_random_state_is_neither_read_nor_set(trainer: Trainer) -> None:
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002 - the global state is what is tested
    first = trainer.train(job())
    torch.manual_seed(2)
    np.random.seed(2)  # noqa: NPY002
    torch_state, numpy_state = torch.get_rng_state(), copy.deepcopy(np.random.get_state())  # noqa: NPY002
    assert_same_curves(trainer.train(job()), first)
    assert torch.equal(torch.get_rng_state(), torch_state)
    after = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(after[1], numpy_state[1])
    assert after[2:] == numpy_state[2:]


@pytest.mark.parametrize("recipe", [TINY, EXPLODING, HUGE], ids=lambda recipe: recipe.name)
def test_the_users_threads_and_switches_are_put_back(recipe: Recipe) -> None:
    before, cudnn = torch.get_num_threads(), torch.backends.cudnn
    torch.set_num_threads(2)
    flags = cudnn.deterministic, cudnn.benchmark
    try:
        trained(GOOD, recipe)
        assert torch.get_num_threads() == 2
        assert (cudnn.deterministic, cudnn.benchmark) == flags
    finally:
        torch.set_num_threads(before)


def test_the_users_threads_do_not_change_a_curve(trainer: Trainer) -> None:
    before = torch.get_num_threads()
    one = trainer.train(job())
    torch.set_num_threads(before + 1)
    try:
        assert_same_curves(trainer.train(job()), one)
    finally:
        torch.set_num_threads(before)


def test_a_cell_without_a_path_trains_to_chance() -> None:
    result = trained(EMPTY, TINY, digits())
    assert result.status == "ok"
    for split in ("valid", "test"):
        share = np.bincount(getattr(digits(), split).labels).max() / len(getattr(digits(), split).labels)
        assert result.curves[f"{split}_accuracy"].max() <= share + 1e-6
        np.testing.assert_allclose(result.curves[f"{split}_loss"], np.log(10), atol=0.5)


def test_a_good_cell_learns_the_digits() -> None:
    result = trained(GOOD, DIGITS_RECIPE, digits())
    assert result.curves["valid_accuracy"][-1] > 0.8
    assert result.curves["test_accuracy"][-1] > 0.8
    assert result.curves["train_loss"][-1] < result.curves["train_loss"][0] / 2


def test_a_run_that_explodes_is_diverged_and_not_a_number_from_there() -> None:
    result = trained(GOOD, EXPLODING)
    assert result.status == "diverged"
    assert set(result.curves) == set(CURVES)
    assert all(np.isnan(curve[-1]) for curve in result.curves.values())
    assert result.params > 0


def test_a_diverged_run_keeps_the_epochs_that_it_finished() -> None:
    growing = replace(TINY, learning_rate=1e10)  # doubles the digits of the loss in every epoch
    result = trained(EMPTY, growing)
    assert result.status == "diverged"
    for name, curve in result.curves.items():
        assert np.isfinite(curve[0]), name
        assert np.isnan(curve[1]), name


def test_a_network_that_does_not_fit_in_memory_is_a_result() -> None:
    result = trained(GOOD, HUGE)
    assert result.status == "out_of_memory"
    assert "allocate" in result.message


@contextmanager
def raising(error: Exception) -> Iterator[None]:
    """Every forward pass of a module ends in the error, as one on a full GPU does."""

    def fail(*_: object) -> None:
        raise error

    handle = register_module_forward_hook(fail)
    try:
        yield
    finally:
        handle.remove()


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), MemoryError()])
def test_running_out_of_memory_in_mid_training_is_a_result(trainer: Trainer, error: Exception) -> None:
    with raising(error):
        result = trainer.train(job())
    assert result.status == "out_of_memory"
    assert result.message == str(error)
    assert trainer.train(job()).status == "ok"


def test_an_error_that_is_not_about_memory_is_raised(trainer: Trainer) -> None:
    with raising(RuntimeError("a mistake in the code")), pytest.raises(RuntimeError, match="a mistake"):
        trainer.train(job())


def test_an_operation_that_cannot_be_built_is_named() -> None:
    def attention(space: SearchSpace, architecture: object, signature: object, recipe: Recipe) -> CellNetwork:
        graph = Graph(2, ((0, 1, "attention"),))
        return CellNetwork(
            graph, image_channels=1, num_classes=2, channels=2, num_stages=1, cells_per_stage=1
        )

    with pytest.raises(ArchitectureError, match=r"can be built \(skip_connect, .*\), got 'attention'"):
        Trainer(Cell201(), tiny_task(), device="cpu", build=attention).train(job())


def test_a_batch_larger_than_the_train_split_is_refused(trainer: Trainer) -> None:
    with pytest.raises(InputError, match=r"a batch of at most the 64 train inputs .* 'tiny-digits', got 65"):
        trainer.train(job(recipe=replace(TINY, batch_size=65)))


@pytest.mark.gpu
def test_mixed_precision_on_a_gpu_learns_as_well_as_a_cpu() -> None:
    runs = [trained(GOOD, DIGITS_RECIPE, digits(), device) for device in ("cpu", "cuda")]
    on_cpu, on_gpu = (run.curves["valid_accuracy"][-1] for run in runs)
    assert abs(on_gpu - on_cpu) < 0.05


@pytest.mark.gpu
@pytest.mark.parametrize("mixed_precision", [True, False])
def test_same_seed_gives_equal_curves_on_one_gpu(mixed_precision: bool) -> None:
    for cell in (GOOD, POINTWISE, (4, 3, 2, 1, 4, 3)):
        one, same = (
            Trainer(Cell201(), tiny_task(), device="cuda", mixed_precision=mixed_precision).train(
                job(cell, 3)
            )
            for _ in range(2)
        )
        assert_same_curves(one, same)
