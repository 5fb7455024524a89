"""``surronas reproduce``: what it runs, what it says of each script, and what turns it red."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes_gone import all_gone
from small_checkout import MISSES, PASSES, ROOT, add_script, small_checkout

from surronas.cli import main

EXAMPLE = Path("runs") / "reproduce"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = small_checkout(tmp_path / "checkout")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SURRONAS_SHARED", str(tmp_path / "nothing"))
    return folder


def outcomes(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, dict]:
    """Run scripts and return what came of each by its name."""
    assert main(["reproduce", *arguments, "--json"]) == code
    return {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)["scripts"]}


def failure(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["reproduce", *arguments]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    return error


def test_a_script_that_passes(capsys, checkout: Path) -> None:
    add_script(checkout, "counts", PASSES + '\nreport.beside("digits", "shown", 1.0, 2.0)')
    assert main(["reproduce"]) == 0
    first, line, summary = capsys.readouterr().out.splitlines()
    assert first.startswith("1 scripts, quick mode, 2 at a time")
    assert line.split()[:3] == ["pass", "counts", "1"]
    assert "1 of 1 lines hold, 1 beside" in line
    assert summary.startswith("1 pass, 0 MISS, 0 ERROR in ")
    assert "exactly  pass" in (checkout / EXAMPLE / "counts.log").read_text()


def test_lines_that_miss_are_shown_and_turn_it_red(capsys, checkout: Path) -> None:
    add_script(checkout, "misses", MISSES)
    add_script(checkout, "passes", PASSES)
    assert main(["reproduce"]) == 1
    out = capsys.readouterr().out
    assert "digits: cells: published 6467.0, ours 6466.0" in out
    assert "1 pass, 1 MISS (misses), 0 ERROR" in out
    found = outcomes(capsys, "misses", code=1)
    assert list(found) == ["misses"]
    assert (found["misses"]["asserted"], found["misses"]["missed"]) == (1, 1)


def test_what_a_script_lacks_is_told_and_is_no_failure(capsys, checkout: Path) -> None:
    add_script(checkout, "table", PASSES, data=("digits", "nasbench-macro"))
    add_script(checkout, "package", PASSES, constants='PACKAGES = ("no-such-package",)')
    add_script(checkout, "optional", PASSES, constants='OPTIONAL_DATA = ("nasbench-macro",)')
    found = outcomes(capsys)
    assert {name: entry["status"] for name, entry in found.items()} == {
        "table": "skipped",
        "package": "skipped",
        "optional": "pass",
    }
    (told,) = found["table"]["told"]
    assert "get nas-bench-macro_cifar10.json" in told
    assert "surronas fetch nasbench-macro FOLDER" in told
    assert f"surronas import nasbench-macro SOURCE {Path('runs/stores/nasbench-macro.h5')}" in told
    assert found["package"]["told"] == ["pip install no-such-package"]
    assert main(["reproduce"]) == 0
    assert "2 skipped (package, table)" in capsys.readouterr().out


def test_a_script_that_finds_a_table_missing_itself_is_skipped(capsys, checkout: Path) -> None:
    constants = 'OPTIONAL_DATA = ("nasbench-macro",)'
    add_script(checkout, "late", 'setting.table("nasbench-macro")', constants=constants)
    entry = outcomes(capsys)["late"]
    assert entry["status"] == "skipped"
    assert entry["told"][0].startswith("missing nasbench-macro: get")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('raise KeyError("lost")', "KeyError: 'lost'"),
        ("import os; os.kill(os.getpid(), 9)", "killed by signal 9"),
        ("import os; os._exit(0)", "it has written no result"),
        ('report.beside("a", "b", 1.0, None)', "it asserts nothing"),
        ('from surronas.errors import InputError; raise InputError("a bad file")', "InputError: a bad file"),
        ('report.near("a", "b", 1.0, 1.0); return {"missed": 2}', "returns missed: these names are taken"),
        (
            'report.near("a", "b", 1.0, 1.0)\n'
            'return {"missed": 1, "lines": [{"where": "a", "what": "b", "passed": False}]}',
            "returns lines, missed: these names are taken",
        ),
    ],
)
def test_what_fails_is_an_error_and_never_passes(capsys, checkout: Path, body: str, told: str) -> None:
    add_script(checkout, "fails", body)
    entry = outcomes(capsys, code=1)["fails"]
    assert entry["status"] == "ERROR"
    assert any(told in line for line in entry["told"]), entry["told"]


def test_an_older_result_is_never_taken_for_a_new_one(capsys, checkout: Path) -> None:
    add_script(checkout, "counts", PASSES)
    assert outcomes(capsys)["counts"]["status"] == "pass"
    assert outcomes(capsys, "--full")["counts"]["status"] == "pass"
    add_script(checkout, "counts", "import os; os._exit(0)")
    for mode in ((), ("--full",)):
        assert outcomes(capsys, *mode, code=1)["counts"]["status"] == "ERROR"
    listed = described(capsys)["counts"]["results"]
    assert listed["quick"] == {"told": "no result"}
    assert listed["full"]["held"] == 1


def described(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, dict]:
    assert main(["reproduce", "--list", *arguments, "--json"]) == 0
    return {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}


def test_the_list_tells_claim_data_minutes_and_results(capsys, checkout: Path) -> None:
    add_script(checkout, "counts", PASSES, constants='OPTIONAL_DATA = ("nasbench-macro",)')
    add_script(checkout, "package", PASSES, constants='PACKAGES = ("no-such-package", "numpy")')
    outcomes(capsys, "counts")
    entry = described(capsys)["counts"]
    assert (entry["claim"], entry["minutes"]) == ("digits: counts", {"quick": 0.1, "full": 0.2})
    assert (entry["data"], entry["optional_data"]) == ({"digits": True}, {"nasbench-macro": False})
    assert (entry["results"]["quick"]["held"], entry["results"]["quick"]["asserted"]) == (1, 1)
    assert "made without git" in entry["results"]["quick"]["changes"]
    assert described(capsys)["package"]["packages"] == {"no-such-package": False, "numpy": True}
    assert main(["reproduce", "--list"]) == 0
    out = capsys.readouterr().out
    assert "counts: digits: counts\n" in out
    assert "optional  nasbench-macro (missing)" in out
    assert "missing   pip install no-such-package" in out
    assert "quick     1 of 1 lines hold" in out
    assert "full      no result" in out


def test_the_list_names_a_result_of_an_older_commit(capsys, checkout: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    git = ["git", "-C", str(checkout), *identity]
    script = add_script(checkout, "counts", PASSES)
    (checkout / ".gitignore").write_text("runs/\n__pycache__/\n")
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "all"]):
        subprocess.run([*git, *words], check=True)
    outcomes(capsys)
    assert described(capsys)["counts"]["results"]["quick"]["changes"] == ""
    from surronas.reproduction.changes import changed_files

    changed_files.cache_clear()  # a process looks once
    script.write_text(script.read_text() + "\n# more\n")
    assert described(capsys)["counts"]["results"]["quick"]["changes"] == "changed since: reproduce/counts.py"


@pytest.mark.parametrize("text", ['{"claim": "cou', "[]", '{"claim": 3}'])
def test_the_list_names_a_broken_result(capsys, checkout: Path, text: str) -> None:
    add_script(checkout, "counts", PASSES)
    (checkout / "reproduce" / "results").mkdir()
    (checkout / "reproduce" / "results" / "counts.json").write_text(text)
    told = described(capsys)["counts"]["results"]["full"]["told"]
    assert "counts.json is no result of a reproduction script" in told
    assert outcomes(capsys)["counts"]["status"] == "pass"


def test_bad_input(capsys, checkout: Path) -> None:
    add_script(checkout, "counts", PASSES)
    assert "no reproduction 'count'; did you mean counts?" in failure(capsys, "count")
    assert "surronas reproduce --list shows all" in failure(capsys, "zzz")
    assert "part of a checkout of surronas" in failure(capsys, "--folder", "elsewhere")
    assert "expected --stores as a folder" in failure(capsys, "--stores", "elsewhere")
    add_script(checkout, "counts", PASSES, data=("nasbench-micro",))
    assert "unknown format 'nasbench-micro'" in failure(capsys)
    add_script(checkout, "counts", PASSES, constants="MINUTES = 3")
    (checkout / "reproduce" / "counts.py").write_text("CLAIM = 'c'")
    assert "lacks SOURCE, DATA, MINUTES" in failure(capsys, "--list")


def test_a_table_that_is_refused_is_an_error(capsys, checkout: Path, tmp_path: Path) -> None:
    source = tmp_path / "nothing" / "data" / "benchmarks" / "nasbench-macro" / "nas-bench-macro_cifar10.json"
    source.parent.mkdir(parents=True)
    source.write_text('{"02012100": {"test_acc": [89')
    add_script(checkout, "needs", PASSES, data=("digits", "nasbench-macro"))
    add_script(checkout, "passes", PASSES)
    found = outcomes(capsys, code=1)
    assert (found["needs"]["status"], found["passes"]["status"]) == ("ERROR", "pass")
    assert found["needs"]["told"][0].startswith("nasbench-macro is refused: InputError: can't read")


def test_a_table_other_than_the_committed_results_is_noted(capsys, checkout: Path) -> None:
    add_script(checkout, "counts", PASSES)
    outcomes(capsys, "--full")
    assert outcomes(capsys)["counts"]["notes"] == []
    path = checkout / "reproduce" / "results" / "counts.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"data": {"digits": "00"}}))
    assert outcomes(capsys)["counts"]["notes"] == ["other files of digits than the committed result's"]


def test_ctrl_c_leaves_no_scripts_behind(checkout: Path) -> None:
    body = 'import os, pathlib, time\npathlib.Path("pid").write_text(str(os.getpid()))\ntime.sleep(600)'
    add_script(checkout, "endless", body)
    running = subprocess.Popen(
        [sys.executable, "-m", "surronas", "reproduce"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    until = time.monotonic() + 60
    while not ((checkout / "pid").exists() and (checkout / "pid").read_text()) and time.monotonic() < until:
        time.sleep(0.02)
    pid = int((checkout / "pid").read_text())
    running.send_signal(signal.SIGINT)
    assert "interrupted" in running.communicate(timeout=60)[1]
    assert running.returncode == 130
    assert all_gone([pid])
