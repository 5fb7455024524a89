"""What a search of real trainings asked and was told, in order, in a file: by it the search goes on."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TextIO

import numpy as np

from surronas.errors import InputError, StoreError
from surronas.spaces import Architectures

ASKED, TOLD = "asked", "told"


class SearchNotes:
    """A file of JSON lines: what the search is, then each architecture when it is asked, and when it is told.

    A searcher asks what follows from what it was told, in its order. Trainings end in an order of their own,
    so the rows alone do not say how to go on with a search; these notes do. A line that a killed process
    left half written is dropped. Hold them in a ``with`` block: one process at a time may.

    Raises:
        InputError: another process holds them, or the file is no such notes, or those of another search.
        StoreError: the file can't be made or written.
    """

    def __init__(self, path: Path, about: Mapping[str, object]) -> None:
        self.path = path
        self.asked: list[Architectures] = []  # (d,) each
        self.told: list[Architectures] = []
        self._file = self._opened()
        try:
            self._hold()
            self._begin(json.loads(json.dumps(dict(about))))
        except BaseException:
            self._file.close()
            raise

    def ask(self, architecture: Architectures) -> None:
        """Note that an architecture (d,) was asked, before it is trained."""
        self._write({ASKED: architecture.tolist()})
        self.asked.append(architecture)

    def tell(self, architecture: Architectures) -> None:
        """Note that the searcher was told of an architecture (d,), or that it was discarded."""
        self._write({TOLD: architecture.tolist()})
        self.told.append(architecture)

    def close(self) -> None:
        """Let another process have them."""
        self._file.close()

    def __enter__(self) -> SearchNotes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _opened(self) -> TextIO:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self.path.open("a+", encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"can't write the notes of a search at {self.path}: {error.strerror}; name another place"
            ) from error

    def _hold(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(
                f"another process holds {self.path}; wait for it, or search with another seed"
            ) from error

    def _begin(self, about: Mapping[str, object]) -> None:
        """Read what is there, and write what the search is where nothing is."""
        self._file.seek(0)
        text = self._file.read()
        whole = text[: text.rfind("\n") + 1]
        self._file.truncate(len(whole.encode()))
        lines = whole.splitlines()
        if not lines:
            self._write(about)
            return
        try:
            known, *events = [json.loads(line) for line in lines]
            for event in events:
                ((what, decisions),) = event.items()
                {ASKED: self.asked, TOLD: self.told}[what].append(np.array(decisions, np.int8))
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise InputError(
                f"{self.path} is damaged ({error!r}); remove it: what was trained is in the store"
            ) from error
        if known != about:
            raise InputError(f"{self.path} holds the notes of another search, {known}; expected {about}")

    def _write(self, line: Mapping[str, object]) -> None:
        try:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
        except OSError as error:
            raise StoreError(
                f"can't write {self.path}: {error.strerror}; check the disk's free space"
            ) from error
