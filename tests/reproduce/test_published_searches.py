"""The scripts on published searches: their parts, their results, and short runs of them."""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from surronas.searchers import Pool, RandomSearch
from surronas.spaces import Cell101, Cell201
from surronas.store import BenchmarkStore
from surronas.store.importers import import_benchmark, importer_named

FOLDER = Path(__file__).parents[2] / "reproduce"
SHIPPED = Path(__file__).parents[2] / "benchmarks_data" / "digits_cell201.h5"
SCRIPTS = (
    *("search_baselines", "search_table_201", "xgboost_search", "sample_efficiency"),
    *("bananas", "nas_bowl"),
)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def result_of(name: str) -> dict:
    return json.loads((FOLDER / "results" / f"{name}.json").read_text())


@pytest.fixture
def part_of_101(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BenchmarkStore:
    """91 made-up cells in the official file's format; more 3x3 convolutions are better."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "store" / "importers"))
    writer = importlib.import_module("tfrecord_writer")
    space = Cell101()
    cells = space.distinct(4)
    rows = []
    for place, (text, name) in enumerate(
        zip(space.to_strings(cells), space.module_hashes(cells), strict=True)
    ):
        worth = 0.8 + 0.02 * text.count("conv3x3") + 0.0001 * place
        points = [(epoch, epoch * 11.5, worth, worth, worth - 0.01) for epoch in (0, 54, 108)]
        rows += [writer.row(name, 108, text, writer.metrics(points, 300_000, 2_000.5))] * 3
    source = writer.write(tmp_path / "nasbench_only108.tfrecord", rows)
    import_benchmark(importer_named("nasbench101"), source, tmp_path / "nasbench101.h5")
    return BenchmarkStore.open(tmp_path / "nasbench101.h5")


def test_the_search_table_holds_every_published_number(script) -> None:
    table, lines = script("search_table_201"), result_of("search_table_201")["lines"]
    assert (table.LEAST, table.NUM_QUERIES, table.MOST) == (78, 118, 197)
    for method, row in table.PUBLISHED.items():
        told = {line["where"]: line for line in lines if line["what"].startswith(f"{method}, ")}
        assert [told[task]["published"] for task in table.TASKS] == [mean for mean, _ in row]
        assert all(line["tag"] == "reported" and line["passed"] is None for line in told.values())


def test_logs_of_xgboost_are_asserted_and_so_is_local_search(script) -> None:
    xgboost, lines = script("xgboost_search"), result_of("xgboost_search")["lines"]
    told = {(line["where"], line["what"]): line for line in lines}
    for row in xgboost.ROWS:
        for query, (mean, _) in row.published.items():
            line = told[row.name, f"best of {query}"]
            assert (line["published"], line["passed"]) == (mean, True if query in xgboost.JUDGED else None)
    for task in xgboost.CURVES:
        assert told[task, "XGBoost, random candidates, best of 100, is worse"]["passed"]


def test_the_readme_reads_what_sample_efficiency_writes(script) -> None:
    text = script("readme_search_tables").sample_efficiency(result_of("sample_efficiency"))
    assert "| WeakNAS (reported, seed mean) | 182.1 | 78.4 | 268.4 |" in text


def test_queries_to_the_optimum_and_points_below_it(script) -> None:
    efficiency = script("sample_efficiency")
    runs = [np.array([90.0, 91.0, 91.6]), np.array([89.0, 89.0, 90.0, 91.0])]  # the second ends at its cap
    found = efficiency.judged(runs, 91.6, 4)
    assert (found["mean"], found["most"], found["share_solved"]) == (3.5, 4.0, 0.5)
    below = efficiency.regrets(runs, 91.6)
    assert below[4] == below[128] == pytest.approx(0.3)


def test_the_incumbent_is_the_first_of_the_best_so_far(script) -> None:
    searches = script("table_searches")
    scores = np.array([[1.0, 3.0, 3.0, 2.0, 4.0], [5.0, 1.0, 1.0, 1.0, 1.0]])
    assert searches.incumbents(scores).tolist() == [[0, 1, 1, 1, 4], [0, 0, 0, 0, 0]]


def test_asked_candidates_are_those_of_the_scores_whatever_the_processes(script) -> None:
    searches = script("table_searches")
    table = searches.Table(BenchmarkStore.open(SHIPPED), {"seed": "mean"}, "merge", "valid_accuracy")
    asked = searches.over_seeds(lambda seed: table.asked(RandomSearch, 5, seed), [3, 4], 1)
    assert [table.values[place] for place in asked[0]] == table.random_orders(5, 4)[3].tolist()
    again = searches.over_seeds(lambda seed: table.asked(RandomSearch, 5, seed), [3, 4], 2)
    assert np.array_equal(asked, again)


def test_bohb_at_one_fidelity_asks_what_is_new(script) -> None:
    table = script("search_table_201")
    pool = Pool(Cell201(), isomorphic="keep")
    model = table.DensityModel(pool.space, seed=0, candidates=pool)
    met = set()
    for query in range(20):
        asked = model.ask()
        met.add(pool.resolve(asked)[0])
        model.tell(asked, [query])
    assert len(met) == 20


def test_bananas_without_its_ensemble_asks_mutants_of_the_best_alone(script, cell201: Cell201) -> None:
    search = script("bananas").mutants(cell201, seed=0, candidates=Pool(cell201, isomorphic="keep"))
    first = search.ask(10)
    search.tell(first, np.arange(10.0))
    mutants = search.ask(10)
    changed = (mutants != first[9]).sum(axis=1)
    assert changed.min() > 0
    assert changed.mean() < 2.5  # 1.8 in the mean, none at all not counted


def test_mutants_of_nasbench101_are_cells_with_edges_and_operations_changed_as_published(
    script, rng: np.random.Generator
) -> None:
    nasbench101, space = script("bananas_nasbench101"), Cell101()
    parents = space.sample(2000, rng)
    mutants = nasbench101.MUTATION(space, parents, rng)
    assert space.allowed(mutants).all()
    changed = (mutants != parents).mean(axis=0)
    assert changed[:21].mean() == pytest.approx(1 / 7, abs=0.04)  # fewer: what is no cell is drawn anew
    assert changed[21:].mean() == pytest.approx(1 / 5, abs=0.02)


def test_searches_of_nasbench101_stay_within_a_part_and_only_get_better(
    script, part_of_101: BenchmarkStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    nasbench101 = script("bananas_nasbench101")
    monkeypatch.setattr(nasbench101, "NUM_QUERIES", 40)
    cells = nasbench101.Cells(part_of_101)
    assert not cells.whole
    for make in nasbench101.CHEAP.values():
        errors = cells.errors(make, "keep", 0)
        assert errors.shape == (40,)
        assert (np.diff(errors) <= 0).all()  # test errors follow validation here
        assert errors[-1] >= 100 - cells.test.max()


def test_nothing_of_a_part_of_nasbench101_is_asserted(script) -> None:
    nasbench101, report = script("bananas_nasbench101"), script("claims").Report()
    found = np.array([6.34, 6.36] * 100)
    for name, whole in (("RS", False), ("RS", True), ("Reg. Evo", True), ("BANANAS", True)):
        nasbench101.judge(report, "", name, found, whole)
    assert [line["passed"] for line in report.lines] == [None, True, False, None]


def test_without_its_table_nasbench101_says_which_file_to_get(tmp_path: Path) -> None:
    command = [sys.executable, str(FOLDER / "bananas_nasbench101.py"), "--quick", "--stores", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env={"SURRONAS_SHARED": str(tmp_path)})
    assert done.returncode == 3
    assert "missing nasbench101: get nasbench_only108.tfrecord" in done.stderr


def test_subtree_counts_predict_better_than_decisions_in_a_repeat(script) -> None:
    bowl, store = script("nas_bowl"), BenchmarkStore.open(SHIPPED)
    errors = 100.5 - 100 * store.query(store.architectures, "valid_accuracy", seed="mean")
    (subtrees, decisions) = bowl.judged(store, store.architectures, errors, 0)
    assert subtrees[0] > decisions[0] > 0.3  # Spearman
    assert subtrees[1] < decisions[1]  # RMSE


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_quick_run_passes(name: str, shared: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(FOLDER / f"{name}.py"), "--quick", "--out", str(tmp_path / "out.json")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "out.json").read_text())
    assert result["mode"] == "quick"
    assert result["asserted"] > 0 == result["missed"]
