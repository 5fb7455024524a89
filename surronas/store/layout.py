"""What lies where in a segment file, and the writing of one: arrays in, bytes of a checksummed HDF5 file out.

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

import io
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.spaces import Architectures
from surronas.store.container import FORMAT, VERSION, Column, seal
from surronas.store.schema import Metric

# Of a curve chunk, uncompressed. Measured on 200-epoch curves: reading one costs 70 us and packs to 65 %;
# twice as many bytes cost 125 us and pack to 64 %.
CHUNK_BYTES = 8_192
DEFLATE_LEVEL = 4
_NO_ATTRIBUTES = ("metrics", "replaces", "seen", "folded")  # may be larger than HDF5's attributes: 64 KiB
CHUNKS = "#chunks"  # marks, in the directory, the (k, 2) table of where a curve dataset's chunks lie


@dataclass(frozen=True)
class Header:
    """What a segment says of the store it belongs to, of itself, and of the segments folded into it."""

    space: str
    num_choices: list[int]
    metrics: tuple[Metric, ...]
    canonical: bool = False
    description: str = ""
    licence: str = ""
    segment: str = ""
    replaces: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()  # lineage.py says what these are for
    folded: tuple[tuple[int, tuple[str, ...]], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the header as a JSON-able dict."""
        return asdict(self) | {"format": FORMAT, "version": VERSION}

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Header":
        """Return the header that ``to_json`` wrote."""
        metrics = tuple(Metric.from_json(metric) for metric in given["metrics"])
        kept = {name: given[name] for name in cls.__dataclass_fields__ if name in given}
        lineage = {name: tuple(given.get(name, ())) for name in ("replaces", "seen", "folded")}
        return cls(**(kept | lineage | {"metrics": metrics}))


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
    metrics: dict[str, NDArray[np.float64]]  # (n,) each
    curves: dict[str, NDArray[np.float32]] = field(default_factory=dict)  # (n, epochs) each
    device: str = ""  # of a column


def segment_bytes(
    header: Header,
    codes: NDArray[np.int64],
    decisions: Architectures,
    blocks: Sequence[Block],
    provenance: list[dict[str, Any]],
) -> list[bytes | memoryview]:
    """Return the bytes of a segment file, in parts; ``codes`` ascend and number the ``decisions``."""
    recipes = sorted({block.recipe for block in blocks})
    image = _Image()
    image.text("metrics", [metric.to_json() for metric in header.metrics])
    image.text("recipes", recipes)
    image.text("provenance", provenance)
    image.put("architectures/code", codes.astype("<i8"))
    image.put("architectures/decisions", decisions.astype("i1"))
    described = [_write_block(image, i, block, recipes, len(codes)) for i, block in enumerate(blocks)]
    told = header.to_json()
    image.attributes("/", {name: value for name, value in told.items() if name not in _NO_ATTRIBUTES})
    body = image.close()
    directory = {
        "header": told,
        "recipes": recipes,
        "blocks": described,
        "columns": image.columns,
        "chunk_rows": image.chunk_rows,
    }
    return [body, seal(body, directory)]


def _write_block(
    image: "_Image", number: int, block: Block, recipes: list[str], num_architectures: int
) -> dict[str, Any]:
    """Write one block; return what the directory says of it."""
    path, constant = f"blocks/{number}", block.epochs is None
    seeds, first = np.unique(block.seeds, return_index=True)
    dense = len(block.rows) == num_architectures * len(seeds) > 0
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
        image.put(f"{path}/seed", seeds.astype("<i8"))
        image.put(f"{path}/seed_start", np.append(first, len(block.rows)).astype("<i8"))
        image.put(f"{path}/status", block.status.astype("u1"))
    image.put(f"{path}/provenance", block.provenance.astype("<u4"))
    for name, values in block.metrics.items():
        image.put(f"{path}/{name}", narrowest(values))
    for name, curves in block.curves.items():
        image.put_curves(f"{path}/curves/{name}", curves)
    return axes | {
        "recipe": recipes.index(block.recipe),
        "runs": len(block.rows),
        "dense": dense,
        "all_ok": not block.status.any(),
        "metrics": list(block.metrics),
        "curves": list(block.curves),
    }


