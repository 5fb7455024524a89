"""``surronas check``: whether every byte of a store is as it was written; repair it."""

import argparse
from pathlib import Path

from surronas.commands.printing import print_json
from surronas.errors import StoreDamagedError
from surronas.store import check_store, repair_store


def run(arguments: argparse.Namespace) -> None:
    """Print what is damaged (exit code 2), or what the repair has done."""
    path = Path(arguments.store)
    if arguments.repair:
        lines = repair_store(path)
        if arguments.json:
            print_json({"path": str(path), "repair": lines})
        else:
            print("\n".join(lines))
        return
    if damage := check_store(path):
        repairable = any("damaged" in line for line in damage)
        advice = f"; surronas check {path} --repair keeps what is sound" if repairable else ""
        raise StoreDamagedError("; ".join(damage) + advice)
    if arguments.json:
        print_json({"path": str(path), "damage": []})
    else:
        print(f"{path} is sound: every byte is as it was written")
