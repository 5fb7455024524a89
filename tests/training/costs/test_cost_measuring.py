from itertools import pairwise

import numpy as np
import pytest
import torch
from training.tiny import EMPTY, GOOD, HUGE, POINTWISE, TINY, tiny_task

from surronas.errors import InputError
from surronas.spaces import Cell201
from surronas.spaces.joint import JointSpace
from surronas.training import Job, Trainer
from surronas.training.costs import COST_METRICS, measure_costs, measuring
from surronas.training.costs.energy import energy_counter
from surronas.training.tasks import Signature

SPACE = Cell201()
QUICK = {"device": "cpu", "seconds": 0.01}
TIMES = ("latency_min_ms", "latency_ms", "latency_p95_ms")
MEMORY = ("peak_memory_mb", "train_peak_memory_mb")


def test_every_metric_of_every_architecture_is_there() -> None:
    told: list[tuple[float, float]] = []
    cells = np.array([GOOD, EMPTY, POINTWISE], np.int8)
    costs = measure_costs(
        SPACE, cells, tiny_task(), TINY, on_progress=lambda done, total: told.append((done, total)), **QUICK
    )
    assert list(costs) == [metric.name for metric in COST_METRICS]
    for name in (*TIMES, *MEMORY):
        assert (costs[name] > 0).all(), name
    for shorter, longer in pairwise(TIMES):
        assert (costs[shorter] <= costs[longer]).all()
    assert np.isnan(costs["energy_mj"]).all() == (energy_counter(torch.device("cpu")) is None)
    trainer = Trainer(SPACE, tiny_task(), device="cpu")
    counts = [trainer.counts(Job(cell, 0, TINY)) for cell in (GOOD, EMPTY, POINTWISE)]
    assert list(zip(costs["params"], costs["flops"], strict=True)) == counts
    assert costs["peak_memory_mb"].argsort().tolist() == [1, 2, 0]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (3, 3)


def test_what_is_counted_is_the_same_in_every_run_and_grows_with_the_batch() -> None:
    def counted(batch_size: int) -> dict[str, np.ndarray]:
        return measure_costs(SPACE, [GOOD], tiny_task(), TINY, metrics=MEMORY, batch_size=batch_size, **QUICK)

    once, again, more = counted(1), counted(1), counted(16)
    assert once == again
    assert more["peak_memory_mb"] > once["peak_memory_mb"]
    assert more["train_peak_memory_mb"] == once["train_peak_memory_mb"]  # the recipe's batch


