"""The lines of a file of runs, CSV or JSON-lines, as rows of cells with their line numbers."""

import csv
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from surronas.errors import InputError
from surronas.store.run_files import COMMENT, REQUIRED, WORD, FileHeader
from surronas.store.schema import CURVE_SUFFIX

Row = dict[str, object]  # column -> text (CSV) or JSON value


def file_header(path: Path) -> FileHeader:
    """Return what a file of runs says ahead of its first row.

    Raises:
        InputError: no file of runs, or a first line that can't be read.
    """
    for _, entry in _entries(path):
        return entry if isinstance(entry, FileHeader) else FileHeader()
    return FileHeader()


def file_columns(path: Path) -> list[str]:
    """Return the columns of a file of runs, in the order in which they first come; reads all of it.

    Raises:
        InputError: a line that can't be read.
    """
    return list(dict.fromkeys(name for _, row in file_rows(path) for name in row))


def file_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Yield the number of each run's line (of its last one, in CSV) and its cells.

    Raises:
        InputError: no file of runs, or a line that can't be read.
    """
    for line, entry in _entries(path):
        if not isinstance(entry, FileHeader):
            yield line, entry


def at_line(path: Path, line: int, problem: str) -> InputError:
    """Return the error that names a line of a file."""
    return InputError(f"{path}, line {line}: {problem}")


def _entries(path: Path) -> Iterator[tuple[int, FileHeader | Row]]:
    """Yield the header, if there is one, then the rows, each with its line's number."""
    if path.suffix not in (".csv", ".jsonl"):
        raise InputError(f"expected a file that ends in .csv or .jsonl, got {path}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _csv_entries(file, path) if path.suffix == ".csv" else _json_entries(file, path)
    except OSError as error:
        raise InputError(f"can't read {path}: {error.strerror}; check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: expected text in UTF-8, got {error}; save it as UTF-8") from error


def _csv_entries(file: TextIO, path: Path) -> Iterator[tuple[int, FileHeader | Row]]:
    line, text = 1, file.readline()
    while text.startswith(COMMENT):
        word, _, told = text.removeprefix(COMMENT).strip().partition(":")
        if word == WORD:
            yield line, _header(told, path, line)
        line, text = line + 1, file.readline()
    reader = csv.reader(itertools.chain([text], file), strict=True)
    try:
        names = _csv_names(next(reader, []), path, line)
        for cells in reader:
            if len(cells) not in (0, len(names)):
                raise at_line(
                    path,
                    line + reader.line_num - 1,
                    f"expected {len(names)} cells, as in the row of names, got {len(cells)}",
                )
            if cells:
                yield line + reader.line_num - 1, dict(zip(names, cells, strict=True))
    except csv.Error as error:
        raise at_line(path, line + reader.line_num - 1, f"expected CSV, got a row with {error}") from error


def _csv_names(names: list[str], path: Path, line: int) -> list[str]:
    """Return the names of the columns, once they are seen to be possible."""
    if lacking := [name for name in REQUIRED if name not in names]:
        raise at_line(
            path,
            line,
            f"expected a row of column names, commas between them, with {', '.join(REQUIRED)}; "
            f"it lacks {', '.join(lacking)}",
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise at_line(path, line, f"column {twice!r} is there twice; leave one out")
    if curves := [name for name in names if name.endswith(CURVE_SUFFIX)]:
        raise at_line(path, line, f"{curves[0]!r}: CSV holds no curves; write them to a .jsonl file")
    return names


def _json_entries(file: TextIO, path: Path) -> Iterator[tuple[int, FileHeader | Row]]:
    for line, text in enumerate(file, 1):
        if not text.strip():
            continue
        given = _json_object(text, path, line)
        if line == 1 and set(given) == {WORD}:
            yield line, _header(given[WORD], path, line)
        elif lacking := [name for name in REQUIRED if name not in given]:
            raise at_line(path, line, f"expected a run with {', '.join(REQUIRED)}; it lacks {lacking[0]}")
        else:
            yield line, given


def _json_object(text: str, path: Path, line: int) -> Row:
    """Return the object that one line of JSON holds."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise at_line(
            path, line, f"expected one JSON object a line, got {text.strip()[:80]!r} ({error})"
        ) from error
    if not isinstance(given, dict):
        raise at_line(path, line, f"expected one JSON object a line, got {text.strip()[:80]!r}")
    return given


def _header(told: object, path: Path, line: int) -> FileHeader:
    """Return the header that a first line holds, as JSON text (CSV) or as its value."""
    try:
        return FileHeader.from_json(_json_object(told, path, line) if isinstance(told, str) else told)
    except InputError as error:
        raise error if str(path) in str(error) else at_line(path, line, str(error)) from error
