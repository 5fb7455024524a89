"""The page of a comparison: verdicts first, then every table and figure, then how it was made."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from surronas.compare.curves import COST_WORDS
from surronas.compare.findings import Findings
from surronas.compare.table import Table, amount_words
from surronas.plots import comparison_words as words
from surronas.plots.comparison_style import split_note
from surronas.plots.markup import definitions, document, paragraph, picture, section, table, verbatim

_WIDE = "<style>figure img { max-width: 46rem; }</style>"  # two panels side by side
_MOST_VERDICTS = 12  # problems whose verdicts at smaller budgets are told as well


class Drawn(NamedTuple):
    """A figure as bytes, what it shows for those who don't see it, and its caption."""

    png: bytes
    alternative: str
    caption: str


class Part(NamedTuple):
    """The findings by one cost or measure, and their figures and tables by name."""

    heading: str
    findings: Findings
    figures: Mapping[str, Sequence[Drawn]]
    tables: Mapping[str, Table]


def page(parts: Sequence[Part]) -> str:
    """Return the page as HTML; the first part is the comparison's own budget, the others more views of it."""
    first = parts[0]
    comparison = first.findings.comparison
    sections = [
        _WIDE,
        _verdicts(first.findings),
        _compared(first.findings),
        _shown("Regret", first, ("anytime",), ("regret", "spread")),
        *(_shown(part.heading, part, ("anytime",), ("regret",)) for part in parts[1:]),
        _shown("Until the optimum is found", first, ("survival",), ("optimum",)),
        _shown("All pairs", first, ("pairs",), ("pairs",)),
        _shown("Ranks", first, ("ranks",), ("ranks",)),
        _shown("What the searches did", first, (), ("effort",)),
        _failures(first.findings),
        _methods(first.findings),
        _rerun(first.findings),
    ]
    return document(
        words.title(comparison), words.headline(first.findings), "\n".join(filter(None, sections))
    )


def _verdicts(findings: Findings) -> str:
    """Return who is first on each problem, at each budget."""
    problems, amounts = findings.comparison.problems, findings.settings.amounts
    shown = amounts if len(problems) <= _MOST_VERDICTS else amounts[-1:]
    parts = []
    for problem in problems:
        told = [paragraph(words.verdict(findings, problem.name, amount)) for amount in shown]
        parts += [f"<h3>{_escaped(problem.name)}</h3>", paragraph(problem.split_words + ".", "note"), *told]
    if shown != amounts:
        parts.append(paragraph("Verdicts at smaller budgets: the stars of the table of regrets.", "note"))
    return section("Verdicts", *parts)


def _compared(findings: Findings) -> str:
    """Return searchers, problems and settings."""
    comparison = findings.comparison
    header = ("problem", "searched", "unit", "networks", "optima", "best", "reported", "its best", "splits")
    return section(
        "What was compared",
        definitions(words.settings_facts(findings)),
        "<h3>Searchers</h3>",
        definitions(words.searcher_facts(comparison)),
        table("Problems", header, words.problem_rows(comparison)),
    )


def _shown(heading: str, part: Part, figures: Sequence[str], tables: Sequence[str]) -> str:
    """Return a section of some figures and tables of a part; nothing where there is none of them."""
    pieces = [picture(*drawn) for name in figures for drawn in part.figures.get(name, ())]
    for found in (part.tables[name] for name in tables if name in part.tables):
        pieces.append(table(found.title, found.header, found.rows))
        pieces += [paragraph(note, "note") for note in found.notes]
    return section(heading, *pieces) if pieces else ""


def _failures(findings: Findings) -> str:
    """Return the searches that raised."""
    failures = findings.comparison.failures
    if not failures:
        return section("Failed searches", paragraph("None: every search ended as it should."))
    rows = [(each.searcher, each.problem, str(each.seed), each.message) for each in failures]
    return section(
        "Failed searches",
        paragraph(
            f"{len(failures)} searches raised an error and are in no number above; the counts of seeds tell "
            "where. What is left may look better or worse than all would."
        ),
        table("Failed searches", ("searcher", "problem", "seed", "error"), rows),
    )


def _methods(findings: Findings) -> str:
    """Return how the numbers were computed."""
    items = "".join(f"<li>{_escaped(text)}</li>" for text in words.methods(findings))
    return section("How the numbers were computed", f"<ul>{items}</ul>")


def _rerun(findings: Findings) -> str:
    """Return commands and settings."""
    comparison = findings.comparison
    commands = words.commands(comparison)
    parts = [paragraph("The command below made the comparison; given again it resumes, or shows it:")]
    parts = parts if commands else [paragraph("The settings below are what the comparison was made with.")]
    return section(
        "How to rerun it",
        *parts,
        *(verbatim(command) for command in commands),
        "<h3>Settings</h3>",
        verbatim(json.dumps(comparison.settings, indent=1, default=str)),
    )


def caption(part_words: str, findings: Findings) -> str:
    """Return a caption that ends in the split words."""
    return f"{part_words} {split_note(findings.comparison.problems)}"


def budget_words(findings: Findings) -> str:
    """Return the largest budget in words: "200 queries"."""
    return f"{amount_words(findings.settings.amounts[-1])} {COST_WORDS[findings.settings.cost]}"


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)
