"""Parts of NATS-Bench's official sample, as the sources of tests."""

import bz2
import pickle
import shutil
from pathlib import Path
from typing import Any

from surronas.store.importers.restricted import load_pickle

SAMPLE = "benchmarks/nasbench201/nats-bench-official-sample/fake_torch_dir"
TSS, SSS = "NATS-tss-v1_0-3ffb9", "NATS-sss-v1_0-50262"
INDICES = (0, 11, 284)


def sample_folder(shared: Path, name: str) -> Path:
    """Return the sample's folder of 3 architectures."""
    return shared / SAMPLE / f"{name}-simple"


def small_folder(shared: Path, name: str, to: Path) -> Path:
    """Return a copy of the sample's folder with one architecture."""
    copy = to / f"{name}-simple"
    copy.mkdir()
    for file in ("meta", "000011"):
        shutil.copy(sample_folder(shared, name) / f"{file}.pickle.pbz2", copy)
    return copy


def load(file: Path) -> dict[str, Any]:
    with bz2.open(file) as opened:
        return load_pickle(opened)


def whole(shared: Path, name: str, indices: tuple[int, ...] = INDICES) -> dict[str, Any]:
    """Return what the single official file would hold if only these architectures were measured."""
    folder = sample_folder(shared, name)
    content = load(folder / "meta.pickle.pbz2")
    content["arch2infos"] = {index: load(folder / f"{index:06d}.pickle.pbz2") for index in indices}
    content["evaluated_indexes"] = set(indices)
    return content


def write_compressed(content: object, file: Path) -> Path:
    with bz2.open(file, "wb") as opened:
        pickle.dump(content, opened, protocol=4)
    return file
