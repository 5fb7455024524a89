"""A surrogate benchmark as a problem: searched on predictions, for spaces that no table covers."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.compare.answers import Answer, Answers, Columns, TableAnswers, tell_scores
from surronas.compare.facts import ProblemFacts
from surronas.compare.provenance import file_hash
from surronas.compare.reading import COST
from surronas.errors import InputError
from surronas.evaluators import SurrogateEvaluator, open_surrogate_benchmark, test_counterpart
from surronas.objectives import search_metric
from surronas.searchers import Pool, Searcher
from surronas.spaces import Architectures
from surronas.store import SEED_MEAN, Metric

_PREDICTED_AT_ONCE = 2**15  # architectures of a space that is predicted as a whole, when it is opened


@dataclass(frozen=True)
class SurrogateProblem:
    """The predictions of a surrogate benchmark, without noise, as a problem.

    A space of up to 32,768 architectures is predicted as a whole, and is then a table. In a larger one
    each architecture is predicted when it is first asked: its optimum is unknown, and so are regrets.

    Attributes:
        path: of the file that ``surronas.evaluators.publish`` wrote.
        metric: that is searched, none of the test split.
        label: what reports call it; "" for the file's name.
    """

    path: str | os.PathLike[str]
    metric: str = "valid_accuracy"
    label: str = ""

    @property
    def name(self) -> str:
        """The label, or the file's name."""
        return self.label or self.source.stem

    @property
    def source(self) -> Path:
        """The file."""
        return Path(self.path)

    def to_json(self) -> dict[str, Any]:
        """Return the problem as a JSON-able dict."""
        return (
            {"kind": "surrogate", "name": self.name}
            | asdict(self)
            | {"store": str(self.path)}
            | {"path": str(self.path)}
        )

    def opened(self) -> Answers:
        """Return the answers.

        Raises:
            InputError: no surrogate benchmark, no such metric, or one of the test split.
            StoreError: the file is not there or damaged.
        """
        evaluator = open_surrogate_benchmark(self.source)
        metric = search_metric(evaluator.metrics, self.metric)
        pool = Pool(evaluator.space)
        facts = _facts(self.name, evaluator, metric, pool)
        predicted = _Predicted(evaluator, metric, facts.test_metric)
        if pool.size is None or pool.size > _PREDICTED_AT_ONCE:
            digest = hashlib.sha256(f"{file_hash(self.source)} {metric.name}".encode()).hexdigest()
            return PredictedAnswers(facts, pool, predicted, digest)
        return _table(facts, pool, predicted)


@dataclass(frozen=True)
class _Predicted:
    """What is predicted of architectures."""

    evaluator: SurrogateEvaluator
    metric: Metric
    test_metric: str | None

    def of(self, architectures: Architectures) -> NDArray[np.float64]:
        """Return (n, 4): score, test metric, training seconds, epochs; NaN where nothing predicts it."""
        records = self.evaluator.evaluate(architectures, [SEED_MEAN])
        nothing = np.full(len(records), np.nan)
        names = records.dtype.names or ()
        return np.stack(
            [
                self.metric.sign * records[self.metric.name],
                nothing if self.test_metric is None else records[self.test_metric],
                records[COST] if COST in names else nothing,
                np.where(records["epochs"] > 0, records["epochs"], np.nan),
            ],
            axis=1,
        )


