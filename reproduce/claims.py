"""What all scripts that reproduce a claim share: lines beside published numbers, tables, result, exit code.

A line is asserted (pass or MISS) or only shown beside a number that is known by hearsay ("reported").
Exit codes: 0 all asserted lines pass, 1 one or more miss, 2 bad input, 3 a table or package is missing.
"""

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from measuring import about
from numpy.typing import ArrayLike

from surronas.errors import SurronasError
from surronas.reproduction import MissingTableError, is_at_hand, open_table, read_script, table_digest
from surronas.reproduction.running import missing_packages
from surronas.reproduction.scripts import Script
from surronas.store import BenchmarkStore

FOLDER = Path(__file__).parent
CHECKOUT = FOLDER.parent
STORES = CHECKOUT / "runs" / "stores"
RESULTS, QUICK_RESULTS = FOLDER / "results", CHECKOUT / "runs" / "reproduce"
MISSED, BAD_INPUT, MISSING = 1, 2, 3
PACKAGES = ("surronas", "numpy", "scipy", "scikit-learn", "xgboost", "h5py")
CALC, READ, REPORTED = "CALC", "READ", "reported"

Line = dict[str, object]
Measure = Callable[["Report", "Setting"], dict[str, object] | None]


def pooled(values: np.ndarray, deviation: float, num_published: float) -> float:
    """Return the standard deviation that our values (n,) and the published ones share."""
    if math.isinf(num_published):
        return deviation
    ours, others = len(values) - 1, num_published - 1
    return math.sqrt((ours * float(values.var(ddof=1)) + others * deviation**2) / (ours + others))


