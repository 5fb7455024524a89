"""How answers are printed: JSON for machines, aligned text for people."""

import json
import math
from collections.abc import Sequence

from surronas.run_folder import without_nan


def print_json(answer: object) -> None:
    """Print one JSON document; what is missing (NaN) becomes null."""
    print(json.dumps(without_nan(answer), indent=1))


def number(value: float) -> str:
    """Return a measured value as text: whole numbers in full, others with 6 decimals, NaN as ``missing``."""
    if math.isnan(value):
        return "missing"
    counts = abs(value) > 1 and value == int(value)
    return f"{value:.0f}" if counts else f"{value:.6f}"


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns: words to the left, numbers to the right."""
    print(aligned(header, rows))


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return columns as lines of text: words to the left, numbers to the right."""
    columns = []
    for column in zip(header, *rows, strict=True):
        width = max(map(len, column))
        numeric = any(cells.lstrip("+-.")[:1].isdigit() for cells in column[1:])
        columns.append([cell.rjust(width) if numeric else cell.ljust(width) for cell in column])
    return "\n".join("  ".join(line).rstrip() for line in zip(*columns, strict=True))
