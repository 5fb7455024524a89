from pathlib import Path

import numpy as np
import pytest

from surronas.encodings import live_one_hot_counts
from surronas.evaluation import Contender, Target, target_of_arrays
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore
from surronas.surrogates import GaussianProcessSurrogate


@pytest.fixture
def cells(cell201: Cell201) -> np.ndarray:
    """1,500 cells, many of them isomorphic twins of others."""
    return cell201.enumerate()[np.random.default_rng(5).permutation(15_625)[:1500]]


@pytest.fixture
def target(cell201: Cell201, cells: np.ndarray) -> Target:
    """Made-up accuracies: the more 3x3 convolutions the better."""
    rng = np.random.default_rng(0)
    return target_of_arrays(cell201, cells, (cells == 3).sum(axis=1) + rng.normal(0, 0.1, len(cells)))


@pytest.fixture
def gaussian_process() -> Contender:
    return Contender("gp", GaussianProcessSurrogate(), "live", live_one_hot_counts)


@pytest.fixture
def small_store(shipped: Path, tmp_path: Path) -> BenchmarkStore:
    """Sixty cells of the shipped store."""
    store = BenchmarkStore.open(shipped)
    return store.copy(tmp_path / "small", store.architectures[:1500:25])
