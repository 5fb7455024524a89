import math

import pytest
from contracts.executor_contract import JOBS, ExecutorContract, all_finished
from training.tiny import TINY, tiny_task

from surronas.errors import DeviceError
from surronas.spaces import Cell201, space_named
from surronas.spaces.joint import JointSpace
from surronas.training import TrainingEvaluator
from surronas.training.executors import PopulationExecutor, ProcessExecutor, choose_executor
from surronas.training.executors.choice import steps_a_second

SPACE = Cell201()


@pytest.fixture(scope="module")
def executor() -> PopulationExecutor:
    return PopulationExecutor(SPACE, tiny_task(), device="cpu", way="grouped", most=3)


class TestPopulationExecutor(ExecutorContract):
    tolerance = 2e-2  # of losses after two epochs: sums in another order

    def test_results_left_for_later_are_of_the_same_pack(self, executor: PopulationExecutor) -> None:
        for job in JOBS[:3]:
            executor.submit(job)
        first = next(executor.finished())
        assert len({ticket for ticket, _ in [first, *executor.finished()]}) == 3


def test_an_evaluator_takes_it(executor: PopulationExecutor) -> None:
    evaluator = TrainingEvaluator(SPACE, tiny_task(), TINY, executor=executor)
    rows = evaluator.evaluate([JOBS[0].architecture, JOBS[3].architecture], [0, 1])
    assert rows["status"].tolist() == ["ok"] * 4
    assert rows["seed"].tolist() == [0, 1, 0, 1]
    results = all_finished(executor, [JOBS[0]])
    assert results[0].status == "ok"


def test_what_is_chosen_is_what_makes_more_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = steps_a_second(SPACE, tiny_task(), TINY, device="cpu", num_workers=2)
    assert set(rates) == {"processes", "population"}
    assert all(0 < rate < math.inf for rate in rates.values())
    for faster, kind in (("processes", ProcessExecutor), ("population", PopulationExecutor)):
        found = {name: 2.0 if name == faster else 1.0 for name in rates}
        monkeypatch.setattr("surronas.training.executors.choice.steps_a_second", lambda *_, f=found, **__: f)
        executor = choose_executor(SPACE, tiny_task(), TINY, device="cpu", num_workers=2)
        assert isinstance(executor, kind)
        executor.close()


def test_networks_that_cannot_be_stacked_go_to_processes() -> None:
    for space in (space_named("mnasnet"), JointSpace(SPACE, learning_rate=(0.1, 0.2))):
        rates = steps_a_second(space, tiny_task(), TINY, device="cpu")
        assert rates == {"processes": math.inf, "population": 0.0}


def test_checkpoints_and_time_limits_are_those_of_processes(tmp_path) -> None:
    for settings in ({"checkpoints": tmp_path}, {"timeout_seconds": 60.0}):
        executor = choose_executor(SPACE, tiny_task(), TINY, device="cpu", num_workers=1, **settings)
        assert isinstance(executor, ProcessExecutor)
        executor.close()


def test_a_missing_device_is_told() -> None:
    with pytest.raises(DeviceError):
        choose_executor(SPACE, tiny_task(), TINY, device="cuda:77")
