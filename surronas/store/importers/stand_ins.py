"""What a pickle of others may name: functions of ours that make plain numbers, arrays and containers.

No class or function of numpy or Python itself is handed to a pickle, so there is nothing to misuse; even a
numpy dtype is built anew from its text, since numpy's own would let a pickle lay pointers into an array.
"""

import re
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError

_PLAIN_DTYPE = re.compile(r"[|<>=]?([?biufc]\d{0,2}|[SU]\d{0,6}|O8?)")


class StandIn:
    """A name that a pickle may use: called like what it stands for; nothing can be set on it."""

    __slots__ = ("call", "factory", "name")
    call: Callable[..., object]
    factory: Callable[[], object] | None  # what it makes for a defaultdict
    name: str

    def __init__(
        self, name: str, call: Callable[..., object], factory: Callable[[], object] | None = None
    ) -> None:
        for slot, value in (("name", name), ("call", call), ("factory", factory)):
            object.__setattr__(self, slot, value)

    def __call__(self, *arguments: object) -> object:
        """Return what the call makes of arguments that it has checked."""
        return self.call(*arguments)

    def __setattr__(self, name: str, value: object) -> None:
        raise InputError(f"the pickle tries to change {self.name}.{name}; it is refused")

    def __setstate__(self, state: object) -> None:
        raise InputError(f"the pickle tries to change {self.name}; it is refused")


class _Dtype:
    """Stands for numpy.dtype: of numbers, text or objects, never of fields or pointers."""

    __slots__ = ("dtype",)

    def __init__(self, text: object, *_: object) -> None:
        if not isinstance(text, str) or not _PLAIN_DTYPE.fullmatch(text):
            raise InputError(f"the pickle asks for a dtype {text!r}; expected one of plain numbers or text")
        self.dtype = np.dtype("O" if text.strip("|<>=") == "O8" else text)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order, fields = state[1], state[2:5]
        if fields != (None, None, None) or order not in ("<", ">", "|", "="):
            raise InputError("the pickle asks for a structured dtype; expected one of plain numbers or text")
        self.dtype = self.dtype.newbyteorder(order)


class _Array(np.ndarray):
    """A numpy array that takes its content from a pickle only if it fits."""

    def __setstate__(self, state: Any) -> None:
        _version, shape, dtype, fortran, content = state
        kind, size = _dtype_of(dtype), _size(shape)
        raw = _objects(content, size) if kind.hasobject else _raw(content, kind, size)
        super().__setstate__((1, shape, kind, bool(fortran), raw))  # type: ignore[arg-type]


def _objects(content: object, size: int) -> list[object]:
    if not isinstance(content, list) or len(content) != size:
        raise InputError(f"a pickled array of {size} objects does not hold as many")
    return content


def _raw(content: object, dtype: np.dtype[Any], size: int) -> bytes:
    """Return the bytes of a pickled array, exactly as many as it needs."""
    raw = content.encode("latin1") if isinstance(content, str) else content
    needed = size * dtype.itemsize
    if not isinstance(raw, bytes | bytearray) or len(raw) != needed:
        raise InputError(f"a pickled array of {size} x {dtype} does not hold {needed} bytes")
    return bytes(raw)


def _size(shape: object) -> int:
    whole = isinstance(shape, tuple) and all(type(n) is int and 0 <= n < 2**62 for n in shape)
    if not isinstance(shape, tuple) or not whole:
        raise InputError(f"the pickle asks for an array of shape {shape!r}")
    size = 1
    for n in shape:
        size *= n
    return size


def _dtype_of(dtype: object) -> np.dtype[Any]:
    if not isinstance(dtype, _Dtype):
        raise InputError(f"the pickle gives {type(dtype).__name__} where a dtype belongs")
    return dtype.dtype


def _reconstruct(kind: object, *_: object) -> NDArray[Any]:
    if kind is not _NDARRAY:
        raise InputError("the pickle asks for an array of a class of its own; expected numpy.ndarray")
    return np.ndarray.__new__(_Array, (0,), np.int8)


def _scalar(dtype: object, content: object = b"") -> object:
    kind = _dtype_of(dtype)
    if kind.hasobject:
        raise InputError("the pickle asks for a numpy scalar that is an object; expected a number or text")
    return np.frombuffer(_raw(content, kind, 1), kind)[0]


