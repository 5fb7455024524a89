"""A pandas 0.x DataFrame from its pickle, without pandas: columns as numpy arrays.

What the pickle names of pandas gets stand-ins here that hold the frame's parts and do nothing.
"""

from io import BytesIO
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.store.importers.pickle_scan import scan_pickle
from surronas.store.importers.stand_ins import NUMPY_AND_CONTAINERS, StandIn
from surronas.store.importers.unpickler import RestrictedUnpickler, read_at_most, unpickling

_MOST_BYTES = 2**30
_KEY = "0.14.1"  # the layout of a BlockManager that pandas 0.14 to 1.x wrote


class _Part:
    """Stands for a pandas object: keeps the state that the pickle gives it."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state: Any = None

    def __setstate__(self, state: object) -> None:
        self.state = state


class _Frame(_Part):
    __slots__ = ()


class _Blocks(_Part):
    __slots__ = ()


def load_old_frame(file: IO[bytes]) -> dict[str, NDArray[Any]]:
    """Return the columns, (n,) each, of a DataFrame that pandas 0.x pickled.

    Raises:
        InputError: it holds anything but such a frame of plain columns, or is damaged.
    """
    with unpickling():
        content = read_at_most(file, _MOST_BYTES)
        scan_pickle(content)
        frame = RestrictedUnpickler(BytesIO(content), _NAMES).load()
        if not isinstance(frame, _Frame) or not isinstance(blocks := frame.state["_data"], _Blocks):
            raise InputError("expected a pickled DataFrame of pandas 0.x")
        layout = blocks.state[3][_KEY]
        names, rows = (_labels(axis) for axis in layout["axes"])
        columns: dict[str, NDArray[Any]] = {}
        for block in layout["blocks"]:
            places = np.arange(len(names))[_places(block["mgr_locs"])]
            for place, values in zip(places, np.asarray(block["values"]), strict=True):
                columns[str(names[place])] = values
        if sorted(columns) != sorted(map(str, names)) or any(len(c) != len(rows) for c in columns.values()):
            raise InputError("the pickled DataFrame's blocks do not make up its columns; it is damaged")
        return columns


def _labels(axis: object) -> NDArray[Any]:
    if not isinstance(axis, np.ndarray):
        raise InputError("the pickled DataFrame has an axis without labels; it is damaged")
    return axis


def _places(places: object) -> Any:
    if not isinstance(places, slice | np.ndarray):
        raise InputError("the pickled DataFrame does not say where its blocks belong; it is damaged")
    return places


def _new_index(kind: object, content: object) -> NDArray[Any]:
    """Return the labels of an axis; stands for pandas.core.indexes.base._new_Index."""
    if isinstance(content, dict) and isinstance(data := content.get("data"), np.ndarray):
        return data
    if kind is not _RANGE or not isinstance(content, dict):
        raise InputError("the pickled DataFrame has an index of an unknown kind")
    start, stop, step = (content[name] for name in ("start", "stop", "step"))
    if (stop - start) // step > _MOST_BYTES // 8:
        raise InputError(f"the pickled DataFrame promises {stop} rows; it is damaged")
    return np.arange(start, stop, step)


def _never(*_: object) -> object:
    raise InputError("the pickled DataFrame calls a type that may only be named")


_RANGE = StandIn("pandas.RangeIndex", _never)
_NAMES: dict[tuple[str, str], object] = {
    **NUMPY_AND_CONTAINERS,
    ("pandas.core.frame", "DataFrame"): _Frame,
    ("pandas.core.internals.managers", "BlockManager"): _Blocks,
    ("pandas.core.internals", "BlockManager"): _Blocks,
    ("pandas.core.indexes.base", "_new_Index"): StandIn("pandas._new_Index", _new_index),
    ("pandas.core.indexes.base", "Index"): StandIn("pandas.Index", _never),
    ("pandas.core.indexes.range", "RangeIndex"): _RANGE,
}
