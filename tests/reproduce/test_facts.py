"""Scripts that hold benchmark tables to published facts: what they compute, and what they have written."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from surronas.errors import InputError
from surronas.searchers import Pool
from surronas.spaces import Cell201
from surronas.store import TRAINING_METRICS, BenchmarkStore, new_records

FOLDER = Path(__file__).parents[2] / "reproduce"
SCRIPTS = (
    "nasbench201_facts",
    "nasbench_macro_facts",
    "transnas_optima",
    "proxies",
    "hw_nas_bench",
    "local_minima",
    "mf_nas",
    "pareto_search",
)


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the scripts importable, and forget afterwards those that were imported."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(FOLDER))
    yield
    for name in set(sys.modules) - before:
        if (FOLDER / f"{name}.py").exists():
            del sys.modules[name]


@pytest.fixture
def landscapes(scripts: None) -> ModuleType:
    return import_module("landscapes")


@pytest.fixture
def facts(scripts: None) -> ModuleType:
    return import_module("nasbench201_facts")


@pytest.fixture
def mf_nas(scripts: None) -> ModuleType:
    return import_module("mf_nas")


@pytest.fixture
def report(scripts: None):
    return import_module("claims").Report()


LINE = np.array([[5, 1], [0, 2], [1, 3], [2, 4], [3, 5], [4, 5]])  # 0 to 4 in a row; 5: no neighbor


def on_a_line(landscapes: ModuleType, heights: list[float]):
    return landscapes.Landscape(np.array(heights), np.where(LINE[:5] == 5, 5, LINE[:5]))


def test_maxima_and_ascents_of_a_small_landscape(landscapes: ModuleType) -> None:
    held = on_a_line(landscapes, [1.0, 3.0, 2.0, 4.0, 4.0])
    assert held.strict_maxima.tolist() == [False, True, False, False, False]
    assert held.maxima.tolist() == [False, True, False, True, True]
    ends, steps = held.ascents
    assert ends.tolist() == [1, 1, 3, 3, 4]
    assert steps.tolist() == [1, 0, 1, 0, 0]
    assert held.share_within(0.5) == 0.6
    assert held.share_within(1.0) == 1.0
    assert held.share_at(1) == 0.4
    assert held.told_maxima() == [
        {"accuracy": 4.0, "basin_share": 0.4},
        {"accuracy": 4.0, "basin_share": 0.2},
        {"accuracy": 3.0, "basin_share": 0.4},
    ]


def test_an_ascent_follows_the_first_among_equals(landscapes: ModuleType) -> None:
    held = on_a_line(landscapes, [0.0, 2.0, 1.0, 2.0, 0.0])
    assert held.ascents[0].tolist() == [1, 1, 1, 3, 3]


def test_neighbors_by_arithmetic_are_those_of_the_space(landscapes: ModuleType) -> None:
    pool = Pool(Cell201(), isomorphic="keep")
    by_order = landscapes.one_decision_away(6, 5)
    assert np.array_equal(np.sort(by_order, axis=1), landscapes.neighborhoods(pool))
    assert by_order[0].tolist() == [
        place * choice for place in (3125, 625, 125, 25, 5, 1) for choice in (1, 2, 3, 4)
    ]


def test_fewer_neighbors_are_filled_up(landscapes: ModuleType) -> None:
    space = Cell201()
    cells = space.enumerate()[:6]  # the last edge, and one that has another of the last but one
    around = landscapes.neighborhoods(Pool(space, cells, isomorphic="keep"))
    assert around.shape == (6, 5)
    assert around[1].tolist() == [0, 2, 3, 4, 6]


def test_naslib_tuples_are_read_edge_by_edge(facts: ModuleType) -> None:
    assert facts.naslib_string((4, 3, 3, 0, 0, 0)) == import_module("hw_nas_bench").CELL_0
    assert facts.naslib_string((2, 2, 0, 2, 2, 2)) == facts.CELLS[9930]
    cells, around = facts.naslib_order(Cell201())
    assert len(np.unique(Cell201().codes(cells))) == 15_625
    assert ((cells[around[77]] != cells[77]).sum(axis=1) == 1).all()


def whole_table(
    path: Path, facts: ModuleType, best: tuple, spots: dict[tuple[str, int], float]
) -> BenchmarkStore:
    """Return a store of all cells with made-up validation accuracies, but for those that are given."""
    space = Cell201()
    cells = space.enumerate()
    place = {name: i for i, name in enumerate(space.to_strings(cells))}
    store = BenchmarkStore.create(path, space, metrics=TRAINING_METRICS)
    for task in dict.fromkeys([best[0], *(task for task, _ in spots), "cifar10-valid"]):
        records = new_records(len(cells), space.num_decisions, ["valid_accuracy"])
        records["architecture"], records["task"], records["epochs"], records["seed"] = cells, task, 200, 777
        records["valid_accuracy"] = 0.3
        for (of, index), percent in spots.items():
            if of == task:
                records["valid_accuracy"][place[facts.CELLS[index]]] = percent / 100
        store.append(records)
    return store


def test_official_validation_accuracies_are_held_to_what_is_published(
    facts: ModuleType, report, tmp_path: Path
) -> None:
    spots = {(task, index): percent for task, index, percent, _ in facts.SPOTS_TSS}
    store = whole_table(tmp_path / "right.h5", facts, facts.BEST_TSS, spots)
    facts.official_tss(report, store)
    assert (report.num_asserted, report.num_missed) == (6, 0)
    other = whole_table(tmp_path / "wrong.h5", facts, facts.BEST_TSS, spots | {("ImageNet16-120", 857): 47.0})
    facts.official_tss(report, other)
    assert report.num_missed == 3  # height and index of the best, and the cell's own


def test_a_part_of_an_official_table_is_refused(facts: ModuleType, report, shipped: Path) -> None:
    with pytest.raises(InputError, match="holds 1500 of 15625 architectures; import all of them"):
        facts.official_pth(report, BenchmarkStore.open(shipped))


def test_noise_of_one_seed_behind_a_mean_of_three(scripts: None) -> None:
    script = import_module("local_minima")
    seeds = np.random.default_rng(0).normal(0.0, 2.0, (20_000, 3))
    assert script.seed_deviation(seeds.mean(axis=1), seeds) == pytest.approx(2.0, rel=0.02)
    assert script.seed_deviation(seeds.mean(axis=1), seeds[:, :1]) == pytest.approx(2.0, rel=0.02)


def test_noise_must_make_more_maxima(scripts: None, report, landscapes: ModuleType) -> None:
    script = import_module("local_minima")
    around = landscapes.one_decision_away(4, 3)
    smooth = np.indices((3, 3, 3, 3)).reshape(4, -1).sum(axis=0).astype(float)  # one maximum
    rough = smooth[:, None] + np.random.default_rng(0).normal(0.0, 2.0, (81, 3))
    script.compare(report, "table", around, smooth, rough)
    script.deepen(report, "table", around, smooth, rough, 20)
    assert (report.num_asserted, report.num_missed) == (3, 0)
    script.compare(report, "table", around, rough[:, 0], smooth[:, None])
    assert report.num_missed == 2


def test_proxies_that_failed_count_as_lowest(scripts: None) -> None:
    script = import_module("proxies")
    assert script.lowest_failed(np.array([2.0, np.nan, -3.0])).tolist() == [2.0, -4.0, -3.0]
    cells = Cell201().from_strings([import_module("published_201").CELLS[1462]])
    assert script.naslib_flops(Cell201(), cells) + 7.949632 == pytest.approx(
        222.86675, abs=1e-5
    )  # NASLib's own


def test_first_stage_keeps_the_best_of_what_it_has_seen(mf_nas: ModuleType) -> None:
    scores = np.indices((5,) * 6).reshape(6, -1).sum(axis=0).astype(float)
    kept = mf_nas.first_stage(scores, (6, 5), seed=3)
    assert len(set(kept.tolist())) == 32
    assert kept[0] == 15_624
    assert (np.diff(scores[kept]) <= 0).all()
    assert np.array_equal(kept, mf_nas.first_stage(scores, (6, 5), seed=3))


def test_an_escape_changes_two_decisions(mf_nas: ModuleType) -> None:
    cells, rng = Cell201().enumerate(), np.random.default_rng(0)
    for at in range(0, 15_625, 500):
        assert (cells[mf_nas._escape(at, 6, 5, rng)] != cells[at]).sum() == 2


def test_second_stage_halves_by_validation_within_its_time(mf_nas: ModuleType) -> None:
    valid = np.zeros((4, 200))
    valid[:, 11], valid[:, 24], valid[:, 49] = [40, 30, 20, 10], [41, 52, 99, 99], [60, 50, 99, 99]
    seconds = np.ones(4)
    assert mf_nas.second_stage(valid, seconds, 1000) == 1  # cells 2 and 3 went after 12 epochs, 0 after 25
    assert mf_nas.second_stage(valid, seconds, 48.5) == 0  # time for 12 epochs of all
    assert mf_nas.second_stage(valid, seconds, 10) == 0  # time for nothing: the best free score


def test_a_first_stage_that_keeps_others_turns_red(mf_nas: ModuleType, report) -> None:
    rng = np.random.default_rng(0)
    test = np.full(15_625, 90.0)
    test[:32] = 94.36
    best = np.tile(np.arange(32), (5, 1))
    mf_nas.judge(report, "CIFAR-10", "params", best, 3, test, test)
    assert (report.num_asserted, report.num_missed) == (3, 0)
    mf_nas.judge(report, "CIFAR-10", "params", rng.integers(100, 15_625, (5, 32)), 3, test, test)
    assert report.num_missed == 3


def test_fronts_are_told_by_latency_and_thinned(scripts: None) -> None:
    script = import_module("pareto_search")
    scores = np.array([[0.9, -2.0], [0.8, -3.0], [0.7, -1.0], [0.7, -1.0]])
    assert script.points(scores) == [[1.0, 30.0], [2.0, 10.0]]
    long = np.column_stack([np.linspace(0, 1, 300), -np.linspace(1, 2, 300)])
    told = script.points(long)
    assert len(told) == script.MOST_POINTS
    assert (told[0], told[-1]) == ([1.0, 100.0], [2.0, 0.0])


def test_a_searcher_that_is_no_better_than_random_turns_red(scripts: None, report) -> None:
    script = import_module("pareto_search")
    plan = script.Plan(import_module("claims").Setting(None, quick=True))
    rng = np.random.default_rng(0)
    random, good, bad = rng.normal([[[3.0]], [[1.0]], [[3.0]]], 0.5, (3, 15, 100))
    script.judge(report, "device", "missing", {"random": random, "NSGA2": good}, plan)
    assert (report.num_asserted, report.num_missed) == (1, 0)
    script.judge(report, "device", "missing", {"random": random, "NSGA2": bad}, plan)
    assert report.num_missed == 1


LINES = {  # of each script: (where, what) that its constants name
    "nasbench201_facts": lambda script: {
        (title, what)
        for title in script.LANDSCAPE
        for what in (
            "highest test accuracy, mean over seeds",
            "seed 888, strict local maxima",
            "seed 888, weak local maxima",
            "seed 888, steepest ascents to the highest, %",
        )
    },
    "nasbench_macro_facts": lambda script: {(script.WHERE, f"Kendall, {name}") for name in script.COSTS},
    "transnas_optima": lambda script: {
        (f"TransNAS {part}", f"{task}, best of all") for part in script.OPTIMA for task in script.OPTIMA[part]
    },
    "proxies": lambda script: {
        (title, f"{name}, Spearman, all cells") for title in script.TASKS for name in script.OF_ALL
    },
    "hw_nas_bench": lambda script: (
        {("CIFAR-10", f"cell 0, {device}, {metric}") for device, metric, _, _ in script.SPOTS}
        | {(title, f"{d}, Spearman, FLOPs / latency") for title in script.TASKS for d in script.DEVICES}
    ),
    "local_minima": lambda script: {
        (table, "maxima: mean over seeds below each seed")
        for table in (*script.SAME_TRAINING, "NAS-Bench-Macro", "digits, validation", "digits, test")
    },
    "mf_nas": lambda script: {
        (title, f"{name}, share of runs that keep cell {script.CELL}")
        for title in script.PUBLISHED
        for name in script.ASSERTED
    },
    "pareto_search": lambda script: {
        (device, f"{name.removeprefix('MultiObjective')}: hypervolume missing after {budget}")
        for device in script.DEVICES
        for name in script.SEARCHERS
        for budget in (100, 200)
        if name != script.RANDOM
    },
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_committed_result_holds_every_line(scripts: None, name: str) -> None:
    result = json.loads((FOLDER / "results" / f"{name}.json").read_text())
    assert (result["mode"], result["command"]) == ("full", f"python reproduce/{name}.py")
    assert LINES[name](import_module(name)) <= {(line["where"], line["what"]) for line in result["lines"]}
    assert result["missed"] == sum(line["passed"] is False for line in result["lines"]) == 0


def test_basins_of_a_committed_landscape_are_all_starts() -> None:
    for name in ("nasbench201_facts", "nasbench_macro_facts"):
        result = json.loads((FOLDER / "results" / f"{name}.json").read_text())
        for held in result["landscape"].values():
            assert sum(each["basin_share"] for each in held["maxima"]) == pytest.approx(1.0, abs=1e-4)
            assert sum(held["histogram"]["counts"]) in (15_625, 6_561)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_quick_run_passes(shared: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "result.json"
    command = [sys.executable, str(FOLDER / f"{name}.py"), "--quick", "--out", str(out)]
    run = subprocess.run(command, capture_output=True, text=True, env={"SURRONAS_SHARED": str(shared.parent)})
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(out.read_text())["missed"] == 0
