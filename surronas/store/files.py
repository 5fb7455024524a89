"""Files that appear whole or not at all, and the lock that merging takes."""

import contextlib
import fcntl
import io
import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from surronas.errors import StoreError

PARTIAL = ".partial"  # readers never look at files with this ending


class Head(NamedTuple):
    """The first bytes of a file where they are known last; they take the place of those written first."""

    content: bytes


Part = bytes | memoryview | Head


def write_aside(path: Path, parts: Iterable[Part]) -> None:
    """Write a file beside ``path``, sync it, and rename it into place: it appears whole or not at all.

    Raises:
        StoreError: disk full, read-only folder, missing folder; nothing is left behind and a file that
            was at ``path`` is untouched.
    """
    partial = partial_name(path)
    try:
        with _writing(path), partial.open("xb") as file:
            _write(file, parts)
            file.flush()
            os.fsync(file.fileno())
        with _writing(path):
            partial.rename(path)
            sync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise


def joined(parts: Iterable[Part]) -> bytes:
    """Return the parts of a file as one."""
    file = io.BytesIO()
    _write(file, parts)
    return file.getvalue()


def _write(file: BinaryIO, parts: Iterable[Part]) -> None:
    for part in parts:
        if isinstance(part, Head):
            file.seek(0)
            file.write(part.content)
            file.seek(0, os.SEEK_END)
        else:
            file.write(part)


def partial_name(path: Path) -> Path:
    """Return a fresh name beside ``path`` that readers ignore."""
    return path.with_name(f".{path.name}.{os.urandom(8).hex()}{PARTIAL}")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_strays(folder: Path, names: str, *, older_than_seconds: float) -> None:
    """Delete what killed writers left aside, as far as it is older than ``older_than_seconds``.

    ``names`` is a regular expression: the names that the files, or folders, were to take.
    """
    pattern = re.compile(rf"\.({names})\.[0-9a-f]+{re.escape(PARTIAL)}")
    with contextlib.suppress(OSError):
        for name in filter(pattern.fullmatch, os.listdir(folder)):
            _remove(folder / name, older_than_seconds)


def _remove(stray: Path, older_than_seconds: float) -> None:
    with contextlib.suppress(OSError):
        if time.time() - stray.stat().st_mtime < older_than_seconds:
            return
        if stray.is_dir():
            import shutil  # here, not above: it costs readers 3 ms

            shutil.rmtree(stray)
        else:
            stray.unlink()


def check_writable(path: Path) -> None:
    """Refuse to write to a file or folder that is marked read-only, also as root.

    Raises:
        StoreError: no write permission is set on it.
    """
    with _writing(path):
        if not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK):
            raise StoreError(
                f"can't write to {path}: it is read-only; copy the store, or run chmod u+w on it"
            )


@contextlib.contextmanager
def locked(path: Path, *, blocking: bool = True) -> Iterator[bool]:
    """Hold the lock file ``path``; gives False, at once, if it is taken and ``blocking`` is off.

    Raises:
        StoreError: the lock file can't be made (a read-only or missing folder).
    """
    with _writing(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            with _writing(path):
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if blocking else fcntl.LOCK_NB))
        except StoreError as error:
            if not isinstance(error.__cause__, BlockingIOError):
                raise
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn an operating-system error into one clear line."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"can't write {path}: {error.strerror}; nothing was changed, "
            f"check the disk's free space and the folder's permissions"
        ) from error
