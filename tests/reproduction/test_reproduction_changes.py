"""What has changed since a result, told by a real repository."""

import shutil
import subprocess
from pathlib import Path

import pytest

from surronas.reproduction.changes import changed_files, changes_since, own_files
from surronas.reproduction.results import Result


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    command = ["git", "-C", str(folder), *identity, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script that imports a file beside it, which imports another; a fourth stands alone."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    files = {
        "surronas/a.py": "",
        "reproduce/script.py": "from first import f\nimport numpy",
        "reproduce/first.py": "def f():\n    import second",
        "reproduce/second.py": "from script import g",
        "reproduce/alone.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "all")
    changed_files.cache_clear()
    return tmp_path / "reproduce" / "script.py"


def result(commit: str, *, uncommitted: bool = False) -> Result:
    return Result(Path("r.json"), "", "full", "2026-11-22", commit, uncommitted, 1.0, 1, (), 0, {})


def head(script: Path) -> str:
    return git(script.parents[1], "rev-parse", "HEAD")


def test_a_script_owns_what_it_imports_of_its_folder(script: Path) -> None:
    own = {"reproduce/script.py", "reproduce/first.py", "reproduce/second.py"}
    assert set(own_files(script)) == own


def test_nothing_has_changed(script: Path) -> None:
    assert changes_since(result(head(script)), script) == ""
    assert changes_since(result(head(script), uncommitted=True), script) == "made with uncommitted changes"


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("surronas/a.py", "changed since: 1 file of surronas"),
        ("surronas/new.py", "changed since: 1 file of surronas"),
        ("reproduce/second.py", "changed since: reproduce/second.py"),
        ("reproduce/script.py", "changed since: reproduce/script.py"),
        ("reproduce/alone.py", ""),
        ("README.md", ""),
    ],
)
def test_changes_are_named(script: Path, file: str, told: str) -> None:
    with (script.parents[1] / file).open("a") as edited:
        edited.write("\nx = 1\n")
    assert changes_since(result(head(script)), script) == told


def test_later_commits_are_changes(script: Path) -> None:
    before = head(script)
    (script.parents[1] / "surronas" / "a.py").write_text("x = 1")
    (script.parent / "first.py").write_text("x = 1")
    git(script.parents[1], "commit", "--quiet", "--all", "--message", "more")
    expected = "changed since: 1 file of surronas, reproduce/first.py"
    assert changes_since(result(before), script) == expected
    assert changes_since(result(before, uncommitted=True), script) == (
        f"{expected}; made with uncommitted changes"
    )


def test_what_cannot_be_told_is_said(script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "made without git" in changes_since(result(""), script)
    unknown = changes_since(result("0123456789abcdef"), script)
    assert (
        unknown
        == "its commit 0123456789 is not in this repository, so nobody can tell what has changed since"
    )
    changed_files.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert "there is no git repository here" in changes_since(result("0123456789abcdef"), script)
