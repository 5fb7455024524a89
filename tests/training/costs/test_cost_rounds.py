import gc
from collections.abc import Iterator
from itertools import chain, repeat

import numpy as np
import pytest
import torch

from surronas.training.costs import rounds
from surronas.training.costs.rounds import (
    CALLS,
    MAX_ROUNDS,
    MIN_ROUNDS,
    WARM_UP_CALLS,
    latencies,
    standard_error,
)
from surronas.training.costs.runners import CpuRunner
from surronas.training.device import limited_threads


class Scripted:
    """A runner whose calls take what is written down; it notes whose turn it is."""

    def __init__(self, name: str, times: Iterator[float], turns: list[str]) -> None:
        self._name, self._times, self._turns = name, times, turns

    def run(self) -> None:
        self._turns.append(self._name)

    def milliseconds(self) -> float:
        return next(self._times)


def noisy(seed: int) -> Iterator[float]:
    return iter(np.random.default_rng(seed).uniform(2, 6, 10**5).tolist())


def test_networks_take_turns_in_rounds_and_warm_up_does_not_count() -> None:
    turns: list[str] = []
    runners = [
        Scripted("a", chain([9e9] * WARM_UP_CALLS, repeat(3.0)), turns),
        Scripted("b", chain([9e9] * WARM_UP_CALLS, repeat(70.0)), turns),
    ]
    told: list[tuple[int, int]] = []
    found = latencies(runners, seconds=10.0, on_round=lambda done, total: told.append((done, total)))
    assert [set(turns[i : i + 2]) for i in range(0, len(turns), 2)] == [{"a", "b"}] * MIN_ROUNDS
    assert turns[::2] != ["a"] * MIN_ROUNDS  # not always in the same order
    assert [len(calls) for calls in found] == [MIN_ROUNDS * CALLS[0]] * 2
    assert set(found[0]) == {3.0}
    assert set(found[1]) == {70.0}
    assert told[-1] == (MIN_ROUNDS, MIN_ROUNDS)  # settled


def test_rounds_go_on_while_a_median_is_not_settled() -> None:
    turns: list[str] = []
    runners = [Scripted("steady", repeat(1.0), turns), Scripted("noisy", noisy(0), turns)]
    found = latencies(runners, seconds=60.0)
    assert len(found[0]) > MIN_ROUNDS * 10  # all stay to the end
    assert turns.count("steady") == turns.count("noisy") > MIN_ROUNDS


def test_no_round_begins_beyond_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "SETTLED", -1.0)
    turns: list[str] = []
    latencies([Scripted("a", noisy(1), turns)], seconds=1e-9)
    assert len(turns) == MIN_ROUNDS
    latencies([Scripted("a", noisy(1), turns)], seconds=1e9)
    assert len(turns) == MIN_ROUNDS + MAX_ROUNDS


def test_fast_networks_have_more_calls_a_turn() -> None:
    fast, slow = latencies(
        [Scripted("fast", repeat(0.5), []), Scripted("slow", repeat(80.0), [])], seconds=1.0
    )
    assert len(fast) == MIN_ROUNDS * 20  # 10 milliseconds
    assert len(slow) == MIN_ROUNDS * CALLS[0]


def test_the_standard_error_is_that_of_the_median_of_turns() -> None:
    assert standard_error([np.full(5, 2.0)] * 9) == 0
    rng = np.random.default_rng(0)
    samples = [[rng.normal(100, 1, 1) for _ in range(25)] for _ in range(400)]
    measured = np.std([np.median(turns) for turns in samples]) / 100
    assert np.mean([standard_error(turns) for turns in samples]) == pytest.approx(measured, rel=0.15)


def test_garbage_is_collected_again_whatever_happens() -> None:
    class Broken(Scripted):
        def run(self) -> None:
            assert not gc.isenabled()
            raise RuntimeError("broken")

    assert gc.isenabled()
    with pytest.raises(RuntimeError, match="broken"):
        latencies([Broken("a", repeat(1.0), [])], seconds=1.0)
    assert gc.isenabled()


def test_threads_are_set_for_a_while() -> None:
    before = torch.get_num_threads()
    with limited_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_a_runner_runs_without_gradients() -> None:
    network = torch.nn.Linear(3, 2)
    seen: list[bool] = []
    network.register_forward_hook(lambda *_: seen.append(torch.is_grad_enabled()))
    runner = CpuRunner(network, torch.zeros(1, 3))
    runner.run()
    assert runner.milliseconds() > 0
    assert seen == [False, False]
