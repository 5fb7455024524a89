"""``surronas import``: a store out of a benchmark's official files, or of one's own results."""

import argparse
import sys
from pathlib import Path

from surronas.commands.printing import print_json
from surronas.errors import InputError
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, import_benchmark, import_into, importer_named


def run(arguments: argparse.Namespace) -> None:
    """Import, and print the published facts that the store was held to."""
    importer = importer_named(arguments.format)
    source, dest = Path(arguments.source), Path(arguments.dest)
    if arguments.append:
        _append(importer, source, dest, arguments)
        return
    if arguments.existing != "raise":
        raise InputError("expected --existing with --append: a new store holds no runs yet")
    live = sys.stderr.isatty() and not arguments.json
    report = import_benchmark(importer, source, dest, progress=_tell if live else lambda line: None)
    if arguments.json:
        facts = [{**vars(fact), "holds": fact.holds} for fact in report.facts]
        counts = {"runs": report.num_runs, "architectures": report.num_architectures}
        print_json({"path": str(report.path), **counts, "facts": facts})
        return
    print(f"{importer.title}: {report.num_runs} runs of {report.num_architectures} architectures")
    for fact in report.facts:
        print(f"  holds: {fact}")
    print(f"{report.path} is written; surronas info {report.path} tells what it holds")


def _append(importer: Importer, source: Path, dest: Path, arguments: argparse.Namespace) -> None:
    """Add the source to a store that is there."""
    store = BenchmarkStore.open(dest)
    num_runs, num_values = import_into(store, importer, source, existing=arguments.existing)
    if arguments.json:
        print_json({"path": str(dest), "new_runs": num_runs, "new_values": num_values})
    else:
        print(f"{num_runs} new runs and {num_values} new values of architectures in {dest}")


def _tell(line: str) -> None:
    print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
