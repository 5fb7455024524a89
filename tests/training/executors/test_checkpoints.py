import os
import pickle
import shutil
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from contracts.executor_contract import all_finished, alone
from training.executors.misbehaving import DIES, SIX_EPOCHS, build, let_workers_find_it
from training.tiny import GOOD, tiny_task

from surronas.errors import InputError, MissingPackageError
from surronas.spaces import Cell201
from surronas.training import Job, Recipe, Trainer, TrainingResult
from surronas.training.checkpoint import Checkpoints
from surronas.training.executors import ProcessExecutor
from surronas.training.result import CURVES

JOB = Job((3, 2, 1, 4, 0, 2), 5, SIX_EPOCHS)
ADAMW = replace(SIX_EPOCHS, name="adamw", optimizer="adamw", augmentation="crop-flip", learning_rate=1e-3)


class CutShort(Exception):
    pass


def train(
    folder: Path, job: Job = JOB, cut_after: int | None = None, each: Callable[[], None] = lambda: None
) -> tuple[TrainingResult | None, list[int]]:
    """The result of a training with checkpoints after every epoch, and the epochs that it went through."""
    epochs = []

    def note(_: Job, epoch: int, __: dict[str, float]) -> None:
        epochs.append(epoch)
        each()
        if epoch == cut_after:
            raise CutShort

    settings = {"checkpoints": folder, "checkpoint_seconds": 0.0, "on_epoch": note}
    try:
        return Trainer(Cell201(), tiny_task(), device="cpu", **settings).train(job), epochs
    except CutShort:
        return None, epochs


def same(found: TrainingResult | None, job: Job = JOB) -> bool:
    """Whether the curves are those of a training that nothing disturbed, to the last bit."""
    (expected,) = alone([job])
    return all(found.curves[name].tobytes() == expected.curves[name].tobytes() for name in CURVES)


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


@pytest.mark.parametrize("recipe", [SIX_EPOCHS, ADAMW], ids=lambda recipe: recipe.name)
def test_a_training_goes_on_from_its_checkpoint_with_the_same_curves(tmp_path: Path, recipe: Recipe) -> None:
    job = replace(JOB, recipe=recipe)
    assert train(tmp_path, job, cut_after=1) == (None, [0, 1])
    assert train(tmp_path, job, cut_after=3) == (None, [2, 3])
    whole, epochs = train(tmp_path, job)
    assert epochs == [4, 5]
    assert same(whole, job)
    assert whole.train_seconds > 0
    assert list(tmp_path.iterdir()) == [], "what has ended needs no checkpoint"


def test_other_trainings_begin_at_their_start(tmp_path: Path) -> None:
    train(tmp_path, cut_after=1)
    for other in (replace(JOB, seed=6), replace(JOB, architecture=GOOD), replace(JOB, recipe=ADAMW)):
        result, epochs = train(tmp_path, other)
        assert epochs == list(range(6))
        assert same(result, other)
    assert train(tmp_path)[1] == [2, 3, 4, 5]


def test_checkpoints_are_written_only_now_and_then(tmp_path: Path) -> None:
    def cut_short(job: Job, epoch: int, values: dict[str, float]) -> None:
        raise CutShort

    trainer = Trainer(Cell201(), tiny_task(), device="cpu", checkpoints=tmp_path, on_epoch=cut_short)
    with pytest.raises(CutShort):
        trainer.train(JOB)
    assert list(tmp_path.iterdir()) == []


def truncated(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def emptied(file: Path) -> None:
    os.truncate(file, 0)


def bit_flipped_in_a_weight(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-100] ^= 1
    file.write_bytes(content)


def epoch_changed(file: Path) -> None:
    content = file.read_bytes()
    changed = content.replace(b'"epoch":"2"', b'"epoch":"4"')
    assert changed != content
    file.write_bytes(changed)


def anothers(file: Path) -> None:
    folder = file.parent / "another"
    train(folder, replace(JOB, seed=1), cut_after=2)
    only_file(folder).rename(file)
    folder.rmdir()


def not_a_checkpoint(file: Path) -> None:
    import torch
    from safetensors.torch import save_file

    save_file({"weights": torch.zeros(3)}, file)


class Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.mkdir, (os.environ["HOSTILE"],))


def hostile_pickle(file: Path) -> None:
    file.write_bytes(pickle.dumps(Hostile()))


@pytest.mark.parametrize(
    "damage",
    [
        truncated,
        emptied,
        bit_flipped_in_a_weight,
        epoch_changed,
        anothers,
        not_a_checkpoint,
        hostile_pickle,
    ],
)
def test_a_checkpoint_that_is_not_whole_or_not_its_own_is_told_of_and_begun_anew(
    tmp_path: Path, damage: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOSTILE", str(tmp_path / "executed"))
    train(tmp_path, cut_after=1)
    damage(only_file(tmp_path))
    with pytest.warns(UserWarning, match=r"\.safetensors can't be used .* the training begins anew"):
        result, epochs = train(tmp_path)
    assert epochs == list(range(6))
    assert same(result)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_costs_the_checkpoint_and_not_the_training(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    with pytest.warns(UserWarning, match="no checkpoint is written"):
        result, _ = train(folder, each=lambda: shutil.rmtree(folder, ignore_errors=True))
    assert same(result)


def test_what_killed_writers_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    name = Checkpoints(tmp_path, "cell201", "tiny-digits").path(JOB).name
    old, young, foreign = (
        tmp_path / n for n in (f".{name}.0a1b.partial", f".{name}.2c.partial", ".x.partial")
    )
    for file in (old, young, foreign):
        file.write_bytes(b"half")
    for file in (old, foreign):
        os.utime(file, (0, 0))
    result, epochs = train(tmp_path)
    assert epochs == list(range(6))
    assert same(result)
    assert set(tmp_path.iterdir()) == {young, foreign}


@pytest.mark.parametrize("where", ["trainer", "executor"])
def test_bad_settings_are_refused_at_once(tmp_path: Path, where: str) -> None:
    def begin(folder: Path, seconds: float = 0.0) -> None:
        settings = {"checkpoints": folder, "checkpoint_seconds": seconds}
        if where == "trainer":
            Trainer(Cell201(), tiny_task(), device="cpu", **settings)
        else:
            ProcessExecutor(Cell201(), tiny_task(), devices=["cpu"], **settings)

    with pytest.raises(InputError, match="expected 0 seconds between checkpoints or more, got -1"):
        begin(tmp_path, -1)
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(InputError, match="can't make the folder of checkpoints"):
        begin(file)


def test_safetensors_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    with pytest.raises(MissingPackageError, match=r"checkpoints need safetensors; pip install"):
        Checkpoints(tmp_path, "cell201", "tiny-digits")


def test_a_training_whose_worker_is_killed_goes_on_from_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_workers_find_it(monkeypatch, tmp_path)
    epochs: list[int] = []
    executor = ProcessExecutor(
        Cell201(),
        tiny_task(),
        devices=["cpu"],
        build=build,
        checkpoints=tmp_path / "checkpoints",
        checkpoint_seconds=0,
        on_epoch=lambda job, epoch, values: epochs.append(epoch),
    )
    job = Job(DIES, 0, SIX_EPOCHS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            (result,) = all_finished(executor, [job])
    finally:
        executor.close()
    assert "exit code -9" in result.message
    assert epochs == list(range(6)), "no epoch was trained twice"
    assert same(result, job)
    assert list((tmp_path / "checkpoints").iterdir()) == []
