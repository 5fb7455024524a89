"""What a comparison says in sentences: the headline, verdicts, methods, and how to rerun it."""

import json
from collections.abc import Sequence

from surronas.compare.curves import COST_WORDS, in_words, limits_of
from surronas.compare.findings import Findings, Pair, Summary
from surronas.compare.results import Comparison
from surronas.compare.table import amount_words, number, probability, with_interval


def title(comparison: Comparison) -> str:
    """Return what was compared: "4 searchers on 2 problems with 20 seeds"."""
    counts = (
        (len(comparison.searchers), "searcher"),
        (len(comparison.problems), "problem"),
        (len(comparison.seeds), "seed"),
    )
    searchers, problems, seeds = (f"{count} {word}{'s' * (count != 1)}" for count, word in counts)
    return f"{searchers} on {problems} with {seeds}"


def headline(findings: Findings) -> str:
    """Return who is first at the largest budget, and on how many problems."""
    settings = findings.settings
    if not settings.amounts:
        return f"No table tells the cost in {COST_WORDS[settings.cost]}."
    last = settings.amounts[-1]
    scores = {name: findings.firsts(name, last) for name in findings.comparison.searchers}
    most = max(firsts for firsts, _ in scores.values())
    judged = max(count for _, count in scores.values())
    after = f"After {amount_words(last)} {COST_WORDS[settings.cost]}"
    if not judged:
        return f"{after} there is nobody to compare with."
    best = _listed([name for name, (firsts, _) in scores.items() if firsts == most])
    are = "are" if sum(firsts == most for firsts, _ in scores.values()) > 1 else "is"
    on = f"{most} of {judged} problems" if judged > 1 else "the one problem"
    return f"{after} {best} {are} first or statistically tied for first on {on}."


def verdict(findings: Findings, problem: str, amount: float) -> str:
    """Return who is first, tied and behind on one problem at one budget, and what a tie would need."""
    (facts,) = (each for each in findings.comparison.problems if each.name == problem)
    found = [each for each in findings.of_problem(problem) if each.amount == amount]
    scale, unit, _ = in_words(facts, findings.settings.measure)
    after = f"After {amount_words(amount)} {COST_WORDS[findings.settings.cost]}:"
    unbeaten = sorted(
        (e for e in found if e.standing in ("first", "tied for first")), key=lambda e: e.mean[0]
    )
    behind = sorted((each for each in found if each.standing == "behind"), key=lambda each: each.mean[0])
    if not unbeaten:
        return f"{after} not known for two searchers or more."
    told = _listed([f"{each.searcher} ({with_interval(each.mean, scale)} {unit})" for each in unbeaten])
    if len(unbeaten) == 1:
        first = f"{told} is first"
    elif behind:
        first = f"{told} are tied for first"
    else:
        first = f"no searcher is told apart from the first: {told}"
    sentences = [f"{after} {first}"]
    if behind:
        sentences.append(f"behind: {_listed([_behind(each, scale) for each in behind])}")
    pair = _closest(findings, problem, amount, unbeaten, behind)
    return "; ".join(sentences) + "." + (f" {_pair_words(pair, len(unbeaten) > 1)}" if pair else "")


def methods(findings: Findings) -> list[str]:
    """Return how every kind of number was computed, with its source."""
    settings, seeds = findings.settings, len(findings.comparison.seeds)
    level = f"{100 * settings.level:g} %"
    return [
        "A searcher is told the score that is searched and nothing else. The best so far is the best by that "
        "score; its test value, where the table has one, is looked up afterwards.",
        f"Seeds: {seeds}, the same for all searchers; a seed decides the first architectures, so runs are "
        "paired.",
        "Regret: the best score possible on the problem minus the best found; infinite until something is "
        "found. A budget that some run of a searcher did not reach (unless it had the optimum or the whole "
        "space) has no number for that searcher.",
        f"Intervals of means: {level} bootstrap over seeds, BCa, {settings.resamples} resamples, seed "
        f"{settings.seed}; of medians and interquartile means, and bands of curves: percentile (Efron and "
        "Tibshirani 1993).",
        "Pairs: Wilcoxon signed-rank (paired by seed, zeros by Pratt, exact up to 50 pairs that differ) and "
        "Mann-Whitney U, two-sided, Holm-corrected over all pairs of a problem and budget; A12 of Vargha and "
        f"Delaney with the {level} interval of Feng and Cliff (2004).",
        f"Verdicts: by {_TESTS[settings.test]}. One searcher beats another if the p-value, Holm-corrected "
        f"for all the comparisons of the beaten one, is below {settings.alpha:g} and A12 is on its side. Who "
        "is beaten by nobody is first, or tied for first. A tie does not say that searchers are equally "
        "good: only that these seeds do not tell. The tests are of ranks, of how often one wins and not by "
        "how much: a searcher may be behind with the lower mean.",
        "Seeds that a claim needs: Noether (1987), for the effect seen here; as uncertain as that effect.",
        "Optimum: Kaplan-Meier with runs that ended without it censored, Greenwood's variance, log-log "
        "intervals; restricted mean; log-rank tests against the fastest, Holm-corrected.",
        "Ranks: Friedman and Iman-Davenport tests, Nemenyi's critical difference (Demsar 2006), and Wilcoxon "
        "tests over the blocks with Holm's correction (Benavoli et al. 2016).",
        "Networks: isomorphic architectures and repeats are one network; a query is counted each time.",
    ]


