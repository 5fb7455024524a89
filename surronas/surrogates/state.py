"""Fitted surrogates as plain data and back: JSON and arrays, never code.

What is saved of an object is its ``__getstate__``: constructor parameters and what ``fit`` found. A class
whose attributes change between versions reads its older states in ``__setstate__``. A file can name nothing
but classes and functions of ``surronas.surrogates`` and ``surronas.encodings``, the search spaces, the few
classes of other packages in ``surrogates.foreign``, and what the caller lists.
"""

import dataclasses
import importlib
import inspect
import math
import re
import types
from collections.abc import Callable, Sequence, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import SPACE_CLASSES, SearchSpace, space_named
from surronas.surrogates import foreign

_ROOMS = ("surronas.surrogates.", "surronas.encodings.")
_MACHINERY = re.compile(r"surronas\.surrogates\.(saving|state|foreign|sealed_file)$")  # nothing to restore
_PLACE = re.compile(r"[a-z0-9_.]+:[A-Za-z0-9_]+")
_DEEPEST = 100  # objects within objects; ours stay below 12


class Packing:
    """Objects on their way out: ``pack`` gives their JSON, and puts arrays into ``arrays``."""

    def __init__(self, classes: Sequence[type] = ()) -> None:
        self._classes = set(classes)
        self.arrays: list[NDArray[Any]] = []

    def pack(self, value: object, where: str, depth: int = 0) -> Any:
        """Return the JSON that stands for a value; ``where`` it is found is for errors.

        Raises:
            InputError: the value is of a kind that can't be restored without running code.
        """
        if depth > _DEEPEST:
            raise InputError(f"{where} is nested more than {_DEEPEST} deep; does an object hold itself?")
        if value is None or isinstance(value, bool | str) or type(value) is int:
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"float": str(value)}
        if isinstance(value, np.ndarray):
            return self._packed_array(value, where)
        if isinstance(value, np.generic):
            return {"scalar": self._put(np.asarray(value))}
        if isinstance(value, range | slice):
            ends = (value.start, value.stop, value.step)
            return {type(value).__name__: [self.pack(end, where, depth + 1) for end in ends]}
        if isinstance(value, list | tuple | dict):
            return self._packed_container(value, where, depth)
        if isinstance(value, types.FunctionType):
            return {"function": _place_of(value, where)}
        if isinstance(value, SearchSpace):
            return {"space": _name_of(value, where)}
        kind = foreign.kind_of(value)
        if kind is not None:
            return {"foreign": kind, "state": self._packed_state(foreign.state_of(value), where, depth)}
        return self._packed_object(value, where, depth)

    def _packed_array(self, array: NDArray[Any], where: str) -> Any:
        if array.dtype.kind in "OU":
            if not all(isinstance(item, str) for item in array.ravel().tolist()):
                raise InputError(f"can't save {where}: an array of Python objects")
            return {"texts": array.ravel().tolist(), "shape": list(array.shape), "dtype": array.dtype.kind}
        columns_first = array.ndim > 1 and array.flags.f_contiguous and not array.flags.c_contiguous
        # the order in memory is kept: sums by BLAS differ in the last bit in another order
        return {"columns_first": self._put(array.T)} if columns_first else {"array": self._put(array)}

    def _put(self, array: NDArray[Any]) -> int:
        self.arrays.append(array)
        return len(self.arrays) - 1

    def _packed_container(
        self, value: list[Any] | tuple[Any, ...] | dict[Any, Any], where: str, depth: int
    ) -> Any:
        if isinstance(value, dict):
            pairs = [
                [self.pack(key, where, depth + 1), self.pack(item, f"{where}[{key!r}]", depth + 1)]
                for key, item in value.items()
            ]
            return {"dict": pairs}
        if type(value) not in (list, tuple):  # a named tuple would come back as another type
            raise InputError(f"can't save {where}: a {type(value).__name__}")
        items = [self.pack(item, f"{where}[{i}]", depth + 1) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}

    def _packed_object(self, value: object, where: str, depth: int) -> Any:
        place = _place_of(type(value), where, self._classes)
        if dataclasses.is_dataclass(value):
            state = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
        elif place.startswith("surronas.encodings."):  # of an encoding its parameters, not its caches
            state = _parameters(value, where)
        else:
            found = value.__getstate__()
            state = {} if found is None else found  # type: ignore[assignment]
            if not isinstance(state, dict):
                raise InputError(f"can't save {where}: {type(value).__name__} keeps its state in slots")
        return {"object": place, "state": self._packed_state(state, where, depth)}

    def _packed_state(self, state: dict[str, Any], where: str, depth: int) -> Any:
        return {name: self.pack(item, f"{where}.{name}", depth + 1) for name, item in state.items()}


