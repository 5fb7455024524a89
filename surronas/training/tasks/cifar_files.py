"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009) as they lie on disk: archive, extracted, binary, mosaics.

Pickles are read by the restricted reader alone.
"""

import hashlib
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError, MissingPackageError
from surronas.store.importers.base import reading
from surronas.store.importers.restricted import load_pickle
from surronas.training.tasks.base import Split
from surronas.training.tasks.downloads import TASK_DOWNLOADS, by_hand

Images = NDArray[np.uint8]
_IMAGE = (3, 32, 32)
_IMAGE_BYTES = 3 * 32 * 32
_LARGEST_PICKLE = 2**28  # bytes; CIFAR-100's train split, the largest, has 155 MB


@dataclass(frozen=True)
class Layout:
    """The names of a data set's files: those of the train split in order, and that of the test split."""

    name: str
    title: str
    folder: str  # in the official archive
    train: tuple[str, ...]
    test: str
    labels: str  # key of the labels in a pickle
    num_train: int = 50_000
    num_test: int = 10_000


CIFAR10 = Layout(
    "cifar10",
    "CIFAR-10",
    "cifar-10-batches-py",
    tuple(f"data_batch_{i}" for i in range(1, 6)),
    "test_batch",
    "labels",
)
CIFAR100 = Layout("cifar100", "CIFAR-100", "cifar-100-python", ("train",), "test", "fine_labels")


def read_cifar(folder: Path, layout: Layout) -> tuple[Split, Split, str]:
    """Return all train and all test images as they came, in the official order, and a remark on them.

    ``folder`` holds the official archive, or is it extracted (or has it extracted inside); CIFAR-10 also as
    the binary version, or as lossless mosaics of 25 x 40 images with ``labels_train.npz``.

    Raises:
        InputError: none of these is there, or it is damaged, incomplete or not the official one.
    """
    train, test, remark = _any_form(folder, layout)
    for split, expected in ((train, layout.num_train), (test, layout.num_test)):
        if len(split.labels) != expected:
            raise InputError(
                f"{folder}: expected the {expected} images of {layout.title}, got {len(split.labels)}; "
                "a part is missing or doubled"
            )
    return train, test, remark


def _any_form(folder: Path, layout: Layout) -> tuple[Split, Split, str]:
    archive = folder / TASK_DOWNLOADS[layout.name][0].path
    if archive.is_file():
        return *_archive(archive, layout), ""
    for place in (folder, folder / layout.folder):
        if (place / layout.test).is_file():
            files = {name: place / name for name in (*layout.train, layout.test)}
            return *_join({name: _pickled(path, layout) for name, path in files.items()}, layout), ""
    if layout.name == CIFAR10.name:
        for place in (folder, folder / "cifar-10-batches-bin"):
            if (place / "test_batch.bin").is_file():
                names = (*layout.train, layout.test)
                return *_join({name: _binary(place / f"{name}.bin") for name in names}, layout), ""
        if (folder / "labels_train.npz").is_file():
            return _mosaics(folder, layout)
    raise InputError(
        f"expected {archive.name} or {layout.folder} (or {layout.test} itself) in {folder}, there is "
        f"neither; {by_hand(layout.name)}"
    )


