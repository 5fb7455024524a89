"""``surronas info``: what a store holds and, if asked, whether its bytes are sound."""

import argparse
from pathlib import Path

from surronas.commands.printing import print_facts, print_json
from surronas.errors import StoreDamagedError
from surronas.store import BenchmarkStore, check_store


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
        print_facts(facts)
