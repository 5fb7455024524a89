"""The values of a section on their way into a folded segment, read only when they are written."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.store.curve_chunks import deflate
from surronas.store.table import Section

_CHUNKS_AT_ONCE = 64  # chunks of curves that are read, and in memory, together


class FoldedColumns(Mapping[str, NDArray[Any]]):
    """The metrics of a section at some positions, each read when it is asked for."""

    def __init__(self, section: Section, at: NDArray[np.int64]) -> None:
        self._section, self._at = section, at
        self._names = sorted(section.metrics)

    def __getitem__(self, metric: str) -> NDArray[Any]:
        values = np.concatenate([part.column(metric) for part in self._section.parts])
        for part in self._section.parts:
            part.segment.container.release()
        return values[self._section.places(self._at)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class FoldedCurves:
    """The curves of one metric of a section at some positions.

    Chunks that hold the same rows as before are copied as they are, packed; the others are packed anew.
    """

    def __init__(self, section: Section, metric: str, at: NDArray[np.int64]) -> None:
        self._section, self._metric, self._at = section, metric, at
        self.shape = len(at), section.key[2] or 0
        self.blank = True

    def chunks(self, rows: int) -> Iterator[bytes | memoryview]:
        """Give the packed chunks of ``rows`` rows each, in order."""
        part, number = self._packed_before(rows)
        for start in range(0, len(part), _CHUNKS_AT_ONCE):
            here = slice(start, start + _CHUNKS_AT_ONCE)
            of_runs = slice(start * rows, (start + _CHUNKS_AT_ONCE) * rows)
            if not (part[here] >= 0).all():
                yield from self._anew(of_runs, rows)
            else:
                self._look_for_values(of_runs)
                yield from self._as_they_are(part[here].tolist(), number[here].tolist())

    def _packed_before(self, rows: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return, for each of the k chunks to come, the part and chunk of the same rows; part -1: none."""
        parts, places = self._section.parts, self._section.places(self._at)
        start = np.arange(0, len(places), rows)
        end = np.minimum(start + rows, len(places))
        breaks = np.append(0, np.cumsum(np.diff(places) != 1))  # breaks before each place
        sizes = np.array([part.num_runs for part in parts])
        ends = np.cumsum(sizes)
        part = np.searchsorted(ends, places[start], side="right")
        offset = places[start] - (ends - sizes)[part]
        same = (
            (np.array([p.chunk_rows(self._metric) for p in parts])[part] == rows)
            & (offset % rows == 0)
            & (breaks[end - 1] == breaks[start])
            & (end - start == np.minimum(rows, sizes[part] - offset))
        )
        return np.where(same, part, -1), offset // rows

    def _as_they_are(self, part: list[int], number: list[int]) -> Iterator[bytes | memoryview]:
        for of, chunk in zip(part, number, strict=True):
            yield from self._section.parts[of].packed_chunks(self._metric, [chunk])

    def _anew(self, of_runs: slice, rows: int) -> Iterator[bytes | memoryview]:
        values = self._section.curves(self._metric, self._at[of_runs])
        self.blank = self.blank and bool(np.isnan(values).all())
        for first in range(0, len(values), rows):
            yield deflate(values[first : first + rows], rows)

    def _look_for_values(self, of_runs: slice) -> None:
        """Note whether there are any, as long as none has been seen: packed chunks do not tell."""
        if self.blank:
            self.blank = bool(np.isnan(self._section.curves(self._metric, self._at[of_runs])).all())