def _frombuffer(content: object, dtype: object, shape: object, order: object) -> NDArray[Any]:
    kind, size = _dtype_of(dtype), _size(shape)
    if kind.hasobject or not isinstance(shape, tuple) or order not in ("C", "F"):
        raise InputError(f"the pickle asks for an array of order {order!r}; expected C or F")
    flat = np.frombuffer(_raw(content, kind, size), kind).copy()
    return flat.reshape(shape, order="F" if order == "F" else "C")


def _encode(text: object, encoding: object = "") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise InputError("the pickle asks for _codecs.encode of something other than Latin-1 text")
    return text.encode("latin1")


def _of_list(kind: Callable[..., object]) -> Callable[..., object]:
    """Return a maker of containers from one list or tuple, or of an empty one."""

    def make(*arguments: object) -> object:
        if len(arguments) > 1 or any(not isinstance(a, list | tuple | bytes) for a in arguments):
            raise InputError(f"the pickle makes a {kind} of something other than a list")
        return kind(*arguments)

    return make


def _complex(real: object, imaginary: object) -> complex:
    if not isinstance(real, float) or not isinstance(imaginary, float):
        raise InputError("the pickle makes a complex number of something other than two floats")
    return complex(real, imaginary)


def _slice(*arguments: object) -> slice:
    if len(arguments) != 3 or any(a is not None and type(a) is not int for a in arguments):
        raise InputError("the pickle makes a slice of something other than three whole numbers")
    return slice(*arguments)


def _defaultdict(*arguments: object) -> object:
    (factory,) = arguments or (None,)
    if factory is None:
        return defaultdict(None)
    if not isinstance(factory, StandIn) or factory.factory is None:
        raise InputError("the pickle makes a defaultdict whose factory is none of list, dict, set, int, ...")
    return defaultdict(factory.factory)


def _bytearray(*arguments: object) -> bytearray:
    match arguments:
        case ():
            return bytearray()
        case (bytes(content),):
            return bytearray(content)
        case (str(text), "latin-1" | "latin1"):
            return bytearray(text, "latin1")
    raise InputError("the pickle makes a bytearray of something other than bytes")


def _never(*_: object) -> object:
    raise InputError("the pickle calls a type that may only be named")


_NDARRAY = StandIn("numpy.ndarray", _never)
_BUILTINS: dict[str, tuple[Callable[..., object], Callable[[], object] | None]] = {
    "set": (_of_list(set), set),
    "frozenset": (_of_list(frozenset), frozenset),
    "list": (_of_list(list), list),
    "tuple": (_of_list(tuple), tuple),
    "dict": (_of_list(dict), dict),
    "bytes": (_of_list(bytes), bytes),
    "bytearray": (_bytearray, bytearray),
    "complex": (_complex, complex),
    "slice": (_slice, None),
    "int": (_never, int),
    "float": (_never, float),
    "str": (_never, str),
    "bool": (_never, bool),
}
_NUMPY: dict[tuple[str, str], object] = {
    ("multiarray", "_reconstruct"): StandIn("numpy._reconstruct", _reconstruct),
    ("multiarray", "scalar"): StandIn("numpy.scalar", _scalar),
    ("numeric", "_frombuffer"): StandIn("numpy._frombuffer", _frombuffer),
}
NUMPY_AND_CONTAINERS: dict[tuple[str, str], object] = {
    ("numpy", "ndarray"): _NDARRAY,
    ("numpy", "dtype"): StandIn("numpy.dtype", _Dtype),
    ("_codecs", "encode"): StandIn("_codecs.encode", _encode),
    ("collections", "OrderedDict"): StandIn("OrderedDict", _of_list(OrderedDict), OrderedDict),
    ("collections", "defaultdict"): StandIn("defaultdict", _defaultdict),
    **{(f"numpy.{core}.{m}", n): call for core in ("core", "_core") for (m, n), call in _NUMPY.items()},
    **{
        (module, name): StandIn(f"builtins.{name}", *made)
        for module in ("builtins", "__builtin__")
        for name, made in _BUILTINS.items()
    },
}
