"""Write a comparison's report: one page that stands alone, and its figures and tables as files beside it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from surronas.compare.analysis import analyse
from surronas.compare.curves import COST_WORDS, limits_of
from surronas.compare.findings import Findings
from surronas.compare.results import Comparison
from surronas.compare.tables import all_tables
from surronas.errors import InputError, StoreError
from surronas.plots.comparison import anytime_figures, survival_figures
from surronas.plots.comparison_page import Drawn, Part, budget_words, caption, page
from surronas.plots.comparison_ranks import pairs_figure, ranks_figure
from surronas.plots.evaluation import figure_bytes
from surronas.store.files import write_aside

_OF_EVERY_VIEW = ("regret", "optimum", "pairs")
_OWN = {"regret": "Regret", "test_regret": "Test regret"}


def write_report(
    comparison: Comparison,
    folder: Path | str,
    *,
    amounts: Sequence[float] | None = None,
    test: str = "wilcoxon",
    alpha: float = 0.05,
) -> Path:
    """Return the path of ``report.html`` in ``folder``, written after its figures and tables.

    Figures are PDF and PNG, tables text, CSV and LaTeX. Each file appears whole or not at
    all, and replaces that of an earlier report.

    Args:
        comparison: what was found.
        folder: made if need be.
        amounts: budgets to judge at, in the cost that limited the searches (queries, if several did);
            default: a quarter, a half, and all of it.
        test: that decides verdicts, ``"wilcoxon"`` or ``"mann-whitney"``.
        alpha: below which a corrected p-value counts.

    Raises:
        InputError: nothing ran, or amounts or a test that can't be.
        StoreError: the folder can't be made or written.
    """
    if not (comparison.num_queries > 0).any():
        raise InputError("expected a comparison with queries, got one in which no search asked anything")
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"can't make the folder {target}: {error.strerror}; choose another one") from error
    parts = []
    for suffix, findings in _views(comparison, amounts, test, alpha):
        parts.append(_written(target, suffix, findings))
    path = target / "report.html"
    write_aside(path, [page(parts).encode()])
    return path


def _views(
    comparison: Comparison, amounts: Sequence[float] | None, test: str, alpha: float
) -> list[tuple[str, Findings]]:
    """Return the findings by the cost that limited the searches, by test values, and by other costs.

    Each with what its files' names end in.
    """
    limits = list(limits_of(comparison))
    cost = limits[0] if len(limits) == 1 else "queries"
    views = [("", analyse(comparison, cost=cost, amounts=amounts, test=test, alpha=alpha))]
    if any(problem.test_metric for problem in comparison.problems):
        tested = analyse(
            comparison, cost=cost, amounts=amounts, measure="test_regret", test=test, alpha=alpha
        )
        views.append(("_test", tested))
    for other in _other_costs(comparison, cost):
        found = analyse(comparison, cost=other, test=test, alpha=alpha)
        if found.settings.amounts:
            views.append((f"_{other}", found))
    return views


def _other_costs(comparison: Comparison, cost: str) -> list[str]:
    """Return the costs that tell something that ``cost`` does not."""
    spent = {name: np.max(comparison.costs(name), axis=-1) for name in COST_WORDS}
    ran = comparison.num_queries > 0
    repeats = bool((spent["networks"] < spent["queries"])[ran].any())
    workers = int(comparison.settings.get("setting", {}).get("workers", 1))
    even = _same_for_all(comparison.epochs[comparison.asked])
    wanted = {
        "queries": True,
        "networks": repeats,
        "epochs": not even,
        "train_seconds": True,
        "clock": workers > 1,
    }
    known = [name for name in spent if np.isfinite(spent[name][ran]).any()]
    return [name for name in known if wanted[name] and name != cost]


def _same_for_all(values: np.ndarray) -> bool:
    return not len(values) or bool(np.isnan(values).any()) or bool((values == values[0]).all())


def _written(folder: Path, suffix: str, findings: Findings) -> Part:
    """Write the figures and tables of one view; return them for the page."""
    settings = findings.settings
    figures: dict[str, list[Drawn]] = {}
    for name, number, figure, words in _figures(findings, whole=not suffix):
        stem = f"{name}{suffix}" + (f"_{number}" if number else "")
        png = figure_bytes(figure, "png")
        write_aside(folder / f"{stem}.png", [png])
        write_aside(folder / f"{stem}.pdf", [figure_bytes(figure, "pdf")])
        figures.setdefault(name, []).append(Drawn(png, words, caption(words, findings)))
    tables = {table.name: table for table in all_tables(findings)}
    kept = {name: table for name, table in tables.items() if not suffix or name in _OF_EVERY_VIEW}
    for name, table in kept.items():
        for ending, text in (("txt", table.text()), ("csv", table.csv()), ("tex", table.latex())):
            write_aside(folder / f"{name}{suffix}.{ending}", [text.encode()])
    by_test = settings.measure == "test_regret"
    heading = "Test of the best by score" if by_test else f"By {COST_WORDS[settings.cost]}"
    return Part(heading, findings, figures, kept)


def _figures(findings: Findings, *, whole: bool) -> list[tuple[str, int, Figure, str]]:
    """Return (name, number, figure, words) of the figures of a view, those of regret or the ``whole``."""
    settings = findings.settings
    measure, cost = _OWN[settings.measure], COST_WORDS[settings.cost]
    level = f"{100 * settings.level:g} %"
    words = f"{measure} against {cost}: means and {level} bootstrap bands over seeds."
    found = [("anytime", number, figure, words) for number, figure in enumerate(anytime_figures(findings))]
    if not whole:
        return found
    words = f"Share of runs still without the optimum against {cost}: Kaplan-Meier curves and {level} bands."
    found += [("survival", number, figure, words) for number, figure in enumerate(survival_figures(findings))]
    if settings.amounts and (figure := pairs_figure(findings, settings.amounts[-1])):
        words = (
            f"How often a run of the row's searcher beats one of the column's after {budget_words(findings)}."
        )
        found.append(("pairs", 0, figure, words))
    for number, ranked in enumerate(reversed(findings.ranked)):
        best = ranked.searchers[int(ranked.ranking.order[0])]
        words = (
            f"Critical-difference diagram after {ranked.amount:,g} {cost}: {best} has the best average rank."
        )
        found.append(("ranks", number, ranks_figure(findings, ranked), words))
    return found
