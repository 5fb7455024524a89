"""One Ray cluster on this machine, started by the first executor, for the whole module."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from contracts.executor_contract import ExecutorContract, all_finished, alone
from training.executors.misbehaving import DIES, HANGS, RAISES, SIX_EPOCHS, build, let_workers_find_it
from training.tiny import GOOD, POINTWISE, tiny_task

from surronas.errors import DeviceError, InputError, MissingPackageError, SurronasError
from surronas.spaces import Cell201
from surronas.training import Job, TrainingResult
from surronas.training.executors import RayExecutor
from surronas.training.result import CURVES

pytest.importorskip("ray")
Told = list[tuple[Job, int]]


def job(cell: tuple[int, ...]) -> Job:
    return Job(cell, 0, SIX_EPOCHS)


def assert_same_curves(found: TrainingResult, expected: TrainingResult) -> None:
    """Equal to the last bit."""
    assert found.status == "ok", found.message
    assert {name: found.curves[name].tobytes() for name in CURVES} == {
        name: expected.curves[name].tobytes() for name in CURVES
    }


@pytest.fixture(scope="module")
def told() -> Told:
    return []


@pytest.fixture(scope="module")
def executor(tmp_path_factory: pytest.TempPathFactory, told: Told) -> Iterator[RayExecutor]:
    """Two workers on a cluster of this machine."""
    import ray

    folder = tmp_path_factory.mktemp("gone-wrong")
    with pytest.MonkeyPatch.context() as monkeypatch:
        let_workers_find_it(monkeypatch, folder)
        monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        monkeypatch.delenv("RAY_ADDRESS", raising=False)
        executor = RayExecutor(
            Cell201(),
            tiny_task(),
            num_workers=2,
            address="local",
            cpus_per_worker=0.5,
            num_gpus_per_worker=0,
            build=build,
            checkpoints=folder / "checkpoints",
            checkpoint_seconds=0,
            on_epoch=lambda job, epoch, values: told.append((job, epoch)),
        )
        yield executor
        assert ray.is_initialized()
        executor.close()
        executor.close()
        assert not ray.is_initialized()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere"])
def test_an_address_where_nothing_answers_is_told_soon(address: str) -> None:
    with pytest.raises(InputError, match=f"expected the address of a Ray cluster, .*{address}"):
        RayExecutor(Cell201(), tiny_task(), num_workers=1, address=address)


class TestRayExecutor(ExecutorContract):
    pass


def test_a_worker_killed_in_mid_training_costs_only_the_time_since_its_last_checkpoint(
    executor: RayExecutor, told: Told
) -> None:
    jobs = [job(cell) for cell in (DIES, POINTWISE, GOOD, RAISES)]
    results = all_finished(executor, jobs)
    for found, expected in zip(results, alone(jobs), strict=True):
        assert_same_curves(found, expected)
    assert results[0].message.startswith("tried 2 times: killed (the worker died: ")
    assert [result.message for result in results[1:]] == [
        "",
        "",
        "tried 2 times: failed (RuntimeError: CUDA error: an illegal memory access was encountered), then ok",
    ]
    for each in jobs[:3]:
        assert [epoch for of, epoch in told if of == each] == list(range(6))


def test_a_training_that_hangs_is_killed(executor: RayExecutor) -> None:
    supervision = executor.supervision
    executor.supervision = replace(supervision, timeout_seconds=1.0, retries=0)
    (result,) = all_finished(executor, [job(HANGS)])
    executor.supervision = supervision
    assert (result.status, result.message) == ("killed", "hung: over timeout_seconds = 1")


def test_a_cluster_that_was_there_is_left_alone(executor: RayExecutor) -> None:
    import ray

    (ours,) = all_finished(executor, [job(POINTWISE)])
    another = RayExecutor(Cell201(), tiny_task(), num_workers=1, cpus_per_worker=0.01)
    another.close()
    assert ray.is_initialized()
    assert_same_curves(all_finished(executor, [job(POINTWISE)])[0], ours)


def test_workers_that_cannot_start_end_the_run(executor: RayExecutor, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    broken = RayExecutor(
        Cell201(), tiny_task(), num_workers=1, cpus_per_worker=0, checkpoints=tmp_path / "file"
    )
    broken.submit(job(GOOD))
    with pytest.raises(SurronasError, match=r"a worker could not start: .* can't make the folder"):
        list(broken.finished())
    broken.close()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"num_workers": 0}, InputError, "expected num_workers >= 1, got 0"),
        ({"cpus_per_worker": -1}, InputError, "expected cpus_per_worker >= 0, got -1"),
        ({"num_gpus_per_worker": -0.5}, InputError, "expected num_gpus_per_worker of 0 to 1, or a whole"),
        ({"num_gpus_per_worker": 1.5}, InputError, "expected num_gpus_per_worker of 0 to 1, or a whole"),
        ({"num_workers": 10_000}, InputError, "expected a cluster with 10000 CPUs for 10000 workers, found"),
        (
            {"num_gpus_per_worker": 1000},
            DeviceError,
            "expected a cluster with 1000 GPUs for 1 workers, found",
        ),
        ({"timeout_seconds": 0}, InputError, "expected timeout_seconds > 0"),
        ({"retries": -1}, InputError, "expected retries = 0, 1, 2, ..., got -1"),
    ],
)
def test_bad_settings_are_refused_at_once(
    executor: RayExecutor, settings: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        RayExecutor(Cell201(), tiny_task(), **{"num_workers": 1, **settings})


def test_ray_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingPackageError, match=r"need Ray; pip install 'surronas\[distributed\]'"):
        RayExecutor(Cell201(), tiny_task(), num_workers=1)


@pytest.mark.gpu
def test_workers_share_a_gpu(executor: RayExecutor) -> None:
    shared = RayExecutor(Cell201(), tiny_task(), num_workers=2, cpus_per_worker=0, num_gpus_per_worker=0.5)
    results = all_finished(shared, [job(GOOD), job(POINTWISE)])
    shared.close()
    assert [result.status for result in results] == ["ok", "ok"]
    assert len({result.device for result in results} - {alone([job(POINTWISE)])[0].device}) == 1
