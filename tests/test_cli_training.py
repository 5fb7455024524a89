import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from surronas.cli import main
from surronas.commands.names import TASKS
from surronas.commands.training_parts import recipe_of, space_of
from surronas.errors import InputError
from surronas.search_notes import SearchNotes
from surronas.store import BenchmarkStore
from surronas.training.recipes import RECIPES

CELL = "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"
QUICK = json.dumps(
    {
        "name": "quick",
        "channels": 4,
        "num_stages": 1,
        "cells_per_stage": 1,
        "epochs": 1,
        "batch_size": 64,
        "learning_rate": 0.1,
        "momentum": 0.9,
        "weight_decay": 0.0,
    }
)
SERIAL = ["--executor", "serial", "--device", "cpu", "--recipe", QUICK]


def failure(capsys, *arguments: object) -> str:
    """Run a command that must fail as bad input, and return its one line."""
    assert main([str(argument) for argument in arguments]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.count("\n") == 1
    return error


def answer(capsys, *arguments: object) -> dict:
    assert main([*(str(argument) for argument in arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def searching(*more: object) -> list[object]:
    return ["search", "--train", "--searcher", "evolution", *SERIAL, *more]


def test_a_search_by_training_finds_keeps_and_goes_on(capsys, tmp_path):
    store = tmp_path / "mine"
    first = answer(capsys, *searching("--budget", 4, "--seeds", 0, 1, "--append-to", store))
    assert len(first["queries"]) == 4
    assert len(BenchmarkStore.open(store)) == 8
    longer = answer(capsys, *searching("--budget", 6, "--seeds", 0, 1, "--append-to", store))
    assert [q["architecture"] for q in longer["queries"][:4]] == [q["architecture"] for q in first["queries"]]
    kept = BenchmarkStore.open(store)
    assert len(kept) == 12
    assert kept.check() == []
    texts = [q["architecture"] for q in longer["queries"]]
    values = [q["valid_accuracy"] for q in longer["queries"]]
    np.testing.assert_allclose(kept.query(texts, "valid_accuracy", seed="mean"), values)
    best = texts[int(np.argmax(values))]
    assert longer["incumbents"][-1]["architecture"] == best
    expected = kept.query([best], "test_accuracy", seed="mean")[0]
    assert longer["test_of_best"]["value"] == pytest.approx(expected)
    notes = list((store / "searches").iterdir())
    assert [path.name.startswith("evolution-seed0-") for path in notes] == [True]


def test_a_search_without_a_store_shows_a_table_and_how_far_it_is(capsys):
    assert main([str(each) for each in searching("--budget", 3, "--searcher", "random")]) == 0
    out, error = capsys.readouterr()
    assert "3 architectures of cell201 trained on digits by recipe quick in" in out
    assert "means over seeds 0; test_accuracy of the best: " in out
    assert "3 of 3 architectures trained" in error


def test_a_store_in_one_file_keeps_its_notes_beside_it(capsys, tmp_path):
    answer(capsys, *searching("--budget", 2, "--append-to", tmp_path / "mine.h5"))
    assert len(BenchmarkStore.open(tmp_path / "mine.h5")) == 2
    assert len(list((tmp_path / "mine.h5.searches").iterdir())) == 1


def test_another_seed_or_searcher_is_another_search_in_the_same_store(capsys, tmp_path):
    store = tmp_path / "mine"
    for more in (["--seed", 0], ["--seed", 1], ["--searcher", "random"]):
        answer(capsys, *searching("--budget", 2, "--append-to", store, *more))
    assert len(list((store / "searches").iterdir())) == 3


def test_hyper_parameters_are_searched_with_the_architecture(capsys, tmp_path):
    store = tmp_path / "joint"
    more = ["--hyper-parameter", "learning_rate=0.01,0.1", "--hyper-parameter", "batch_size=32,64"]
    found = answer(capsys, *searching("--budget", 5, "--append-to", store, *more))
    kept = BenchmarkStore.open(store)
    assert kept.space.name == "cell201+batch_size:32,64+learning_rate:0.01,0.1"
    assert all(" @ batch_size=" in query["architecture"] for query in found["queries"])
    assert len(kept) == 5
    cell = f"{CELL} @ batch_size=32,learning_rate="
    runs = answer(capsys, "train", *(cell + rate for rate in ("0.01", "0.1")), *more, *SERIAL)["runs"]
    assert runs[0]["train_loss"] != runs[1]["train_loss"]
    twice = answer(capsys, "train", cell + "0.1", "--space", kept.space.name, *SERIAL)["runs"]
    assert twice[0]["train_loss"] == runs[1]["train_loss"]


def test_any_task_trains_by_any_recipe(capsys):
    pytest.importorskip("mnist1d")
    found = answer(capsys, "train", CELL, "--task", "mnist1d", *SERIAL)
    assert found["task"] == "mnist1d"
    assert json.loads(found["recipe"])["name"] == "quick"
    assert found["runs"][0]["status"] == "ok"


def test_a_folder_of_images_is_a_task(capsys, tmp_path):
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(60):
            pixels = rng.integers(0, 255, (8, 8, 3), np.uint8)
            image.fromarray(pixels).save(tmp_path / "pets" / name / f"{i}.png")
    found = answer(capsys, "train", CELL, "--task", "images", "--data", tmp_path / "pets", *SERIAL)
    assert found["task"] == "pets-32"
    assert found["runs"][0]["status"] == "ok"


def test_every_named_task_is_there_and_says_what_it_needs():
    with pytest.raises(InputError, match="task 'digits' needs no files, got the folder '/x'"):
        TASKS["digits"]("/x")
    for name in ("sst2", "images"):
        with pytest.raises(InputError, match=f"task '{name}' needs files: name their folder with --data"):
            TASKS[name]()
    for name in set(TASKS) - {"digits", "mnist1d"}:
        with pytest.raises(InputError, match="/nowhere"):
            TASKS[name]("/nowhere")


def test_recipes_are_named_or_given_as_json():
    assert recipe_of("nasbench201-12") is RECIPES["nasbench201-12"]
    assert recipe_of(QUICK).epochs == 1
    with pytest.raises(InputError, match="expected a recipe that surronas can train"):
        recipe_of('{"name": "x"}')
    with pytest.raises(InputError, match=r"digits-6-epochs, .*got 'mine'"):
        recipe_of("mine")


def test_spaces_take_hyper_parameters():
    assert space_of("cell201", None).name == "cell201"
    assert space_of("cell201", ["optimizer=sgd,adamw"]).name == "cell201+optimizer:adamw,sgd"
    for wrong in (["learning_rate"], ["learning_rate=0.1,1", "learning_rate=0.1,2"]):
        with pytest.raises(InputError, match="expected --hyper-parameter NAME=VALUE,VALUE"):
            space_of("cell201", wrong)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["search"], "expected STORE to search in, or --train"),
        (["search", "STORE", "--append-to", "x"], "--append-to: only with --train"),
        (["search", "STORE", "--train"], "--append-to "),
        (["search", "--train", "--epochs", "3"], "the recipe says how many"),
        (["search", "--train", "--batch", "3"], "when a worker is free"),
        (["search", "--train", "--task", "chess"], "expected --task as one of digits, "),
        (["search", "--train", "--space", "chess"], "unknown search space 'chess'"),
        (["search", "--train", "--metric", "test_accuracy", "--append-to", "NEW"], "must not see"),
        (["search", "--train", "--metric", "chess", "--append-to", "NEW"], "expected a metric among"),
        (["search", "--train", "--seeds", "-3", "--append-to", "NEW"], "training seeds of 0 or more"),
        (["search", "--train", "--searcher", "random", "--surrogate", "mean"], "takes no surrogate"),
        (["search", "--train", "--device", "cuda:99", "--append-to", "NEW"], "found"),
        (["search", "--train", "--append-to", "STORE2"], "but"),
        (["train", CELL, "--recipe", "mine"], "expected --recipe as JSON or one of"),
        (["train", CELL, "--recipe", '{"name": "x", "epochs": 0}'], "expected a recipe"),
        (["train", CELL, "--recipe", QUICK.replace(": 64", ": 6400")], "expected a batch of at most the 768"),
        (["train", CELL, "--task", "sst2"], "needs files"),
        (["train", CELL, "--data", "x"], "needs no files"),
        (["train", CELL, "--task", "tiny-shakespeare", "--data", "NEW"], "folder"),
        (["train", CELL, "--hyper-parameter", "speed=1,2"], "expected"),
        (["train", CELL, "--executor", "serial", "--workers", "2"], "--executor serial takes no --workers"),
        (["train", CELL, "--executor", "serial", "--timeout", "2"], "--executor serial takes no --timeout"),
        (["train", CELL, "--executor", "population", "--checkpoints", "x"], "takes no --checkpoints"),
        (["train", CELL, "--executor", "ray", "--device", "cpu"], "--executor ray takes no --device"),
        (["train", "0", "--space", "nats_size", "--task", "digits"], "nats_size"),
    ],
)
def test_bad_input_is_one_clear_line_and_makes_nothing(capsys, shipped, tmp_path, arguments, words):
    BenchmarkStore.create(tmp_path / "other", space_of("nasbench_macro", None))
    places = {"STORE": str(shipped), "STORE2": str(tmp_path / "other"), "NEW": str(tmp_path / "new")}
    assert words in failure(capsys, *(places.get(argument, argument) for argument in arguments))
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("time_limit", ["0", "-1", "soon", "inf"])
def test_a_time_limit_is_a_positive_number(capsys, time_limit):
    with pytest.raises(SystemExit) as stop:
        main(["train", CELL, "--timeout", time_limit])
    assert stop.value.code == 2
    assert f"expected a positive number of seconds, got '{time_limit}'" in capsys.readouterr().err


def test_processes_take_checkpoints_and_a_time_limit(capsys, tmp_path):
    more = ["--workers", 2, "--timeout", 100, "--checkpoints", tmp_path / "points", "--device", "cpu"]
    found = answer(capsys, "train", CELL, "--seeds", 0, 1, "--recipe", QUICK, *more)
    assert [run["status"] for run in found["runs"]] == ["ok", "ok"]


def test_ctrl_c_keeps_what_was_trained_and_the_same_command_goes_on(tmp_path):
    store = tmp_path / "mine"
    command = [sys.executable, "-m", "surronas", "search", "--train", "--searcher", "evolution"]
    command += ["--budget", "6", "--workers", "2", "--device", "cpu", "--append-to", str(store)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    wait_for_rows(process, store, 2)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.endswith("surronas: interrupted; the same command goes on\n")
    kept = BenchmarkStore.open(store).table()
    assert 2 <= len(kept) < 6
    again = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    after = BenchmarkStore.open(store).table()
    assert len(after) == len(json.loads(again.stdout)["queries"]) == 6
    for row in kept:
        same = (after["architecture"] == row["architecture"]).all(axis=1)
        assert after["train_seconds"][same].tolist() == [row["train_seconds"]]


def wait_for_rows(process: subprocess.Popen[str], store: Path, number: int) -> None:
    deadline = time.monotonic() + 120
    while process.poll() is None and len(list(store.glob("segment-*"))) < number + 1:
        assert time.monotonic() < deadline, "the search never got that far"
        time.sleep(0.01)


def test_notes_of_a_search_are_for_one_process(capsys, tmp_path):
    store = tmp_path / "mine"
    answer(capsys, *searching("--budget", 1, "--append-to", store))
    (path,) = (store / "searches").iterdir()
    with SearchNotes(path, json.loads(path.read_text().splitlines()[0])):
        error = failure(capsys, *searching("--budget", 1, "--append-to", store))
    assert "another process holds" in error
