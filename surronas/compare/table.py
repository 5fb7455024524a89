"""A table in three forms: text for a terminal, CSV for programs, LaTeX (booktabs) for a paper."""

import csv
import io
import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_LATEX = {"∞": r"$\infty$", "–": "--", "−": "$-$", "≥": r"$\geq$", "<": "$<$", ">": "$>$", "×": r"$\times$"}
_LATEX |= {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}
_LATEX |= {character: "\\" + character for character in "&%$#_{}"}
_NOTE_WIDTH = 120
_SPECIAL = re.compile("[" + re.escape("".join(_LATEX)) + "]")


@dataclass(frozen=True)
class Table:
    """What is shown, and the numbers behind it.

    Attributes:
        name: of its files.
        title: what it shows, with unit.
        header: of the columns; ``rows``: their cells, as shown.
        num_words: columns that hold words and stand to the left; the others hold numbers.
        notes: what a reader must know.
        records: the CSV, a row each, by column; it may hold more than is shown.
    """

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    num_words: int
    notes: tuple[str, ...]
    records: tuple[Mapping[str, object], ...]

    def text(self) -> str:
        """Return title, aligned columns and notes."""
        columns = []
        for place, column in enumerate(zip(self.header, *self.rows, strict=True)):
            width = max(map(len, column))
            left = place < self.num_words
            columns.append([cell.ljust(width) if left else cell.rjust(width) for cell in column])
        lines = ["  ".join(line).rstrip() for line in zip(*columns, strict=True)]
        rule = "-" * max(map(len, lines), default=0)
        body = [lines[0], rule, *lines[1:]] if lines else []
        notes = [textwrap.fill(note, _NOTE_WIDTH) for note in self.notes]
        return "\n".join([self.title, "", *body, "", *notes, ""])

    def csv(self) -> str:
        """Return the records as CSV; empty cells where there is no number."""
        out = io.StringIO()
        header = list(self.records[0]) if self.records else list(self.header)
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_plain(record[name]) for name in header] for record in self.records)
        return out.getvalue()

    def latex(self) -> str:
        """Return a booktabs table, space between blocks of one first word; title and notes as comments."""
        align = "l" * self.num_words + "r" * (len(self.header) - self.num_words)
        lines = [
            f"% {self.title}",
            rf"\begin{{tabular}}{{{align}}}",
            r"\toprule",
            _line(self.header),
            r"\midrule",
        ]
        for place, row in enumerate(self.rows):
            if place and row[0] != self.rows[place - 1][0] and self.num_words > 1:
                lines.append(r"\addlinespace")
            lines.append(_line(row))
        lines += [r"\bottomrule", r"\end{tabular}", *(f"% {note}" for note in self.notes), ""]
        return "\n".join(lines)


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many decimals, large ones with fewer; a dash for NaN."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    kept = digits if size < 100.0 else min(1, digits) if size < 10_000.0 else 0
    shown = f"{value:.{kept}f}"
    return shown.removeprefix("-") if float(shown) == 0.0 else shown


def with_interval(value: tuple[float, float, float], scale: float = 1.0, digits: int = 3) -> str:
    """Return "0.123 [0.100, 0.150]", without brackets where the interval is unknown."""
    shown = [number(scale * each, digits) for each in value]
    return (
        shown[0] if math.isnan(value[1]) or math.isnan(value[2]) else f"{shown[0]} [{shown[1]}, {shown[2]}]"
    )


def probability(p: float) -> str:
    """Return a p-value, "<0.001" for smaller ones."""
    if math.isnan(p):
        return "–"
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def amount_words(amount: float) -> str:
    """Return an amount of a cost with no more digits than it needs: "50", "12,000"."""
    return f"{amount:,.0f}" if amount == int(amount) or amount >= 100 else f"{amount:.3g}"


def _line(cells: Sequence[str]) -> str:
    escaped = [_SPECIAL.sub(lambda found: _LATEX[found[0]], cell) for cell in cells]
    first = "{}" + escaped[0] if escaped[0].startswith(("[", "*")) else escaped[0]
    return " & ".join(cell.strip() for cell in [first, *escaped[1:]]) + r" \\"


def _plain(value: object) -> object:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.8g}"
    return value
