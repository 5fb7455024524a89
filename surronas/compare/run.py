"""One search of a comparison: ask, look up, tell; on one simulated worker or several."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from surronas.compare.answers import Answers
from surronas.compare.setting import Budget, Setting
from surronas.errors import SpaceExhaustedError
from surronas.searchers import Searcher
from surronas.spaces import Architectures

_MOST = 10**6  # queries of a search that no number limits in a space without end


@dataclass
class Log:
    """The queries of a search in the order of their answers."""

    places: list[int] = field(default_factory=list)
    draws: list[int] = field(default_factory=list)
    decision_seconds: list[float] = field(default_factory=list)
    clock: list[float] = field(default_factory=list)

    def add(self, place: int, draw: int, decision_seconds: float, clock: float) -> None:
        """Append a query."""
        self.places.append(place)
        self.draws.append(draw)
        self.decision_seconds.append(decision_seconds)
        self.clock.append(clock)

    def columns(self, answers: Answers) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        """Return what a comparison keeps of the queries (q,), by name."""
        clock = np.array(self.clock, np.float64)
        known = answers.columns(self.places, self.draws)._asdict()
        if np.isnan(known["train_seconds"]).any():
            clock = np.full(len(clock), np.nan)  # in units of one training: no time
        return known | {"decision_seconds": np.array(self.decision_seconds, np.float64), "clock": clock}


class _Purse:
    """What is left of a budget."""

    def __init__(self, budget: Budget, answers: Answers) -> None:
        size = answers.pool.size
        self.queries = budget.queries or (_MOST if size is None else size)
        self._epochs = math.inf if budget.epochs is None else budget.epochs
        self._seconds = math.inf if budget.train_seconds is None else budget.train_seconds

    def take(self, seconds: float, epochs: float) -> bool:
        """Return whether a query can be paid, and pay for it; unknown costs are none."""
        seconds, epochs = (0.0 if math.isnan(cost) else cost for cost in (seconds, epochs))
        if self.queries < 1 or seconds > self._seconds or epochs > self._epochs:
            return False
        self.queries -= 1
        self._seconds -= seconds
        self._epochs -= epochs
        return True


def run(searcher: Searcher, answers: Answers, setting: Setting, seed: int) -> Log:
    """Return the queries of one search.

    It ends where the budget does, or where the searcher has no candidates left. ``seed`` draws trainings
    where a problem has it so.
    """
    if setting.workers > 1:
        return _asynchronous(searcher, answers, setting, seed)
    return _serial(searcher, answers, setting, seed)


def _serial(searcher: Searcher, answers: Answers, setting: Setting, seed: int) -> Log:
    """Ask, answer and tell, one batch after the other."""
    log, purse = Log(), _Purse(setting.budget, answers)
    deadline = setting.budget.clock_seconds or math.inf
    now, query, open_ = 0.0, 0, True
    while open_ and purse.queries:
        start = perf_counter()
        try:
            rows = searcher.ask(min(setting.batch, purse.queries))
        except SpaceExhaustedError:
            break
        decided = perf_counter() - start
        told: list[tuple[int, int, float, float]] = []  # place, draw, score, clock
        clock = now + setting.on_clock(decided / len(rows)) * len(rows)
        for place in answers.places(rows):
            draw = answers.draw(place, query, seed)
            score, seconds, epochs = answers.answer(place, draw)
            clock += _length(seconds)
            open_ = clock <= deadline and purse.take(seconds, epochs)
            if not open_:
                break
            told.append((place, draw, score, clock))
            query += 1
        if not told:
            break
        start = perf_counter()
        answers.tell(searcher, rows[: len(told)], [each[0] for each in told], [each[2] for each in told])
        learned = perf_counter() - start
        now = clock + (setting.on_clock(learned) if setting.decision_seconds == "measured" else 0.0)
        for place, draw, _, answered in told:
            log.add(place, draw, (decided + learned) / len(told), answered)
    return log


class _Running(NamedTuple):
    """A training under way; the earliest to end is first, of several the first asked."""

    end: float
    number: int
    row: Architectures  # (1, d)
    place: int
    draw: int
    score: float
    decided: float  # real seconds


def _asynchronous(searcher: Searcher, answers: Answers, setting: Setting, seed: int) -> Log:
    """Keep all simulated workers busy: whoever is done is told, and asks again, the others pending."""
    log, purse = Log(), _Purse(setting.budget, answers)
    deadline = setting.budget.clock_seconds or math.inf
    running: list[_Running] = []  # a heap
    now, free, number, open_ = 0.0, 0.0, 0, True  # the searcher itself decides one thing at a time
    while open_ or running:
        while open_ and purse.queries and len(running) < setting.workers:
            free = max(free, now)
            asked = _ask_one(searcher, answers, setting, (free, number, seed), running)
            open_ = asked is not None and asked[0].end <= deadline and purse.take(*asked[1])
            if asked is not None and open_:
                free += setting.on_clock(asked[0].decided)
                heapq.heappush(running, asked[0])
                number += 1
        if not running:
            break
        done = heapq.heappop(running)
        now = done.end
        start = perf_counter()
        answers.tell(searcher, done.row, [done.place], [done.score])
        learned = perf_counter() - start
        if setting.decision_seconds == "measured":
            free = max(free, now) + learned
        log.add(done.place, done.draw, done.decided + learned, now)
    return log


def _ask_one(
    searcher: Searcher,
    answers: Answers,
    setting: Setting,
    when: tuple[float, int, int],
    running: list[_Running],
) -> tuple[_Running, tuple[float, float]] | None:
    """Return the next training, and its seconds and epochs; None where no candidate is left."""
    now, number, seed = when
    waiting = [each.row for each in sorted(running, key=lambda each: each.number)]
    start = perf_counter()
    try:
        row = searcher.ask(1, pending=np.concatenate(waiting) if waiting else None)
    except SpaceExhaustedError:
        return None
    decided = perf_counter() - start
    (place,) = answers.places(row)
    draw = answers.draw(place, number, seed)
    score, seconds, epochs = answers.answer(place, draw)
    end = now + setting.on_clock(decided) + _length(seconds)
    return _Running(end, number, row, place, draw, score, decided), (seconds, epochs)


def _length(seconds: float) -> float:
    """Return how long a training takes on the clock: one unit where nobody knows."""
    return 1.0 if seconds != seconds else seconds  # the first where it is NaN
