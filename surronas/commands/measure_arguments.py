"""What ``surronas measure`` takes: options in, and nothing imported but the table of names."""

import argparse

from surronas.commands.names import SPACE_CLASSES, TASKS
from surronas.commands.store_arguments import Parser, positive, seed

_METRICS = (  # those of surronas.training.costs, which loads torch
    "latency_ms",
    "latency_p95_ms",
    "latency_min_ms",
    "peak_memory_mb",
    "train_peak_memory_mb",
    "energy_mj",
    "params",
    "flops",
)


def measure(parser: Parser) -> None:
    """Add what ``surronas measure`` takes."""
    parser.add_argument(
        "given",
        metavar="STORE|ARCH",
        nargs="*",
        help="a store, then architectures of it (none: all of the store's); with --space architectures alone",
    )
    parser.add_argument("--space", choices=list(SPACE_CLASSES), help="of the architectures, instead of STORE")
    parser.add_argument("--sample", type=positive, metavar="N", help="measure N drawn at random")
    parser.add_argument("--seed", type=seed, default=0, help="of the draw (default: 0)")
    parser.add_argument("--task", choices=list(TASKS), help="default: the store's, or digits")
    parser.add_argument("--data", metavar="FOLDER", help="of the task's files (default: they are downloaded)")
    parser.add_argument(
        "--recipe",
        help="a known recipe, JSON, or part of the text of one of the store's (default: the task's)",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument("--runtime", choices=["torch", "onnxruntime"], default="torch", help="default: torch")
    parser.add_argument(
        "--batch-size", type=positive, default=1, help="inputs of a forward pass (default: 1)"
    )
    parser.add_argument("--threads", type=positive, default=1, help="on a CPU (default: 1)")
    parser.add_argument(
        "--metric",
        action="append",
        choices=_METRICS,
        help="may be repeated; default: all that can be measured",
    )
    parser.add_argument(
        "--seconds",
        type=_seconds,
        default=0.5,
        help="of timing, that an architecture may take on average (default: 0.5)",
    )
    parser.add_argument(
        "--append-to", metavar="STORE", help="keep the costs in this store, made if it is not there"
    )


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected seconds above 0, got {text!r}")
    return number
