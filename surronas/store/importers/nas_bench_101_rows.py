"""The rows of NAS-Bench-101's files, and of those that follow them: cells by name, repeats by order."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import Architectures
from surronas.spaces.cell101 import Cell101
from surronas.store.importers.tfrecord import read_batches

EPOCHS = (4, 12, 36, 108)
_MOST_EPOCHS = 10_000


@dataclass(frozen=True)
class Rows:
    """n trainings in the order of the file."""

    architectures: Architectures  # (n, 26)
    epochs: NDArray[np.int64]  # (n,)
    repeats: NDArray[np.int64]  # (n,) how many times this cell was trained as long before
    messages: list[bytes]  # the metrics, as protocol buffers


@dataclass
class Modules:
    """The cells of a file, by the name (``module_hash``) that it gives them, in order of appearance."""

    space: Cell101 = field(default_factory=Cell101)
    names: dict[str, int] = field(default_factory=dict)
    _cells: list[Architectures] = field(default_factory=list)
    _trained: dict[int, NDArray[np.uint8]] = field(default_factory=dict)

    @property
    def cells(self) -> Architectures:
        """The (m, 26) cells that the file has named so far."""
        if len(self._cells) > 1:
            self._cells = [np.concatenate(self._cells)]
        return self._cells[0] if self._cells else np.empty((0, self.space.num_decisions), np.int8)

    def number(self, path: Path, most: int) -> Iterator[tuple[Rows, NDArray[np.int64]]]:
        """Give the rows of a file in batches, each with the (n,) numbers of its cells.

        Raises:
            InputError: a row is not as in NAS-Bench-101's files, or a cell has more than ``most`` repeats.
        """
        for records in read_batches(path):
            parsed = [_parse(record, path) for record in records]
            numbers = self._numbers(parsed)
            epochs = np.array([row[1] for row in parsed], np.int64)
            repeats = self._repeats(numbers, epochs)
            if repeats.max() >= most:
                raise InputError(
                    f"{path}: expected at most {most} trainings of a cell for as many epochs, got more of "
                    f"{parsed[int(np.argmax(repeats))][0]}; is the file two in one?"
                )
            messages = [base64.b64decode(row[4]) for row in parsed]
            yield Rows(self.cells[numbers], epochs, repeats, messages), numbers

    def _numbers(self, parsed: list[list[Any]]) -> NDArray[np.int64]:
        """Return the (n,) numbers of the rows' cells; cells that are new are added."""
        known = len(self.names)
        new: list[str] = []
        numbers = np.empty(len(parsed), np.int64)
        for i, row in enumerate(parsed):
            number = self.names.setdefault(row[0], known + len(new))
            if number == known + len(new):
                new.append(f"{row[2]} {row[3]}")
            numbers[i] = number
        self._cells.append(self.space.from_strings(new))
        return numbers

    def _repeats(self, numbers: NDArray[np.int64], epochs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (n,): how many rows of the same cell and epochs came before, in any batch."""
        repeats = np.empty(len(numbers), np.int64)
        for length in np.unique(epochs).tolist():
            rows = np.flatnonzero(epochs == length)
            order = rows[np.argsort(numbers[rows], kind="stable")]
            cells, first, counts = np.unique(numbers[order], return_index=True, return_counts=True)
            trained = self._trained.get(length, np.empty(0, np.uint8))
            trained = np.pad(trained, (0, max(0, len(self.names) - len(trained))))
            before = np.repeat(trained[cells].astype(np.int64) - first, counts)
            repeats[order] = before + np.arange(len(order))
            trained[cells] += counts.clip(max=100).astype(np.uint8)  # far more than any file may hold
            self._trained[length] = trained
        return repeats


def misnamed(names: dict[str, int], cells: Architectures, every: int) -> tuple[int, int]:
    """Return how many cells were checked, one in ``every``, and how many names are not their cell's hash."""
    checked = list(names)[::every]
    true = Cell101().module_hashes(cells[::every])
    return len(checked), sum(name != hash_ for name, hash_ in zip(checked, true, strict=True))


def _parse(record: bytes, path: Path) -> list[Any]:
    """Return name, epochs, adjacency, operations and metrics of one row."""
    try:
        row = json.loads(record.decode())  # of bytes it would first guess the encoding
    except ValueError:
        row = None
    as_expected = isinstance(row, list) and [type(item) for item in row] == [str, int, str, str, str]
    if not as_expected or not 0 < row[1] <= _MOST_EPOCHS:
        raise InputError(
            f"{path} holds other records than NAS-Bench-101's: expected JSON [name, epochs, adjacency, "
            f"operations, metrics], got {record[:60]!r}"
        )
    parsed: list[Any] = row
    return parsed
