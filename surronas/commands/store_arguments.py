"""What the commands on stores take: options in, and nothing imported."""

import argparse

Parser = argparse.ArgumentParser
STORE = "a store: an .h5 file or a folder"


def info(parser: Parser) -> None:
    """Add what ``surronas info`` takes."""
    parser.add_argument("store", metavar="STORE", help=STORE)
    parser.add_argument("--check", action="store_true", help="read every byte and verify its checksum")


def query(parser: Parser) -> None:
    """Add what ``surronas query`` takes."""
    parser.add_argument("store", metavar="STORE", help=STORE)
    parser.add_argument("architectures", metavar="ARCH", nargs="+", help="in the benchmark's notation")
    parser.add_argument("--metric", action="append", help="may be repeated; default: all metrics of runs")
    axes(parser)
    parser.add_argument("--device", help="of a latency or energy, needed only where there are several")
    _seed(parser)
    parser.add_argument(
        "--equivalent", action="store_true", help="let an isomorphic twin answer where there is no row"
    )
    parser.add_argument(
        "--missing",
        choices=["raise", "nan"],
        default="raise",
        help="what a missing row gives: an error, or nan (default: raise)",
    )


def top(parser: Parser) -> None:
    """Add what ``surronas top`` takes."""
    parser.add_argument("store", metavar="STORE", help=STORE)
    parser.add_argument(
        "--metric", action="append", required=True, help="the first one ranks, the others are shown beside it"
    )
    parser.add_argument("-k", type=positive, default=10, help="architectures shown (default: 10)")
    parser.add_argument("--pareto", action="store_true", help="show the Pareto front of the metrics instead")
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="CONDITION",
        help="such as 'latency_ms<=5'; may be repeated",
    )
    axes(parser)
    parser.add_argument("--device", help="of a latency or energy")
    _seed(parser)


def describe(parser: Parser) -> None:
    """Add what ``surronas describe`` takes."""
    parser.add_argument("store", metavar="STORE", help=STORE)


def export(parser: Parser) -> None:
    """Add what ``surronas export`` takes."""
    parser.add_argument("store", metavar="STORE", help=STORE)
    parser.add_argument("dest", metavar="DEST", help="a new .csv, .jsonl or .parquet file")
    axes(parser)
    parser.add_argument("--seed", type=int, help="runs of this seed only")


def check(parser: Parser) -> None:
    """Add what ``surronas check`` takes."""
    parser.add_argument("store", metavar="STORE", help=STORE)
    parser.add_argument(
        "--repair",
        action="store_true",
        help="set what is damaged aside, keep what is sound, delete nothing",
    )


def merge(parser: Parser) -> None:
    """Add what ``surronas merge`` takes."""
    parser.add_argument("store", metavar="STORE", help="the store that grows")
    parser.add_argument(
        "others", metavar="OTHER", nargs="*", help="stores whose rows are added; none: only fold the segments"
    )
    _existing(parser)


def copy(parser: Parser) -> None:
    """Add what ``surronas copy`` takes."""
    parser.add_argument("store", metavar="STORE", help=STORE)
    parser.add_argument("dest", metavar="DEST", help="a new store: an .h5 file or a folder")
    parser.add_argument(
        "--select",
        nargs="+",
        default=[],
        metavar="AXIS=VALUES",
        help="such as task=cifar10 epochs=12,200 seed=0,1 origin=search; default: everything",
    )


def imports(parser: Parser) -> None:
    """Add what ``surronas import`` takes."""
    parser.add_argument("format", metavar="FORMAT", help="one that `surronas fetch` lists")
    parser.add_argument("source", metavar="SOURCE", help="the official file or folder")
    parser.add_argument("dest", metavar="DEST", help="a new store: an .h5 file or a folder")
    parser.add_argument(
        "--append", action="store_true", help="add to DEST, a store that is there, instead of making it"
    )
    _existing(parser)


def fetch(parser: Parser) -> None:
    """Add what ``surronas fetch`` takes."""
    parser.add_argument("format", metavar="FORMAT", nargs="?", help="left out: list all formats")
    parser.add_argument("folder", metavar="FOLDER", nargs="?", default=".", help="default: here")


def axes(parser: Parser) -> None:
    """Add the axes of a store, each needed only where the store holds several."""
    parser.add_argument("--task", help="needed only where the store holds several")
    parser.add_argument(
        "--recipe", help="any part of its text that no other has; needed where there are several"
    )
    parser.add_argument("--epochs", type=int, help="needed only where the store holds several")


def positive(text: str) -> int:
    """Return a whole number of at least 1."""
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return number


def seed(text: str) -> int:
    """Return a seed: a whole number from 0 to 2**63 - 1."""
    if not (text.isdigit() and int(text) < 2**63):
        raise argparse.ArgumentTypeError(f"expected a seed from 0 to 2**63 - 1, got {text!r}")
    return int(text)


def _seed(parser: Parser) -> None:
    parser.add_argument(
        "--seed", default="mean", help="a seed, 'mean' over the seeds, or 'all' (default: mean)"
    )


def _existing(parser: Parser) -> None:
    parser.add_argument(
        "--existing",
        choices=["raise", "skip"],
        default="raise",
        help="what a run that is already there gives: an error, or nothing (default: raise)",
    )
