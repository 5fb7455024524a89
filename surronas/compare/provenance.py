"""Everything needed to rerun a comparison: what each searcher is, by which command, versions and commit."""

from __future__ import annotations

import functools
import hashlib
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

_PACKAGES = ("surronas", "numpy", "scipy", "scikit-learn", "xgboost", "torch")
_PLAIN = (bool, int, float, str, type(None))


def described(thing: object) -> Any:
    """Return what makes a searcher, JSON-able: functions and classes by name, with given arguments."""
    if isinstance(thing, _PLAIN):
        return thing
    if isinstance(thing, functools.partial):
        given = {"args": described(thing.args), "keywords": described(thing.keywords)}
        return {"partial": described(thing.func)} | {key: value for key, value in given.items() if value}
    if isinstance(thing, Mapping):
        return {str(key): described(value) for key, value in thing.items()}
    if isinstance(thing, np.ndarray):
        digest = hashlib.sha256(np.ascontiguousarray(thing).tobytes()).hexdigest()
        return {"array": list(thing.shape), "sha256": digest}
    if isinstance(thing, Sequence | set | frozenset):
        return [described(each) for each in thing]
    if hasattr(thing, "__qualname__"):
        return f"{getattr(thing, '__module__', '')}.{thing.__qualname__}"
    return _object(thing)


def _object(thing: object) -> Any:
    """Return an object by its class and parameters, as far as it tells them; never by its place in memory."""
    name = f"{type(thing).__module__}.{type(thing).__qualname__}"
    if hasattr(thing, "get_params"):
        return {"class": name, "parameters": described(thing.get_params(deep=False))}
    if type(thing).__repr__ is not object.__repr__:
        return {"class": name, "repr": re.sub(r" at 0x[0-9a-f]+", "", repr(thing))}
    return {"class": name, "attributes": described(getattr(thing, "__dict__", {}))}


def session() -> dict[str, Any]:
    """Return the command, date, versions, commit and machine of this process, JSON-able."""
    return {
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version()} | _versions(),
        "commit": _commit(Path(__file__).parent),
        "machine": platform.machine(),
    }


def file_hash(path: Path) -> str | None:
    """Return the SHA-256 of a file, or of all files of a folder; None where there is nothing."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    digest = hashlib.sha256()
    found = [file for file in files if file.is_file() and not file.name.startswith(".")]
    for file in found:
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest() if found else None


def _versions() -> dict[str, str]:
    """Return the versions of the packages that are installed."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _commit(folder: Path) -> str | None:
    """Return the commit of the code, with "+" where it has been changed since; None outside of git."""
    answers = []
    for question in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no", "--", ".")):
        try:
            answer = subprocess.run(
                ["git", "-C", str(folder), *question], capture_output=True, text=True, timeout=10, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return None
        answers.append(answer.stdout.strip())
    return answers[0] + ("+" if answers[1] else "")
