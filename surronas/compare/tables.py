"""The tables of a comparison; and first those of regret: at the budgets, and its spread over seeds."""

from surronas.compare.curves import COST_WORDS, in_words
from surronas.compare.findings import Findings, Summary
from surronas.compare.rank_tables import pairs_table, ranks_table
from surronas.compare.solving_tables import effort_table, optimum_table
from surronas.compare.table import Table, amount_words, number, with_interval
from surronas.compare.table_words import MEASURE_WORDS, TEST_WORDS, percent, range_record, unit_notes


def all_tables(findings: Findings) -> list[Table]:
    """Return all tables that there are numbers for."""
    tables = [effort_table(findings), optimum_table(findings)]
    if findings.settings.amounts:
        tables = [regret_table(findings), spread_table(findings), *tables]
    if findings.pairs:
        tables.append(pairs_table(findings))
    if findings.ranked:
        tables.append(ranks_table(findings))
    return tables


def regret_table(findings: Findings) -> Table:
    """Return mean regrets at the budgets, with bootstrap intervals; the CSV has all other statistics too."""
    settings = findings.settings
    places = {(each.problem, each.searcher, each.amount): each for each in findings.summaries}
    rows = []
    for problem in findings.comparison.problems:
        scale = in_words(problem, settings.measure)[0]
        for searcher in findings.comparison.searchers:
            found = [places[problem.name, searcher, amount] for amount in settings.amounts]
            seeds = str(max(each.num_runs for each in found))
            rows.append((problem.name, searcher, seeds, *(_regret_cell(each, scale) for each in found)))
    budgets = [f"after {amount_words(amount)}" for amount in settings.amounts]
    return Table(
        "regret",
        f"Mean {MEASURE_WORDS[settings.measure]}; by {COST_WORDS[settings.cost]}",
        ("problem", "searcher", "seeds", *budgets),
        tuple(rows),
        2,
        (
            *unit_notes(findings.comparison.problems, settings.measure),
            f"[...]: {percent(settings.level)} bootstrap interval of the mean over seeds (BCa, "
            f"{settings.resamples} resamples).",
            "*: first or tied for first: no other searcher is significantly better "
            f"({TEST_WORDS[settings.test]}, alpha {settings.alpha:g}, Holm-corrected for all the searchers "
            "that it is compared with). A test of ranks: the lower mean may be behind.",
            "∞: some run had found nothing yet; –: not known for every run.",
        ),
        tuple(_summary_record(findings, each) for each in findings.summaries),
    )


def spread_table(findings: Findings) -> Table:
    """Return medians, interquartile means and quantiles of the regrets at the largest budget."""
    settings = findings.settings
    last = settings.amounts[-1]
    facts = {problem.name: problem for problem in findings.comparison.problems}
    rows = []
    kept = [each for each in findings.summaries if each.amount == last]
    for each in kept:
        scale = in_words(facts[each.problem], settings.measure)[0]
        q10, q25, q75, q90 = (number(scale * value) for value in each.quantiles)
        middle = [with_interval(value, scale) for value in (each.median, each.interquartile_mean)]
        rows.append(
            (each.problem, each.searcher, str(each.num_runs), *middle, f"{q25} to {q75}", f"{q10} to {q90}")
        )
    return Table(
        "spread",
        f"Spread of the {settings.measure.replace('_', ' ')} over seeds after {amount_words(last)} "
        f"{COST_WORDS[settings.cost]}",
        ("problem", "searcher", "seeds", "median", "interquartile mean", "middle half", "10 % to 90 %"),
        tuple(rows),
        2,
        (
            *unit_notes(findings.comparison.problems, settings.measure),
            f"[...]: {percent(settings.level)} percentile bootstrap interval over seeds.",
        ),
        tuple(_summary_record(findings, each) for each in kept),
    )


def _regret_cell(found: Summary, scale: float) -> str:
    """Return a mean with its interval, and a star where the searcher is first or tied for it."""
    star = " *" if found.standing in ("first", "tied for first") else "  "
    return with_interval(found.mean, scale) + star


def _summary_record(findings: Findings, each: Summary) -> dict[str, object]:
    """Return everything known of one searcher on one problem at one budget."""
    settings = findings.settings
    (facts,) = (problem for problem in findings.comparison.problems if problem.name == each.problem)
    scale, unit, metric = in_words(facts, settings.measure)
    quantiles = zip(("q10", "q25", "q75", "q90"), each.quantiles, strict=True)
    return {
        "problem": each.problem,
        "searcher": each.searcher,
        "cost": settings.cost,
        "amount": each.amount,
        "measure": settings.measure,
        "metric": metric,
        "unit": unit,
        "num_runs": each.num_runs,
        "num_without": each.num_without,
        **range_record("mean", each.mean, scale),
        **range_record("median", each.median, scale),
        **range_record("interquartile_mean", each.interquartile_mean, scale),
        **{name: scale * value for name, value in quantiles},
        "standing": each.standing,
        "beaten_by": "; ".join(each.beaten_by),
    }
