"""``surronas reproduce``: run the scripts that hold this library to published numbers, or list them."""

import argparse
import sys
import time
from contextlib import closing
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from surronas.commands.printing import print_json
from surronas.errors import InputError
from surronas.reproduction import find_scripts, is_at_hand
from surronas.reproduction.changes import changes_since
from surronas.reproduction.results import MODES, Result, read_result, result_path
from surronas.reproduction.running import (
    ERROR,
    MISS,
    PASS,
    SKIPPED,
    Outcome,
    Plan,
    checkout_of,
    lacking,
    missing_packages,
    run_scripts,
)
from surronas.reproduction.scripts import Script

_SHOWN_MISSES = 20


def run(arguments: argparse.Namespace) -> int:
    """Run scripts or list them; return the exit code: 1 where a line misses or a script fails."""
    folder = Path(arguments.folder)
    scripts = _named(find_scripts(folder), arguments.names)
    stores = Path(arguments.stores or folder.parent / "runs" / "stores")
    if arguments.stores and not stores.is_dir():
        raise InputError(f"expected --stores as a folder of stores NAME.h5, there is none at {stores}")
    if arguments.list:
        _list(scripts, stores, as_json=arguments.json)
        return 0
    return _run(scripts, Plan(stores, arguments.full, arguments.workers), as_json=arguments.json)


def _named(scripts: list[Script], names: list[str]) -> list[Script]:
    """Return the scripts that were named, all if none was."""
    by_name = {script.name: script for script in scripts}
    for name in names:
        if name not in by_name:
            near = get_close_matches(name, by_name, n=3, cutoff=0.4)
            meant = f"did you mean {' or '.join(near)}?" if near else "surronas reproduce --list shows all"
            raise InputError(f"there is no reproduction {name!r}; {meant}")
    return [by_name[name] for name in dict.fromkeys(names)] or scripts


def _run(scripts: list[Script], plan: Plan, *, as_json: bool) -> int:
    """Run scripts, print a line for each as it ends, and the count of each outcome."""
    start, outcomes = time.perf_counter(), list[Outcome]()
    out = sys.stderr if as_json else sys.stdout
    minutes = sum(script.minutes[plan.full] for script in scripts if not lacking(script, plan.stores))
    print(
        f"{len(scripts)} scripts, {plan.mode} mode, {plan.workers} at a time, "
        f"some {minutes / min(plan.workers, 2):.0f} minutes on two cores at rest",
        file=out,
        flush=True,
    )
    with closing(run_scripts(scripts, plan, _tell_tables)) as running:
        for outcome in running:
            outcomes.append(outcome)
            print("\n".join(_lines(outcome)), file=out, flush=True)
    seconds = time.perf_counter() - start
    print(_summary(outcomes, seconds), file=out, flush=True)
    if as_json:
        print_json({"mode": plan.mode, "seconds": round(seconds, 1), "scripts": list(map(_told, outcomes))})
    return int(any(outcome.status in (MISS, ERROR) for outcome in outcomes))


def _tell_tables(names: list[str]) -> None:
    """Say why nothing seems to happen at first."""
    print(f"checking tables, importing new ones: {', '.join(names) or 'none'}", file=sys.stderr, flush=True)


def _lines(outcome: Outcome) -> list[str]:
    """Return what is printed of a script that has ended."""
    told = list(outcome.told)
    if outcome.result is not None:
        first = f"{_held(outcome.result)}, {outcome.seconds:.1f} s"
        if len(told) > _SHOWN_MISSES:
            told[_SHOWN_MISSES:] = [f"and {len(told) - _SHOWN_MISSES} more: {_near(outcome.log)}"]
    elif outcome.status == SKIPPED:
        first = "lacks"
    else:
        first = f"{outcome.seconds:.1f} s; all it printed: {_near(outcome.log)}" if outcome.log else "not run"
    rows = [f"{outcome.status:8s} {outcome.script.name:32s} {first}"]
    return rows + [f"{'':9s}{text}" for text in (*told, *outcome.notes)]