def narrowest(values: NDArray[np.float64]) -> NDArray[Any]:
    """Return the values as float32 where that is exact for all, else as float64."""
    with np.errstate(over="ignore"):
        narrow = values.astype("<f4")
    return narrow if np.array_equal(narrow, values, equal_nan=True) else values.astype("<f8")


class _Image:
    """An HDF5 file under construction in memory (so that a full disk can't leave HDF5 in a bad state)."""

    def __init__(self) -> None:
        import h5py  # here, not above: reading a store needs no HDF5 library

        self._buffer = io.BytesIO()
        self._file = h5py.File(
            self._buffer, "w", libver=("v108", "v108"), alignment_threshold=1, alignment_interval=8
        )
        self.columns: dict[str, Column] = {}
        self.chunk_rows: dict[str, int] = {}
        self._chunks: dict[str, NDArray[np.int64]] = {}

    def attributes(self, path: str, values: dict[str, Any]) -> None:
        """Set attributes of the group at ``path``: words as they are, the rest as JSON."""
        group = self._file if path == "/" else self._file.create_group(path)
        for name, value in values.items():
            group.attrs[name] = value if isinstance(value, str) else json.dumps(value)

    def text(self, path: str, value: Any) -> None:
        """Write ``value`` as one JSON text."""
        self.put(path, np.array(json.dumps(value, separators=(",", ":")).encode()))

    def put(self, path: str, values: NDArray[Any]) -> None:
        """Write a contiguous, uncompressed dataset."""
        dataset = self._file.create_dataset(path, data=values)
        self.columns[path] = (dataset.id.get_offset(), values.dtype.str, list(values.shape))

    def put_curves(self, path: str, curves: NDArray[np.float32]) -> None:
        """Write an (n, epochs) dataset in chunks of whole rows, shuffled and deflated."""
        n, num_epochs = curves.shape
        rows = min(n, max(1, CHUNK_BYTES // (4 * num_epochs)))
        dataset = self._file.create_dataset(
            path, curves.shape, "<f4", chunks=(rows, num_epochs), shuffle=True,
            compression="gzip", compression_opts=DEFLATE_LEVEL, fillvalue=np.nan,
        )  # fmt: skip
        places = []
        for start in range(0, n, rows):
            chunk = np.full((rows, num_epochs), np.nan, "<f4")
            chunk[: n - start] = curves[start : start + rows]
            dataset.id.write_direct_chunk((start, 0), deflate(chunk))
            info = dataset.id.get_chunk_info_by_coord((start, 0))
            places.append([info.byte_offset, info.size])
        self.chunk_rows[path] = rows
        self._chunks[path] = np.array(places, "<i8").reshape(-1, 2)

    def close(self) -> memoryview:
        """Return the finished file and, behind it, the byte offset and size of each curve chunk."""
        self._file.close()
        end = self._buffer.seek(0, io.SEEK_END)
        self._buffer.write(b"\0" * (-end % 8))
        for path, places in self._chunks.items():
            self.columns[f"{path}{CHUNKS}"] = (self._buffer.tell(), "<i8", list(places.shape))
            self._buffer.write(places.tobytes())
        return self._buffer.getbuffer()


def deflate(chunk: NDArray[np.float32]) -> bytes:
    """Return a chunk as HDF5's shuffle and deflate filters write it."""
    return zlib.compress(np.ascontiguousarray(chunk.view("u1").reshape(-1, 4).T).tobytes(), DEFLATE_LEVEL)


def inflate(packed: bytes | memoryview, rows: int, num_epochs: int) -> NDArray[np.float32]:
    """Return the (rows, num_epochs) chunk that ``deflate`` packed."""
    shuffled = np.frombuffer(zlib.decompress(packed), "u1").reshape(4, -1)
    return np.ascontiguousarray(shuffled.T).view("<f4").reshape(rows, num_epochs)
