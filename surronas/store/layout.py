"""What lies where in a segment file, and the writing of one: arrays in, parts of a checksummed HDF5 file out.

    /architectures/decisions (A, d) int8      /architectures/code (A,) int64, ascending, unique
    /blocks/<i>                               one task, recipe and number of epochs; n runs by seed, then row:
      architecture (n,) int32                 rows of /architectures; left out when every seed has all A
      seed (S,) int64, seed_start (S+1,)      runs seed_start[s] to seed_start[s+1] have seed[s]
      status (n,) uint8, provenance (n,) uint32
      <metric> (n,) float32 or float64        the narrower when it is exact; contiguous, to be memory-mapped
      curves/<metric> (n, epochs) float32     chunked, shuffled, deflated
    /metrics, /recipes, /provenance           JSON texts
(behind the HDF5 bytes)                     for each curve dataset (k, 2) int64: offset and size of its chunks
A block with ``per="architecture"`` holds one column of architectures, such as parameters, latency on a
``device`` or a proxy: no seed, no status; task or recipe "" where it depends on none.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.spaces import Architectures
from surronas.store.curve_chunks import Curves, CurvesInMemory
from surronas.store.files import Part
from surronas.store.header import Header
from surronas.store.image import Image

__all__ = ["Block", "Header", "narrowest", "segment_bytes"]


@dataclass(frozen=True)
class Block:
    """The n runs (or, with ``epochs=None``, column) of one task and recipe, sorted by seed, then row."""

    task: str
    recipe: str
    epochs: int | None
    rows: NDArray[np.int64]  # (n,) in the segment's architectures
    seeds: NDArray[np.int64]  # (n,)
    status: NDArray[np.uint8]  # (n,) index into STATUSES
    provenance: NDArray[np.int64]  # (n,) index into the segment's provenance
    metrics: Mapping[str, NDArray[Any]]  # (n,) floats each; one without any value is left out
    curves: Mapping[str, NDArray[np.float32] | Curves] = field(default_factory=dict)  # (n, epochs) each
    device: str = ""  # of a column


def segment_bytes(
    header: Header,
    codes: NDArray[np.int64],
    decisions: Architectures,
    blocks: Iterable[Block],
    provenance: list[dict[str, Any]],
) -> Iterator[Part]:
    """Give the bytes of a segment file in parts; ``codes`` ascend and number the ``decisions``.

    The blocks are asked for one after the other, and the provenance is written after them.
    """
    image = Image()
    image.text("metrics", [metric.to_json() for metric in header.metrics])
    image.put("architectures/code", codes.astype("<i8", copy=False))
    image.put("architectures/decisions", decisions.astype("i1", copy=False))
    recipes: dict[str, int] = {}
    described: list[dict[str, Any]] = []
    for block in blocks:
        told = yield from _write_block(image, f"blocks/{len(described)}", block, recipes, len(codes))
        described.append(told)
    image.text("recipes", list(recipes))
    image.text("provenance", provenance)
    told = header.to_json()
    image.attributes("", {name: value for name, value in told.items() if name != "metrics"})
    yield from image.close({"header": told, "recipes": list(recipes), "blocks": described})


def _write_block(
    image: Image, path: str, block: Block, recipes: dict[str, int], num_architectures: int
) -> Generator[Part, None, dict[str, Any]]:
    """Write one block; return what the directory says of it."""
    n, constant = len(block.rows), block.epochs is None
    first = np.flatnonzero(np.append(True, np.diff(block.seeds) != 0)[:n])
    dense = n == num_architectures * len(first) > 0
    axes = {
        "task": block.task,
        "epochs": block.epochs,
        "device": block.device or None,
        "per": "architecture" if constant else "run",
    }
    image.attributes(path, axes | {"recipe": block.recipe})
    if not dense:
        image.put(f"{path}/architecture", block.rows.astype("<i4"))
    if not constant:
        image.put(f"{path}/seed", block.seeds[first].astype("<i8"))
        image.put(f"{path}/seed_start", np.append(first, n).astype("<i8"))
        image.put(f"{path}/status", block.status.astype("u1"))
    image.put(f"{path}/provenance", block.provenance.astype("<u4"))
    metrics, curves = [], []
    for name, values in block.metrics.items():
        if not np.isnan(values).all():
            image.put(f"{path}/{name}", narrowest(values))
            metrics.append(name)
        yield from image.drain()
    for name, given in block.curves.items():
        held = CurvesInMemory(given) if isinstance(given, np.ndarray) else given
        yield from image.put_curves(f"{path}/curves/{name}", held)
        curves += [] if held.blank else [name]
    return axes | {
        "recipe": recipes.setdefault(block.recipe, len(recipes)),
        "runs": n,
        "dense": dense,
        "all_ok": not block.status.any(),
        "metrics": metrics,
        "curves": curves,
    }


def narrowest(values: NDArray[np.floating]) -> NDArray[Any]:
    """Return the values as float32 where that is exact for all, else as float64."""
    with np.errstate(over="ignore"):
        narrow = values.astype("<f4")
    return narrow if np.array_equal(narrow, values, equal_nan=True) else values.astype("<f8", copy=False)
