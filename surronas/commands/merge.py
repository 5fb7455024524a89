"""``surronas merge``: fold a store's segments into one, and add the rows of other stores."""

import argparse

from surronas.commands.printing import print_json
from surronas.store import BenchmarkStore


def run(arguments: argparse.Namespace) -> None:
    """Add the others, one after the other, then fold."""
    store = BenchmarkStore.open(arguments.store)
    before = len(store)
    for path in arguments.others:
        store.merge(BenchmarkStore.open(path, space=store.space), existing=arguments.existing)
    store.merge()
    answer = {"path": str(store.path), "new_runs": len(store) - before, "runs": len(store)}
    if arguments.json:
        print_json(answer)
    else:
        print(f"{answer['new_runs']} new runs; {answer['runs']} in {store.path}")