def settings_facts(findings: Findings) -> dict[str, str]:
    """Return budget, workers, seeds and versions, by name."""
    comparison = findings.comparison
    setting = comparison.settings.get("setting", {})
    budget = ", ".join(
        f"{amount_words(amount)} {COST_WORDS[cost]}" for cost, amount in limits_of(comparison).items()
    )
    facts = {"budget of a search": budget, "seeds": _seed_words(comparison.seeds)}
    for name, words in (
        ("workers", "simulated workers"),
        ("batch", "asked at once"),
        ("decision_seconds", "decision time"),
    ):
        if name in setting:
            facts[words] = str(setting[name])
    for session in comparison.settings.get("sessions", [])[-1:]:
        versions = ", ".join(f"{name} {version}" for name, version in session.get("versions", {}).items())
        facts |= {
            "versions": versions,
            "commit": str(session.get("commit")),
            "date": str(session.get("date")),
        }
    return facts


def searcher_facts(comparison: Comparison) -> dict[str, str]:
    """Return what each searcher is, with the parameters that it was given."""
    known = comparison.settings.get("searchers", {})
    return {name: json.dumps(known[name]) if name in known else "not told" for name in comparison.searchers}


def problem_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return name, metric, unit, networks, optima, optimum and split words of each problem."""
    rows: list[tuple[str, ...]] = []
    for each in comparison.problems:
        best = f"{each.sign * each.optimum:.6g}"
        tested = f"{each.test_optimum:.6g}" if each.test_metric else "–"
        rows.append(
            (
                *(each.name, each.metric, each.unit or "–", f"{each.num_networks:,}", str(each.num_optima)),
                *(best, each.test_metric or "–", tested, each.split_words),
            )
        )
    return rows


def commands(comparison: Comparison) -> list[str]:
    """Return the commands that made the comparison, each once, the latest last."""
    sessions = comparison.settings.get("sessions", [])
    return list(dict.fromkeys(str(each["command"]) for each in sessions if each.get("command")))


_TESTS = {"wilcoxon": "Wilcoxon's test", "mann-whitney": "the Mann-Whitney test"}


def _closest(
    findings: Findings, problem: str, amount: float, unbeaten: Sequence[Summary], behind: Sequence[Summary]
) -> Pair | None:
    """Return the best two by mean that are tied, or the first and the best of those behind."""
    chosen = list(unbeaten[:2]) if len(unbeaten) > 1 else [unbeaten[0], *behind[:1]]
    names = {each.searcher for each in chosen}
    for pair in findings.pairs:
        if (pair.problem, pair.amount) == (problem, amount) and {pair.first, pair.second} == names:
            return pair
    return None


def _pair_words(pair: Pair, tied: bool) -> str:
    """Return how far apart two are, and the seeds that the claim needs."""
    effect = pair.effect
    needs = (
        "no effect is seen"
        if pair.seeds_80 == float("inf")
        else f"an effect of this size needs about {number(pair.seeds_80, 0)} seeds for 80 % power, "
        f"{number(pair.seeds_90, 0)} for 90 %; there are {pair.num_seeds}"
    )
    return (
        f"{pair.first} against {pair.second}{', tied' if tied else ''}: A12 {effect.a12:.2f} "
        f"[{effect.low:.2f}, {effect.high:.2f}] ({effect.size}), Wilcoxon p {probability(pair.wilcoxon_p)}, "
        f"corrected for all pairs {probability(pair.wilcoxon_holm)}; {needs}."
    )


def _behind(each: Summary, scale: float) -> str:
    return f"{each.searcher} ({number(scale * each.mean[0])})"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _seed_words(seeds: Sequence[int]) -> str:
    """Return seeds as text: a range where it is one."""
    if len(seeds) > 2 and list(seeds) == list(range(seeds[0], seeds[0] + len(seeds))):
        return f"{seeds[0]} to {seeds[-1]} ({len(seeds)})"
    return ", ".join(map(str, seeds)) + f" ({len(seeds)})"
