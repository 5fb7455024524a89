import pytest
from contracts.executor_contract import JOBS, ExecutorContract
from training.tiny import tiny_task

from surronas.spaces import Cell201
from surronas.training import Trainer
from surronas.training.executors import SerialExecutor


@pytest.fixture(scope="module")
def executor() -> SerialExecutor:
    return SerialExecutor(Trainer(Cell201(), tiny_task(), device="cpu"))


class TestSerialExecutor(ExecutorContract):
    pass


def test_closing_it_forgets_what_waits(executor: SerialExecutor) -> None:
    executor.submit(JOBS[0])
    executor.close()
    executor.close()
    assert list(executor.finished()) == []
