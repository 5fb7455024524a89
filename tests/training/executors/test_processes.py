import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from contracts.executor_contract import JOBS, ExecutorContract
from training.tiny import EXPLODING, GOOD, HUGE, TINY, tiny_task

from surronas.errors import DeviceError, InputError, SurronasError
from surronas.spaces import Cell201
from surronas.training import Recipe, TrainingEvaluator
from surronas.training.executors import ProcessExecutor
from surronas.training.result import CURVES

SPACE = Cell201()
CELLS = SPACE.sample(5, np.random.default_rng(2))
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="no process table in /proc")


def workers_of(parent: int) -> list[int]:
    """The training processes of a process, the oldest first, from the process table."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_text()
        except OSError:  # it ended while we looked
            continue
        if int(fields[1]) == parent and "surronas.training.executors.worker" in command:
            found.append((int(fields[19]), int(entry.name)))  # start time, process number
    return [number for _, number in sorted(found)]


def is_running(number: int) -> bool:
    """Whether there is such a process; one that has ended and is not yet reaped does not count."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition: object) -> None:
    """Look again and again until it is so; the test's own time limit is the end of patience."""
    while not condition():
        time.sleep(0.05)


def parallel(recipe: Recipe = TINY, num_workers: int = 2) -> TrainingEvaluator:
    return TrainingEvaluator(SPACE, tiny_task(), recipe, device="cpu", num_workers=num_workers)


def serial(recipe: Recipe = TINY) -> TrainingEvaluator:
    return TrainingEvaluator(SPACE, tiny_task(), recipe, device="cpu")


def assert_same_runs(a: np.ndarray, b: np.ndarray) -> None:
    """Equal rows in every field but the seconds that they took."""
    assert a.dtype == b.dtype
    for name in set(a.dtype.names) - {"train_seconds"}:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


@pytest.fixture(scope="module")
def two() -> Iterator[TrainingEvaluator]:
    """An evaluator with two worker processes, which stay up between the tests."""
    with parallel() as evaluator:
        yield evaluator


@pytest.fixture
def executor(two: TrainingEvaluator) -> ProcessExecutor:
    return two.executor


class TestProcessExecutor(ExecutorContract):
    pass


def test_workers_give_what_training_in_this_process_gives(two: TrainingEvaluator) -> None:
    here = serial().evaluate(CELLS, [3, 1])
    assert_same_runs(two.evaluate(CELLS, [3, 1]), here)
    backwards = two.evaluate(CELLS[::-1], [1, 3])
    assert_same_runs(backwards[::-1], here)
    assert (here["train_seconds"] > 0).all()


@needs_proc
def test_workers_stay_up_between_calls(two: TrainingEvaluator) -> None:
    two.evaluate(CELLS[:2], [0])
    before = workers_of(os.getpid())
    two.evaluate(CELLS[2:4], [0])
    assert workers_of(os.getpid()) == before


def test_runs_are_streamed_with_their_own_seeds(two: TrainingEvaluator) -> None:
    rows = np.concatenate(list(two.stream(CELLS, [4, 3, 2, 1, 0])))
    order = np.argsort(-rows["seed"])
    expected = np.concatenate(list(serial().stream(CELLS, [4, 3, 2, 1, 0])))
    assert_same_runs(rows[order], expected)


def test_no_jobs_no_rows(two: TrainingEvaluator) -> None:
    assert list(two.stream(CELLS[:0], [])) == []
    assert len(two.evaluate(CELLS[:0], [0])) == len(two.evaluate(CELLS, [])) == 0


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(InputError, match="expected training seeds of 0 to"):
        serial().evaluate(CELLS[:1], [seed])


@needs_proc
def test_a_worker_killed_between_trainings_is_replaced_without_loss(two: TrainingEvaluator) -> None:
    before = two.evaluate(CELLS[:2], [0])
    killed = workers_of(os.getpid())[0]
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: not is_running(killed))
    assert_same_runs(two.evaluate(CELLS[:2], [0]), before)
    assert len(workers_of(os.getpid())) == 2


@needs_proc
def test_workers_end_when_the_evaluator_is_closed_and_start_again_when_needed(two: TrainingEvaluator) -> None:
    stream = two.stream(CELLS[:2], [0, 0])
    next(stream)
    started = workers_of(os.getpid())
    assert started
    two.close()
    two.close()
    assert not any(map(is_running, started))
    assert workers_of(os.getpid()) == []


@needs_proc
def test_workers_end_when_their_parent_is_killed() -> None:
    script = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from training.executors.test_processes import CELLS, parallel\n"
        "evaluator = parallel(num_workers=1); evaluator.evaluate(CELLS[:1], [0])\n"
        "print('up', flush=True); input()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    with parent:
        assert parent.stdout.readline() == b"up\n"
        workers = workers_of(parent.pid)
        assert workers
        parent.kill()
    wait_for(lambda: not any(map(is_running, workers)))


