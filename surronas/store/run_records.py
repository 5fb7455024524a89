"""Rows of a file of runs as records: every cell is checked, and an error names its line."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.store.run_files import DEFAULTS, metrics_named
from surronas.store.run_rows import Row, at_line
from surronas.store.schema import (
    CURVE_SUFFIX,
    FRACTION,
    KEY_FIELDS,
    ORIGINS,
    SEED_MEAN,
    STATUSES,
    Metric,
    Records,
    new_records,
)

LONGEST_TEXT = 64  # characters of a task or device in records
NUMBER = "a number, or nothing where it was not measured"

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Rows:
    """Some rows of a file, with the numbers of their lines."""

    path: Path
    lines: Sequence[tuple[int, Row]]

    def names(self) -> list[str]:
        """Return the columns other than the key fields, in the order in which they first come."""
        return list(dict.fromkeys(name for _, row in self.lines for name in row if name not in KEY_FIELDS))

    def longest(self, name: str) -> int:
        """Return the length of the longest list in a column."""
        lists = (cell for _, row in self.lines if isinstance(cell := row.get(name), list))
        return max(map(len, lists), default=0)

    def column(self, name: str, convert: Callable[[object], _Value], expected: str) -> list[_Value]:
        """Return the converted cells of a column.

        Raises:
            InputError: one can't be converted; the message names its line and what was expected.
        """
        values: list[_Value] = []
        try:
            for _, row in self.lines:
                values.append(convert(row.get(name)))
        except (ValueError, TypeError, OverflowError) as error:
            why = f" ({error})" if isinstance(error, InputError) else ""
            raise self.wrong(len(values), name, expected, why) from error
        return values

    def wrong(self, row: int, name: str, expected: str, why: str = "") -> InputError:
        """Return the error that says what a cell was expected to be."""
        line, cells = self.lines[row]
        got = "nothing" if _empty(cells.get(name)) else repr(cells.get(name))[:200]
        return at_line(self.path, line, f"expected {name} to be {expected}, got {got}{why}")


def records_of(
    rows: Rows, space: SearchSpace, declared: Mapping[str, Metric], known: dict[str, NDArray[np.int8]]
) -> Records:
    """Return the (n,) records of n rows.

    Args:
        rows: n of them.
        space: of the architectures.
        declared: the metrics whose names do not say what they are.
        known: the architectures whose strings were read before; those of these rows are added.

    Raises:
        InputError: a cell that can't be what its column says, or a column that is no metric.
    """
    names = rows.names()
    values = [name for name in names if not name.endswith(CURVE_SUFFIX)]
    curves = [name.removesuffix(CURVE_SUFFIX) for name in names if name.endswith(CURVE_SUFFIX)]
    metrics = metrics_named([*values, *curves], declared)
    longest = max((rows.longest(name + CURVE_SUFFIX) for name in curves), default=0)
    made = new_records(len(rows.lines), space.num_decisions, values, curves if longest else [], longest)
    _fill_keys(made, rows, space, known)
    for name in values:
        made[name] = rows.column(name, _number, NUMBER)
        _check_range(rows, name, metrics[name], made[name], made["status"])
    for name in curves:
        cells = rows.column(name + CURVE_SUFFIX, _curve, "a list with a number or null for each epoch")
        if not longest:
            continue
        _fill_curves(made, rows, name + CURVE_SUFFIX, cells)
        _check_range(rows, name + CURVE_SUFFIX, metrics[name], made[name + CURVE_SUFFIX], made["status"])
    return made


def _fill_keys(made: Records, rows: Rows, space: SearchSpace, known: dict[str, NDArray[np.int8]]) -> None:
    """Write what names a run into its record."""

    def decisions(cell: object) -> NDArray[np.int8]:
        text = _text(cell)
        if text not in known:
            known[text] = space.from_strings([text])[0]
        return known[text]

    made["architecture"] = rows.column("architecture", decisions, f"an architecture of space {space.name!r}")
    made["task"] = rows.column("task", _short, f"a name of at most {LONGEST_TEXT} characters")
    made["recipe"] = rows.column("recipe", _or(DEFAULTS["recipe"], _text), "text")
    made["epochs"] = rows.column("epochs", _whole(0, 2**31), "a whole number >= 0")
    made["seed"] = rows.column("seed", _whole(SEED_MEAN, 2**63), "a whole number")
    expected = f"text of at most {LONGEST_TEXT} characters"
    made["device"] = rows.column("device", _or(DEFAULTS["device"], _short), expected)
    for name, words in (("status", STATUSES), ("origin", ORIGINS)):
        one_of = f"one of {', '.join(words)}"
        made[name] = rows.column(name, _or(DEFAULTS[name], _word(words)), one_of)


def _fill_curves(made: Records, rows: Rows, name: str, cells: list[list[float]]) -> None:
    """Write curves into the records; refuse one that is not as long as its run."""
    for row, (curve, epochs) in enumerate(zip(cells, made["epochs"].tolist(), strict=True)):
        if curve and len(curve) != epochs:
            raise rows.wrong(row, name, f"{epochs} values, one for each epoch", f": {len(curve)} of them")
        with np.errstate(over="ignore"):  # beyond float32: infinite, and refused as such
            made[name][row, : len(curve)] = curve


def _check_range(
    rows: Rows, name: str, metric: Metric, values: NDArray[np.floating], status: NDArray[np.str_]
) -> None:
    """Refuse fractions outside [0, 1], and infinities in ok runs; values are (n,) or (n, epochs)."""
    by_row = values.reshape(len(values), -1)
    if metric.unit == FRACTION:
        wrong, expected = (by_row < 0) | (by_row > 1), "a fraction in [0, 1], not percent"
    else:
        wrong, expected = np.isinf(by_row) & (status == "ok")[:, None], "finite in a run with status ok"
    if wrong.any():
        raise rows.wrong(int(np.argmax(wrong.any(axis=1))), name, expected)


def _empty(cell: object) -> bool:
    return cell is None or cell == ""


def _or(default: str, convert: Callable[[object], str]) -> Callable[[object], str]:
    return lambda cell: default if _empty(cell) else convert(cell)


def _text(cell: object) -> str:
    if not isinstance(cell, str):
        raise TypeError
    return cell


def _short(cell: object) -> str:
    text = _text(cell)
    if not 0 < len(text) <= LONGEST_TEXT:
        raise ValueError
    return text


def _word(words: Sequence[str]) -> Callable[[object], str]:
    return lambda cell: words[words.index(_text(cell))]  # not in it: a ValueError


def _whole(low: int, end: int) -> Callable[[object], int]:
    def convert(cell: object) -> int:
        number = int(cell) if isinstance(cell, str) else cell
        if type(number) is not int or not low <= number < end:
            raise ValueError
        return number

    return convert


def _number(cell: object) -> float:
    if _empty(cell):
        return math.nan
    if isinstance(cell, bool) or not isinstance(cell, (str, int, float)):
        raise TypeError
    return float(cell)


def _curve(cell: object) -> list[float]:
    if cell is None:
        return []
    if not isinstance(cell, list):
        raise TypeError
    return [_number(value) for value in cell]
