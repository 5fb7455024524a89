"""Pickles of others, read without running anything of theirs.

A pickle is a program that calls whatever it names. Here it can name only what stands in a fixed table, letter
for letter, and gets a stand-in for it; and its opcodes are looked through before the first is executed.
"""

import contextlib
import pickle
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import IO, Any

from surronas.errors import InputError, SurronasError
from surronas.store.importers.pickle_scan import scan_pickle
from surronas.store.importers.stand_ins import NUMPY_AND_CONTAINERS

_MOST_BYTES = 2**36  # 64 GB: more than the largest official file holds
_PART = 2**24  # bytes read at once: some files make room for all that they are asked for


class RestrictedUnpickler(pickle.Unpickler):
    """An unpickler that knows a fixed table of names and nothing else."""

    def __init__(self, file: IO[bytes], names: Mapping[tuple[str, str], object]) -> None:
        super().__init__(file, encoding="latin1")  # what numpy's arrays from Python 2 need
        self._names = names

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for a name; both must be as in the table, letter for letter."""
        if (module, name) not in self._names:
            raise InputError(
                f"the pickle asks for {module}.{name}, which is not allowed: only numpy arrays and scalars "
                f"and plain containers are; this is not the file it should be, or it is hostile"
            )
        return self._names[module, name]


def load_pickle(file: IO[bytes], *, max_bytes: int = _MOST_BYTES) -> object:
    """Return the numbers, numpy arrays and plain containers of a pickle; protocols 0 to 5.

    Raises:
        InputError: it asks for anything else, is damaged, or has more than ``max_bytes``.
    """
    with unpickling():
        content = read_at_most(file, max_bytes)
        scan_pickle(content)
        loaded: object = RestrictedUnpickler(BytesIO(content), NUMPY_AND_CONTAINERS).load()
        return loaded


@contextlib.contextmanager
def unpickling() -> Iterator[None]:
    """Turn whatever a broken pickle raises into one InputError.

    Raises:
        InputError: anything but an error of ours went wrong.
    """
    try:
        yield
    except SurronasError:
        raise
    except Exception as error:  # a broken pickle may raise anything
        what = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise InputError(f"can't read the pickle ({what}); it is damaged, or no pickle") from error


def read_at_most(file: IO[bytes], max_bytes: int) -> bytes:
    """Return the whole content of a file, which may be compressed to a small part of its size.

    Raises:
        InputError: it has more than ``max_bytes``.
    """
    parts, left = [], max_bytes
    while part := file.read(_PART):
        parts.append(part)
        left -= len(part)
        if left < 0:
            raise InputError(f"the pickle has more than the {max_bytes} bytes that are expected at most")
    return b"".join(parts)