def _near(path: Path | None) -> str:
    """Return a path as seen from here, where it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path is not None and path.is_relative_to(here) else path)


def _held(result: Result) -> str:
    """Return how many lines hold, and how many are only shown."""
    beside = f", {result.num_beside} beside" if result.num_beside else ""
    return f"{result.num_held} of {result.num_asserted} lines hold{beside}"


def _summary(outcomes: list[Outcome], seconds: float) -> str:
    """Return how many scripts ended how, with the names of all that did not pass, and the time."""
    parts = []
    for status in (PASS, MISS, ERROR, SKIPPED):
        names = [outcome.script.name for outcome in outcomes if outcome.status == status]
        named = f" ({', '.join(names)})" if names and status != PASS else ""
        if names or status != SKIPPED:
            parts.append(f"{len(names)} {status}{named}")
    minutes = f"{seconds / 60:.1f} minutes" if seconds >= 60 else f"{seconds:.0f} seconds"
    return f"{', '.join(parts)} in {minutes}"


def _told(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON has it."""
    return {
        "name": outcome.script.name,
        "status": outcome.status,
        "told": list(outcome.told),
        "notes": list(outcome.notes),
        "seconds": round(outcome.seconds, 1),
        "asserted": outcome.result.num_asserted if outcome.result else None,
        "missed": len(outcome.result.missed) if outcome.result else None,
        "log": str(outcome.log) if outcome.log else None,
    }


def _list(scripts: list[Script], stores: Path, *, as_json: bool) -> None:
    """Print what each script says of itself, whether its data are at hand, and its last results."""
    found = [_described(script, stores) for script in scripts]
    if as_json:
        print_json(found)
        return
    for entry in found:
        print(f"{entry['name']}: {entry['claim']}")
        print(f"  source    {entry['source']}")
        print(f"  data      {', '.join(_at_hand(entry['data'])) or 'none'}")
        if entry["optional_data"]:
            print(f"  optional  {', '.join(_at_hand(entry['optional_data']))}")
        for text in entry["missing"]:
            print(f"  missing   {text}")
        quick, full = entry["minutes"]["quick"], entry["minutes"]["full"]
        print(f"  minutes   {quick:g} quick, {full:g} full")
        for mode, result in entry["results"].items():
            print(f"  {mode:9s} {result['told']}")


def _at_hand(tables: dict[str, bool]) -> list[str]:
    return [name if there else f"{name} (missing)" for name, there in tables.items()]


def _described(script: Script, stores: Path) -> dict[str, Any]:
    """Return what is listed of a script."""
    checkout = checkout_of(script)
    return {
        "name": script.name,
        "claim": script.claim,
        "source": script.source,
        "data": {name: is_at_hand(name, stores, checkout) for name in script.data},
        "optional_data": {name: is_at_hand(name, stores, checkout) for name in script.optional_data},
        "packages": {name: name not in missing_packages(script) for name in script.packages},
        "missing": list(lacking(script, stores)),
        "minutes": dict(zip(("quick", "full"), script.minutes, strict=True)),
        "results": {mode: _last(script, mode) for mode in MODES},
    }


def _last(script: Script, mode: str) -> dict[str, Any]:
    """Return the last result of one mode, in words and in numbers."""
    try:
        result = read_result(result_path(script.path, mode), mode)
    except InputError as error:
        return {"told": str(error)}
    if result is None:
        return {"told": "no result"}
    changes = changes_since(result, script.path)
    commit = f"commit {result.commit[:10]}" if result.commit else "no commit"
    return {
        "told": f"{_held(result)}, {result.date}, {commit}" + (f"; {changes}" if changes else ""),
        "asserted": result.num_asserted,
        "held": result.num_held,
        "missed": list(result.missed),
        "beside": result.num_beside,
        "date": result.date,
        "commit": result.commit,
        "uncommitted": result.uncommitted,
        "changes": changes,
        "seconds": result.seconds,
    }