class Unpacking:
    """Objects on their way in: ``unpack`` restores what ``Packing.pack`` gave."""

    def __init__(self, arrays: Sequence[NDArray[Any]], classes: Sequence[type] = ()) -> None:
        self._arrays = arrays
        self._classes = {_name(one): one for one in classes}
        self._kinds: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
            "float": lambda text, _: float(text),
            "array": lambda number, _: self._arrays[number],
            "columns_first": lambda number, _: self._arrays[number].T,
            "scalar": lambda number, _: self._arrays[number][()],
            "texts": lambda texts, node: np.array(texts, node["dtype"]).reshape(node["shape"]),
            "range": lambda ends, _: range(*map(self.unpack, ends)),
            "slice": lambda ends, _: slice(*map(self.unpack, ends)),
            "tuple": lambda items, _: tuple(map(self.unpack, items)),
            "dict": lambda pairs, _: {self.unpack(key): self.unpack(item) for key, item in pairs},
            "function": lambda place, _: _found(place, types.FunctionType),
            "space": lambda name, _: space_named(name),
            "foreign": lambda kind, node: foreign.restored(kind, self._state(node)),
            "object": lambda place, node: self._object(place, self._state(node)),
        }

    def unpack(self, node: Any) -> Any:
        """Return the value that JSON stands for.

        Raises:
            InputError: a class, function or kind of value that this version does not know or allow.
        """
        if isinstance(node, list):
            return [self.unpack(item) for item in node]
        if not isinstance(node, dict):
            return node
        kind = next((kind for kind in self._kinds if kind in node), None)
        if kind is None:
            raise InputError(f"expected a kind of value among {', '.join(self._kinds)}, got {list(node)}")
        return self._kinds[kind](node[kind], node)

    def _state(self, node: dict[str, Any]) -> dict[str, Any]:
        return {name: self.unpack(item) for name, item in node["state"].items()}

    def _object(self, place: str, state: dict[str, Any]) -> Any:
        known = self._classes.get(place)
        kind: Any = known if known is not None else _found(place, type)
        if dataclasses.is_dataclass(kind):
            names = {field.name for field in dataclasses.fields(kind) if field.init}
            make: Any = kind  # a field that a later version has added takes its default
            return make(**{name: value for name, value in state.items() if name in names})
        if place.startswith("surronas.encodings."):
            return kind(**state)
        restored = kind.__new__(kind)
        if hasattr(restored, "__setstate__"):
            restored.__setstate__(state)
        else:
            restored.__dict__.update(state)
        return restored


def _name(thing: type | types.FunctionType) -> str:
    return f"{thing.__module__}:{thing.__qualname__}"


def _place_of(thing: type | types.FunctionType, where: str, classes: Set[type] = frozenset()) -> str:
    """Return "module:name" of a class or function that a file may name."""
    place = _name(thing)
    if thing in classes:
        return place
    if not place.startswith(_ROOMS) or not _PLACE.fullmatch(place):
        raise InputError(
            f"can't save {where}: {place} is neither of surronas.surrogates nor of surronas.encodings, and "
            "loading never runs code that a file names; pass classes of your own as classes=[...]"
        )
    return place


def _found(place: str, kind: type) -> Any:
    """Return the class or function of our own rooms that a file names."""
    module, _, name = place.partition(":")
    if not (place.startswith(_ROOMS) and _PLACE.fullmatch(place)) or _MACHINERY.match(module):
        raise InputError(
            f"the file names {place!r}, which is not of surronas.surrogates or surronas.encodings; "
            "if it is a class of yours, pass it as classes=[...]"
        )
    try:
        thing = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"the file names {place!r}, which this surronas does not have; upgrade it"
        ) from error
    if not isinstance(thing, kind) or getattr(thing, "__module__", "") != module:
        raise InputError(f"the file names {place!r} where a {kind.__name__} of that module was expected")
    return thing


def _name_of(space: SearchSpace, where: str) -> str:
    """Return the name by which a search space is found again."""
    try:
        known = type(space_named(space.name)) is type(space)
    except InputError:
        known = False
    if not known:
        raise InputError(
            f"can't save {where}: search space {space.name!r} is not known by name; known are "
            f"{', '.join(sorted(SPACE_CLASSES))}"
        )
    return space.name


def _parameters(encoding: object, where: str) -> dict[str, Any]:
    """Return the constructor's parameters, which an encoding keeps under the same names."""
    names = list(inspect.signature(type(encoding)).parameters)
    missing = [name for name in names if not hasattr(encoding, name)]
    if missing:
        raise InputError(
            f"can't save {where}: {type(encoding).__name__} does not keep its {', '.join(missing)}; an "
            "encoding that looks into a table can't be saved without the table"
        )
    return {name: getattr(encoding, name) for name in names}
