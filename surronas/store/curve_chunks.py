"""Learning curves as a segment holds them: whole rows in small chunks, shuffled and deflated."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

# Of a chunk, uncompressed. Measured on 200-epoch curves: reading one costs 70 us and packs to 65 %;
# twice as many bytes cost 125 us and pack to 64 %.
CHUNK_BYTES = 8_192
# Measured on NAS-Bench-201's curves: 76 us a chunk and 79.1 % of its size; level 4: 85 us and 78.3 %.
DEFLATE_LEVEL = 1
CHUNKS = "#chunks"  # marks, in the directory, the (k, 2) table of where a curve dataset's chunks lie


class Curves(Protocol):
    """The (n, epochs) curves of one metric on their way into a segment."""

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of curves and epochs."""

    @property
    def blank(self) -> bool:
        """Whether no value has been seen in the chunks given out so far."""

    def chunks(self, rows: int) -> Iterator[bytes | memoryview]:
        """Give the packed chunks of ``rows`` rows each, in order."""


@dataclass
class CurvesInMemory:
    """Curves that are at hand."""

    values: NDArray[np.float32]  # (n, epochs)
    blank: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of curves and epochs."""
        return self.values.shape[0], self.values.shape[1]

    def chunks(self, rows: int) -> Iterator[bytes | memoryview]:
        """Give the packed chunks of ``rows`` rows each, in order."""
        for start in range(0, len(self.values), rows):
            yield deflate(self.values[start : start + rows], rows)


def chunk_rows(n: int, num_epochs: int) -> int:
    """Return the number of rows in a chunk of (n, num_epochs) curves."""
    return min(n, max(1, CHUNK_BYTES // (4 * num_epochs)))


def deflate(curves: NDArray[np.float32], rows: int) -> bytes:
    """Return up to ``rows`` curves, filled up with NaN, as HDF5's shuffle and deflate filters write them."""
    chunk = np.full((rows, curves.shape[1]), np.nan, "<f4")
    chunk[: len(curves)] = curves
    return zlib.compress(chunk.view("u1").reshape(-1, 4).T.tobytes(), DEFLATE_LEVEL)


def inflate(
    packed: bytes | memoryview, rows: int, num_epochs: int, wanted: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the (k, num_epochs) curves at the ``wanted`` rows of a chunk that ``deflate`` packed."""
    shuffled = np.frombuffer(zlib.decompress(packed), "u1").reshape(4, rows, num_epochs)
    chosen: NDArray[np.float32] = np.ascontiguousarray(shuffled[:, wanted].transpose(1, 2, 0)).view("<f4")
    return chosen[..., 0]