def test_a_worker_that_cannot_start_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('libtorch is broken here')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with (
        parallel() as evaluator,
        pytest.raises(SurronasError, match=r"process could not start \(exit code 1\); see its message above"),
    ):
        evaluator.evaluate(CELLS, [0])
    assert "libtorch is broken here" in capfd.readouterr().err


@pytest.mark.parametrize(("recipe", "status"), [(EXPLODING, "diverged"), (HUGE, "out_of_memory")])
def test_failed_runs_are_rows_with_their_status(recipe: Recipe, status: str) -> None:
    rows = serial(recipe).evaluate([GOOD], [0, 1])
    assert rows["status"].tolist() == [status, status]
    for name in CURVES:
        assert np.isnan(rows[name]).all()
        assert np.isnan(rows[f"{name}_curve"][:, -1]).all()


@pytest.mark.parametrize("num_workers", [0, -1])
def test_no_workers_are_refused(num_workers: int) -> None:
    with pytest.raises(InputError, match=f"expected num_workers >= 1, got {num_workers}"):
        parallel(num_workers=num_workers)


@pytest.mark.parametrize("num_workers", [1, 2])
def test_a_batch_larger_than_the_train_split_is_told_at_once(num_workers: int) -> None:
    with pytest.raises(InputError, match="a batch of at most the 64 train inputs"):
        parallel(replace(TINY, batch_size=65), num_workers)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"timeout_seconds": 0}, "expected timeout_seconds > 0, or None for no limit, got 0"),
        ({"timeout_seconds": -1.5}, "expected timeout_seconds > 0"),
        ({"timeout_seconds": float("nan")}, "expected timeout_seconds > 0"),
        ({"retries": -1}, "expected retries = 0, 1, 2, ..., got -1"),
        ({"threads_per_worker": 0}, "expected threads_per_worker >= 1, got 0"),
        ({"devices": []}, r"expected a list of devices, such as .*, got \[\]"),
        ({"devices": "cpu"}, "expected a list of devices, such as .*, got 'cpu'"),
        ({"build": lambda *_: None}, "build function can't be sent to a worker process"),
    ],
)
def test_bad_settings_are_refused_at_once(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ProcessExecutor(SPACE, tiny_task(), **{"devices": ["cpu"], **settings})


def test_a_device_that_is_not_there_is_told_at_once() -> None:
    with pytest.raises(DeviceError, match="expected CUDA device 'cuda:99'"):
        ProcessExecutor(SPACE, tiny_task(), devices=["cpu", "cuda:99"])


def test_this_process_can_have_no_time_limit() -> None:
    with pytest.raises(InputError, match="expected num_workers with timeout_seconds"):
        TrainingEvaluator(SPACE, tiny_task(), TINY, device="cpu", timeout_seconds=5)


def test_workers_are_shared_out_over_devices() -> None:
    def devices_of(devices: list[str], num_workers: int | None) -> list[str]:
        executor = ProcessExecutor(SPACE, tiny_task(), devices=devices, num_workers=num_workers)
        return executor.devices

    assert devices_of(["cpu"], None) == ["cpu"]
    assert devices_of(["cpu"], 3) == ["cpu"] * 3
    assert devices_of(["cpu", "cpu"], None) == ["cpu"] * 2


@pytest.mark.gpu
def test_each_gpu_has_a_worker() -> None:
    import torch

    executor = ProcessExecutor(SPACE, tiny_task())
    assert executor.devices == [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    executor = ProcessExecutor(SPACE, tiny_task(), devices=["cuda", "cpu"], num_workers=3)
    assert executor.devices == ["cuda:0", "cpu", "cuda:0"]
    try:
        for job in JOBS:
            executor.submit(job)
        results = [result for _, result in executor.finished()]
    finally:
        executor.close()
    assert {result.status for result in results} == {"ok"}
    assert len({result.device for result in results}) == 2


needs_affinity = pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no binding to cores here")


@needs_affinity
def test_more_threads_than_cores_cannot_be_pinned() -> None:
    cores = len(os.sched_getaffinity(0))
    with pytest.raises(InputError, match=f"expected {2 * cores} cores for 2 workers .* found {cores};"):
        ProcessExecutor(
            SPACE, tiny_task(), devices=["cpu"], num_workers=2, threads_per_worker=cores, pin_cores=True
        )


@needs_proc
@needs_affinity
def test_a_pinned_worker_has_its_own_cores_and_threads() -> None:
    others = workers_of(os.getpid())
    executor = ProcessExecutor(SPACE, tiny_task(), devices=["cpu"], pin_cores=True)
    try:
        executor.submit(JOBS[1])
        assert [result.status for _, result in executor.finished()] == ["ok"]
        (worker,) = set(workers_of(os.getpid())) - set(others)
        assert os.sched_getaffinity(worker) == {min(os.sched_getaffinity(0))}
        for thread in Path(f"/proc/{worker}/task").iterdir():
            assert len(os.sched_getaffinity(int(thread.name))) == 1
        assert b"OMP_NUM_THREADS=1" in Path(f"/proc/{worker}/environ").read_bytes().split(b"\0")
    finally:
        executor.close()
