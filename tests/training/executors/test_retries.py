import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from contracts.executor_contract import all_finished, alone
from training.executors.misbehaving import (
    DIES,
    DIVERGES,
    HANGS,
    RAISES,
    RUNS_OUT,
    SIX_EPOCHS,
    STOPS,
    build,
    let_workers_find_it,
)
from training.tiny import GOOD, POINTWISE, tiny_task

from surronas.errors import InputError, SurronasError
from surronas.spaces import Cell201
from surronas.training import Job, TrainingResult
from surronas.training.executors import ProcessExecutor
from surronas.training.executors.retries import Attempt, Queue, Supervision
from surronas.training.result import CURVES

Told = list[tuple[Job, int, dict[str, float]]]


def job(cell: tuple[int, ...], seed: int = 0) -> Job:
    return Job(cell, seed, SIX_EPOCHS)


def assert_same_curves(found: TrainingResult, expected: TrainingResult) -> None:
    """Equal to the last bit."""
    assert found.status == "ok", found.message
    assert {name: found.curves[name].tobytes() for name in CURVES} == {
        name: expected.curves[name].tobytes() for name in CURVES
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gone-wrong")


@pytest.fixture(scope="module")
def told() -> Told:
    return []


@pytest.fixture(scope="module")
def executor(folder: Path, told: Told) -> Iterator[ProcessExecutor]:
    """Two workers, each of whose trainings goes wrong once, if its cell is of that kind."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        let_workers_find_it(monkeypatch, folder)
        executor = ProcessExecutor(
            Cell201(),
            tiny_task(),
            devices=["cpu"],
            num_workers=2,
            build=build,
            on_epoch=lambda *news: told.append(news),
        )
        yield executor
        executor.close()


def test_a_training_that_goes_wrong_is_tried_again_and_costs_only_itself(
    executor: ProcessExecutor, told: Told, capfd: pytest.CaptureFixture[str]
) -> None:
    jobs = [job(cell) for cell in (DIES, DIVERGES, RAISES, RUNS_OUT, POINTWISE, GOOD)]
    results = all_finished(executor, jobs)
    for found, expected in zip(results, alone(jobs), strict=True):
        assert_same_curves(found, expected)
    assert [result.message for result in results] == [
        "tried 2 times: killed (the worker process ended with exit code -9), then ok",
        "tried 2 times: diverged, then ok",
        "tried 2 times: failed (RuntimeError: CUDA error: an illegal memory access was encountered), then ok",
        "tried 2 times: out_of_memory (CUDA out of memory), then ok",
        "",
        "",
    ]
    assert "an illegal memory access" in capfd.readouterr().err  # the whole traceback

    def epochs(of: Job) -> list[int]:
        return [epoch for told_of, epoch, _ in told if told_of == of]

    assert epochs(jobs[-1]) == list(range(6))
    assert epochs(jobs[0]) == [0, 1, 2, *range(6)]
    for _, epoch, values in (news for news in told if news[0] == jobs[-1]):
        assert values.keys() == set(CURVES)
        assert values["valid_loss"] == pytest.approx(results[-1].curves["valid_loss"][epoch])


def test_a_training_that_fails_at_every_try_has_the_last_status(executor: ProcessExecutor) -> None:
    huge, exploding = replace(SIX_EPOCHS, channels=2_000_000), replace(SIX_EPOCHS, learning_rate=1e30)
    one, two = all_finished(executor, [Job(GOOD, 0, huge), Job(GOOD, 0, exploding)])
    assert one.status == "out_of_memory"
    assert one.message.startswith("tried 2 times: out_of_memory (")
    assert two.status == "diverged"
    assert two.message == "tried 2 times: diverged, then diverged"


def test_without_retries_the_first_status_stands(executor: ProcessExecutor, folder: Path) -> None:
    for mark in folder.iterdir():
        mark.unlink()
    supervision = executor.supervision
    executor.supervision = replace(supervision, retries=0)
    killed, good = all_finished(executor, [job(DIES), job(POINTWISE)])
    executor.supervision = supervision
    assert (killed.status, killed.message) == ("killed", "the worker process ended with exit code -9")
    assert killed.device == good.device
    assert killed.curves == {}
    assert math.isnan(killed.train_seconds)
    assert_same_curves(good, alone([job(POINTWISE)])[0])


def test_a_training_that_hangs_is_killed_and_tried_again(executor: ProcessExecutor) -> None:
    supervision = executor.supervision
    executor.supervision = replace(supervision, timeout_seconds=1.0)
    (result,) = all_finished(executor, [job(HANGS)])
    executor.supervision = supervision
    assert result.message.startswith("tried 2 times: killed (hung: over timeout_seconds = 1), then ")
    assert result.status in ("ok", "killed")  # on a busy machine the second try has not enough time either
    if result.status == "ok":
        assert_same_curves(result, alone([job(HANGS)])[0])


def test_a_worker_that_is_told_to_stop_stops_the_run(executor: ProcessExecutor) -> None:
    executor.submit(job(STOPS))
    with pytest.raises(SurronasError, match=r"told to stop \(signal 15\), so this stops too"):
        list(executor.finished())
    assert list(executor.finished()) == []


@pytest.mark.parametrize(
    ("seconds", "retries", "message"),
    [
        (0.0, 1, "expected timeout_seconds > 0, or None for no limit, got 0"),
        (math.inf, 1, "expected timeout_seconds > 0, or None for no limit, got inf"),
        (None, -2, "expected retries = 0, 1, 2, ..., got -2"),
        (None, 0.5, "expected retries = 0, 1, 2, ..., got 0.5"),
    ],
)
def test_bad_numbers_are_refused(seconds: float | None, retries: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Supervision(seconds, retries)


def failed_at(place: int) -> Attempt:
    return Attempt(0, job(GOOD), place, [TrainingResult("diverged", "")])


@pytest.mark.parametrize(
    ("devices", "failed", "free", "expected"),
    [
        (["cpu"], 0, [0], 0),  # nowhere else: a new process
        (["cpu", "cpu", "cpu"], 1, [1, 2], 2),
        (["cpu", "cpu", "cpu"], 1, [1], 1),
        (["cuda:0", "cuda:1", "cuda:0"], 0, [0, 1, 2], 1),
        (["cuda:0", "cuda:1", "cuda:0"], 0, [0, 2], None),  # it waits for the other device
        (["cuda:0", "cuda:1", "cuda:0"], 1, [0, 2], 0),
    ],
)
def test_a_training_is_tried_again_elsewhere(
    devices: list[str], failed: int, free: list[int], expected: int | None
) -> None:
    queue = Queue(devices)
    attempt = failed_at(failed)
    queue.add(attempt)
    assert queue.take(free) == (None if expected is None else (attempt, expected))
    assert len(queue) == (expected is None)


def test_trainings_to_be_tried_again_come_first_and_hold_up_nobody() -> None:
    queue = Queue(["cuda:0", "cuda:1"])
    fresh, again = Attempt(1, job(GOOD)), failed_at(0)
    for attempt in (fresh, Attempt(2, job(GOOD)), again):
        queue.add(attempt)
    assert queue.take([0]) == (fresh, 0)
    assert queue.take([0, 1]) == (again, 1)
    queue.clear()
    assert len(queue) == 0
    assert queue.take([0, 1]) is None
