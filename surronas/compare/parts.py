"""The finished parts of a comparison, kept one by one, so that a killed one goes on where it stopped."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.compare.results import ARRAYS, Comparison
from surronas.compare.saving import read_arrays, write_arrays
from surronas.errors import InputError, StoreDamagedError, StoreError
from surronas.store.files import locked, write_aside

_KIND = "surronas-comparison-part"
_SETTINGS = "settings.json"

RunColumns = dict[str, NDArray[Any]]  # (q,) by the names of a comparison's arrays


@dataclass
class Part:
    """The finished searches of one searcher on one problem with some seeds."""

    searcher: str
    problem: str
    runs: dict[int, RunColumns] = field(default_factory=dict)  # by seed
    failures: dict[int, str] = field(default_factory=dict)  # by seed


class Parts:
    """All finished parts: in memory, and in a folder beside the results if there is a path.

    Args:
        out: where the results go in the end; None: nothing is kept on disk.
    """

    def __init__(self, out: Path | None) -> None:
        self._out = out
        self._folder = None if out is None else out.with_name(f"{out.name}.parts")
        self.runs: dict[tuple[str, str, int], RunColumns] = {}
        self.failures: dict[tuple[str, str, int], str] = {}

    def add(self, part: Part) -> None:
        """Keep a part, durably where there is a folder.

        Raises:
            StoreError: it can't be written.
        """
        self._take(part)
        if self._folder is None:
            return
        seeds = list(part.runs)
        longest = max((len(run["keys"]) for run in part.runs.values()), default=0)
        about = {
            "searcher": part.searcher,
            "problem": part.problem,
            "seeds": seeds,
            "failures": list(part.failures.items()),
        }
        arrays: RunColumns = {name: np.full((len(seeds), longest), *blank(name)) for name in ARRAYS}
        for row, run in enumerate(part.runs.values()):
            for name in ARRAYS:
                arrays[name][row, : len(run[name])] = run[name]
        write_arrays(self._folder / f"{os.urandom(8).hex()}.h5", _KIND, about, arrays)

    @contextlib.contextmanager
    def held(self) -> Iterator[list[dict[str, Any]]]:
        """Read what was finished before and give its settings; nobody else may write there meanwhile.

        Raises:
            InputError: another process compares into the same results.
            StoreError: the folder can't be made or read.
        """
        if self._out is None or self._folder is None:
            yield []
            return
        if self._out.is_dir():
            raise InputError(f"expected a file for the results, but {self._out} is a folder")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"can't make {self._folder}: {error.strerror}; check the path") from error
        with locked(self._folder / ".lock", blocking=False) as mine:
            if not mine:
                raise InputError(f"another process compares into {self._out}; wait for it")
            yield self._before(self._out, self._folder)

    def plan(self, settings: dict[str, Any]) -> None:
        """Write down what is being compared, before the first part.

        Raises:
            StoreError: it can't be written.
        """
        if self._folder is not None:
            write_aside(self._folder / _SETTINGS, [json.dumps(settings, indent=1).encode()])

    def finish(self, comparison: Comparison) -> None:
        """Write the results and remove the parts.

        Raises:
            StoreError: they can't be written; the parts are still there.
        """
        if self._out is None or self._folder is None:
            return
        comparison.save(self._out)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _before(self, out: Path, folder: Path) -> list[dict[str, Any]]:
        """Return the settings of finished results and of parts, which are taken in."""
        settings = []
        if out.exists():
            found = Comparison.load(out)
            settings.append(found.settings)
            for part in parts_of(found):
                self._take(part)
        with contextlib.suppress(FileNotFoundError):
            settings.append(json.loads((folder / _SETTINGS).read_text()))
        for path in sorted(folder.glob("*.h5")):
            with contextlib.suppress(StoreDamagedError):  # then its searches are run anew
                self._take(_read(path))
        return settings

    def _take(self, part: Part) -> None:
        for seed, run in part.runs.items():
            self.runs[part.searcher, part.problem, seed] = run
            self.failures.pop((part.searcher, part.problem, seed), None)
        for seed, message in part.failures.items():
            self.failures[part.searcher, part.problem, seed] = message


def blank(name: str) -> tuple[float, type]:
    """Return what stands where there was no query, and the type of an array."""
    return (-1, np.int64) if name == "keys" else (np.nan, np.float64)


def parts_of(comparison: Comparison) -> Iterator[Part]:
    """Yield what a comparison holds of each searcher on each problem."""
    failed = {(each.searcher, each.problem, each.seed): each.message for each in comparison.failures}
    for row, searcher in enumerate(comparison.searchers):
        for column, problem in enumerate(comparison.problems):
            part = Part(searcher, problem.name)
            for place, seed in enumerate(comparison.seeds):
                if (searcher, problem.name, seed) in failed:
                    part.failures[seed] = failed[searcher, problem.name, seed]
                    continue
                at = row, column, place
                part.runs[seed] = _trimmed({name: getattr(comparison, name)[at] for name in ARRAYS})
            yield part


def _read(path: Path) -> Part:
    about, arrays = read_arrays(path, _KIND)
    runs = {
        seed: _trimmed({name: arrays[name][row] for name in ARRAYS})
        for row, seed in enumerate(about["seeds"])
    }
    return Part(about["searcher"], about["problem"], runs, dict(about["failures"]))


def _trimmed(run: RunColumns) -> RunColumns:
    """Return a search's columns without the room after its end."""
    length = int((run["keys"] >= 0).sum())
    return {name: column[:length] for name, column in run.items()}
