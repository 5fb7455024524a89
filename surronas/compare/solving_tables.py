"""Two tables of a comparison: what searches needed to find the optimum, and what they did all the while."""

from surronas.compare.curves import COST_WORDS
from surronas.compare.findings import NOTHING, Findings, Range, Solving
from surronas.compare.table import Table, number, probability, with_interval
from surronas.compare.table_words import percent, range_record


def optimum_table(findings: Findings) -> Table:
    """Return how many runs found the optimum, and what they needed."""
    level = percent(findings.settings.level)
    header = (
        "problem",
        "searcher",
        "seeds",
        "found it (%)",
        "restricted mean",
        "cut at",
        "median",
        "slower: p",
    )
    return Table(
        "optimum",
        f"Until the optimum is found: {COST_WORDS[findings.settings.cost]}",
        header,
        tuple(_solving_row(each) for each in findings.solvings),
        2,
        (
            "Runs that ended without it are censored there (Kaplan-Meier). Restricted mean: area under the "
            f"survival curve; a run counts as the number under 'cut at' at most; [...]: {level} intervals "
            "(share: Wilson; mean: normal, Greenwood's variance; median: Brookmeyer-Crowley, log-log).",
            "slower: p: log-rank test against the searcher with the least restricted mean, Holm-corrected; "
            "– for that one.",
            *(
                f"{problem.name}: {problem.num_optima} of {problem.num_networks} networks are optimal."
                for problem in findings.comparison.problems
            ),
        ),
        tuple(_solving_record(each, findings.settings.cost) for each in findings.solvings),
    )


def _solving_row(each: Solving) -> tuple[str, ...]:
    """Return the cells of one searcher on one problem."""
    return (
        each.problem,
        each.searcher,
        str(each.curve.num_runs if each.curve else 0),
        with_interval(each.share, 100.0, 0),
        with_interval(_mean(each), digits=1),
        number(each.mean.horizon, 0) if each.mean else "–",
        with_interval(each.median, digits=0),
        probability(each.slower_p),
    )


def _solving_record(each: Solving, cost: str) -> dict[str, object]:
    """Return everything known of what one searcher needed on one problem."""
    return {
        "problem": each.problem,
        "searcher": each.searcher,
        "cost": cost,
        "num_runs": each.curve.num_runs if each.curve else 0,
        "num_solved": each.curve.num_solved if each.curve else 0,
        **range_record("share", each.share),
        **range_record("restricted_mean", _mean(each)),
        "standard_error": each.mean.standard_error if each.mean else float("nan"),
        "horizon": each.mean.horizon if each.mean else float("nan"),
        **range_record("median", each.median),
        "log_rank_holm_p": each.slower_p,
    }


def _mean(each: Solving) -> Range:
    return (each.mean.value, *each.mean.interval) if each.mean else NOTHING


def effort_table(findings: Findings) -> Table:
    """Return what the searches did: queries, distinct networks, failures, time to decide."""
    rows = []
    for each in findings.efforts:
        counts = [number(value, 1) for value in (each.queries, each.networks, each.failed)]
        took = number(each.decision_milliseconds, 2)
        rows.append((each.problem, each.searcher, str(each.num_runs), *counts, took))
    return Table(
        "effort",
        "What a search did, means over seeds",
        ("problem", "searcher", "seeds", "queries", "distinct networks", "failed", "decision (ms)"),
        tuple(rows),
        2,
        (
            "distinct networks: isomorphic ones and repeats count once. failed: queries without a score.",
            "decision: real time to ask and to learn, a query.",
        ),
        tuple(vars(each) for each in findings.efforts),
    )
