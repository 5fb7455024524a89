"""The command line: parse, call one public function, print. Heavy imports wait until a command needs them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from surronas import __version__
from surronas.commands.names import SEARCHERS, SPACE_CLASSES, SURROGATES, TASKS
from surronas.errors import SurronasError

_EPILOG = """examples:
  surronas info benchmarks_data/digits_cell201.h5
  surronas query benchmarks_data/digits_cell201.h5 ARCH --metric valid_accuracy --seed mean
  surronas search benchmarks_data/digits_cell201.h5 --searcher bayesian --budget 100 --seed 0
  surronas train --space cell201 --task digits ARCH --seeds 0 1 2
  surronas improve benchmarks_data/digits_cell201.h5 --out runs/first

ARCH is the benchmark's own notation, in quotes:
  '|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|'
"""


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 2 for bad input, 130 after Ctrl-C."""
    parsed = build_parser().parse_args(arguments)
    from surronas import commands

    try:
        commands.run(parsed)
        sys.stdout.flush()
    except SurronasError as error:
        return _complain(error)
    except KeyboardInterrupt:
        goes_on = parsed.command == "improve" or (parsed.command == "train" and parsed.append_to)
        print(f"surronas: interrupted{'; the same command goes on' if goes_on else ''}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, such as head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a disk, a path or a terminal that no border has named
        return _complain(error)
    return 0


def _complain(error: Exception) -> int:
    """Print what is wrong in one line; return the exit code of bad input."""
    print(f"surronas: {' '.join(str(error).split())}", file=sys.stderr)
    return 2


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = _Parser(
        prog="surronas",
        description="Surrogate architecture search, from the benchmark store to real training and back.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"surronas {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for name, (purpose, example, add_arguments) in _commands().items():
        command = commands.add_parser(
            name,
            help=purpose,
            description=f"{purpose[0].upper()}{purpose[1:]}.",
            epilog=f"example:\n  surronas {name} {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_argument(
            "--json", action="store_true", help="print the answer as JSON on standard output"
        )
        add_arguments(command)
    return parser


def _commands() -> dict[str, tuple[str, str, Callable[[argparse.ArgumentParser], None]]]:
    """Return each command's purpose, an example, and what adds its arguments."""
    return {
        "info": ("what a store holds", "STORE --check", _info),
        "query": (
            "the measured values of architectures",
            "STORE ARCH ARCH --metric test_accuracy --seed all",
            _query,
        ),
        "search": (
            "search a store offline: queries cost nothing",
            "STORE --searcher local --budget 50 --seed 1 --json",
            _search,
        ),
        "train": (
            "train architectures for real",
            "--space cell201 --task digits ARCH --seeds 0 1 --append-to my_store",
            _train,
        ),
        "improve": (
            "turn the closed loop: surrogates pick, training measures, the store grows",
            "STORE --out runs/first --start 100 --rounds 3 --per-round 8",
            _improve,
        ),
    }


def _info(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("store", metavar="STORE", help="a store: an .h5 file or a folder")
    parser.add_argument("--check", action="store_true", help="read every byte and verify its checksum")


def _query(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("store", metavar="STORE", help="a store: an .h5 file or a folder")
    parser.add_argument("architectures", metavar="ARCH", nargs="+", help="in the benchmark's notation")
    parser.add_argument("--metric", action="append", help="may be repeated; default: all metrics")
    _axes(parser)
    parser.add_argument(
        "--seed", default="mean", help="a seed, 'mean' over the seeds, or 'all' (default: mean)"
    )
    parser.add_argument(
        "--missing",
        choices=["raise", "nan"],
        default="raise",
        help="what a missing row gives: an error, or nan (default: raise)",
    )


def _axes(parser: argparse.ArgumentParser) -> None:
    """Add the axes of a store, each needed only where the store holds several."""
    parser.add_argument("--task", help="needed only where the store holds several")
    parser.add_argument("--epochs", type=int, help="needed only where the store holds several")


def _search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("store", metavar="STORE", help="a store: an .h5 file or a folder")
    parser.add_argument("--searcher", choices=list(SEARCHERS), default="bayesian", help="default: bayesian")
    parser.add_argument(
        "--surrogate",
        choices=list(SURROGATES),
        default="gaussian-process",
        help="of the Bayesian search (default: gaussian-process)",
    )
    parser.add_argument(
        "--budget", type=_positive, default=100, help="queries, one architecture each (default: 100)"
    )
    parser.add_argument("--batch", type=_positive, default=1, help="architectures asked at once (default: 1)")
    parser.add_argument("--seed", type=_seed, default=0, help="of the search (default: 0)")
    parser.add_argument(
        "--metric", default="valid_accuracy", help="what is searched for (default: valid_accuracy)"
    )
    _axes(parser)
    parser.add_argument(
        "--training-seeds",
        type=int,
        nargs="+",
        help="a score is the mean over these seeds' rows (default: all)",
    )


def _train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("architectures", metavar="ARCH", nargs="+", help="in the benchmark's notation")
    parser.add_argument("--space", choices=list(SPACE_CLASSES), default="cell201", help="default: cell201")
    parser.add_argument("--task", choices=list(TASKS), default="digits", help="default: digits")
    parser.add_argument(
        "--seeds", type=_seed, nargs="+", default=[0], help="a training for each (default: 0)"
    )
    _hardware(parser)
    parser.add_argument(
        "--append-to", metavar="STORE", help="keep the runs in this store, made if it is not there"
    )


def _hardware(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument(
        "--workers", type=_positive, help="training processes (default: one a core on a CPU, one on a GPU)"
    )


def _improve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("store", metavar="STORE", help="the store to start from; it is only read")
    parser.add_argument(
        "--out", metavar="FOLDER", required=True, help="the run folder; an unfinished run goes on"
    )
    parser.add_argument("--rounds", type=_positive, default=3, help="default: 3")
    parser.add_argument(
        "--per-round", type=_positive, default=8, help="architectures trained a round (default: 8)"
    )
    parser.add_argument(
        "--start",
        type=_positive,
        default=100,
        help="architectures sampled from STORE to start from (default: 100)",
    )
    parser.add_argument(
        "--held-out",
        type=_positive,
        default=300,
        help="other architectures sampled from STORE that judge the surrogates (default: 300)",
    )
    parser.add_argument(
        "--training-seeds",
        type=int,
        nargs="+",
        default=[0, 1, 2],
        help="a training for each (default: 0 1 2)",
    )
    parser.add_argument("--seed", type=_seed, default=0, help="of sampling and searching (default: 0)")
    parser.add_argument("--task", choices=list(TASKS), default="digits", help="default: digits")
    parser.add_argument(
        "--metric", default="valid_accuracy", help="what is improved (default: valid_accuracy)"
    )
    _hardware(parser)


def _seed(text: str) -> int:
    """Return a seed: a whole number from 0 to 2**63 - 1."""
    if not (text.isdigit() and int(text) < 2**63):
        raise argparse.ArgumentTypeError(f"expected a seed from 0 to 2**63 - 1, got {text!r}")
    return int(text)


def _positive(text: str) -> int:
    """Return a whole number of at least 1."""
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return number