def _archive(path: Path, layout: Layout) -> tuple[Split, Split]:
    """Return both splits of the official archive, read as a stream: nothing is extracted."""
    expected = TASK_DOWNLOADS[layout.name][0].sha256
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise InputError(
            f"{path} is not the official archive: expected SHA-256 {expected}, got {found}; it may be cut "
            f"short: {by_hand(layout.name)}"
        )
    wanted = {f"{layout.folder}/{name}": name for name in (*layout.train, layout.test)}
    batches = {}
    with reading(path, "the official archive, whole"), tarfile.open(path, "r|gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name in wanted else None
            if content is not None:
                batches[wanted[member.name]] = _batch(content, layout, f"{path}: {member.name}")
    return _join(batches, layout)


def _join(batches: Mapping[str, Split], layout: Layout) -> tuple[Split, Split]:
    """Return the train split of its batches, put into order, and the test split."""
    if missing := [name for name in (*layout.train, layout.test) if name not in batches]:
        raise InputError(f"expected {layout.title}'s {', '.join(missing)}, not there; the copy is incomplete")
    train = [batches[name] for name in layout.train]
    images = np.concatenate([split.inputs for split in train])
    return Split(images, np.concatenate([split.labels for split in train])), batches[layout.test]


def _pickled(path: Path, layout: Layout) -> Split:
    with _opened(path) as file:
        return _batch(file, layout, str(path))


def _batch(file: IO[bytes], layout: Layout, where: str) -> Split:
    """Return the images and labels of one official pickle: a dictionary with data (n, 3072)."""
    try:
        content = load_pickle(file, max_bytes=_LARGEST_PICKLE)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    batch: Mapping[object, object] = content if isinstance(content, dict) else {}
    data, labels = batch.get("data"), batch.get(layout.labels)
    if not (isinstance(data, np.ndarray) and data.dtype == np.uint8 and data.shape[1:] == (_IMAGE_BYTES,)):
        raise InputError(
            f"{where}: expected 'data' to be (n, {_IMAGE_BYTES}) bytes; not a batch of {layout.title}"
        )
    if not isinstance(labels, list) or len(labels) != len(data) or not all(type(x) is int for x in labels):
        raise InputError(f"{where}: expected a list of {len(data)} numbers in {layout.labels!r}")
    return Split(data.reshape(-1, *_IMAGE), np.array(labels, np.int64))


def _binary(path: Path) -> Split:
    """Return the images and labels of one file of the binary version: a byte of label, 3,072 of image."""
    with _opened(path) as file:
        content = np.frombuffer(bytearray(file.read()), np.uint8)  # writable, as torch wants it
    if len(content) == 0 or len(content) % (1 + _IMAGE_BYTES):
        raise InputError(
            f"{path}: expected a multiple of {1 + _IMAGE_BYTES} bytes, got {len(content)}; it is cut short"
        )
    rows = content.reshape(-1, 1 + _IMAGE_BYTES)
    return Split(rows[:, 1:].reshape(-1, *_IMAGE), rows[:, 0].astype(np.int64))


def _mosaics(folder: Path, layout: Layout) -> tuple[Split, Split, str]:
    """Return both splits of a folder of mosaics, and how many images are no exact copies."""
    parts, stand_ins = [], []
    for name, number in (("train", layout.num_train), ("test", layout.num_test)):
        path = folder / f"labels_{name}.npz"
        with reading(path, "labels y and indices approx"), np.load(path, allow_pickle=False) as content:
            labels, approx = content["y"].astype(np.int64), len(content["approx"])
        images = np.empty((number, *_IMAGE), np.uint8)
        done = 0
        for mosaic in sorted(folder.glob(f"{name}_*.webp")):
            tiles = _tiles(mosaic)[: number - done]
            images[done : done + len(tiles)] = tiles
            done += len(tiles)
        if done != number or len(labels) != number:
            raise InputError(
                f"{folder}: expected {number} {name} images and labels, got {done} and {len(labels)}"
            )
        parts.append(Split(images, labels))
        stand_ins.append(f"{approx} {name}")
    return parts[0], parts[1], f"; {' and '.join(stand_ins)} images are JPEG-decoded stand-ins"


def _tiles(path: Path) -> Images:
    """Return the (n, 3, 32, 32) images of a mosaic, row by row."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingPackageError("image files need Pillow: pip install 'surronas[data]'") from error
    with reading(path, "a mosaic of 32x32 images"), Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
        rows, columns = pixels.shape[0] // 32, pixels.shape[1] // 32
        return pixels.reshape(rows, 32, columns, 32, 3).transpose(0, 2, 4, 1, 3).reshape(-1, *_IMAGE)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that must be there."""
    if not path.is_file():
        raise InputError(f"expected a file {path}, there is none; the copy is incomplete")
    with path.open("rb") as file:
        yield file
