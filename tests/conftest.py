import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # tiny problems: two spinning threads on a busy machine cost 10x

from pathlib import Path

import numpy as np
import pytest

from surronas.spaces import Cell201


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
def shipped() -> Path:
    """The benchmark that ships with the project: real trainings on digits."""
    return Path(__file__).parents[1] / "benchmarks_data" / "digits_cell201.h5"