@dataclass(frozen=True)
class PredictedAnswers:
    """Answers that are predicted when they are first asked; places are numbers in that order."""

    facts: ProblemFacts
    pool: Pool
    predicted: _Predicted
    digest: str
    _place: dict[int, int] = field(default_factory=dict)  # by key
    _numbers: list[tuple[float, ...]] = field(default_factory=list)  # score, test, seconds, epochs
    _keys: list[int] = field(default_factory=list)  # of networks

    @property
    def costs_known(self) -> tuple[bool, bool]:
        """Whether training seconds are known of every query, and epochs."""
        axes = self.predicted.evaluator.axes
        names = {metric.name for metric in self.predicted.evaluator.metrics}
        return COST in names, bool(axes.epochs)

    def places(self, architectures: Architectures) -> list[int]:
        """Return the places of (n, d) candidates.

        Raises:
            InputError: an architecture is no candidate.
        """
        keys = self.pool.resolve(architectures)
        if strangers := [key for key in keys if key not in self.pool]:
            raise InputError(
                f"problem {self.facts.name!r}: asked for {len(strangers)} that are no candidates"
            )
        new = [number for number, key in enumerate(keys) if key not in self._place]
        if new:
            rows = self.pool.rows([keys[number] for number in new])
            for key, row in zip((keys[number] for number in new), rows, strict=True):
                if key not in self._place:
                    self._place[key] = len(self._numbers)
                    self._numbers.append(tuple(self.predicted.of(row[None])[0].tolist()))
                    self._keys.append(int(self.pool.space.keys(row[None])[0]))
        return [self._place[key] for key in keys]

    def draw(self, place: int, query: int, seed: int) -> int:
        """Return 0: there is one answer."""
        return 0

    def answer(self, place: int, draw: int) -> Answer:
        """Return the score, training seconds and epochs."""
        score, _, seconds, epochs = self._numbers[place]
        return score, seconds, epochs

    def tell(
        self, searcher: Searcher, architectures: Architectures, places: Sequence[int], scores: Sequence[float]
    ) -> None:
        """Tell the scores of (n, d) architectures."""
        tell_scores(searcher, architectures, scores)

    def columns(self, places: Sequence[int], draws: Sequence[int]) -> Columns:
        """Return what is known of n queries."""
        numbers = np.array([self._numbers[place] for place in places], np.float64).reshape(-1, 4)
        keys = np.array([self._keys[place] for place in places], np.int64)
        return Columns(numbers[:, 0], numbers[:, 1], keys, numbers[:, 2], numbers[:, 3])

    def fingerprint(self) -> str:
        """Return a hash of the file and of what is searched."""
        return self.digest


def _table(facts: ProblemFacts, pool: Pool, predicted: _Predicted) -> TableAnswers:
    """Return the predictions of a whole space as a table."""
    numbers = predicted.of(pool.architectures)
    scores, test, seconds, epochs = (numbers[:, [column]] for column in range(4))
    sign, best = facts.test_sign, float(scores.max())
    known = {
        "optimum": best,
        "num_optima": int((scores == best).sum()),
        "test_optimum": float(sign * (sign * test).max()) if facts.test_metric else float("nan"),
    }
    whole = ProblemFacts(**asdict(facts) | known)
    return TableAnswers(whole, pool, scores, seconds, epochs, np.ones(len(scores), np.int64), test[:, 0])


def _facts(name: str, evaluator: SurrogateEvaluator, metric: Metric, pool: Pool) -> ProblemFacts:
    """Return what a report must know, the optimum left open."""
    test = test_counterpart(evaluator.metrics, metric.name)
    by_name = {each.name: each for each in evaluator.metrics}
    (by,) = [type(one.surrogate).__name__ for one in evaluator.predicted if one.metric.name == metric.name]
    words = f"searched on {metric.name} as {by} predicts it (task {evaluator.axes.task}): nothing is measured"
    end = f"; reported of the best so far: {test}, predicted too" if test else ""
    return ProblemFacts(
        name=name,
        metric=metric.name,
        sign=metric.sign,
        unit=metric.unit,
        test_metric=test,
        split_words=words + end,
        optimum=float("nan"),
        test_optimum=float("nan"),
        num_networks=evaluator.space.num_architectures if pool.size is None else pool.size,
        num_optima=0,
        test_sign=by_name[test].sign if test else 1.0,
        test_unit=by_name[test].unit if test else "",
    )
