"""What the last run of a reproduction gave, as its script wrote it down."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surronas.errors import InputError

MODES = ("full", "quick")
_UNCOMMITTED = " with uncommitted changes"
_TEXTS = ("claim", "mode", "date", "commit")
_SHOWN = ("published", "ours", "limit", "at least", "at most", "why", "told")


@dataclass(frozen=True)
class Result:
    """One run of one script, in full or in quick mode."""

    path: Path
    claim: str
    mode: str
    date: str
    commit: str  # "": made without git
    uncommitted: bool  # library or script differed from that commit
    seconds: float
    num_asserted: int
    missed: tuple[str, ...]  # the asserted lines that do not hold, in words
    num_beside: int  # lines that are shown and not asserted
    data: dict[str, str]  # table: digest of what it was opened from

    @property
    def num_held(self) -> int:
        """How many of the asserted lines hold."""
        return self.num_asserted - len(self.missed)


def result_path(script: Path, mode: str) -> Path:
    """Return where a script writes its result: full ones are committed, quick ones are not."""
    folder = script.parent / "results" if mode == "full" else log_folder(script.parent)
    return folder / f"{script.stem}.json"


def log_folder(scripts: Path) -> Path:
    """Return the folder of quick results and of what scripts print, beside the folder of scripts."""
    return scripts.absolute().parent / "runs" / "reproduce"


def read_result(path: Path, mode: str) -> Result | None:
    """Return what a script wrote down; None where there is nothing.

    Raises:
        InputError: the file is truncated, not of this form, of another mode, or contradicts itself.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return _checked(path, mode, found)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"{path} is no result of a reproduction script ({what}); run its script anew"
        ) from error


def _checked(path: Path, mode: str, found: dict[str, Any]) -> Result:
    """Return a result whose parts are of the right kind and agree with one another."""
    texts = {name: found[name] for name in _TEXTS}
    if wrong := [name for name, text in texts.items() if not isinstance(text, str)]:
        raise TypeError(f"{', '.join(wrong)}: expected text")
    if texts["mode"] != mode:
        raise ValueError(f"expected mode {mode!r}, got {texts['mode']!r}")
    verdicts = [line["passed"] for line in found["lines"]]
    if unknown := [each for each in verdicts if not (each is None or isinstance(each, bool))]:
        raise ValueError(f"expected lines that pass, miss or stand beside, got {unknown[0]!r}")
    missed = tuple(words(line) for line in found["lines"] if line["passed"] is False)
    num_beside = verdicts.count(None)
    counts = {"asserted": len(verdicts) - num_beside, "missed": len(missed)}
    for name, count in counts.items():
        if found[name] != count:
            raise ValueError(f"{name} is {found[name]!r}, its lines say {count}")
    commit = texts["commit"].removesuffix(_UNCOMMITTED)
    return Result(
        path,
        texts["claim"],
        mode,
        texts["date"],
        commit,
        commit != texts["commit"],
        float(found["seconds"]),
        counts["asserted"],
        missed,
        num_beside,
        {str(name): str(digest) for name, digest in found["data"].items()},
    )


def words(line: dict[str, Any]) -> str:
    """Return a line of a result in words."""
    numbers = ", ".join(f"{name} {line[name]}" for name in _SHOWN if line.get(name) is not None)
    return f"{line['where']}: {line['what']}: {numbers}"
