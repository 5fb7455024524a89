"""Architectures as NASLib's score files name them, by search space and task, in our decisions.

The names are Python tuples. What a tuple means depends on the file: TransNAS-Bench-101's own seven tasks have
the digits of the benchmark's string, every other file has NASLib's order of edges and operations. Told by the
parameter counts, which follow exactly (to 1e-13) from the operations read in this way, and in no other.
"""

import math
from ast import literal_eval
from collections.abc import Sequence

import numpy as np

from surronas.errors import InputError
from surronas.spaces import Architectures, space_named
from surronas.spaces.darts import Darts

SPACES = {  # NASLib's name -> ours
    "nasbench101": "cell101",
    "nasbench201": "cell201",
    "nasbench301": "darts",
    "transbench101_micro": "transnas_micro",
    "transbench101_macro": "transnas_macro",
}
TRANSNAS_TASKS = (
    "class_scene",
    "class_object",
    "room_layout",
    "jigsaw",
    "segmentsemantic",
    "normal",
    "autoencoder",
)
_EDGES = [0, 1, 3, 2, 4, 5]  # where NASLib's 1<-0, 2<-0, 3<-0, 2<-1, 3<-1, 3<-2 hold our edges by target
_OPERATIONS = np.array(
    [1, 0, 3, 2, 4]
)  # NASLib's skip, none, 3x3, 1x1, pool in the order none, skip, 1x1, ...
_NAMES_101 = ("input", "output", "maxpool3x3", "conv1x1-bn-relu", "conv3x3-bn-relu")


def architectures_named(names: Sequence[str], space: str, task: str) -> Architectures:
    """Return the (n, d) architectures of a space (NASLib's name) that tuples such as "(0, 2, ...)" name.

    Raises:
        InputError: a tuple that is no architecture of the space.
    """
    ours = space_named(SPACES[space])
    if space == "nasbench101":
        return ours.from_strings([_string_101(_numbers(name)) for name in names])
    if isinstance(ours, Darts):
        return ours.from_edges([literal_eval(name) for name in names])
    digits = np.array([_numbers(name) for name in names], dtype=np.int64)  # (n, 6)
    if digits.shape[1:] != (6,) or ((digits < 0) | (digits >= ours.num_choices)).any():
        raise InputError(
            f"expected tuples of 6 numbers below {ours.num_choices[0]} in {space}, got {names[0]!r}"
        )
    if space == "transbench101_macro" or (space == "transbench101_micro" and task in TRANSNAS_TASKS):
        return ours.validate(digits)
    return ours.validate(_OPERATIONS[digits][:, _EDGES])


def padded(name: str, space: str) -> str:
    """Return a tuple with six numbers where some of NASLib's files leave out the zeros at its end."""
    if space != "transbench101_macro":
        return name
    numbers = _numbers(name)
    return str((*numbers, *[0] * (6 - len(numbers))))


def _numbers(name: str) -> list[int]:
    """Return the numbers of a flat tuple."""
    return [int(number) for number in name.strip("() ").split(",")]


def _string_101(numbers: list[int]) -> str:
    """Return the Cell101 string of v * v adjacency bits and v operations."""
    vertices = math.isqrt(len(numbers))
    if vertices * (vertices + 1) != len(numbers) or not set(numbers[-vertices:]) <= set(
        range(len(_NAMES_101))
    ):
        raise InputError(f"expected v * v bits and v operations from 0 to 4, got {numbers}")
    bits = "".join(map(str, numbers[:-vertices]))
    return f"{bits} {','.join(_NAMES_101[operation] for operation in numbers[-vertices:])}"
