import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from training.tiny import GOOD, TINY, tiny_task

from surronas.spaces import Cell201
from surronas.training import Job, Trainer, TrainingResult
from surronas.training.result import CURVES
from surronas.training.tracking import JsonLinesObserver, Observers
from surronas.training.tracking.naming import hyper_parameters, outcome, run_name

JOB = Job(GOOD, 3, TINY)


class Noting:
    """Writes down what it is told; raises at the event of a name."""

    def __init__(self, broken: str = "") -> None:
        self.events: list[str] = []
        self._broken = broken

    def _note(self, event: str) -> None:
        self.events.append(event)
        if event == self._broken:
            raise OSError("no space\nleft on device")

    def started(self, job: Job) -> None:
        self._note("started")

    def epoch(self, job: Job, epoch: int, measured: dict[str, float]) -> None:
        measured.clear()  # the others' copy stays whole
        self._note(f"epoch {epoch}")

    def finished(self, job: Job, result: TrainingResult) -> None:
        self._note(f"finished {result.status}")


def test_an_observer_that_raises_is_told_of_once_and_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    broken, sound = Noting("epoch 0"), Noting()
    observers = Observers([broken, sound])
    observers.started(JOB)
    measured = {"valid_loss": 1.0}
    for epoch in range(2):
        observers.epoch(JOB, epoch, measured)
    observers.finished(JOB, TrainingResult("ok", "cpu"))
    observers.close()  # these have none, which is fine
    assert measured == {"valid_loss": 1.0}
    assert broken.events == ["started", "epoch 0"]
    assert sound.events == ["started", "epoch 0", "epoch 1", "finished ok"]
    error = capsys.readouterr().err
    assert error == "surronas: Noting is left out from here on: OSError: no space left on device\n"


def test_ctrl_c_is_no_failure_of_an_observer() -> None:
    class Interrupted(Noting):
        def started(self, job: Job) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Observers([Interrupted()]).started(JOB)


def test_a_training_is_a_line_an_event(tmp_path: Path) -> None:
    file = tmp_path / "new" / "trainings.jsonl"
    observers = Observers([JsonLinesObserver(file)])
    observers.started(JOB)
    result = Trainer(Cell201(), tiny_task(), device="cpu", on_epoch=observers.epoch).train(JOB)
    observers.finished(JOB, result)
    observers.finished(JOB, TrainingResult("diverged", "cpu", message="loss is NaN"))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["event"] for line in lines] == ["started", "epoch", "epoch", "finished", "finished"]
    assert all((line["architecture"], line["seed"]) == (list(GOOD), 3) for line in lines)
    assert lines[0]["recipe"]["learning_rate"] == TINY.learning_rate
    for epoch in range(2):
        for name in CURVES:
            assert np.float32(lines[1 + epoch][name]) == result.curves[name][epoch]
    assert lines[3]["params"] == result.params
    assert (lines[4]["status"], lines[4]["message"]) == ("diverged", "loss is NaN")


def test_what_is_missing_is_null(tmp_path: Path) -> None:
    JsonLinesObserver(tmp_path / "lines").epoch(JOB, 0, {"valid_loss": math.nan, "valid_accuracy": 0.5})
    line = json.loads((tmp_path / "lines").read_text())
    assert line["valid_loss"] is None
    assert line["valid_accuracy"] == 0.5


def test_names_tell_trainings_apart() -> None:
    assert run_name(JOB) == "3-3-3-3-3-3_seed3"
    long = [Job((1,) * 200 + (last,), 0, TINY) for last in (0, 1)]
    names = {run_name(job) for job in long}
    assert len(names) == 2
    assert max(map(len, names)) < 150


def test_hyper_parameters_are_all_of_the_recipe() -> None:
    found = hyper_parameters(Job(GOOD, 1, replace(TINY, dropout=0.25)), Cell201())
    assert found["architecture"] == Cell201().to_strings(np.array([GOOD], np.int8))[0]
    assert (found["recipe"], found["seed"], found["dropout"], found["optimizer"]) == ("tiny", 1, 0.25, "sgd")
    assert hyper_parameters(JOB, None)["architecture"] == "3-3-3-3-3-3"


def test_the_outcome_has_only_what_was_measured() -> None:
    curves = {
        "valid_loss": np.array([2.0, 1.0], np.float32),
        "test_loss": np.array([1.0, np.nan], np.float32),
    }
    assert outcome(JOB, TrainingResult("diverged", "cpu", curves, flops=10)) == {
        "valid_loss": 1.0,
        "flops": 10,
    }
