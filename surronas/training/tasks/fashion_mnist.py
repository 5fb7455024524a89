"""Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747; MIT licence): 70,000 images of clothes."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.store.importers.base import reading
from surronas.training.tasks.base import Split, Task
from surronas.training.tasks.downloads import by_hand, data_folder
from surronas.training.tasks.parts import random_parts

NUM_VALID = 10_000
SPLIT_SEED = 0
MD5 = {  # of the uncompressed files, whatever gzip made of them
    "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
}


def fashion_mnist(folder: Path | str | None = None) -> Task:
    """Return the task: 50,000 train, 10,000 validation and 10,000 test images of 1 x 28 x 28, 10 classes.

    The official 10,000 test images are the test split; of the official 60,000 train images the 10,000
    that ``numpy.random.default_rng(0).permutation(60000)`` begins with are the validation split. Pixels are
    uint8; mean and deviation are those of the train split. ``folder`` holds the four IDX files, compressed or
    not (Debian's package dataset-fashion-mnist: /usr/share/datasets/fashion-mnist); without it they are
    downloaded once.

    Raises:
        InputError: a file is missing, damaged or not the official one.
        FetchError: the files can't be downloaded.
    """
    source = data_folder("fashion-mnist", folder)
    images, labels, test_images, test_labels = (_official(source, name) for name in MD5)
    valid, train = random_parts(len(images), [NUM_VALID], SPLIT_SEED)
    pixels = images[train]
    return Task(
        name="fashion-mnist",
        description=(
            f"Fashion-MNIST, 28x28: {len(train)} train and {len(valid)} valid of the official train images "
            f"(split by seed {SPLIT_SEED}), {len(test_images)} official test images, 10 classes"
        ),
        num_classes=10,
        train=_split(pixels, labels[train]),
        valid=_split(images[valid], labels[valid]),
        test=_split(test_images, test_labels),
        mean=(float(pixels.mean() / 255),),
        std=(float(pixels.std() / 255),),
    )


def _split(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Split:
    return Split(images[:, None], labels.astype(np.int64))


def _official(folder: Path, name: str) -> NDArray[np.uint8]:
    """Return the array of one of the four files, which must be the official one."""
    paths = [folder / name, folder / f"{name}.gz"]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise InputError(
            f"expected Fashion-MNIST's {name}.gz or {name} in {folder}, there is neither; "
            f"{by_hand('fashion-mnist')}"
        )
    with reading(path, f"Fashion-MNIST's {name}, whole"):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if (found := hashlib.md5(content).hexdigest()) != MD5[name]:
        raise InputError(
            f"{path} is not the official file: expected MD5 {MD5[name]} of its uncompressed content, got "
            f"{found}; {by_hand('fashion-mnist')}"
        )
    return read_idx(content)


def read_idx(content: bytes) -> NDArray[np.uint8]:
    """Return the array of bytes that an IDX file holds (magic 0, 0, 8, rank; sizes big-endian; values).

    Raises:
        InputError: it is no such file, or has not as many values as its sizes say.
    """
    rank = content[3] if len(content) > 4 and content[:3] == b"\0\0\x08" else 0
    shape = tuple(np.frombuffer(content[4 : 4 + 4 * rank], ">u4").tolist())
    values = content[4 + 4 * rank :]
    if not rank or len(shape) != rank or len(values) != np.prod(shape):
        raise InputError(f"expected an IDX file of bytes, got {len(content)} bytes of another form")
    return np.frombuffer(values, np.uint8).reshape(shape).copy()  # torch wants arrays that can be written
