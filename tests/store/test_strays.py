"""What killed writers leave aside is cleared away once it is old, and nothing else is."""

import os
from pathlib import Path

import numpy as np
from store_runs import make_runs

from surronas.spaces import Cell201
from surronas.store import TRAINING_METRICS, BenchmarkStore
from surronas.store.files import remove_strays
from surronas.store.importers import Benchmark, Importer, import_benchmark

IMPORTER = Importer(
    "made-up",
    "runs made up",
    "anything",
    "nowhere",
    lambda source: Benchmark(
        Cell201(), TRAINING_METRICS, "made up", "CC0", [make_runs(Cell201().from_codes(np.arange(9)))]
    ),
)


def leave(path: Path, *, old: bool) -> Path:
    """Leave a half-made store aside."""
    BenchmarkStore.create(path, Cell201())
    if old:
        os.utime(path, (0, 0))
    return path


def test_an_import_clears_what_a_killed_one_has_left(tmp_path: Path) -> None:
    old = leave(tmp_path / ".dest.0123456789abcdef.partial", old=True)
    young = leave(tmp_path / ".dest.fedcba9876543210.partial", old=False)
    of_another = leave(tmp_path / ".dest.h5.0123456789abcdef.partial", old=True)
    import_benchmark(IMPORTER, tmp_path, tmp_path / "dest")
    assert not old.exists()
    assert young.exists()
    assert of_another.exists()
    assert len(BenchmarkStore.open(tmp_path / "dest")) == 18


def test_names_are_taken_as_they_are(tmp_path: Path, cell201: Cell201, cells: np.ndarray) -> None:
    store = BenchmarkStore.create(tmp_path / "run[1].h5", cell201)
    own, of_another = tmp_path / ".run[1].h5.01.partial", tmp_path / ".run1.h5.01.partial"
    for stray in (own, of_another):
        stray.write_bytes(b"half")
    store.append(make_runs(cells))
    assert not own.exists()
    assert of_another.exists()


def test_a_folder_that_is_not_there_has_no_strays(tmp_path: Path) -> None:
    remove_strays(tmp_path / "nowhere", ".*", older_than_seconds=0)
