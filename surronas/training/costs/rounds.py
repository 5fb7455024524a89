"""Many networks measured in turns, so that the drift of a shared machine hits all alike."""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from surronas.training.costs.energy import EnergyCounter
from surronas.training.costs.runners import Runner

WARM_UP_CALLS, WARM_UP_SECONDS = 10, 0.2  # of each network before the first round, whichever ends first
MIN_ROUNDS, MAX_ROUNDS = 5, 40
CALLS = (5, 50)  # timed calls of one turn, at least and at most ...
TURN_SECONDS = 0.01  # ... and as many between as fit in here
SETTLED = 0.01  # standard error of a network's median, as a share of it, at which it is known well enough
ENERGY_ROUNDS, ENERGY_SECONDS = 3, 0.3  # a turn must outlast the steps of NVML's counter, 0.02 to 0.1 s

OnRound = Callable[[int, int], None]  # told the rounds done, and how many there may be in all


def latencies(
    runners: Sequence[Runner], *, seconds: float, on_round: OnRound = lambda done, total: None
) -> list[NDArray[np.float64]]:
    """Return (calls,) milliseconds of each network's forward passes after warm-up.

    There are 5 rounds at least, then more until the median of every network is known to 1 %, but none is
    begun that would take the whole beyond ``seconds`` a network on average.
    """
    budget = seconds * len(runners)
    with _undisturbed():
        begun = time.perf_counter()
        calls = [_warm_up(runner) for runner in runners]
        warmed_up = time.perf_counter()
        turns: list[list[NDArray[np.float64]]] = [[] for _ in runners]
        for number in range(1, MAX_ROUNDS + 1):
            for i in np.random.default_rng(number).permutation(len(runners)):
                turns[i].append(_turn(runners[i], calls[i]))
            spent = time.perf_counter() - begun
            a_round = (time.perf_counter() - warmed_up) / number
            affordable = number + max(0, int((budget - spent) / a_round))
            total = min(MAX_ROUNDS, max(MIN_ROUNDS, affordable))
            settled = number >= MIN_ROUNDS and all(standard_error(turn) <= SETTLED for turn in turns)
            on_round(number, number if settled else total)
            if settled or number >= total:
                break
    return [np.concatenate(turn) for turn in turns]


def standard_error(turns: Sequence[NDArray[np.float64]]) -> float:
    """Return about how far a network's median may be off, as a share of it, as its turns' medians tell."""
    medians = np.array([np.median(turn) for turn in turns])
    middle = float(np.median(medians))
    deviation = 1.4826 * float(np.median(np.abs(medians - middle)))  # of a normal distribution
    return float(1.2533 * deviation / len(medians) ** 0.5 / middle)  # a median's is 1.25 times a mean's


def energies(runners: Sequence[Runner], counter: EnergyCounter) -> NDArray[np.float64]:
    """Return (n,) millijoules of a forward pass of each network, the median of 3 rounds; NaN: not counted."""
    found = np.full((len(runners), ENERGY_ROUNDS), np.nan)
    for number in range(ENERGY_ROUNDS):
        for i in np.random.default_rng(number).permutation(len(runners)):
            found[i, number] = _energy(runners[i], counter)
    counted = np.where(found > 0, found, np.nan)
    return np.where(np.isnan(counted).any(axis=1), np.nan, np.median(counted, axis=1))


def _warm_up(runner: Runner) -> int:
    """Run a network until it is warm; return how many timed calls a turn of it has."""
    start = time.perf_counter()
    times: list[float] = []
    while len(times) < WARM_UP_CALLS and (len(times) < 2 or time.perf_counter() - start < WARM_UP_SECONDS):
        times.append(runner.milliseconds())
    fitting = int(1000 * TURN_SECONDS / max(1e-6, float(np.median(times))))
    return min(max(fitting, CALLS[0]), CALLS[1])


def _turn(runner: Runner, calls: int) -> NDArray[np.float64]:
    """Return (calls,) milliseconds; a call before them refills the caches after other networks."""
    runner.run()
    return np.array([runner.milliseconds() for _ in range(calls)])


def _energy(runner: Runner, counter: EnergyCounter) -> float:
    """Return the millijoules of a forward pass, from as many as fit into a turn."""
    runner.run()
    before, start, calls = counter.millijoules(), time.perf_counter(), 0
    while calls == 0 or time.perf_counter() - start < ENERGY_SECONDS:
        runner.run()
        calls += 1
    return (counter.millijoules() - before) / calls


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Run the block without garbage collections, as timeit does."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