def test_isomorphic_cells_are_one_network(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = SPACE.sample(400, np.random.default_rng(0))
    canonical = SPACE.canonical(cells)
    _, first, counts = np.unique(canonical, axis=0, return_index=True, return_counts=True)
    twins = cells[(canonical == canonical[first[counts.argmax()]]).all(axis=1)][:2]
    assert (twins[0] != twins[1]).any()
    monkeypatch.setattr(measuring, "GROUP", 1)  # groups are put together again
    given = np.stack([twins[0], np.array(GOOD, np.int8), twins[1]])
    costs = measure_costs(SPACE, given, Signature((1, 8, 8), 10), TINY, **QUICK)
    for name in (*TIMES, *MEMORY, "params", "flops"):
        assert costs[name][0] == costs[name][2], name
    assert costs["params"][0] != costs["params"][1]


def test_networks_that_would_fill_the_memory_are_not_ready_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = np.array([GOOD, POINTWISE, EMPTY], np.int8)
    ready: list[int] = []
    whole = measuring.CostMeter._measured
    monkeypatch.setattr(
        measuring.CostMeter, "_measured", lambda *given: ready.append(len(given[1])) or whole(*given)
    )
    quick = {**QUICK, "metrics": ["params"]}
    params = measure_costs(SPACE, cells, tiny_task(), TINY, **quick)["params"]
    assert ready == [3]
    monkeypatch.setattr(measuring, "GROUP_WEIGHTS", 1)  # one at a time, though each has more
    assert measure_costs(SPACE, cells, tiny_task(), TINY, **quick)["params"].tolist() == params.tolist()
    assert ready == [3, 1, 1, 1]


def test_a_joint_space_has_its_own_batch() -> None:
    space = JointSpace(SPACE, batch_size=(4, 32))
    given = np.array([[*GOOD, 0], [*GOOD, 1]], np.int8)
    costs = measure_costs(space, given, tiny_task(), TINY, metrics=MEMORY, **QUICK)
    assert costs["peak_memory_mb"][0] == costs["peak_memory_mb"][1]
    assert costs["train_peak_memory_mb"][1] > 2 * costs["train_peak_memory_mb"][0]


def test_only_what_is_asked_for_is_measured() -> None:
    costs = measure_costs(SPACE, [GOOD], tiny_task(), HUGE, metrics=["flops"], **QUICK)
    assert list(costs) == ["flops"]
    assert costs["flops"][0] > 1e15  # counted by shapes, for a network of terabytes


def test_a_network_too_large_for_memory_has_counts_but_no_times() -> None:
    costs = measure_costs(SPACE, [GOOD], tiny_task(), HUGE, **QUICK)
    assert costs["params"][0] > 1e12
    for name in (*TIMES, *MEMORY):
        assert np.isnan(costs[name]).all(), name


def test_onnxruntime_runs_the_same_networks() -> None:
    cells = [GOOD, EMPTY]
    by_onnx = measure_costs(
        SPACE, cells, tiny_task(), TINY, runtime="onnxruntime", batch_size=3, metrics=TIMES, seconds=0.01
    )
    for name in TIMES:
        assert (by_onnx[name] > 0).all()


def test_the_network_of_the_runner_is_in_evaluation_and_without_global_draws() -> None:
    state = torch.get_rng_state()
    seen: list[bool] = []

    def build(*given: object) -> torch.nn.Module:
        network = measuring.build_for(SPACE)(*given)  # type: ignore[arg-type]
        network.register_forward_hook(lambda module, *_: seen.append(module.training))
        return network

    measure_costs(SPACE, [GOOD], tiny_task(), TINY, build=build, metrics=["latency_ms"], **QUICK)
    assert seen
    assert not any(seen)
    assert torch.equal(torch.get_rng_state(), state)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match=r"expected metrics among latency_ms, .*, got \['speed'\]"):
        measure_costs(SPACE, [GOOD], tiny_task(), TINY, metrics=["speed"])
    with pytest.raises(InputError, match=r"expected metrics among .*, got \[\]"):
        measure_costs(SPACE, [GOOD], tiny_task(), TINY, metrics=[])
    with pytest.raises(InputError, match="expected seconds > 0 of timing a network, got 0"):
        measure_costs(SPACE, [GOOD], tiny_task(), TINY, seconds=0)
    with pytest.raises(InputError, match="images; the task's inputs are texts"):
        measure_costs(SPACE, [GOOD], Signature((8,), 5, vocabulary=5), TINY)


def test_an_error_of_the_network_itself_is_not_taken_for_a_lack_of_memory() -> None:
    def build(*_: object) -> torch.nn.Module:
        return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(7, 10))

    with pytest.raises(RuntimeError, match=r"reduction dim|shapes"):
        measure_costs(SPACE, [GOOD], tiny_task(), TINY, build=build, **QUICK)


@pytest.mark.gpu
def test_a_gpu_is_measured() -> None:
    costs = measure_costs(SPACE, [GOOD, EMPTY], tiny_task(), TINY, device="cuda", batch_size=8, seconds=0.1)
    for name in (*TIMES, *MEMORY):
        assert (costs[name] > 0).all(), name
    assert costs["peak_memory_mb"][0] > costs["peak_memory_mb"][1]


def test_a_space_without_networks_is_refused() -> None:
    class Unbuilt(Cell201):
        name = "unbuilt"

    with pytest.raises(InputError, match="no networks can be built for space 'unbuilt'"):
        measure_costs(Unbuilt(), [GOOD], tiny_task(), TINY, **QUICK)
