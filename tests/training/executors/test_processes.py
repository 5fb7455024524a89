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
from training.tiny import EMPTY, EXPLODING, GOOD, HUGE, TINY, tiny_task

from surronas.errors import InputError, SurronasError
from surronas.spaces import Cell201, Graph, SearchSpace
from surronas.training import Job, Recipe, TrainingEvaluator
from surronas.training.executors import ProcessExecutor
from surronas.training.networks.cell201 import CellNetwork, build
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


def test_a_caller_may_leave_a_stream_early(two: TrainingEvaluator) -> None:
    stream = two.stream(CELLS, [0] * len(CELLS))
    next(stream)
    stream.close()
    assert_same_runs(two.evaluate(CELLS[:2], [7]), serial().evaluate(CELLS[:2], [7]))


def test_no_jobs_no_rows(two: TrainingEvaluator) -> None:
    assert list(two.stream(CELLS[:0], [])) == []
    assert len(two.evaluate(CELLS[:0], [0])) == len(two.evaluate(CELLS, [])) == 0


@needs_proc
def test_a_killed_worker_costs_its_own_training_only() -> None:
    lengthy = replace(TINY, channels=24, epochs=100)  # seconds for the good cell, a fraction for the others
    quick = [EMPTY, (1, 0, 0, 1, 0, 0), (0, 0, 0, 4, 0, 0), (0, 0, 0, 2, 0, 0)]
    cells, seeds, others = np.array([GOOD, *quick], dtype=np.int8), range(5), workers_of(os.getpid())
    with parallel(lengthy) as evaluator:
        rows = []
        for row in evaluator.stream(cells, seeds):
            if not rows:
                longest, _ = (worker for worker in workers_of(os.getpid()) if worker not in others)
                os.kill(longest, signal.SIGKILL)
            rows.append(row)
        again = evaluator.evaluate(cells[1:3], [0])
    found = np.concatenate(rows)
    found = found[np.argsort(found["seed"])]
    assert found["status"].tolist() == ["killed", "ok", "ok", "ok", "ok"]
    assert np.isnan(found["valid_accuracy"][0])
    assert np.isnan(found["valid_accuracy_curve"][0]).all()
    assert_same_runs(found[1:], np.concatenate(list(serial(lengthy).stream(cells[1:], seeds[1:]))))
    assert again["status"].tolist() == ["ok", "ok"]


@needs_proc
def test_a_worker_that_is_told_to_stop_stops_the_run_and_records_nothing() -> None:
    lengthy, others = replace(TINY, channels=24, epochs=100), workers_of(os.getpid())
    with parallel(lengthy) as evaluator:
        stream = evaluator.stream(np.array([GOOD, EMPTY], dtype=np.int8), [0, 1])
        next(stream)  # the empty cell; the good one still trains
        for worker in workers_of(os.getpid()):
            if worker not in others:
                os.kill(worker, signal.SIGTERM)
        with pytest.raises(SurronasError, match="told to stop"):
            list(stream)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(InputError, match="expected training seeds of 0 to"):
        serial().evaluate(CELLS[:1], [seed])


@needs_proc
def test_a_worker_killed_between_trainings_is_replaced_without_loss(two: TrainingEvaluator) -> None:
    before = two.evaluate(CELLS[:2], [0])
    killed = workers_of(os.getpid())
    for worker in killed:
        os.kill(worker, signal.SIGKILL)
    wait_for(lambda: not any(map(is_running, killed)))
    assert_same_runs(two.evaluate(CELLS[:2], [0]), before)


@needs_proc
def test_workers_end_when_the_evaluator_is_closed(two: TrainingEvaluator) -> None:
    two.evaluate(CELLS[:2], [0])
    others = workers_of(os.getpid())
    evaluator = parallel()
    next(evaluator.stream(CELLS[:2], [0, 0]))
    started = set(workers_of(os.getpid())) - set(others)
    assert started
    evaluator.close()
    evaluator.close()
    assert not any(map(is_running, started))
    assert workers_of(os.getpid()) == others


@needs_proc
def test_workers_end_when_their_parent_is_killed() -> None:
    script = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from training.executors.test_processes import CELLS, parallel\n"
        "parallel().evaluate(CELLS[:1], [0]); print('up', flush=True); input()\n"
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


def unknown_for_the_empty_cell(
    space: SearchSpace, architecture: tuple[int, ...], signature: object, recipe: Recipe
) -> CellNetwork:
    if architecture != EMPTY:
        return build(space, architecture, signature, recipe)
    graph = Graph(2, ((0, 1, "attention"),))
    return CellNetwork(graph, image_channels=1, num_classes=2, channels=2, num_stages=1, cells_per_stage=1)


def test_an_exception_in_a_training_is_a_failed_result(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[2])])
    )  # where workers find the build function
    executor = ProcessExecutor(
        SPACE, tiny_task(), device="cpu", num_workers=1, build=unknown_for_the_empty_cell
    )
    try:
        for cell in (EMPTY, GOOD):
            executor.submit(Job(cell, 0, TINY))
        results = dict(executor.finished())
    finally:
        executor.close()
    assert results[0].status == "failed"
    assert results[0].message == "the worker process ended with exit code 3"
    assert "got 'attention'" in capfd.readouterr().err
    assert results[1].status == "ok"


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
