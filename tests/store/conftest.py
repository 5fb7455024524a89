from pathlib import Path

import numpy as np
import pytest
from store_runs import make_runs

from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Records


@pytest.fixture(params=["file", "folder"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where a store of either kind may be created."""
    return tmp_path / ("store.h5" if request.param == "file" else "store")


@pytest.fixture
def cells(cell201: Cell201) -> np.ndarray:
    """(30, 6) distinct cells, not in order."""
    return cell201.from_codes(np.random.default_rng(1).permutation(15_625)[:30])


@pytest.fixture
def runs(cells: np.ndarray) -> Records:
    """Sixty runs: thirty cells, two seeds."""
    return make_runs(cells)


@pytest.fixture
def store(path: Path, cell201: Cell201, runs: Records) -> BenchmarkStore:
    """A store of the runs, appended in three batches."""
    made = BenchmarkStore.create(path, cell201, description="made for tests", licence="CC0")
    for batch in np.array_split(runs, 3):
        made.append(batch, command="make test", versions={"surronas": "0"})
    return made
