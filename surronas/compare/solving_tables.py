"""Two tables of a comparison: what searches needed to find the optimum, and what they did all the while."""

from surronas.compare.curves import COST_WORDS
from surronas.compare.findings import Findings, Range
from surronas.compare.table import Table, number, probability, with_interval
from surronas.compare.table_words import percent, range_record


def optimum_table(findings: Findings) -> Table:
    """Return how many runs found the optimum, and what they needed."""
    cost = COST_WORDS[findings.settings.cost]
    rows, records = [], []
    for each in findings.solvings:
        runs = each.curve.num_runs if each.curve else 0
        mean: Range = (each.mean.value, *each.mean.interval) if each.mean else each.median
        share = with_interval(each.share, 100.0, 0)
        rows.append(
            (
                *(each.problem, each.searcher, str(runs), share, with_interval(mean, digits=1)),
                *(number(each.mean.horizon, 0) if each.mean else "–", with_interval(each.median, digits=0)),
                probability(each.slower_p),
            )
        )
        records.append(
            {
                "problem": each.problem,
                "searcher": each.searcher,
                "cost": findings.settings.cost,
                "num_runs": runs,
                "num_solved": each.curve.num_solved if each.curve else 0,
                **range_record("share", each.share),
                **range_record("restricted_mean", mean),
                "standard_error": each.mean.standard_error if each.mean else float("nan"),
                "horizon": each.mean.horizon if each.mean else float("nan"),
                **range_record("median", each.median),
                "log_rank_holm_p": each.slower_p,
            }
        )
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
        f"Until the optimum is found: {cost}",
        header,
        tuple(rows),
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
        tuple(records),
    )


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