class Report:
    """Lines of ours beside published numbers, printed as they come."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    @property
    def num_missed(self) -> int:
        """How many asserted lines do not hold."""
        return sum(line["passed"] is False for line in self.lines)

    @property
    def num_asserted(self) -> int:
        """How many lines are asserted."""
        return sum(line["passed"] is not None for line in self.lines)

    def near(
        self, where: str, what: str, ours: float, published: float, tolerance: float = 0.0, tag: str = CALC
    ) -> bool:
        """Assert that ours is within ``tolerance`` of a published number; return whether it is."""
        passed = bool(abs(ours - published) <= tolerance + 1e-12)  # not so for NaN
        limit = f"within {tolerance:.4g}" if tolerance else "exactly"
        told = f"published {_number(published)} [{tag}]  ours {_number(ours)}  {limit}"
        numbers = {"published": _rounded(published), "ours": _rounded(ours), "limit": _rounded(tolerance)}
        return self._add(where, what, told, passed, numbers | {"tag": tag})

    def mean(
        self,
        where: str,
        what: str,
        values: ArrayLike,
        published: float,
        deviation: float,
        num_published: float,
        tag: str = CALC,
    ) -> bool:
        """Assert that a mean over seeds is within 3 standard errors of the difference to a published one.

        ``values`` (n,) are ours; ``deviation`` is the published standard deviation over ``num_published``
        seeds, infinitely many for an exact number.
        """
        found = np.asarray(values, dtype=float)
        spread = pooled(found, deviation, num_published)
        limit = 3 * spread * math.sqrt(1 / len(found) + 1 / num_published)
        passed = self.near(where, what, float(found.mean()), published, limit, tag)
        self.lines[-1]["deviation"] = _rounded(float(found.std(ddof=1)))
        self.lines[-1]["num_seeds"] = len(found)
        return passed

    def share(
        self, where: str, what: str, held: ArrayLike, published: float, num_published: float, tag: str = CALC
    ) -> bool:
        """Assert that a share of runs is within 3 standard errors of the difference to a published one."""
        found = np.asarray(held, dtype=float)
        variance = published * (1 - published)
        limit = 3 * math.sqrt(variance / len(found) + variance / num_published)
        return self.near(where, what, float(found.mean()), published, limit, tag)

    def at_least(self, where: str, what: str, ours: float, bound: float, why: str) -> bool:
        """Assert that ours is no less than a bound, and say whose bound it is."""
        numbers = {"ours": _rounded(ours), "at least": _rounded(bound), "why": why}
        told = f"ours {_number(ours)}  at least {_number(bound)} ({why})"
        return self._add(where, what, told, bool(ours >= bound), numbers)

    def at_most(self, where: str, what: str, ours: float, bound: float, why: str) -> bool:
        """Assert that ours is no more than a bound, and say whose bound it is."""
        numbers = {"ours": _rounded(ours), "at most": _rounded(bound), "why": why}
        told = f"ours {_number(ours)}  at most {_number(bound)} ({why})"
        return self._add(where, what, told, bool(ours <= bound), numbers)

    def holds(self, where: str, what: str, condition: bool, told: str) -> bool:
        """Assert a claim of order, told in words with its numbers."""
        return self._add(where, what, told, bool(condition), {"told": told})

    def beside(
        self, where: str, what: str, ours: float, published: float | None, tag: str = REPORTED
    ) -> None:
        """Show ours beside a published number that is not asserted; None where there is none."""
        other = "" if published is None else f"published {_number(published)} [{tag}]  "
        numbers = {"published": None if published is None else _rounded(published), "ours": _rounded(ours)}
        self._add(where, what, f"{other}ours {_number(ours)}", None, numbers | {"tag": tag})

    def _add(self, where: str, what: str, told: str, passed: bool | None, numbers: Line) -> bool:
        """Print a line and keep it."""
        self.lines.append({"where": where, "what": what, **numbers, "passed": passed})
        verdict = {True: "pass", False: "MISS", None: "beside"}[passed]
        print(f"{where:16s} {what:52s} {told}  {verdict}", flush=True)
        return passed is not False


class Setting:
    """How a script is run: its mode, its tables, its processes."""

    def __init__(self, script: Script, *, quick: bool, stores: Path = STORES) -> None:
        self.script, self.quick, self.stores = script, quick, stores
        self.workers = max(1, min(2, os.cpu_count() or 1))
        self.digests: dict[str, str] = {}

    def table(self, name: str) -> BenchmarkStore:
        """Return a table, imported once from its official files and checked."""
        if name not in self.script.data + self.script.optional_data:
            raise ValueError(f"{self.script.name} reads {name!r}; add it to DATA or OPTIONAL_DATA")
        store = open_table(name, self.stores, CHECKOUT)
        self.digests[name] = table_digest(name, self.stores, CHECKOUT)
        return store

    def has(self, name: str) -> bool:
        """Return whether a table is at hand."""
        return is_at_hand(name, self.stores, CHECKOUT)

    def seeds(self, full: int, quick: int) -> range:
        """Return the seeds of this mode, from 0 on."""
        return range(quick if self.quick else full)


def reproduce(path: str, measure: Measure, arguments: Sequence[str] | None = None) -> None:
    """Run one script: measure, print, write the result, and exit with what came of it."""
    script = read_script(Path(path))
    parser = argparse.ArgumentParser(description=script.claim)
    parser.add_argument("--quick", action="store_true", help="few seeds; the result goes to runs/reproduce")
    parser.add_argument("--stores", type=Path, default=STORES, help="folder of imported tables")
    parser.add_argument("--out", type=Path, help="file of the result (JSON)")
    options = parser.parse_args(arguments)
    if lacking := missing_packages(script):
        _end(MISSING, f"missing package: pip install {' '.join(lacking)}")
    report, setting = Report(), Setting(script, quick=options.quick, stores=options.stores)
    print(f"{script.claim}\n  {script.source}", flush=True)
    settings, start = about(), time.perf_counter()
    try:
        for name in script.data:
            setting.table(name)
        more = measure(report, setting) or {}
        earlier = float(str(more.pop("earlier_seconds", 0.0)))  # of a run that was stopped and gone on with
    except MissingTableError as error:
        _end(MISSING, str(error))
    except SurronasError as error:
        _end(BAD_INPUT, f"{type(error).__name__}: {error}")
    result = {
        "claim": script.claim,
        "source": script.source,
        "command": f"python reproduce/{script.path.name}" + options.quick * " --quick",
        "mode": "quick" if options.quick else "full",
        "commit": commit(script.path),
        **settings,
        "versions": {name: version(name) for name in (*PACKAGES, *script.packages)}
        | {"python": platform.python_version()},
        "data": setting.digests,
        "seconds": round(earlier + time.perf_counter() - start, 1),
        "asserted": report.num_asserted,
        "missed": report.num_missed,
        "lines": report.lines,
    }
    if taken := sorted(result.keys() & more.keys()):
        raise ValueError(f"measure() of {script.path.name} returns {', '.join(taken)}: these names are taken")
    write(options.out or (QUICK_RESULTS if options.quick else RESULTS) / f"{script.name}.json", result | more)
    _end(MISSED if report.num_missed else 0, _summary(report))


def write(path: Path, result: dict[str, object]) -> None:
    """Write a result, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")
    aside.replace(path)


def commit(script: Path) -> str:
    """Return the commit of the checkout, and whether library or script were changed since; "" without git."""
    paths = ["surronas", str(script.resolve()), str(Path(__file__).resolve())]
    asked = (["rev-parse", "HEAD"], ["status", "--porcelain", "--", *paths])
    try:
        found = [
            subprocess.run(["git", "-C", str(CHECKOUT), *words], capture_output=True, text=True, check=True)
            for words in asked
        ]
    except (OSError, subprocess.CalledProcessError):
        return ""
    head, changed = (answer.stdout.strip() for answer in found)
    return head + (" with uncommitted changes" if changed else "")


def _end(code: int, told: str) -> None:
    """Print the last line and exit."""
    print(told, file=sys.stderr if code in (BAD_INPUT, MISSING) else sys.stdout, flush=True)
    sys.exit(code)


def _summary(report: Report) -> str:
    """Return how many asserted lines hold, and how many more are shown."""
    asserted, shown = report.num_asserted, len(report.lines) - report.num_asserted
    held = f"{asserted - report.num_missed} of {asserted} asserted lines hold"
    return held + (f"; {shown} more are shown beside what is reported" if shown else "")


def _number(value: float) -> str:
    """Return a number as it is printed: whole ones as they are."""
    return f"{value:.0f}" if float(value).is_integer() and abs(value) >= 100 else f"{value:.4f}"


def _rounded(value: float) -> float | None:
    """Return a number as it is kept; None where it is none (JSON has no NaN)."""
    return round(float(value), 6) if math.isfinite(value) else None
