"""What the numbers of a store say."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from store_runs import RECIPE, make_runs

from surronas.metrics import kendall_tau, spearman
from surronas.spaces import Cell201
from surronas.store import SEED_MEAN, BenchmarkStore, Metric, new_records
from surronas.store.describe_text import describe_text


def measure(facts: dict, metric: str, **axes: object) -> dict:
    """The facts of one metric at the axes."""
    (found,) = [
        each
        for each in facts["measures"]
        if each["metric"] == metric and all(each[axis] == value for axis, value in axes.items())
    ]
    return found


@pytest.fixture
def rich(store: BenchmarkStore, cells: np.ndarray) -> BenchmarkStore:
    """Another number of epochs, another task, and latency on a device."""
    store.append(make_runs(cells[:20], epochs=2))
    store.append(make_runs(cells[5:], task="fashion"))
    latency = Metric("latency_ms", None, "ms", "minimize", per="architecture")
    store.attach(cells[:7], {"latency_ms": np.arange(7) + 1.0}, device="fpga", metrics=[latency])
    return store


def test_facts_are_json(rich: BenchmarkStore) -> None:
    facts = rich.describe()
    assert json.loads(json.dumps(facts)) == facts
    assert (facts["space"], facts["architectures"], facts["runs"]) == ("cell201", 30, 150)
    assert facts["distinct_networks"] == len(np.unique(rich.space.keys(rich.architectures)))


def test_counts_quantiles_and_optima(rich: BenchmarkStore, cells: np.ndarray) -> None:
    facts = rich.describe()
    loss = measure(facts, "train_loss", task="digits", epochs=4)
    means = rich.query(cells, "train_loss", task="digits", epochs=4, seed="mean")
    assert (loss["architectures"], loss["direction"], loss["recipe"]) == (30, "minimize", RECIPE)
    assert loss["optimum"] == {
        "value": means.min(),
        "architecture": rich.space.to_strings(cells[means.argmin() :][:1])[0],
    }
    assert loss["quantiles"]["0.5"] == pytest.approx(np.median(means))
    assert (loss["quantiles"]["0.0"], loss["quantiles"]["1.0"]) == (means.min(), means.max())
    assert loss["seeds"] == {"fewest": 2, "most": 2}


def test_the_best_on_validation_is_told_with_its_test_value(rich: BenchmarkStore, cells: np.ndarray) -> None:
    valid = measure(rich.describe(), "valid_accuracy", task="fashion")
    axes = {"task": "fashion", "seed": "mean", "missing": "nan"}
    best = np.nanargmax(rich.query(cells, "valid_accuracy", **axes))
    test = rich.query(cells[best], "test_accuracy", **axes)[0]
    assert valid["optimum"]["test"] == {"metric": "test_accuracy", "value": pytest.approx(test)}


def test_a_test_value_of_other_runs_is_not_told(path, cell201: Cell201, cells: np.ndarray) -> None:
    runs = make_runs(cells[:2])
    runs["valid_accuracy"][runs["seed"] == 1] = np.nan  # so the best on validation is of seed 0 alone
    store = BenchmarkStore.create(path, cell201)
    store.append(runs)
    best = int(np.argmax(runs["valid_accuracy"][:2]))
    optimum = measure(store.describe(), "valid_accuracy")["optimum"]
    assert optimum["test"]["value"] == runs["test_accuracy"][best]
    means = make_runs(cells[2:4], (9,))
    means["seed"], means["test_accuracy"], means["valid_accuracy"] = SEED_MEAN, np.nan, [0.5, 1.0]
    store.append(means[[name for name in means.dtype.names if not name.endswith("_curve")]])
    facts = store.describe()
    valid = measure(facts, "valid_accuracy")
    assert (valid["seeds"], valid["seed_noise"], valid["optimum"]["value"]) == ("mean of the source", None, 1)
    assert valid["optimum"]["test"] == {"metric": "test_accuracy", "value": None}
    assert "whose test_accuracy is not measured in the same runs" in describe_text(facts)


def test_seed_noise_is_the_share_that_seeds_have_in_the_variance(path, cell201: Cell201) -> None:
    rng, n, seeds = np.random.default_rng(0), 2000, (0, 1, 2)
    cells = cell201.from_codes(rng.permutation(15_625)[:n])
    runs = new_records(n * 3, 6, ["test_loss"])
    runs["architecture"], runs["seed"] = np.tile(cells, (3, 1)), np.repeat(seeds, n)
    runs["task"], runs["epochs"] = "t", 1
    runs["test_loss"] = np.tile(rng.normal(5, 2, n), 3) + rng.normal(0, 1, 3 * n)
    store = BenchmarkStore.create(path, cell201)
    store.append(runs[n:])  # two seeds of all,
    store.append(runs[: n // 2])  # three of half of them
    facts = measure(store.describe(), "test_loss")
    each = store.query(cells, "test_loss", seed="all")
    assert facts["seeds"] == {"fewest": 2, "most": 3}
    assert facts["seed_noise"]["median_std"] == pytest.approx(np.median(np.nanstd(each, axis=1, ddof=1)))
    assert facts["seed_noise"]["share_of_variance"] == pytest.approx(1 / 5, abs=0.02)  # 1² of 1² + 2²
    assert facts["seed_noise"]["architectures"] == n


def test_one_seed_tells_nothing_of_noise(path, cell201: Cell201, cells: np.ndarray) -> None:
    store = BenchmarkStore.create(path, cell201)
    store.append(make_runs(cells, (3,)))
    assert measure(store.describe(), "valid_accuracy")["seed_noise"] is None
    same = make_runs(cells[:1], (3, 4), task="same")
    same["valid_accuracy"] = 0.5
    store.append(same)
    noise = measure(store.describe(), "valid_accuracy", task="same")["seed_noise"]
    assert noise == {"architectures": 1, "median_std": 0.0, "share_of_variance": None}


def test_columns_of_architectures_are_described_by_device(rich: BenchmarkStore, cells: np.ndarray) -> None:
    latency = measure(rich.describe(), "latency_ms")
    assert (latency["device"], latency["epochs"], latency["architectures"]) == ("fpga", None, 7)
    assert latency["optimum"] == {"value": 1.0, "architecture": rich.space.to_strings(cells[:1])[0]}
    assert "seed_noise" not in latency


def test_rank_correlations_between_splits_epochs_and_tasks(rich: BenchmarkStore, cells: np.ndarray) -> None:
    found = rich.describe()["correlations"]
    assert {kind: len(pairs) for kind, pairs in found.items() if kind != "left_out"} == {
        "splits": 3,  # valid_accuracy and test_accuracy, at each place
        "epochs": 3,  # valid_accuracy, test_accuracy and train_loss after 2 and 4 epochs of digits
        "tasks": 3,  # the same three, on digits and fashion after 4 epochs
    }
    pair = next(each for each in found["tasks"] if each["a"]["metric"] == "train_loss")
    a, b = (
        rich.query(cells[5:], "train_loss", task=task, epochs=4, seed="mean")
        for task in ("digits", "fashion")
    )
    assert (pair["a"]["task"], pair["b"]["task"], pair["architectures"]) == ("digits", "fashion", 25)
    assert pair["spearman"] == pytest.approx(spearman(a, b))
    assert pair["kendall"] == pytest.approx(kendall_tau(a, b))
    epochs = {(each["a"]["epochs"], each["b"]["epochs"], each["architectures"]) for each in found["epochs"]}
    assert epochs == {(2, 4, 20)}
    assert found["left_out"] == 0


def test_very_many_pairs_are_left_out_and_counted(
    rich: BenchmarkStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surronas.store.correlations.MOST_PAIRS", 2)
    facts = rich.describe()
    assert facts["correlations"]["left_out"] == 3
    assert len(facts["correlations"]["splits"]) == 2
    assert "and 3 more pairs" in describe_text(facts)


def test_the_recipe_with_most_architectures_stands_for_its_epochs(rich: BenchmarkStore, cells) -> None:
    few = make_runs(cells[:4])
    few["recipe"] = "{}"
    rich.append(few)
    found = rich.describe()["correlations"]
    assert {each["b"]["recipe"] for each in found["epochs"]} == {RECIPE}


def test_an_empty_store_has_no_facts(path, cell201: Cell201) -> None:
    facts = BenchmarkStore.create(path, cell201).describe()
    assert (facts["architectures"], facts["distinct_networks"], facts["measures"]) == (0, 0, [])
    assert describe_text(facts) == "space cell201: 0 architectures, 0 distinct networks, 0 runs"


def test_text_for_people(rich: BenchmarkStore) -> None:
    text = describe_text(rich.describe())
    for part in (
        "space cell201: 30 architectures",
        "\ntask digits, 4 epochs, recipe {",
        "\n  valid_accuracy: 30 architectures; median 0.",
        "; whose test_accuracy is 0.",
        "; std over seeds 0.",
        "\nany task, device fpga\n  latency_ms: 7 architectures; median 4 (5 % to 95 %: 1.3 to 6.7); ",
        "\nrank correlations between tasks\n  ",
        "(25 architectures)",
    ):
        assert part in text


def test_nas_bench_201(path, cell201: Cell201, shared: Path) -> None:
    """The published optima and counts come out of the table (NAS-Bench-201, arXiv 2001.00326)."""
    table = shared / "benchmarks" / "nasbench201" / "derived" / "nb201_table.csv.gz"
    with gzip.open(table, "rt") as file:
        rows = list(csv.DictReader(file))
    store = BenchmarkStore.create(path, cell201)
    for epochs, names in ((200, {"test_accuracy": "test_200_mean"}), (12, {"valid_accuracy": "val_12"})):
        for task, short in (("cifar10", "cifar10"), ("cifar100", "cifar100"), ("ImageNet16-120", "in16")):
            runs = new_records(len(rows), 6, names)
            runs["architecture"] = cell201.from_strings([row["arch_str"] for row in rows])
            runs["task"], runs["epochs"], runs["seed"] = task, epochs, SEED_MEAN
            for name, column in names.items():
                runs[name] = [float(row[f"{short}_{column}"]) / 100 for row in rows]
            store.append(runs)
    facts = store.describe()
    best = [
        measure(facts, "test_accuracy", task=task)["optimum"]["value"]
        for task in ("cifar10", "cifar100", "ImageNet16-120")
    ]
    assert np.round(best, 4).tolist() == [0.9437, 0.7351, 0.4731]
    assert (facts["architectures"], facts["distinct_networks"]) == (15_625, 6_466)
    assert len(facts["correlations"]["tasks"]) == 6
