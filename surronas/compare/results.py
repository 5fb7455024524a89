"""What a comparison found: every query of every search, and what follows from them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.compare.facts import Failure, ProblemFacts
from surronas.compare.saving import read_arrays, write_arrays
from surronas.errors import InputError

FORMAT = "surronas-comparison"
ARRAYS = ("scores", "test", "keys", "train_seconds", "epochs", "decision_seconds", "clock")
COSTS = ("queries", "networks", "epochs", "train_seconds", "clock")

Values = NDArray[np.float64]  # (S, P, R, Q): searchers, problems, seeds, queries, unless said otherwise


@dataclass(frozen=True)
class Comparison:
    """Every query of S searchers on P problems with R seeds, Q queries at most.

    A search may end early (its budget is simulated time, or the candidates are used up): keys are -1 and
    numbers NaN from there on. Methods that follow the search keep their last value then.
    """

    searchers: tuple[str, ...]
    problems: tuple[ProblemFacts, ...]
    seeds: tuple[int, ...]
    scores: Values  # told to the searcher, more is better; NaN: the evaluation failed, or there was none
    test: Values  # test metric, in its unit, of the architecture queried; NaN: none
    keys: NDArray[np.int64]  # (S, P, R, Q) of the network queried, isomorphic ones share it; -1: no query
    train_seconds: Values  # simulated training time of each query; NaN: the table has none
    epochs: Values  # trained for each query; NaN: the table does not say
    decision_seconds: Values  # real time that the searcher took to ask and to learn, for each query
    clock: Values  # simulated time at which each query was answered; NaN: no training times
    settings: dict[str, Any]  # JSON: everything needed to rerun
    failures: tuple[Failure, ...] = ()

    def __post_init__(self) -> None:
        """Check the shapes.

        Raises:
            InputError: arrays of another shape, or names that are there twice.
        """
        shape = (len(self.searchers), len(self.problems), len(self.seeds), self.scores.shape[-1])
        for name in ARRAYS:
            if (found := getattr(self, name).shape) != shape:
                raise InputError(f"{name}: expected shape {shape}, got {found}")
        problems = [problem.name for problem in self.problems]
        for what, names in (("searchers", self.searchers), ("problems", problems), ("seeds", self.seeds)):
            if len(set(names)) != len(names):
                raise InputError(f"expected distinct {what}, got {', '.join(map(str, names))}")

    @property
    def asked(self) -> NDArray[np.bool_]:
        """(S, P, R, Q) whether there was such a query."""
        return np.asarray(self.keys >= 0)

    @property
    def num_queries(self) -> NDArray[np.int64]:
        """(S, P, R) queries of each search."""
        return np.asarray(self.asked.sum(axis=-1))

    @cached_property
    def incumbents(self) -> Values:
        """(S, P, R, Q) best score so far after each query; NaN before the first success."""
        return np.asarray(np.fmax.accumulate(self.scores, axis=-1))

    @cached_property
    def best_queries(self) -> NDArray[np.int64]:
        """(S, P, R, Q) number, from 0, of the first query that had the best score so far; -1 before one."""
        known = np.where(np.isnan(self.scores), -np.inf, self.scores)
        before = np.concatenate(
            [np.full((*known.shape[:-1], 1), -np.inf), np.maximum.accumulate(known, -1)[..., :-1]], axis=-1
        )
        new = np.where(known > before, np.arange(known.shape[-1]), -1)
        return np.asarray(np.maximum.accumulate(new, axis=-1))

    @cached_property
    def test_of_best(self) -> Values:
        """(S, P, R, Q) test metric, in its unit, of the best by score so far; NaN where it has none."""
        found = np.take_along_axis(self.test, np.maximum(self.best_queries, 0), axis=-1)
        return np.where(self.best_queries >= 0, found, np.nan)

    @cached_property
    def regret(self) -> Values:
        """(S, P, R, Q) how far the best score so far lies below the optimum; NaN before the first success."""
        return self._of_problems("optimum") - self.incumbents

    @cached_property
    def test_regret(self) -> Values:
        """(S, P, R, Q) how much worse ``test_of_best`` is than the table's best test value."""
        return self._of_problems("test_sign") * (self._of_problems("test_optimum") - self.test_of_best)

    def queries_to_optimum(self, tolerance: float = 0.0) -> Values:
        """Return (S, P, R) the number of queries, from 1, until the regret is at most ``tolerance``.

        inf: not reached in ``num_queries`` (censored there); NaN: the search failed.
        """
        return self.cost_to_optimum("queries", tolerance)

    def cost_to_optimum(self, cost: str, tolerance: float = 0.0) -> Values:
        """Return (S, P, R) the cost, one of COSTS, when the regret first is at most ``tolerance``.

        inf: not reached; NaN: the search failed, or the cost is unknown.

        Raises:
            InputError: another word for the cost.
        """
        reached = self.regret <= tolerance
        first = reached.argmax(axis=-1)[..., None]
        spent = np.take_along_axis(self.costs(cost), first, axis=-1)[..., 0]
        found = np.where(reached.any(axis=-1), spent, np.inf)
        return np.where(self.asked.any(axis=-1), found, np.nan)

    def costs(self, cost: str) -> Values:
        """Return (S, P, R, Q) what was spent when each query was answered; NaN where that is unknown.

        ``"queries"``; ``"networks"``: distinct ones asked, whatever their strings; ``"epochs"`` and
        ``"train_seconds"``: summed over the queries; ``"clock"``: simulated time, with workers side by side.

        Raises:
            InputError: another word.
        """
        if cost not in COSTS:
            raise InputError(f"expected a cost among {', '.join(COSTS)}, got {cost!r}")
        if cost == "queries":
            return np.cumsum(self.asked, axis=-1).astype(np.float64)
        if cost == "networks":
            return np.cumsum(self._first_asked(), axis=-1).astype(np.float64)
        if cost == "clock":
            return np.asarray(np.maximum.accumulate(_ended(self.clock, self.asked), axis=-1))
        return np.asarray(np.cumsum(_ended(getattr(self, cost), self.asked), axis=-1))

    def part(
        self, searchers: Sequence[str] | None = None, problems: Sequence[str] | None = None
    ) -> Comparison:
        """Return the comparison of some searchers on some problems (None: all), in the order given.

        Raises:
            InputError: a name that is not there.
        """
        rows = _places(searchers, self.searchers, "searcher")
        names = [problem.name for problem in self.problems]
        columns = _places(problems, names, "problem")
        kept_searchers = tuple(self.searchers[row] for row in rows)
        kept_problems = tuple(self.problems[column] for column in columns)
        of_these = {problem.name for problem in kept_problems}
        failures = [each for each in self.failures if each.searcher in kept_searchers]
        return replace(
            self,
            searchers=kept_searchers,
            problems=kept_problems,
            **{name: getattr(self, name)[np.ix_(rows, columns)] for name in ARRAYS},
            failures=tuple(each for each in failures if each.problem in of_these),
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one HDF5 file; it appears whole or not at all.

        Raises:
            StoreError: the file can't be written.
        """
        about = {
            "searchers": self.searchers,
            "problems": [asdict(problem) for problem in self.problems],
            "seeds": self.seeds,
            "settings": self.settings,
            "failures": [asdict(failure) for failure in self.failures],
        }
        write_arrays(Path(path), FORMAT, about, {name: getattr(self, name) for name in ARRAYS})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Comparison:
        """Return the comparison that ``save`` wrote.

        Raises:
            StoreError: the file is not there, damaged, or of a later version.
            InputError: it is another kind of file.
        """
        about, arrays = read_arrays(Path(path), FORMAT)
        return cls(
            tuple(about["searchers"]),
            tuple(ProblemFacts(**problem) for problem in about["problems"]),
            tuple(about["seeds"]),
            **{name: arrays[name] for name in ARRAYS},
            settings=about["settings"],
            failures=tuple(Failure(**failure) for failure in about["failures"]),
        )

    def _of_problems(self, fact: str) -> Values:
        """Return (P, 1, 1) a number of each problem."""
        return np.array([getattr(problem, fact) for problem in self.problems], np.float64)[:, None, None]

    def _first_asked(self) -> NDArray[np.bool_]:
        """Return (S, P, R, Q) whether a query was the first of its search for its network."""
        order = np.argsort(self.keys, axis=-1, kind="stable")
        sorted_keys = np.take_along_axis(self.keys, order, axis=-1)
        new = np.ones(self.keys.shape, np.bool_)
        new[..., 1:] = sorted_keys[..., 1:] != sorted_keys[..., :-1]
        first = np.empty_like(new)
        np.put_along_axis(first, order, new, axis=-1)
        return np.asarray(first & self.asked)


def _ended(values: Values, asked: NDArray[np.bool_]) -> Values:
    """Return the values, 0 where there was no query."""
    return np.where(asked, values, 0.0)


def _places(wanted: Sequence[str] | None, names: Sequence[str], what: str) -> list[int]:
    """Return the places of names."""
    if wanted is None:
        return list(range(len(names)))
    if unknown := [name for name in wanted if name not in names]:
        raise InputError(f"expected a {what} among {', '.join(names)}, got {unknown[0]!r}")
    return [list(names).index(name) for name in wanted]
