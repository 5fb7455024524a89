"""The command line: parse, call one public function, print. Heavy imports wait until a command needs them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from surronas import __version__
from surronas.commands import (
    compare_arguments,
    measure_arguments,
    reproduce_arguments,
    search_arguments,
    store_arguments,
)
from surronas.errors import SurronasError

_EPILOG = """examples:
  surronas info benchmarks_data/digits_cell201.h5
  surronas query benchmarks_data/digits_cell201.h5 ARCH --metric valid_accuracy --seed mean
  surronas search benchmarks_data/digits_cell201.h5 --searcher bayesian --budget 100 --seed 0
  surronas search --train --task digits --budget 20 --workers 2 --append-to my_store
  surronas train --space cell201 --task digits ARCH --seeds 0 1 2
  surronas improve benchmarks_data/digits_cell201.h5 --out runs/first
  surronas import nasbench-macro nas-bench-macro_cifar10.json macro.h5

ARCH is the benchmark's own notation, in quotes:
  '|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|'
"""


Command = tuple[str, str, Callable[[argparse.ArgumentParser], None]]  # purpose, example, adds arguments

_COMMANDS: dict[str, Command] = {
    "info": ("what a store holds", "STORE --check", store_arguments.info),
    "query": (
        "the measured values of architectures",
        "STORE ARCH ARCH --metric test_accuracy --seed all",
        store_arguments.query,
    ),
    "top": (
        "the best architectures of a store, or its Pareto front",
        "STORE --metric valid_accuracy --metric latency_ms --device edgegpu --where 'latency_ms<=5' -k 5",
        store_arguments.top,
    ),
    "describe": (
        "the facts of a table: optima, seed noise, rank correlations",
        "STORE",
        store_arguments.describe,
    ),
    "export": (
        "the runs of a store as CSV, JSON-lines or Parquet",
        "STORE runs.csv --task digits --seed 0",
        store_arguments.export,
    ),
    "import": (
        "a store out of a public benchmark's official files, or of your own results",
        "nasbench-macro nas-bench-macro_cifar10.json macro.h5",
        store_arguments.imports,
    ),
    "fetch": (
        "the official files of a format, or how to get them",
        "nasbench-macro downloads/",
        store_arguments.fetch,
    ),
    "check": ("whether a store is sound; repair it", "STORE --repair", store_arguments.check),
    "merge": ("fold a store's segments, and add other stores to it", "STORE OTHER", store_arguments.merge),
    "copy": ("a part of a store, in a new one", "STORE part.h5 --select seed=0,1", store_arguments.copy),
    "search": (
        "search a store offline, where queries cost nothing, or by real training",
        "STORE --searcher local --budget 50 --seed 1 --json",
        search_arguments.search,
    ),
    "compare": (
        "compare searchers offline: many seeds, the test score of the best by validation, a report",
        "STORE --searchers random local evolution bayesian --seeds 20 --budget 100 --out comparison",
        compare_arguments.compare,
    ),
    "evaluate": (
        "how well surrogates rank a store's architectures, and how far their intervals can be trusted",
        "STORE --surrogate gaussian-process xgboost --train-sizes 32 128 --out quality",
        search_arguments.evaluate,
    ),
    "explain": (
        "which operations, paths and substructures drive what a surrogate predicts",
        "STORE --surrogate xgboost --architecture ARCH --out why",
        search_arguments.explain,
    ),
    "train": (
        "train architectures for real",
        "--space cell201 --task digits ARCH --seeds 0 1 --append-to my_store",
        search_arguments.train,
    ),
    "measure": (
        "latency, memory, energy, parameters and FLOPs of architectures on this machine",
        "STORE --sample 50 --runtime onnxruntime --append-to STORE",
        measure_arguments.measure,
    ),
    "improve": (
        "turn the closed loop: surrogates pick, training measures, the store grows",
        "STORE --out runs/first --start 100 --rounds 3 --per-round 8",
        search_arguments.improve,
    ),
    "reproduce": (
        "run the scripts that hold surronas to published numbers, or list them: part of a checkout",
        "nasbench201_facts --full",
        reproduce_arguments.reproduce,
    ),
}


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 1 for a miss, 2 for bad input, 130 after Ctrl-C."""
    parsed = build_parser().parse_args(arguments)
    from surronas import commands

    try:
        code = commands.run(parsed)
        sys.stdout.flush()
    except SurronasError as error:
        return _complain(error)
    except KeyboardInterrupt:
        appended = dict.fromkeys(("search", "train", "measure"), getattr(parsed, "append_to", None))
        goes_on = (appended | {"improve": True, "compare": getattr(parsed, "out", None)}).get(parsed.command)
        print(f"surronas: interrupted{'; the same command goes on' if goes_on else ''}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, such as head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # a disk, a path or a terminal that no border has named
        return _complain(error)
    return code


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
    for name, (purpose, example, add_arguments) in _COMMANDS.items():
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
