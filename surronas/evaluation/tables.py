"""Results as tables: text for a terminal, CSV for programs, LaTeX for a paper."""

import csv
import io
import math
import re
from collections.abc import Callable, Sequence

from surronas.evaluation.results import Mean, Results, Summary
from surronas.evaluation.scores import RANKING, ScoreKind

_INTERVAL_OF = "kendall_tau"  # the one score that a terminal has room to show the interval of


def text_table(results: Results) -> str:
    """Return what was judged, the ceilings, a line for each contender and train size, and the notes."""
    facts = [
        f"target  {results.target}; {results.num_architectures} architectures of {results.space}",
        f"split   {results.split}",
        *(
            f"ceiling tau {each.kendall_tau:.3f} ({each.name}): {each.words}; {each.num_rows} rows"
            for each in results.ceilings
        ),
        *(f"note    {note}" for note in results.notes),
    ]
    if not results.ceilings:
        facts.append("ceiling unknown: no network was measured twice")
    ranking = [kind for kind in results.kinds if kind.name in RANKING]
    others = [kind for kind in results.kinds if kind.name not in RANKING]
    tables = [_aligned(*_columns(results, kinds)) for kinds in (ranking, others) if kinds]
    seeds = max((each.num_seeds for each in results.summaries()), default=0)
    facts.append(f"means over {seeds} seeds; in brackets the 95 % bootstrap interval over seeds")
    return "\n".join([*facts, *(line for table in tables for line in ("", *table))])


def csv_of_summaries(results: Results) -> str:
    """Return CSV, a row for each contender, train size and score: mean, interval, unit, number of seeds."""
    units = {kind.name: kind.unit for kind in results.kinds}
    header = "surrogate encoding num_train score unit mean low high num_seeds num_failed"
    rows: list[Sequence[object]] = [header.split()]
    for each in results.summaries():
        where = (each.surrogate, each.encoding, each.num_train)
        for name, unit in units.items():
            numbers = [_blank_nan(value) for value in _values(each.scores[name])]
            rows.append([*where, name, unit, *numbers, each.num_seeds, each.num_failed])
    return _csv(rows)


def csv_of_fits(results: Results) -> str:
    """Return CSV, a row for each fit: every score of every seed, seconds, and the error if it failed."""
    names = [kind.name for kind in results.kinds]
    header = ["surrogate", "encoding", "num_train", "num_judged", "seed", *names, "seconds", "error"]
    rows: list[Sequence[object]] = [header]
    for fit in results.fits:
        numbers = [_blank_nan(fit.scores.get(name, math.nan)) for name in names]
        where = (fit.surrogate, fit.encoding, fit.num_train, fit.num_judged, fit.seed)
        rows.append([*where, *numbers, f"{fit.seconds:.4f}", fit.error])
    return _csv(rows)


def latex_table(results: Results, score: str = "kendall_tau") -> str:
    """Return a LaTeX table (booktabs) of one score: contenders down, train sizes across."""
    kind = next(kind for kind in results.kinds if kind.name == score)
    sizes = results.train_sizes
    lines = [
        r"\begin{tabular}{ll" + "r" * len(sizes) + "}",
        r"\toprule",
        " & ".join(["surrogate", "encoding", *(f"${size}$" for size in sizes)]) + r" \\",
        r"\midrule",
    ]
    by_place = {(each.surrogate, each.encoding, each.num_train): each for each in results.summaries()}
    for surrogate, encoding in results.contenders:
        found = [by_place.get((surrogate, encoding, size)) for size in sizes]
        cells = [_latex_cell(each.scores[score]) if each else "--" for each in found]
        lines.append(" & ".join([_latex(surrogate), _latex(encoding), *cells]) + r" \\")
    ceilings = "; ".join(
        f"noise ceiling {each.kendall_tau:.3f} ({each.name}: {each.words})" for each in results.ceilings
    )
    told = [kind.words, results.target, results.split, *filter(None, [ceilings]), *results.notes]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", *(f"% {line}" for line in told), ""])


def _columns(results: Results, kinds: Sequence[ScoreKind]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of a table of some kinds of score."""
    header = ["surrogate", "encoding", "n", *(kind.column for kind in kinds)]
    rows = []
    for each in results.summaries():
        cells = [_cell(each, kind) for kind in kinds]
        rows.append([each.surrogate, each.encoding, str(each.num_train), *cells])
    return header, rows


def _cell(summary: Summary, kind: ScoreKind) -> str:
    """Return one score as text, the main one with its interval."""
    found = summary.scores[kind.name]
    text = _number(kind)(found.mean)
    if kind.name != _INTERVAL_OF or math.isnan(found.low):
        return text
    return f"{text} [{found.low:.3f}, {found.high:.3f}]"


def _number(kind: ScoreKind) -> Callable[[float], str]:
    """Return how a score is written: shares and correlations with 3 decimals, others with 4 digits."""
    digits = ".3f" if kind.bounded else ".4g"
    return lambda value: "-" if math.isnan(value) else format(value, digits)


def _aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines of columns: names to the left, numbers to the right."""
    columns = []
    for place, column in enumerate(zip(header, *rows, strict=True)):
        width = max(map(len, column))
        columns.append([cell.ljust(width) if place < 2 else cell.rjust(width) for cell in column])
    return ["  ".join(line).rstrip() for line in zip(*columns, strict=True)]


def _values(mean: Mean) -> tuple[float, float, float]:
    return mean.mean, mean.low, mean.high


def _blank_nan(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def _csv(rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _latex_cell(found: Mean) -> str:
    if math.isnan(found.mean):
        return "--"
    if math.isnan(found.low):
        return f"${found.mean:.3f}$"
    return f"${found.mean:.3f}$ {{\\scriptsize $[{found.low:.3f}, {found.high:.3f}]$}}"


def _latex(text: str) -> str:
    """Return text with LaTeX's own characters escaped."""
    return re.sub(r"([&%$#_{}])", r"\\\1", text)
