from pathlib import Path

import numpy as np
import pytest
from training.tiny import TINY, tiny_task

from surronas.spaces import Architectures, Cell201
from surronas.store import BenchmarkStore, Records
from surronas.training import TrainingEvaluator


@pytest.fixture(scope="session")
def training(cell201: Cell201) -> TrainingEvaluator:
    """Real trainings of a fraction of a second."""
    return TrainingEvaluator(cell201, tiny_task(), TINY, device="cpu")


@pytest.fixture(scope="session")
def cells(cell201: Cell201) -> Architectures:
    """(6, 6) cells of distinct networks, in no order."""
    return cell201.sample(6, np.random.default_rng(5))


@pytest.fixture(scope="session")
def seeds() -> list[int]:
    return [4, 0]


@pytest.fixture(scope="session")
def runs(training: TrainingEvaluator, cells: Architectures, seeds: list[int]) -> Records:
    """Twelve runs: each cell with each seed."""
    return training.evaluate(cells, seeds)


@pytest.fixture
def store(tmp_path: Path, cell201: Cell201, runs: Records) -> BenchmarkStore:
    """A store of the runs."""
    made = BenchmarkStore.create(tmp_path / "store", cell201)
    made.append(runs)
    return made
