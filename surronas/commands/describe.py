"""``surronas describe``: the facts of a table."""

import argparse

from surronas.commands.printing import print_json
from surronas.store import BenchmarkStore
from surronas.store.describe_text import describe_text


def run(arguments: argparse.Namespace) -> None:
    """Print optima, seed noise and rank correlations."""
    facts = BenchmarkStore.open(arguments.store).describe()
    if arguments.json:
        print_json(facts)
    else:
        print(describe_text(facts))
