"""A user's own folder of images as a task: a folder for each class."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError, MissingPackageError
from surronas.store.importers.base import reading
from surronas.training.tasks.arrays import task_from_arrays
from surronas.training.tasks.base import SPLITS, Task

SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"))
Images = NDArray[np.uint8]
Labels = NDArray[np.int64]


def task_from_folder(
    path: Path | str,
    size: int = 32,
    *,
    grey: bool = False,
    valid: float = 0.1,
    test: float = 0.1,
    seed: int = 0,
) -> Task:
    """Return a task of the images of a folder: one folder inside for each class, taken by alphabet.

    Or folders train, valid and test with a folder for each class in each (without valid or test, a share of
    train is drawn by ``seed``, as it is where there are only classes). Images are made ``size`` x ``size``
    pixels, (3, size, size) or ``grey`` (1, size, size), uint8, and shuffled by ``seed``. The task is named
    after the folder.

    Raises:
        InputError: no folder, no classes, a class without images, classes of valid or test that train has
            not, a file that is no image, a size below 1.
        MissingPackageError: Pillow is not installed.
    """
    root = Path(path)
    if not root.is_dir() or size < 1:
        raise InputError(f"expected a folder of images and a size of at least 1, got {root} and {size}")
    name = f"{root.resolve().name}-{size}"
    if not (root / "train").is_dir():
        inputs, labels = _images(root, _classes(root), size, grey, seed)
        return task_from_arrays(name, inputs, labels, valid=valid, test=test, seed=seed)
    classes = _classes(root / "train")
    splits = [split for split in SPLITS if (root / split).is_dir()]
    found = {split: _images(root / split, classes, size, grey, seed) for split in splits}
    return task_from_arrays(
        name, *found["train"], valid=found.get("valid", valid), test=found.get("test", test), seed=seed
    )


def _classes(folder: Path) -> list[str]:
    """Return the names of the folders inside, by alphabet."""
    classes = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name[0] != ".")
    if len(classes) < 2:
        raise InputError(f"expected a folder for each of at least 2 classes in {folder}, got {classes}")
    return classes


def _images(folder: Path, classes: Sequence[str], size: int, grey: bool, seed: int) -> tuple[Images, Labels]:
    """Return the images of all classes in random order, so that the first are of all, and their labels."""
    if strangers := set(_classes(folder)) - set(classes):
        raise InputError(f"expected classes {list(classes)} in {folder}, got also {sorted(strangers)}")
    files = [(file, label) for label, name in enumerate(classes) for file in _files(folder / name)]
    files = [files[i] for i in np.random.default_rng(seed).permutation(len(files))]
    return _read([file for file, _ in files], size, grey), np.array([label for _, label in files], np.int64)


def _files(folder: Path) -> list[Path]:
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise InputError(f"expected images ({', '.join(sorted(SUFFIXES))}) in {folder}, there are none")
    return files


def _read(files: Iterable[Path], size: int, grey: bool) -> Images:
    """Return the (n, channels, size, size) pixels of image files."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingPackageError("image files need Pillow: pip install 'surronas[data]'") from error
    pixels = []
    for file in files:
        with reading(file, "an image"), Image.open(file) as image:
            plain = image.convert("L" if grey else "RGB")
            plain = (
                plain if plain.size == (size, size) else plain.resize((size, size), Image.Resampling.BILINEAR)
            )
            pixels.append(np.asarray(plain, np.uint8).reshape(size, size, -1).transpose(2, 0, 1))
    return np.stack(pixels)
