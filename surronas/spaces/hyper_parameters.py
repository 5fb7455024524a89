"""Choices of hyper-parameters, plain numbers and words, and how they are written in names and strings."""

import math
import re
from collections.abc import Sequence

import numpy as np

from surronas.errors import InputError

Value = int | float | str
FEWEST_CHOICES, MOST_CHOICES = 2, 127  # one is no decision; a decision is an int8
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_INTEGER = re.compile(r"-?\d{1,18}")
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")


def checked(name: str, values: Sequence[Value]) -> tuple[Value, ...]:
    """Return the choices of a hyper-parameter in ascending order.

    Raises:
        InputError: too few or too many, numbers and words together, twice the same, or what can't be
            written in a name.
    """
    listed = isinstance(values, Sequence | np.ndarray) and not isinstance(values, str)
    given: list[Value] = [
        value.item() if isinstance(value, np.generic) else value for value in (values if listed else ())
    ]
    words = all(isinstance(value, str) and _WORD.fullmatch(value) for value in given)
    numbers = all(_is_number(value) for value in given)
    if not (listed and (words or numbers)) or not _WORD.fullmatch(name):
        raise InputError(
            f"expected choices of {name} that are numbers, or words of letters, digits, _ and -, "
            f"got {values!r}"
        )
    if not FEWEST_CHOICES <= len(given) <= MOST_CHOICES or len(set(given)) != len(given):
        raise InputError(
            f"expected {FEWEST_CHOICES} to {MOST_CHOICES} different choices of {name}, got {values!r}; "
            "a hyper-parameter with one value belongs into the recipe"
        )
    return tuple(sorted(given, key=lambda value: (0.0, value) if isinstance(value, str) else (value, "")))


def written(value: Value) -> str:
    """Return the text of a value, without the plus sign that parts names: 1e+16 is 1e16."""
    return str(value).replace("+", "")


def parsed(text: str) -> Value:
    """Return the value that ``written`` wrote: an int, a float, or else the word itself."""
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
