import os
import signal

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # tiny problems: two spinning threads on a busy machine cost 10x

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in the background of a shell: processes
    signal.signal(signal.SIGINT, signal.default_int_handler)  # that tests interrupt would inherit that

from pathlib import Path

import numpy as np
import pytest

from surronas.spaces import Cell201
from surronas.store import BenchmarkStore


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def cell201() -> Cell201:
    return Cell201()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real benchmark tables, or a skip that says how to get it."""
    folder = Path(os.environ.get("SURRONAS_SHARED", Path(__file__).parents[2] / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"no benchmark tables at {folder}: set SURRONAS_SHARED to the folder that holds data/")
    return folder


@pytest.fixture(scope="session")
def shipped(cell201: Cell201, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,500 cells of the benchmark that ships with the project, drawn uniformly: real trainings on digits."""
    whole = BenchmarkStore.open(Path(__file__).parents[1] / "benchmarks_data" / "digits_cell201.h5")
    cells = np.random.default_rng(201).permutation(cell201.enumerate())
    distinct = cells[(cell201.canonical(cells) == cells).all(axis=1)]
    return Path(whole.copy(tmp_path_factory.mktemp("shipped") / "digits_cell201.h5", distinct[:1500]).path)
