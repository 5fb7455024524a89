"""``surronas info``: what a store holds and, if asked, whether its bytes are sound."""

import argparse
from pathlib import Path
from typing import Any

from surronas.commands.printing import print_json, print_table
from surronas.errors import StoreDamagedError
from surronas.store import BenchmarkStore, check_store

_LINES = ("path", "space", "description", "licence", "architectures", "runs", "segments", "bytes")


def run(arguments: argparse.Namespace) -> None:
    """Print the facts of a store."""
    path = Path(arguments.store)
    if arguments.check and path.exists() and (damage := check_store(path)):
        raise StoreDamagedError(f"{path} is damaged: {'; '.join(damage)}; take it from its source again")
    facts = BenchmarkStore.open(path).info()
    if arguments.check:
        facts["check"] = "sound: every byte is as it was written"
    if arguments.json:
        print_json(facts)
    else:
        _print(facts)


def _print(facts: dict[str, Any]) -> None:
    """Print the facts for people."""
    for name in [*_LINES, *(["check"] if "check" in facts else [])]:
        print(f"{name:14} {facts[name]}")
    print(f"{'canonical':14} {'yes: a cell stands for its isomorphic twins' if facts['canonical'] else 'no'}")
    for name in ("statuses", "origins"):
        counts = ", ".join(f"{count} {word}" for word, count in facts[name].items() if count)
        print(f"{name:14} {counts}")
    for section in facts["sections"]:
        seeds = ", ".join(f"{each['seed']} ({each['runs']} runs)" for each in section["seeds"])
        more = " and more" if section["num_seeds"] > len(section["seeds"]) else ""
        print(f"\ntask {section['task']}, {section['epochs']} epochs: {section['runs']} runs", end="")
        print(f" of {section['architectures']} architectures; seeds {seeds}{more}")
        print(f"  recipe {section['recipe']}")
        print(f"  curves {', '.join(section['curves']) or 'none'}")
    print()
    rows = [
        [
            m["name"],
            m["split"] or "",
            m["direction"] or "",
            "" if m["missing"] is None else f"{m['missing']:.1%}",
            m["per"],
            m["unit"],
        ]
        for m in facts["metrics"]
    ]
    print_table(["metric", "split", "direction", "missing", "per", "unit"], rows)
    for (origin, device, command, versions), entries in _by_maker(facts["provenance"]).items():
        runs, times = sum(entry["runs"] for entry in entries), sorted(entry["created"] for entry in entries)
        print(f"\n{runs} runs: {origin}, {device}, {' to '.join(dict.fromkeys((times[0], times[-1])))}")
        print("  " + "; ".join(text for text in (command, versions) if text))


def _by_maker(provenance: list[dict[str, Any]]) -> dict[tuple[str, str, str, str], list[dict[str, Any]]]:
    """Return the provenance entries that differ in their time alone, together."""
    groups: dict[tuple[str, str, str, str], list[dict[str, Any]]] = {}
    for entry in provenance:
        versions = ", ".join(f"{name} {version}" for name, version in entry["versions"].items())
        key = (entry["origin"], entry["device"], entry["command"], versions)
        groups.setdefault(key, []).append(entry)
    return groups
