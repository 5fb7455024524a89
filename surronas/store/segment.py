"""One immutable segment, opened for reading: its blocks of runs, memory-mapped, verified at first touch."""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.spaces import Architectures
from surronas.store.container import Container
from surronas.store.curve_chunks import CHUNKS, inflate
from surronas.store.header import Header


class Segment:
    """A segment file: its header, its architectures by ascending code, its blocks."""

    def __init__(self, container: Container) -> None:
        self.container = container
        directory = container.directory
        self.name = container.name
        self.header = Header.from_json(directory["header"])
        self.recipes: list[str] = directory["recipes"]
        self.blocks = [StoredBlock(self, i, given) for i, given in enumerate(directory["blocks"])]

    @classmethod
    def open(cls, path: Path) -> "Segment":
        """Open a segment file; see ``Container.open`` for what can be wrong with it."""
        return cls(Container.open(path))

    @cached_property
    def codes(self) -> NDArray[np.int64]:
        """(A,) codes of the segment's architectures, ascending."""
        return self.array("architectures/code")

    @property
    def num_architectures(self) -> int:
        """The number A of architectures in the segment."""
        return int(self.container.directory["columns"]["architectures/code"][2][0])

    @property
    def decisions(self) -> Architectures:
        """(A, d) architectures, in the order of the codes."""
        return self.array("architectures/decisions")

    @cached_property
    def provenance(self) -> list[dict[str, Any]]:
        """Where the runs come from: origin, created (UTC), command, versions, device."""
        text: list[dict[str, Any]] = json.loads(bytes(self.array("provenance")[()]))
        return text

    def array(self, path: str) -> NDArray[Any]:
        """Return one dataset, not copied.

        Raises:
            StoreDamagedError: its bytes are not those that were written.
        """
        return self.container.array(self.container.directory["columns"][path])

    def find(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the (n,) rows of the codes in this segment, -1 where it lacks one."""
        return locate(self.codes, codes)


class StoredBlock:
    """The n runs of one task, recipe and number of epochs, sorted by seed, then architecture."""

    def __init__(self, segment: Segment, number: int, given: dict[str, Any]) -> None:
        self.segment = segment
        self._path = f"blocks/{number}"
        self.task: str = given["task"]
        self.recipe = segment.recipes[given["recipe"]]
        self.epochs: int | None = given["epochs"]
        self.device: str = given["device"] or ""
        self.constant: bool = given["per"] == "architecture"
        self.num_runs: int = given["runs"]
        self.dense: bool = given["dense"]
        self.all_ok: bool = given["all_ok"]
        self.metrics: list[str] = given["metrics"]
        self.curve_metrics: list[str] = given["curves"]

    @cached_property
    def seeds(self) -> NDArray[np.int64]:
        """(S,) seeds, ascending; [0] stands in for the seed that constants lack."""
        return np.zeros(1, np.int64) if self.constant else self._array("seed")

    @cached_property
    def seed_start(self) -> NDArray[np.int64]:
        """(S + 1,) where the runs of each seed start, and the end of the last."""
        return np.array([0, self.num_runs]) if self.constant else self._array("seed_start")

    @property
    def rows(self) -> NDArray[np.int64]:
        """(n,) rows of the runs in the segment's architectures."""
        if self.dense:
            return np.tile(np.arange(self.segment.num_architectures), len(self.seeds))
        return self._array("architecture").astype(np.int64)

    @property
    def status(self) -> NDArray[np.uint8]:
        """(n,) index into STATUSES."""
        return np.zeros(self.num_runs, np.uint8) if self.all_ok else self._array("status")

    @property
    def provenance(self) -> NDArray[np.uint32]:
        """(n,) index into the segment's provenance."""
        return self._array("provenance")

    def column(self, metric: str) -> NDArray[Any]:
        """Return (n,) values, float32 or float64, not copied; NaN where the block lacks the metric."""
        return self._array(metric) if metric in self.metrics else np.full(self.num_runs, np.nan)

    def curves(self, metric: str, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the (k, epochs) curves of the runs at ``positions``; NaN where there are none.

        Raises:
            StoreDamagedError: the bytes are not those that were written.
        """
        found = np.full((len(positions), self.epochs or 0), np.nan, np.float32)
        if metric not in self.curve_metrics or not len(positions):
            return found
        rows, places = self.chunk_rows(metric), self.segment.array(f"{self._path}/curves/{metric}{CHUNKS}")
        chunk_of = positions // rows
        first = int(chunk_of[0])
        if (chunk_of == first).all():
            return inflate(self._packed(places, first), rows, self.epochs or 0, positions % rows)
        by_chunk = np.argsort(chunk_of, kind="stable")
        for here in np.split(by_chunk, np.flatnonzero(np.diff(chunk_of[by_chunk])) + 1):
            packed = self._packed(places, int(chunk_of[here[0]]))
            found[here] = inflate(packed, rows, self.epochs or 0, positions[here] % rows)
        return found

    def chunk_rows(self, metric: str) -> int:
        """Return the number of rows in a chunk of curves, 0 where there are no curves of the metric."""
        rows: dict[str, int] = self.segment.container.directory["chunk_rows"]
        return rows.get(f"{self._path}/curves/{metric}", 0)

    def packed_chunks(self, metric: str, numbers: Sequence[int]) -> list[memoryview]:
        """Return chunks of curves as they lie in the file.

        Raises:
            StoreDamagedError: the bytes are not those that were written.
        """
        places = self.segment.array(f"{self._path}/curves/{metric}{CHUNKS}")
        return [self._packed(places, number) for number in numbers]

    def find(self, rows: NDArray[np.int64], seeds: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the (k,) positions of runs by segment row and seed, -1 where there is none."""
        at = locate(self.seeds, seeds)
        wanted = np.where((rows < 0) | (at < 0), -1, at * self.segment.num_architectures + rows)
        if self.dense:
            return wanted
        return locate(self._run_keys, wanted)

    @cached_property
    def _run_keys(self) -> NDArray[np.int64]:
        """(n,) ascending: one number for the seed and row of each run."""
        at = np.repeat(np.arange(len(self.seeds)), np.diff(self.seed_start))
        return at * self.segment.num_architectures + self.rows

    def _array(self, name: str) -> NDArray[Any]:
        return self.segment.array(f"{self._path}/{name}")

    def _packed(self, places: NDArray[np.int64], number: int) -> memoryview:
        container = self.segment.container
        offset, size = places[number].tolist()
        container.verify(offset, offset + size)
        return container.body[offset : offset + size]


def locate(ascending: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the (n,) positions of ``wanted`` in an ascending array, -1 where it is not in it."""
    if not len(ascending):
        return np.full(len(wanted), -1, np.int64)
    at = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.where(ascending[at] == wanted, at, -1)
