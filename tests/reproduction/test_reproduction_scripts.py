"""What scripts say of themselves is read without running them."""

from pathlib import Path

import pytest

from surronas.errors import InputError
from surronas.reproduction import find_scripts, read_script

WHOLE = 'CLAIM = "c"\nSOURCE = "s"\nDATA = ("digits",)\nMINUTES = (0.1, 2)\nraise SystemExit("is run")\n'


def written(folder: Path, text: str, name: str = "script.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_constants_are_read_and_nothing_is_run(tmp_path: Path) -> None:
    script = read_script(written(tmp_path, WHOLE + 'PACKAGES = ("optuna",)\nOPTIONAL_DATA = ("a", "b")'))
    assert (script.name, script.claim, script.source, script.data) == ("script", "c", "s", ("digits",))
    assert (script.optional_data, script.packages, script.minutes) == (("a", "b"), ("optuna",), (0.1, 2.0))


def test_files_without_claim_are_none(tmp_path: Path) -> None:
    written(tmp_path, "import script\nSOURCE = script.path", "beside.py")
    written(tmp_path, WHOLE, "b.py")
    written(tmp_path, WHOLE, "a.py")
    assert [script.name for script in find_scripts(tmp_path)] == ["a", "b"]
    with pytest.raises(InputError, match="has no constant CLAIM"):
        read_script(tmp_path / "beside.py")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CLAIM = ", "can't read"),
        ('CLAIM = "c"\nDATA = ()', "lacks SOURCE, MINUTES"),
        (WHOLE.replace("(0.1, 2)", "3"), "expected minutes"),
        (WHOLE.replace("(0.1, 2)", '("soon", "late")'), "expected minutes"),
        (WHOLE.replace('("digits",)', '("digits")'), "expected a tuple of names as DATA"),
        (WHOLE.replace('("digits",)', "TABLES"), "expected a literal as DATA"),
    ],
)
def test_constants_that_cannot_be_read_are_named(tmp_path: Path, text: str, told: str) -> None:
    written(tmp_path, text)
    with pytest.raises(InputError, match=told):
        find_scripts(tmp_path)


def test_no_folder_and_no_scripts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="part of a checkout of surronas"):
        find_scripts(tmp_path / "reproduce")
    with pytest.raises(InputError, match="expected scripts with a constant CLAIM"):
        find_scripts(tmp_path)
