import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from surronas.errors import RunFolderError
from surronas.journal import Candidate, Journal
from surronas.run_folder import Command, Settings, open_run, write_json
from surronas.store import BenchmarkStore

KNOBS = "--start 30 --held-out 20 --rounds 2 --per-round 2 --training-seeds 0 --workers 2 --device cpu"
NUM_START, NUM_TRAINED = 30, 4
COMMAND = Command("surronas improve x", "2026-01-01T00:00:00+00:00", {"python": "3"})


def command(shipped: Path, folder: Path, *more: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "surronas",
        "improve",
        str(shipped),
        "--out",
        str(folder),
        *KNOBS.split(),
        *more,
    ]


def improve(shipped: Path, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(shipped, folder, *more), capture_output=True, text=True)


def stop_when(condition: Callable[[], bool], with_signal: int, arguments: list[str]) -> subprocess.Popen[str]:
    """Start a run, wait until the condition holds, and send the process a signal."""
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while process.poll() is None and not condition():
        assert time.monotonic() < deadline, "the run never got that far"
        time.sleep(0.01)
    process.send_signal(with_signal)
    process.wait(timeout=60)
    return process


def workers_of_session(leader: int) -> list[str]:
    """Return the processes of a session that are left."""
    listed = subprocess.run(["ps", "-eo", "sid,pid,args"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines()[1:] if int(line.split()[0]) == leader]


def num_rows(folder: Path) -> int:
    return len(BenchmarkStore.open(folder / "store")) if (folder / "store").exists() else 0


def rounds_of(folder: Path) -> list[dict]:
    return [json.loads((folder / f"round-{number:02d}.json").read_text()) for number in range(3)]


@pytest.fixture(scope="module")
def whole(shipped, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A run that nothing interrupted: folder, and what the command printed."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    return folder, improve(shipped, folder, "--json")


def test_the_run_folder_holds_the_grown_store_and_the_report(whole, shipped):
    folder, finished = whole
    assert finished.returncode == 0, finished.stderr
    outcome = json.loads(finished.stdout)
    assert outcome["num_trained"] == NUM_TRAINED
    store = BenchmarkStore.open(folder / "store")
    assert len(store) == NUM_START + NUM_TRAINED
    assert store.check() == []
    fresh = store.table(origin="search")
    start = store.table(origin="benchmark")
    assert len(fresh) == NUM_TRAINED
    assert not np.isin(store.space.keys(fresh["architecture"]), store.space.keys(start["architecture"])).any()
    report = (folder / "report.html").read_text()
    for candidate in rounds_of(folder)[1]["candidates"]:
        assert candidate["text"] in report
    for name in ("predicted_against_measured", "incumbent", "tau", "best_cell"):
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    kept = json.loads((folder / "commands.json").read_text())[0]
    assert kept["line"].startswith(f"surronas improve {shipped}")
    assert {"python", "torch", "surronas"} <= set(kept["versions"])


def test_the_progress_shows_predictions_measurements_and_quality(whole):
    _, finished = whole
    for words in ("picks |", " ± ", "trained, seed 0", "Kendall tau", "90 % intervals", "incumbent"):
        assert words in finished.stderr


def test_the_shipped_file_is_never_written(shipped, whole):
    before = shipped.read_bytes()
    assert not list(shipped.parent.glob("*.lock"))
    assert BenchmarkStore.open(shipped).check() == []
    assert shipped.read_bytes() == before


def test_fresh_trainings_stand_beside_tabulated_ones(whole, shipped):
    outcome = json.loads(whole[1].stdout)
    source, grown = BenchmarkStore.open(shipped), BenchmarkStore.open(whole[0] / "store")
    fresh = grown.table(origin="search")
    tabulated = source.contains(fresh["architecture"], seed=0)
    assert len(outcome["agreements"]) == tabulated.sum()
    for agreement in outcome["agreements"]:
        expected = source.query([agreement["text"]], "valid_accuracy", seed=agreement["seed"])[0]
        assert agreement["tabulated"] == expected
        assert agreement["fresh"] == pytest.approx(expected, abs=0.05)  # other processors round otherwise


def test_after_kill_9_the_same_command_goes_on(whole, shipped, tmp_path):
    folder = tmp_path / "run"
    stop_when(lambda: num_rows(folder) > NUM_START, signal.SIGKILL, command(shipped, folder))
    kept = num_rows(folder)
    assert NUM_START < kept < NUM_START + NUM_TRAINED
    before = BenchmarkStore.open(folder / "store").table(origin="search")
    finished = improve(shipped, folder)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.count("trained, seed") == NUM_START + NUM_TRAINED - kept
    after = BenchmarkStore.open(folder / "store").table(origin="search")
    for row in before:  # what was trained before the kill is there still, unrepeated
        same = (after["architecture"] == row["architecture"]).all(axis=1)
        assert same.sum() == 1
        assert after["train_seconds"][same][0] == row["train_seconds"]
    assert rounds_of(folder) == rounds_of(whole[0])


def test_ctrl_c_says_how_to_go_on_and_leaves_no_workers(whole, shipped, tmp_path):
    folder = tmp_path / "run"
    stopped = stop_when(lambda: num_rows(folder) > NUM_START, signal.SIGINT, command(shipped, folder))
    assert stopped.returncode == 130
    assert stopped.stderr is not None
    assert stopped.stderr.read() == "surronas: interrupted; the same command goes on\n"
    assert workers_of_session(stopped.pid) == []
    assert improve(shipped, folder).returncode == 0
    assert rounds_of(folder) == rounds_of(whole[0])


@pytest.mark.slow
@pytest.mark.parametrize("delay", np.linspace(0.5, 14, 20).round(1).tolist())
def test_kill_9_at_any_moment(whole, shipped, tmp_path, delay):
    folder, start = tmp_path / "run", time.monotonic()
    stop_when(lambda: time.monotonic() - start > delay, signal.SIGKILL, command(shipped, folder))
    assert improve(shipped, folder).returncode == 0
    assert rounds_of(folder) == rounds_of(whole[0])
    assert num_rows(folder) == NUM_START + NUM_TRAINED


def test_a_finished_run_shows_itself_again_and_trains_nothing(whole, shipped):
    again = improve(shipped, whole[0], "--json")
    assert again.returncode == 0
    first, second = json.loads(whole[1].stdout), json.loads(again.stdout)
    assert len(second.pop("commands")) == len(first.pop("commands")) + 1
    assert first == second
    assert "trained, seed" not in again.stderr


def test_a_finished_run_can_be_given_more_rounds(whole, shipped, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(whole[0], folder)
    longer = improve(shipped, folder, "--rounds", "3")
    assert longer.returncode == 0, longer.stderr
    assert rounds_of(folder) == rounds_of(whole[0])
    assert num_rows(folder) == NUM_START + NUM_TRAINED + 2


def test_without_rounds_a_killed_run_goes_on_and_no_row_is_lost_or_repeated(shipped, tmp_path):
    folder = tmp_path / "run"
    arguments = command(shipped, folder, "--asynchronous")
    stop_when(lambda: num_rows(folder) > NUM_START, signal.SIGKILL, arguments)
    before = BenchmarkStore.open(folder / "store").table(origin="search")
    finished = improve(shipped, folder, "--asynchronous")
    assert finished.returncode == 0, finished.stderr
    assert num_rows(folder) == NUM_START + NUM_TRAINED
    after = BenchmarkStore.open(folder / "store").table(origin="search")
    for row in before:
        same = (after["architecture"] == row["architecture"]).all(axis=1)
        assert after["train_seconds"][same].tolist() == [row["train_seconds"]]
    assert [len(each["candidates"]) for each in rounds_of(folder)] == [0, 2, 2]
    assert "asynchronous" in improve(shipped, folder).stderr  # now with rounds: another run


def test_a_run_of_before_there_was_a_choice_goes_on(tmp_path, cell201):
    with open_run(tmp_path / "run", settings(), Journal(), fill(cell201), COMMAND):
        kept = json.loads((tmp_path / "run" / "settings.json").read_text())
        del kept["asynchronous"], kept["sampled_share"]
        (tmp_path / "run" / "settings.json").write_text(json.dumps(kept))
    with open_run(tmp_path / "run", settings(), Journal(), fill(cell201), COMMAND):
        assert json.loads((tmp_path / "run" / "settings.json").read_text()) == kept


def test_candidates_picked_one_by_one_are_kept_at_once(tmp_path, cell201):
    shown = Journal()
    one, two = (Candidate((i,) * 6, "x", "p", {"s": (0.5, 0.1)}) for i in (0, 1))
    with open_run(tmp_path / "run", settings(), shown, fill(cell201), COMMAND) as run:
        run.picked(1, one)
        run.picked(1, two)
        assert run.plan(1) == shown.plan(1) == (one, two)


def test_rows_that_were_there_from_the_start_are_no_fresh_trainings(shipped, tmp_path):
    source = BenchmarkStore.open(shipped)
    records = source.records(source.architectures[:60], seed=0)
    records["origin"] = "search"  # a store grown by an earlier run
    BenchmarkStore.create(tmp_path / "grown", source.space, canonical=True).append(records)
    finished = improve(tmp_path / "grown", tmp_path / "run", "--json")
    assert finished.returncode == 0, finished.stderr
    outcome = json.loads(finished.stdout)
    picked = {each["text"] for turn in outcome["rounds"] for each in turn["candidates"]}
    assert {each["text"] for each in outcome["agreements"]} <= picked


def test_half_of_the_candidates_can_be_sampled(shipped, tmp_path):
    finished = improve(shipped, tmp_path / "run", "--sampled-share", "0.5")
    assert finished.returncode == 0, finished.stderr
    names = [candidate["proposer"] for candidate in rounds_of(tmp_path / "run")[1]["candidates"]]
    assert names.count("random sampling") == 1
    refused = improve(shipped, tmp_path / "other", "--sampled-share", "25")
    assert refused.returncode == 2
    assert "sampled_share: expected a share from 0 to 1, got 25" in refused.stderr


def test_other_settings_on_the_same_folder_are_refused(whole, shipped):
    refused = improve(shipped, whole[0], "--seed", "7")
    assert refused.returncode == 2
    assert "run with other settings (seed)" in refused.stderr
    assert rounds_of(whole[0])[2]["num_rows"] == NUM_START + NUM_TRAINED


def settings(**changes: object) -> Settings:
    plain = {
        "source": "s",
        "metric": "valid_accuracy",
        "task": "t",
        "recipe": "{}",
        "seeds": (0,),
        "num_start": 1,
        "num_held_out": 1,
        "num_rounds": 1,
        "per_round": 1,
        "seed": 0,
    }
    return Settings(**{**plain, **changes})


def fill(cell201) -> Callable[[Path, Path], None]:
    def prepare(store: Path, held_out: Path) -> None:
        for path in (store, held_out):
            BenchmarkStore.create(path, cell201, canonical=True)

    return prepare


def test_two_processes_never_work_on_one_run(tmp_path, cell201):
    with (
        open_run(tmp_path / "run", settings(), Journal(), fill(cell201), COMMAND),
        pytest.raises(RunFolderError, match="another process works on"),
        open_run(tmp_path / "run", settings(), Journal(), fill(cell201), COMMAND),
    ):
        pass


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path, cell201):
    (tmp_path / "letter.txt").write_text("dear")
    with (
        pytest.raises(RunFolderError, match="holds something else"),
        open_run(tmp_path, settings(), Journal(), fill(cell201), COMMAND),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("text", ["[]", "3", "null"])
def test_settings_that_are_no_settings_are_refused(tmp_path, cell201, text):
    with open_run(tmp_path / "run", settings(), Journal(), fill(cell201), COMMAND):
        (tmp_path / "run" / "settings.json").write_text(text)
    with (
        pytest.raises(RunFolderError, match="holds something else"),
        open_run(tmp_path / "run", settings(), Journal(), fill(cell201), COMMAND),
    ):
        pass


def test_a_damaged_round_file_is_named(tmp_path, cell201):
    with open_run(tmp_path / "run", settings(), Journal(), fill(cell201), COMMAND) as run:
        (tmp_path / "run" / "round-01.json").write_text("{")
        with pytest.raises(RunFolderError, match=r"round-01.json is damaged"):
            run.finished_round(1)


def test_a_failure_while_a_run_is_made_leaves_nothing(tmp_path):
    def prepare(store: Path, held_out: Path) -> None:
        store.mkdir()
        raise OSError(28, "No space left on device")

    with (
        pytest.raises(RunFolderError, match="No space left on device"),
        open_run(tmp_path / "run", settings(), Journal(), prepare, COMMAND),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_json_is_written_whole(tmp_path):
    write_json(tmp_path / "x.json", {"a": [1, float("nan")]})
    assert json.loads((tmp_path / "x.json").read_text())["a"][0] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
