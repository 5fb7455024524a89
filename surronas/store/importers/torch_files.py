"""Files of torch.save without torch: the zip format (torch 1.6 and later) and the one before it.

Allowed are tensors (``torch._utils._rebuild_tensor_v2``), which become numpy arrays, and what ``load_pickle``
allows.
"""

import math
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.store.importers.pickle_scan import scan_pickle
from surronas.store.importers.stand_ins import NUMPY_AND_CONTAINERS, StandIn
from surronas.store.importers.unpickler import RestrictedUnpickler, unpickling

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # of the format before torch 1.6
_STORAGES = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
    "ComplexDoubleStorage": "c16",
    "ComplexFloatStorage": "c8",
}

Storage = NDArray[Any]  # (n,) the numbers that tensors are views of


def load_torch(path: Path) -> object:
    """Return what torch.save wrote: plain containers, tensors as numpy arrays (read-only views).

    Raises:
        InputError: it holds anything else, is damaged, or is no torch file.
    """
    with unpickling():
        content = Path(path).read_bytes()
        return _load_zip(content) if content.startswith(b"PK\x03\x04") else _load_legacy(content)


class _TorchUnpickler(RestrictedUnpickler):
    """A restricted unpickler that knows tensors; ``storage_of`` gives (key, dtype, size) its numbers."""

    def __init__(self, content: bytes, storage_of: Callable[[str, np.dtype[Any], int], Storage]) -> None:
        super().__init__(BytesIO(content), _NAMES)
        self._storage_of = storage_of

    def persistent_load(self, pid: Any) -> Storage:
        """Return the storage that a persistent id names."""
        match pid:
            case ("storage", StandIn() as kind, str(key), str(), int(size), *rest) if rest in ([], [None]):
                if kind.name in _STORAGES and size >= 0:
                    return self._storage_of(key, np.dtype(_STORAGES[kind.name]), size)
        raise InputError(f"the torch file asks for {str(pid)[:100]}, which is no storage of plain numbers")


def _load_zip(content: bytes) -> object:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        members = {member.filename.partition("/")[2]: member for member in archive.infolist()}
        if any(member.compress_type != zipfile.ZIP_STORED for member in members.values()):
            raise InputError("the zip file is compressed; torch.save stores its parts as they are")
        if "data.pkl" not in members:
            raise InputError("the zip file holds no data.pkl: it is no torch file, or one of TorchScript")
        order = archive.read(members["byteorder"]) if "byteorder" in members else b"little"
        storages: dict[str, Storage] = {}

        def storage_of(key: str, dtype: np.dtype[Any], size: int) -> Storage:
            if key not in storages:
                raw = archive.read(members[f"data/{key}"])
                storages[key] = _numbers(raw, dtype.newbyteorder("<" if order == b"little" else ">"), size)
            return storages[key]

        pickled = archive.read(members["data.pkl"])
        scan_pickle(pickled)
        loaded: object = _TorchUnpickler(pickled, storage_of).load()
        return loaded


def _load_legacy(content: bytes) -> object:
    """Return what a file of torch before 1.6 holds: five pickles, then the numbers of each storage."""
    storages: dict[str, Storage] = {}

    def storage_of(key: str, dtype: np.dtype[Any], size: int) -> Storage:
        if size * dtype.itemsize > len(content):
            raise InputError(
                f"the torch file promises {size} numbers in storage {key}, more than it can hold"
            )
        return storages.setdefault(key, np.zeros(size, dtype))

    at, pickles = 0, []
    for expected in (_MAGIC, _PROTOCOL, None, None, None):
        end = scan_pickle(content, at)
        pickles.append(_TorchUnpickler(content[at:end], storage_of).load())
        if expected is not None and pickles[-1] != expected:
            raise InputError("it is no file of torch.save, or one of torch before 0.1.11")
        at = end
    _, _, system, loaded, keys = pickles
    little = system.get("little_endian", True)
    for key in keys:
        storage = storages[key]
        end = at + 8 + storage.nbytes
        if int.from_bytes(content[at : at + 8], "little") != len(storage):
            raise InputError(f"the torch file does not hold the {len(storage)} numbers of storage {key}")
        storage[:] = _numbers(
            content[at + 8 : end], storage.dtype.newbyteorder("<" if little else ">"), len(storage)
        )
        at = end
    return loaded


def _numbers(raw: bytes, dtype: np.dtype[Any], size: int) -> Storage:
    if len(raw) != size * dtype.itemsize:
        raise InputError(f"a storage of {size} x {dtype} has {len(raw)} bytes; the torch file is damaged")
    return np.frombuffer(raw, dtype)


def _tensor(storage: object, offset: object, shape: object, strides: object, *_: object) -> NDArray[Any]:
    """Return the tensor as a view of its storage, never beyond it."""
    if not isinstance(storage, np.ndarray) or type(offset) is not int or offset < 0:
        raise InputError("the torch file makes a tensor of something other than a storage")
    sizes, steps = _whole_numbers(shape), _whole_numbers(strides)
    reach = offset + sum((n - 1) * step for n, step in zip(sizes, steps, strict=True)) + 1
    if math.prod(sizes) and reach > len(storage):
        raise InputError(f"a tensor of shape {sizes} reaches beyond its storage; the torch file is damaged")
    if not math.prod(sizes):
        return np.zeros(sizes, storage.dtype)
    strides_in_bytes = [step * storage.itemsize for step in steps]
    return np.lib.stride_tricks.as_strided(storage[offset:], sizes, strides_in_bytes, writeable=False)


def _whole_numbers(values: object) -> tuple[int, ...]:
    if not isinstance(values, tuple) or any(type(n) is not int or not 0 <= n < 2**48 for n in values):
        raise InputError(f"the torch file gives {str(values)[:100]} as the shape or strides of a tensor")
    return values


def _size(values: object) -> tuple[int, ...]:
    return _whole_numbers(tuple(values) if isinstance(values, list) else values)


def _never(*_: object) -> object:
    raise InputError("the torch file calls a type that may only be named")


_NAMES: dict[tuple[str, str], object] = {
    **NUMPY_AND_CONTAINERS,
    ("torch._utils", "_rebuild_tensor_v2"): StandIn("torch._utils._rebuild_tensor_v2", _tensor),
    ("torch", "Size"): StandIn("torch.Size", _size),
    **{("torch", name): StandIn(name, _never) for name in _STORAGES},
}
