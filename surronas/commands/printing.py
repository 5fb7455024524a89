"""How answers are printed: JSON for machines, aligned text for people."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any


def print_json(answer: object) -> None:
    """Print one JSON document; what is missing (NaN) becomes null."""
    print(json.dumps(_plain(answer), indent=1))


def _plain(answer: Any) -> Any:
    """Return the answer with NaN as None, at any depth."""
    if isinstance(answer, Mapping):
        return {str(name): _plain(value) for name, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [_plain(value) for value in answer]
    return None if isinstance(answer, float) and math.isnan(answer) else answer


def number(value: float) -> str:
    """Return a measured value as text: whole numbers in full, others with 6 decimals, NaN as ``missing``."""
    if math.isnan(value):
        return "missing"
    counts = abs(value) > 1 and value == int(value)
    return f"{value:.0f}" if counts else f"{value:.6f}"


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns, the first to the left and the others to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        cells = [
            row[0].ljust(widths[0]),
            *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True)),
        ]
        print("  ".join(cells).rstrip())


def print_facts(facts: Mapping[str, Any], depth: int = 0) -> None:
    """Print nested facts, a line each, indented by depth."""
    for name, value in facts.items():
        indent = "  " * depth
        if isinstance(value, Mapping):
            print(f"{indent}{name}:")
            print_facts(value, depth + 1)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            print(f"{indent}{name}:")
            for each in value:
                words = (f"{key} {item}" for key, item in each.items() if item not in (None, "", {}, []))
                print(f"{indent}  - {', '.join(words)}")
        else:
            print(f"{indent}{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}")
