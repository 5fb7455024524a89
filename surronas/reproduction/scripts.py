"""What a reproduction script says of itself, read from its constants without running it."""

import ast
from dataclasses import dataclass
from pathlib import Path

from surronas.errors import InputError

_REQUIRED = ("CLAIM", "SOURCE", "DATA", "MINUTES")


@dataclass(frozen=True)
class Script:
    """One script of the folder ``reproduce``: constants on its top, as it has them."""

    path: Path
    claim: str  # what is reproduced, in one line
    source: str  # where the numbers come from
    data: tuple[str, ...]  # tables without which nothing runs
    optional_data: tuple[str, ...]  # tables that add lines
    packages: tuple[str, ...]  # optional packages that it needs
    minutes: tuple[float, float]  # in quick and in full mode, on two cores at rest

    @property
    def name(self) -> str:
        """The name on the command line: the file's, without its ending."""
        return self.path.stem


def find_scripts(folder: Path) -> list[Script]:
    """Return the reproductions in a folder, by name; a file without CLAIM is none.

    Raises:
        InputError: no such folder, none in it, or one whose constants can't be read.
    """
    if not folder.is_dir():
        raise InputError(
            f"there is no folder {folder} of reproduction scripts; they are part of a checkout of surronas, "
            "not of the installed package: clone the repository, or name the folder"
        )
    found = [script for path in sorted(folder.glob("*.py")) if (script := _script(path))]
    if not found:
        raise InputError(f"expected scripts with a constant CLAIM in {folder}, found none")
    return found


def read_script(path: Path) -> Script:
    """Return what a script says of itself.

    Raises:
        InputError: the file is no reproduction, or its constants are not as expected.
    """
    script = _script(path)
    if script is None:
        raise InputError(f"{path} has no constant CLAIM: it is no reproduction script")
    return script


def _script(path: Path) -> Script | None:
    """Return a reproduction; None where the file has no constant CLAIM."""
    try:
        found = _literals(path)
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise InputError(f"can't read {path}: {error}") from error
    if "CLAIM" not in found:
        return None
    if lacking := [name for name in _REQUIRED if name not in found]:
        raise InputError(f"{path} lacks {', '.join(lacking)}: literals on its top, beside CLAIM")
    minutes = found["MINUTES"]
    if not (isinstance(minutes, tuple) and [isinstance(n, int | float) for n in minutes] == [True, True]):
        raise InputError(f"expected minutes (quick, full) as MINUTES of {path}, got {minutes!r}")
    return Script(
        path,
        str(found["CLAIM"]),
        str(found["SOURCE"]),
        _names(found, "DATA", path),
        _names(found, "OPTIONAL_DATA", path),
        _names(found, "PACKAGES", path),
        (float(minutes[0]), float(minutes[1])),
    )


def _names(found: dict[str, object], constant: str, path: Path) -> tuple[str, ...]:
    """Return a constant that is a tuple of names; empty where it is not there."""
    value = found.get(constant, ())
    if not isinstance(value, tuple) or not all(isinstance(item, str) for item in value):
        raise InputError(f"expected a tuple of names as {constant} of {path}, got {value!r}")
    return value


def _literals(path: Path) -> dict[str, object]:
    """Return the constants of our names that a file assigns on its top level; none where CLAIM is not one."""
    names = {*_REQUIRED, "OPTIONAL_DATA", "PACKAGES"}
    assigned = {
        node.targets[0].id: node.value
        for node in ast.parse(path.read_text(encoding="utf-8"), filename=str(path)).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    if "CLAIM" not in assigned:  # another script may mean something else by these names
        return {}
    found: dict[str, object] = {}
    for name in names & assigned.keys():
        try:
            found[name] = ast.literal_eval(assigned[name])
        except ValueError as error:
            raise InputError(f"expected a literal as {name} of {path}: {error}") from error
    return found
