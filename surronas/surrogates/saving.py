"""Saving fitted surrogates: one sealed HDF5 file, no pickle, nothing executed at loading."""

import platform
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.utils.validation import check_is_fitted

from surronas.errors import InputError, SurronasError
from surronas.surrogates.base import Surrogate
from surronas.surrogates.sealed_file import read_sealed, write_sealed
from surronas.surrogates.state import Packing, Unpacking

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = "surronas-surrogate"
_PACKAGES = ("surronas", "numpy", "scipy", "scikit-learn", "xgboost", "torch")


@dataclass(frozen=True)
class TrainedOn:
    """What a surrogate was trained on, as far as is known: it is told again to whoever loads it."""

    space: str = ""
    encoding: str = ""
    metric: str = ""
    task: str = ""
    recipe: str = ""  # canonical JSON
    epochs: int = 0
    seed: str = ""  # "mean", "888", ...
    device: str = ""
    num_rows: int = 0
    source: str = ""  # the store, and how rows were chosen


@dataclass(frozen=True)
class Saved:
    """A surrogate from a file, what it was trained on, and the versions of packages it was saved with."""

    surrogate: Surrogate
    trained_on: TrainedOn
    versions: dict[str, str]


def save_surrogate(
    surrogate: Surrogate,
    path: str | Path,
    *,
    trained_on: TrainedOn | None = None,
    classes: Sequence[type] = (),
) -> None:
    """Write a fitted surrogate to a file; loaded, it gives the same predictions, bit for bit.

    ``classes`` are those of your own, outside the package, that the surrogate consists of; loading needs
    them too. Theirs is the default ``__getstate__``.

    Raises:
        NotFittedError: ``fit`` was not called.
        InputError: the surrogate holds something that can't be restored without running code.
        StoreError: the disk is full, or the folder missing or read-only.
    """
    check_is_fitted(surrogate)
    about = {"trained_on": asdict(trained_on or TrainedOn())}
    write_state(Path(path), FORMAT, about, surrogate, classes)


def load_surrogate(path: str | Path, *, classes: Sequence[type] = ()) -> Surrogate:
    """Return the surrogate that ``save_surrogate`` wrote.

    Bit-equal predictions are those of the same versions of the packages; others may differ in the last bits.

    Raises:
        StoreError: the file is not there, damaged, or of a later version.
        InputError: no saved surrogate, or one of a class that this version does not know.
    """
    return read_saved(path, classes=classes).surrogate


def read_saved(path: str | Path, *, classes: Sequence[type] = ()) -> Saved:
    """Return a surrogate from a file with what is told of it; raises as ``load_surrogate`` does."""
    about, surrogate = read_state(Path(path), FORMAT, classes)
    known = {field.name for field in fields(TrainedOn)}
    told = {name: value for name, value in about["trained_on"].items() if name in known}
    return Saved(surrogate, TrainedOn(**told), about["versions"])


def write_state(
    path: Path, form: str, about: dict[str, Any], value: object, classes: Sequence[type] = ()
) -> None:
    """Write a value, and JSON about it, to a sealed file of a format."""
    packing = Packing(classes)
    state = packing.pack(value, type(value).__name__)
    told = about | {"format": form, "versions": _versions()}
    write_sealed(path, {"about": told, "state": state}, packing.arrays)


def read_state(path: Path, form: str, classes: Sequence[type] = ()) -> tuple[dict[str, Any], Any]:
    """Return the JSON about a value, and the value, from a sealed file of a format.

    Raises:
        StoreError: the file is not there, damaged, or of a later version.
        InputError: another format, or something in it that this version does not know.
    """
    texts, arrays = read_sealed(path)
    with _understood(path):
        about = texts["about"]
        if about["format"] != form:
            raise InputError(f"{path} is a {about['format']}, expected a {form}")
        return about, Unpacking(arrays, classes).unpack(texts["state"])


@contextmanager
def _understood(path: Path) -> "Iterator[None]":
    """Turn whatever a strange but sound file causes into one error that names the file."""
    try:
        yield
    except SurronasError as error:
        raise InputError(f"{path}: {error}") from error
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError, OverflowError) as error:
        raise InputError(
            f"{path} does not hold what this version expects ({type(error).__name__}: {error}); "
            "was it written by another version of surronas?"
        ) from error


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
