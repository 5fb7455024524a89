"""What all commands take that train for real."""

import argparse

from surronas.commands.store_arguments import positive

Options = argparse._ActionsContainer  # a parser, or a group of its options


def what_is_trained(parser: Options) -> None:
    """Add further decisions of the space, and the task's files."""
    parser.add_argument(
        "--hyper-parameter",
        action="append",
        metavar="NAME=VALUES",
        help="one more decision of the space, such as learning_rate=0.01,0.1; may be repeated",
    )
    data(parser)


def data(parser: Options) -> None:
    """Add where the task's files are."""
    parser.add_argument(
        "--data", metavar="FOLDER", help="the task's files (default: downloaded, where that is allowed)"
    )


def append_to(parser: Options) -> None:
    """Add where rows are kept."""
    parser.add_argument(
        "--append-to", metavar="STORE", help="keep the runs in this store, made if it is not there"
    )


def hardware(parser: Options) -> None:
    """Add where trainings run, and what they may take."""
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument(
        "--executor",
        choices=["auto", "processes", "serial", "population", "ray"],
        default="auto",
        help="where trainings run (default: auto)",
    )
    parser.add_argument(
        "--workers", type=positive, help="training processes (default: one a core on a CPU, one on a GPU)"
    )
    parser.add_argument(
        "--checkpoints", metavar="FOLDER", help="a long training that is stopped goes on from here"
    )
    parser.add_argument(
        "--timeout", type=seconds, metavar="SECONDS", help="a training that takes longer has failed"
    )


def seconds(text: str) -> float:
    """Return a positive number of seconds."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a positive number of seconds, got {text!r}")
    return number
