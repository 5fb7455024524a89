"""The README's tables of searches, from results; readme_tables.py writes them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
DEFAULT = "bayesian"
MOST_MISSED = 12  # verdicts told one by one


def search_tables() -> dict[str, str]:
    """Return the text of each table by its name in the marks."""
    return {
        "sample_efficiency": sample_efficiency(read("sample_efficiency")),
        "searcher_comparison": searcher_comparison(read("searcher_comparison")),
        "speed_search": speed_search(read("speed_search")),
    }


def read(name: str) -> dict[str, Any]:
    """Return committed results."""
    result: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return result


def sample_efficiency(result: dict[str, Any]) -> str:
    """Return mean queries to the optimum beside those to reach and reported."""
    tasks = list(next(iter(result["beside"].values())))
    rows = []
    for name, words in (("default", "the default searcher"), ("local search, distinct networks",) * 2):
        found = [result[name][task] for task in tasks]
        rows.append([words, *(f"{each['mean']:.1f} ± {each['standard_error']:.1f}" for each in found)])
    rows += [[name, *(str(means[task]) for task in tasks)] for name, means in result["beside"].items()]
    mine = [result["default"][task] for task in tasks]
    solved = ", ".join(f"{100 * each['share_solved']:.1f} %" for each in mine)
    most = ", ".join(f"{each['most']:.0f}" for each in mine)
    return (
        f"{result['seeds']} seeds; ± is the standard error. Solved by the default searcher within "
        f"{result['cap']} queries: {solved}; the slowest search took {most}.\n\n"
        + markdown(["", *tasks], rows)
    )


def searcher_comparison(result: dict[str, Any]) -> str:
    """Return where the default searcher is first or tied, its rank, and where it is behind."""
    parts, missed, rows = [], [], []
    for section in ("all problems", "beside searchers with models"):
        if section not in result:
            continue
        facts = result[section]
        last = facts["mean_ranks"][str(result["budgets"][-1])]
        for searcher in sorted(last, key=lambda name: last[name]):
            ranks = [f"{facts['mean_ranks'][str(budget)][searcher]:.2f}" for budget in result["budgets"]]
            rows.append([f"{searcher} ({section}, {facts['seeds']} seeds)", *ranks])
        firsts = [
            f"{first} of {judged} at {n} queries"
            for n, (first, judged) in facts["default_first_or_tied"].items()
        ]
        parts.append(f"{section}: first or tied for first on {', '.join(firsts)}")
        for name, problem in facts["problems"].items():
            mine = problem["searchers"][DEFAULT]
            missed += [
                f"{name} at {n} ({', '.join(beaten)})"
                for n, standing, beaten in zip(
                    result["budgets"], mine["standing"], mine["beaten_by"], strict=True
                )
                if standing == "behind"
            ]
    told = "; ".join(missed[:MOST_MISSED]) + (
        f" and {len(missed) - MOST_MISSED} more" if len(missed) > MOST_MISSED else ""
    )
    behind = f" Behind somebody: {told}." if missed else ""
    header = ["mean rank over problems, at queries", *map(str, result["budgets"])]
    return f"{'. '.join(part[0].upper() + part[1:] for part in parts)}.{behind}\n\n{markdown(header, rows)}"


def speed_search(result: dict[str, Any]) -> str:
    """Return decision times beside those of other libraries, and how many queries a second cheap ones ask."""
    at = ("50", "100", "200")
    rows = [
        [name, *(f"{times[n]['processor_ms']:.2f} ms" if n in times else "" for n in at)]
        for name, times in result["milliseconds_of_a_decision_at_queries"].items()
        if times
    ]
    cheap = ", ".join(
        f"{name} {each['a processor second']:,}" for name, each in result["queries_a_second"].items()
    )
    peers = ", ".join(f"{name} {version}" for name, version in result["peers"].items())
    return (
        f"Processor time of a decision (ask and tell) on NAS-Bench-201, medians; {peers}. Queries a "
        f"processor second: {cheap}.\n\n" + markdown(["at queries", *at], rows)
    )


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
