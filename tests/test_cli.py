import json
import subprocess
import sys
from pathlib import Path

import pytest

from surronas import __version__
from surronas.cli import main
from surronas.store import BenchmarkStore, Metric

CELL = "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"
HEAVY = ("torch", "xgboost", "sklearn", "matplotlib")


@pytest.fixture
def known(shipped) -> str:
    """A cell that the shipped store holds."""
    store = BenchmarkStore.open(shipped)
    return store.space.to_strings(store.architectures[5:6])[0]


def failure(capsys, *arguments: object) -> str:
    """Run a command that must fail as bad input, and return its one line."""
    assert main([str(argument) for argument in arguments]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.count("\n") == 1
    assert error.startswith("surronas: ")
    return error


def answer(capsys, *arguments: object) -> dict:
    """Run a command with --json and return what it printed."""
    assert main([*(str(argument) for argument in arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_info_tells_what_the_store_holds(capsys, shipped):
    facts = answer(capsys, "info", shipped, "--check")
    assert facts["space"] == "cell201"
    assert facts["runs"] == 3 * facts["architectures"]
    assert facts["check"].startswith("sound")
    assert main(["info", str(shipped)]) == 0
    assert "valid_accuracy" in capsys.readouterr().out


def test_query_gives_what_the_library_gives(capsys, shipped, known):
    found = answer(capsys, "query", shipped, known, "--metric", "valid_accuracy", "--seed", "all")
    store = BenchmarkStore.open(shipped)
    expected = store.query([known], "valid_accuracy", seed="all")[0]
    assert found["rows"][0]["valid_accuracy"] == expected.tolist()
    assert found["seeds"] == [0, 1, 2]
    assert main(["query", str(shipped), known]) == 0
    assert f"{store.query([known], 'test_accuracy', seed='mean')[0]:.6f}" in capsys.readouterr().out


def test_query_says_what_is_missing_or_gives_null(capsys, shipped, known, tmp_path):
    store = BenchmarkStore.open(shipped)
    part = tmp_path / "part"
    store.copy(part, store.architectures[6:9])
    assert known in failure(capsys, "query", part, known)
    found = answer(capsys, "query", part, known, "--metric", "valid_accuracy", "--missing", "nan")
    assert found["rows"][0]["valid_accuracy"] is None


@pytest.mark.parametrize("searcher", ["random", "local", "bayesian"])
def test_search_reports_the_best_by_validation_and_its_test_score(capsys, shipped, searcher):
    found = answer(capsys, "search", shipped, "--searcher", searcher, "--budget", 15, "--seed", 1)
    scores = [query["valid_accuracy"] for query in found["queries"]]
    assert len(scores) == 15
    assert found["incumbents"][-1]["valid_accuracy"] == max(scores)
    best = [found["incumbents"][-1]["architecture"]]
    store = BenchmarkStore.open(shipped)
    assert found["test_of_best"]["value"] == pytest.approx(store.query(best, "test_accuracy", seed="mean")[0])


def test_search_is_the_same_for_the_same_seed(capsys, shipped):
    runs = [answer(capsys, "search", shipped, "--budget", 14, "--batch", 4) for _ in range(2)]
    texts = [[query["architecture"] for query in run["queries"]] for run in runs]
    assert texts[0] == texts[1]


def test_train_trains_and_keeps(capsys, tmp_path):
    store = tmp_path / "mine"
    found = answer(capsys, "train", CELL, "--seeds", 0, "--workers", 1, "--append-to", store)
    run = found["runs"][0]
    assert run["status"] == "ok"
    assert 0.5 < run["valid_accuracy"] <= 1.0
    assert run["valid_accuracy_curve"][-1] == pytest.approx(run["valid_accuracy"])
    kept = BenchmarkStore.open(store)
    assert kept.query([CELL], "valid_accuracy", seed=0)[0] == run["valid_accuracy"]
    assert main(["train", CELL, "--workers", "1", "--append-to", str(store)]) == 0
    assert len(BenchmarkStore.open(store)) == 1


def test_a_fresh_training_agrees_with_the_shipped_table(capsys, shipped, known):
    fresh = answer(capsys, "train", known, "--seeds", 1, "--workers", 1)["runs"][0]
    tabulated = BenchmarkStore.open(shipped).query([known], "valid_accuracy", seed=1)[0]
    assert fresh["valid_accuracy"] == pytest.approx(tabulated, abs=0.05)  # other processors round otherwise


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["info", "/nowhere/store"], "no store at"),
        (["query", "STORE", "|foo~0|+|none~0|none~1|+|none~0|none~1|none~2|"], "unknown operation 'foo'"),
        (["query", "STORE", "|none~0|"], "malformed cell201 string"),
        (["query", "STORE", CELL, "--metric", "accuracy"], "valid_accuracy"),
        (["query", "STORE", CELL, "--seed", "first"], "'mean' or 'all'"),
        (["search", "STORE", "--metric", "test_accuracy"], "must not see"),
        (["search", "STORE", "--budget", "7000"], "at most the"),
        (["search", "STORE", "--training-seeds", "9"], "seeds [0, 1, 2]"),
        (["search", "STORE", "--budget", "5", "--task", "cifar10"], "digits"),
        (["info", "x" * 300], "too long"),
        (["train", CELL, "--device", "cuda:99"], "found"),
        (["train", CELL, "--device", "tpu"], "expected a device"),
        (["improve", "STORE", "--out", "OUT", "--start", "6000"], "found"),
        (["improve", "STORE", "--out", "OUT", "--held-out", "3"], "10 held-out architectures or more"),
        (["improve", "STORE", "--out", "OUT", "--training-seeds", "0", "0"], "distinct training seeds"),
        (["improve", "STORE", "--out", "OUT", "--metric", "test_accuracy"], "must not see"),
        (["improve", "STORE", "--out", "OUT", "--per-round", "300"], "a round"),
        (["improve", "STORE", "--out", "OUT", "--rounds", "9000"], "at most the 15625"),
        (["improve", "STORE", "--out", "STORE"], "holds something else"),
        (["improve", "STORE", "--out", "STORE/run"], "name another place"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_2(capsys, shipped, tmp_path, arguments, words):
    places = {"STORE": str(shipped), "OUT": str(tmp_path / "run"), "STORE/run": f"{shipped}/run"}
    error = failure(capsys, *(places.get(argument, argument) for argument in arguments))
    assert words in error
    assert not (tmp_path / "run").exists()


def test_an_empty_store_is_described_not_stumbled_over(capsys, tmp_path, cell201):
    BenchmarkStore.create(tmp_path / "empty", cell201)
    assert main(["info", str(tmp_path / "empty")]) == 0
    assert "runs           0" in capsys.readouterr().out
    assert "found none" in failure(capsys, "search", tmp_path / "empty")


@pytest.mark.parametrize("seed", ["-1", "1.5", "9223372036854775808", "one"])
@pytest.mark.parametrize("command", [["search", "s"], ["improve", "s", "--out", "o"]])
def test_a_seed_is_a_whole_number_of_63_bits(capsys, command, seed):
    with pytest.raises(SystemExit) as stop:
        main([*command, "--seed", seed])
    assert stop.value.code == 2
    assert f"expected a seed from 0 to 2**63 - 1, got '{seed}'" in capsys.readouterr().err


def test_training_again_into_the_same_store_trains_only_what_is_missing(capsys, tmp_path):
    other = CELL.replace("none", "skip_connect")
    store = ["--append-to", str(tmp_path / "mine"), "--workers", "1"]
    assert main(["train", CELL, "--seeds", "0", *store]) == 0
    capsys.readouterr()
    assert main(["train", CELL, CELL, other, "--seeds", "0", "0", *store, "--json"]) == 0
    out, error = capsys.readouterr()
    assert error.splitlines() == [f"1 of 2 are in {tmp_path / 'mine'} already", "1 of 1 trained"]
    assert [run["architecture"] for run in json.loads(out)["runs"]] == [CELL, other]
    assert len(BenchmarkStore.open(tmp_path / "mine")) == 2


def test_a_store_that_can_not_take_trainings_is_told_before_any(capsys, tmp_path, cell201):
    BenchmarkStore.create(
        tmp_path / "other", cell201, metrics=[Metric("top5", "valid", "fraction", "maximize")]
    )
    assert "lacks" in failure(capsys, "train", CELL, "--append-to", tmp_path / "other")


def test_a_command_line_that_does_not_parse_is_one_line(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["search", "store", "--budget", "-3"])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "whole number of at least 1, got '-3'" in error


@pytest.mark.parametrize("command", ["info", "query", "search", "explain", "train", "improve"])
def test_help_has_an_example(capsys, command):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert f"example:\n  surronas {command}" in capsys.readouterr().out


def test_the_module_is_the_command():
    outputs = [
        subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout
        for command in ([sys.executable, "-m", "surronas"], [str(Path(sys.executable).parent / "surronas")])
    ]
    assert outputs == [f"surronas {__version__}\n"] * 2


@pytest.mark.parametrize("arguments", [["--version"], ["info", "STORE"], ["query", "STORE", "KNOWN"]])
def test_light_commands_load_nothing_heavy(shipped, known, arguments):
    places = {"STORE": str(shipped), "KNOWN": known}
    code = (
        "import sys\nfrom surronas.cli import main\n"
        f"try:\n    main({[places.get(argument, argument) for argument in arguments]!r})\n"
        "except SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"


def test_without_torch_a_store_can_be_searched_and_training_says_what_to_install(shipped):
    code = (
        "import sys\n"
        "class NoTorch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'torch':\n"
        "            raise ModuleNotFoundError('no torch here', name=name)\n"
        "sys.meta_path.insert(0, NoTorch())\n"
        "from surronas.cli import main\n"
        f"assert main(['search', {str(shipped)!r}, '--budget', '12']) == 0\n"
        f"sys.exit(main(['train', {CELL!r}]))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode == 2
    assert "pip install 'surronas[train]'" in found.stderr


def test_a_reader_that_has_enough_is_no_error(shipped):
    command = f"{sys.executable} -m surronas info {shipped} | head -1"
    found = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)
    assert "Traceback" not in found.stderr
