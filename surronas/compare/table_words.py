"""Words and pieces that several tables of a comparison share."""

from collections.abc import Sequence

from surronas.compare.curves import Measure, in_words
from surronas.compare.facts import ProblemFacts
from surronas.compare.findings import Range

MEASURE_WORDS = {
    "regret": "regret: how far the best score found lies from the best that there is",
    "test_regret": "test regret: how far the test value of the best by score lies from the best test value",
}
TEST_WORDS = {
    "wilcoxon": "Wilcoxon signed-rank tests, paired by seed",
    "mann-whitney": "Mann-Whitney U tests",
}


def unit_notes(problems: Sequence[ProblemFacts], measure: Measure) -> list[str]:
    """Return a line for each problem: unit and metric of its regrets, what was searched and reported."""
    notes = []
    for problem in problems:
        _, unit, metric = in_words(problem, measure)
        of = f"{unit} of {metric}" if metric else "no test metric"
        notes.append(f"{problem.name}: {of}; {problem.split_words}.")
    return notes


def percent(level: float) -> str:
    """Return a level as text: "95 %"."""
    return f"{100.0 * level:g} %"


def range_record(name: str, value: Range, scale: float = 1.0) -> dict[str, float]:
    """Return an estimate and its interval as columns."""
    return dict(zip((name, f"{name}_low", f"{name}_high"), (scale * each for each in value), strict=True))
