"""What a report says: its headline, its sentences, and the rows of its tables."""

import math
from collections.abc import Sequence

from surronas.journal import TOLERANCE, Agreement, Measurement, Round
from surronas.plots.content import Report
from surronas.plots.figures import coverage
from surronas.plots.style import over_seeds, quantity, surrogate_names

MISSING = "–"


def number(value: float, decimals: int = 4) -> str:
    """Return a number as the report shows it; a dash where there is none."""
    if math.isnan(value):
        return MISSING
    return f"{value:.{decimals}f}" if abs(value) < 1000 else f"{value:.8g}"


def headline(report: Report) -> str:
    """Return in a few sentences what happened: the incumbent, what was trained, the surrogates' tau."""
    first, last = report.rounds[0], report.rounds[-1]
    what = f"{quantity(report.metric)} ({over_seeds(report.seeds)})"
    best = number(last.incumbent.score)
    if last.number == 0:
        found = f"Nothing was trained yet: the store's best architecture has {best} {what}."
    elif last.incumbent.architecture == first.incumbent.architecture:
        found = f"The incumbent stayed what the store had at the start, at {best} {what}."
    else:
        found = f"The incumbent went from {number(first.incumbent.score)} to {best} {what}."
    return " ".join([found, *([_trained(report.rounds)] if last.number else []), *_taus(report.rounds)])


def round_header(rounds: Sequence[Round]) -> list[str]:
    """Return the columns of the table of rounds."""
    of_surrogates = [
        f"{name}: {what}" for name in surrogate_names(rounds) for what in ("Kendall tau", "90 % coverage")
    ]
    return ["round", "rows in store", "trained", "failed", *of_surrogates, "best so far", "incumbent"]


def round_rows(rounds: Sequence[Round]) -> list[list[str]]:
    """Return a row a round."""
    return [
        [
            str(one.number),
            str(one.num_rows),
            str(len(one.candidates)),
            str(_num_failed(one.measurements)),
            *(
                number(value)
                for name in surrogate_names(rounds)
                for value in (_tau(one, name), coverage(one, name))
            ),
            number(one.incumbent.score),
            one.incumbent.text,
        ]
        for one in rounds
    ]


def candidate_header(rounds: Sequence[Round]) -> list[str]:
    """Return the columns of the table of candidates."""
    predicted = [f"predicted by {name}" for name in surrogate_names(rounds)]
    return ["round", "measured", *predicted, "status", "proposer", "cell"]


def candidate_rows(rounds: Sequence[Round], seeds: Sequence[int]) -> list[list[str]]:
    """Return a row a candidate."""
    names = surrogate_names(rounds)
    return [
        [
            str(one.number),
            number(measurement.score),
            *(_predicted(candidate.predicted.get(name)) for name in names),
            _status(measurement, seeds),
            candidate.proposer,
            candidate.text,
        ]
        for one in rounds
        for candidate, measurement in zip(one.candidates, one.measurements, strict=True)
    ]


def agreement_sentence(agreements: Sequence[Agreement]) -> str:
    """Return how many fresh trainings gave the tabulated number, and what may explain the others."""
    if not agreements:
        return "The table holds none of the trainings of this run, so there is nothing to compare."
    agreeing = sum(agreement.agrees for agreement in agreements)
    if agreeing == len(agreements):
        return (
            f"All {agreeing} trainings that the table holds too gave the tabulated number "
            f"(to within {TOLERANCE:.6f})."
        )
    gaps = [abs(a.difference) for a in agreements if not math.isnan(a.difference)]
    largest = f" The largest difference is {max(gaps):.2g}." if gaps else ""
    return (
        f"{agreeing} of {len(agreements)} trainings that the table holds too gave the tabulated number "
        f"(to within {TOLERANCE:.6f}).{largest} Recipe and seed are the same, but another processor or torch "
        f"version may round differently, and a training can carry that far.{_hardware(agreements)}"
    )


def agreement_header(agreements: Sequence[Agreement]) -> list[str]:
    """Return the columns of the table of fresh and tabulated trainings."""
    devices = ["fresh on", "tabulated on"] if _devices_known(agreements) else []
    return ["seed", "epochs", "fresh", "tabulated", "difference", "same", *devices, "cell"]


def agreement_rows(agreements: Sequence[Agreement]) -> list[list[str]]:
    """Return a row a training."""
    known = _devices_known(agreements)
    return [
        [
            str(a.seed),
            str(a.epochs),
            number(a.fresh, 6) if not math.isnan(a.fresh) else "failed",
            number(a.tabulated, 6) if not math.isnan(a.tabulated) else "failed",
            MISSING if math.isnan(a.difference) else f"{a.difference:+.2g}" if a.difference else "0",
            "yes" if a.agrees else "no",
            *((a.fresh_device or "unknown", a.tabulated_device or "unknown") if known else ()),
            a.text,
        ]
        for a in agreements
    ]


def _trained(rounds: Sequence[Round]) -> str:
    """Return how many architectures were trained, and how many of them failed."""
    trained = sum(len(one.candidates) for one in rounds)
    failed = sum(_num_failed(one.measurements) for one in rounds)
    return (
        f"{_count(trained, 'architecture')} that the store did not hold "
        f"{'was' if trained == 1 else 'were'} trained for real in {_count(rounds[-1].number, 'round')}"
        f"{f'; {failed} of them failed' if failed else ''}."
    )


def _taus(rounds: Sequence[Round]) -> list[str]:
    """Return how well the surrogates rank held-out architectures, first and last, as a sentence or none."""
    first, last = rounds[0], rounds[-1]
    changes = [
        f"{name} {number(_tau(first, name))}"
        + (f" → {number(_tau(last, name))}" if last.number != first.number else "")
        for name in surrogate_names(rounds)
        if name in first.quality or name in last.quality
    ]
    return [f"Kendall tau on held-out architectures: {', '.join(changes)}."] if changes else []


def _tau(one: Round, surrogate: str) -> float:
    """Return a surrogate's Kendall tau on held-out architectures; NaN if it was not judged."""
    return one.quality[surrogate].kendall_tau if surrogate in one.quality else math.nan


def _num_failed(measurements: Sequence[Measurement]) -> int:
    return sum(math.isnan(measurement.score) for measurement in measurements)


def _predicted(mean_and_std: tuple[float, float] | None) -> str:
    if mean_and_std is None:
        return MISSING
    return f"{number(mean_and_std[0])} ± {number(mean_and_std[1])}"


def _status(measurement: Measurement, seeds: Sequence[int]) -> str:
    """Return "ok", or the status of each seed's run when one failed."""
    if all(status == "ok" for status in measurement.statuses):
        return "ok"
    pairs = zip(seeds, measurement.statuses, strict=True)
    return ", ".join(f"seed {seed}: {status}" for seed, status in pairs)


def _devices_known(agreements: Sequence[Agreement]) -> bool:
    return any(a.fresh_device or a.tabulated_device for a in agreements)


def _hardware(agreements: Sequence[Agreement]) -> str:
    """Return which hardware the differing trainings ran on, as far as it is known."""
    differing = [a for a in agreements if not a.agrees]
    fresh = sorted({a.fresh_device for a in differing if a.fresh_device})
    tabulated = sorted({a.tabulated_device for a in differing if a.tabulated_device})
    if not fresh and not tabulated:
        return ""
    return f" Fresh on: {', '.join(fresh) or 'unknown'}; tabulated on: {', '.join(tabulated) or 'unknown'}."


def _count(how_many: int, noun: str) -> str:
    return f"{how_many} {noun}" if how_many == 1 else f"{how_many} {noun}s"
