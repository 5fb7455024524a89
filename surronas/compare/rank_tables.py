"""Two tables of a comparison: all pairs of searchers with tests and effects, and ranks over problems."""

from collections.abc import Mapping

from surronas.compare.curves import COST_WORDS, Measure, in_words
from surronas.compare.facts import ProblemFacts
from surronas.compare.findings import Findings, Pair, Ranked
from surronas.compare.ranks import Cliques
from surronas.compare.table import Table, amount_words, number, probability, with_interval
from surronas.compare.table_words import percent, range_record, unit_notes


def pairs_table(findings: Findings) -> Table:
    """Return the tests of all pairs of searchers at the largest budget; in the CSV those at all budgets."""
    settings = findings.settings
    facts = {problem.name: problem for problem in findings.comparison.problems}
    last = settings.amounts[-1]
    rows = [_pair_row(each, facts, settings.measure) for each in findings.pairs if each.amount == last]
    names = ("A better: A12", "size", "Wilcoxon p", "Mann-Whitney p", "seeds for 80 / 90 %")
    return Table(
        "pairs",
        f"Pairs of searchers after {amount_words(last)} {COST_WORDS[settings.cost]}: mean regret of A minus "
        "that of B, tests and effect",
        ("problem", "A", "B", "seeds", "A minus B", *names),
        tuple(rows),
        3,
        (
            *unit_notes(findings.comparison.problems, settings.measure),
            f"[...]: {percent(settings.level)} intervals (difference: paired bootstrap, BCa; A12: Feng and "
            "Cliff). A12: chance that a run of A has less regret than one of B, ties half.",
            "p: two-sided, Holm-corrected over all pairs of a problem and budget. Wilcoxon: paired by seed, "
            "zeros by Pratt.",
            "seeds: at which Wilcoxon's test would find the effect seen here with 80 and 90 % power at alpha "
            f"{settings.alpha:g} over the number of pairs (Noether); ∞: no effect seen.",
        ),
        tuple(_pair_record(findings, each) for each in findings.pairs),
    )


def ranks_table(findings: Findings) -> Table:
    """Return average ranks and how often each searcher is first or tied for first, at each budget."""
    cost = findings.settings.cost
    records = [record for each in findings.ranked for record in _rank_records(findings, each)]
    cells = {(record["searcher"], record["amount"]): _rank_cell(record) for record in records}
    last = findings.ranked[-1]
    names = sorted(
        (name for name in findings.comparison.searchers if (name, last.amount) in cells),
        key=lambda name: last.ranking.average[last.searchers.index(name)],
    )
    amounts = [each.amount for each in findings.ranked]
    rows = [(name, *(cells.get((name, amount), "–") for amount in amounts)) for name in names]
    return Table(
        "ranks",
        f"Average rank (1 is best), and on how many problems first or tied for first; by {COST_WORDS[cost]}",
        ("searcher", *(f"after {amount_words(amount)}" for amount in amounts)),
        tuple(rows),
        1,
        tuple(rank_words(each) for each in findings.ranked),
        tuple(records),
    )


def rank_words(ranked: Ranked) -> str:
    """Return the tests behind the ranks at one budget, in words."""
    found, names = ranked.ranking, ranked.searchers
    overall = (
        f"Friedman p {probability(found.friedman_p)}, Iman-Davenport p {probability(found.iman_davenport_p)}"
        if len(names) > 2 and len(found.ranks) > 1
        else "too few for Friedman's test"
    )
    return (
        f"After {amount_words(ranked.amount)}: {ranked.words}; {overall}; alpha {found.alpha:g}. Not told "
        f"apart by Nemenyi's critical difference of {found.critical_difference:.2f}: "
        f"{_groups(found.nemenyi, names)}; by Wilcoxon tests over the blocks with Holm's correction: "
        f"{_groups(found.wilcoxon, names)}{want_of_blocks(ranked)}."
    )


def want_of_blocks(ranked: Ranked) -> str:
    """Return that no Wilcoxon test could have told anyone apart, where there are so few blocks."""
    num_pairs = len(ranked.searchers) * (len(ranked.searchers) - 1) // 2
    least = num_pairs * 2.0 ** (1 - len(ranked.ranking.ranks))
    if least < ranked.ranking.alpha:
        return ""
    few = len(ranked.ranking.ranks)
    return f" (with {few} blocks, no corrected p-value of {num_pairs} pairs can be below alpha)"


def _groups(cliques: Cliques, names: tuple[str, ...]) -> str:
    return " and ".join("{" + ", ".join(names[place] for place in each) + "}" for each in cliques) or "none"


def _rank_records(findings: Findings, ranked: Ranked) -> list[dict[str, object]]:
    """Return a row for each searcher at one budget."""
    rows: list[dict[str, object]] = []
    for place, name in enumerate(ranked.searchers):
        firsts, judged = findings.firsts(name, ranked.amount)
        rows.append(
            {
                "searcher": name,
                "cost": findings.settings.cost,
                "amount": ranked.amount,
                "average_rank": float(ranked.ranking.average[place]),
                "num_blocks": len(ranked.ranking.ranks),
                "blocks": ranked.words,
                "first_or_tied": firsts,
                "problems_judged": judged,
            }
        )
    return rows


def _rank_cell(record: Mapping[str, object]) -> str:
    return f"{record['average_rank']:.2f} ({record['first_or_tied']} of {record['problems_judged']})"


def _pair_row(pair: Pair, facts: Mapping[str, ProblemFacts], measure: Measure) -> tuple[str, ...]:
    """Return the cells of one pair."""
    scale = in_words(facts[pair.problem], measure)[0]
    effect = (pair.effect.a12, pair.effect.low, pair.effect.high)
    return (
        *(pair.problem, pair.first, pair.second, str(pair.num_seeds)),
        *(with_interval(pair.difference, scale), with_interval(effect, digits=2), pair.effect.size),
        *(probability(pair.wilcoxon_holm), probability(pair.mann_whitney_holm)),
        f"{number(pair.seeds_80, 0)} / {number(pair.seeds_90, 0)}",
    )


def _pair_record(findings: Findings, pair: Pair) -> dict[str, object]:
    """Return everything known of one pair."""
    settings = findings.settings
    (facts,) = (problem for problem in findings.comparison.problems if problem.name == pair.problem)
    scale, unit, metric = in_words(facts, settings.measure)
    effect = (pair.effect.a12, pair.effect.low, pair.effect.high)
    return {
        "problem": pair.problem,
        "first": pair.first,
        "second": pair.second,
        "cost": settings.cost,
        "amount": pair.amount,
        "measure": settings.measure,
        "metric": metric,
        "unit": unit,
        "num_seeds": pair.num_seeds,
        **range_record("mean_difference", pair.difference, scale),
        **range_record("a12", effect),
        "cliffs_delta": pair.effect.cliffs_delta,
        "size": pair.effect.size,
        "wilcoxon_p": pair.wilcoxon_p,
        "wilcoxon_holm_p": pair.wilcoxon_holm,
        "mann_whitney_p": pair.mann_whitney_p,
        "mann_whitney_holm_p": pair.mann_whitney_holm,
        "seeds_for_80_power": pair.seeds_80,
        "seeds_for_90_power": pair.seeds_90,
    }
