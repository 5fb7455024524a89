"""What has changed since the commit that a result was made at: the library, the script, what it imports."""

import ast
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from surronas.reproduction.results import Result

LIBRARY = "surronas"


def changes_since(result: Result, script: Path) -> str:
    """Return in words what has changed in library and script since a result; "" where nothing has."""
    uncommitted = "; made with uncommitted changes" if result.uncommitted else ""
    if not result.commit:
        return "made without git, so nobody can tell what has changed since"
    changed = changed_files(script.absolute().parents[1], result.commit)
    if isinstance(changed, str):
        return f"{changed}, so nobody can tell what has changed since{uncommitted}"
    own = [path for path in own_files(script) if path in changed]
    num_library = sum(path.startswith(f"{LIBRARY}/") for path in changed)
    files = "file" if num_library == 1 else "files"
    told = [f"{num_library} {files} of {LIBRARY}"] * bool(num_library) + own
    return (f"changed since: {', '.join(told)}" if told else "") + (
        uncommitted if told else uncommitted.removeprefix("; ")
    )


def own_files(script: Path) -> list[str]:
    """Return a script and the files beside it that it imports, those of these included, from the checkout."""
    found, waiting = dict[str, None](), [script]
    while waiting:
        path = waiting.pop()
        name = f"{path.parent.name}/{path.name}"
        if name not in found:
            found[name] = None
            beside = [script.parent / f"{module}.py" for module in _imported(path)]
            waiting += [path for path in beside if path.exists()]
    return list(found)


def _imported(path: Path) -> list[str]:
    """Return the names of the modules that a file imports, their first parts."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module.partition(".")[0])
    return found


@cache
def changed_files(checkout: Path, commit: str) -> frozenset[str] | str:
    """Return the files that differ from a commit, new ones included; or in words why that can't be told."""
    if _git(checkout, ["rev-parse", "--git-dir"]) is None:
        return "there is no git repository here"
    differ = _git(checkout, ["diff", "--name-only", "--relative", commit, "--"])
    if differ is None:
        return f"its commit {commit[:10]} is not in this repository"
    new = _git(checkout, ["ls-files", "--others", "--exclude-standard"])
    return frozenset([*differ, *(new or [])])


def _git(checkout: Path, words: Sequence[str]) -> list[str] | None:
    """Return the lines that git prints; None where it fails, or is not installed."""
    command = ["git", "-C", str(checkout), *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return None
