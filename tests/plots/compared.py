"""A comparison for figures and reports: real searchers on the table that ships with the project."""

from pathlib import Path

from surronas.compare import Comparison, TableProblem, compare
from surronas.searchers import LocalSearch, RandomSearch


def compared(store: Path) -> Comparison:
    """Return a small comparison on a store."""
    problems = [TableProblem(store, label="digits")]
    return compare(
        {"random": RandomSearch, "local search": LocalSearch}, problems, seeds=8, budget=20, workers=1
    )
