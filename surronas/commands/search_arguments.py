"""What the commands that search and train take: options in, and nothing imported but the table of names."""

from surronas.commands.names import (
    DEFAULT_ENCODING,
    ENCODINGS,
    SEARCHERS,
    SPACE_CLASSES,
    SPLITS,
    SURROGATES,
    TASKS,
)
from surronas.commands.store_arguments import STORE, Parser, axes, positive, seed
from surronas.commands.training_arguments import append_to, data, hardware, what_is_trained


def search(parser: Parser) -> None:
    """Add what ``surronas search`` takes."""
    parser.add_argument("store", metavar="STORE", nargs="?", help=f"{STORE}; left out with --train")
    parser.add_argument("--searcher", choices=list(SEARCHERS), default="bayesian", help="default: bayesian")
    parser.add_argument(
        "--surrogate",
        choices=list(SURROGATES),
        help="of a searcher that takes one (default: the searcher's own)",
    )
    parser.add_argument(
        "--budget", type=positive, default=100, help="queries, one architecture each (default: 100)"
    )
    parser.add_argument("--batch", type=positive, default=1, help="architectures asked at once (default: 1)")
    parser.add_argument("--seed", type=seed, default=0, help="of the search (default: 0)")
    parser.add_argument(
        "--metric", default="valid_accuracy", help="what is searched for (default: valid_accuracy)"
    )
    axes(parser)
    parser.add_argument(
        "--training-seeds",
        "--seeds",
        type=int,
        nargs="+",
        help="a score is the mean over these seeds' rows (default: all; with --train: 0)",
    )
    training = parser.add_argument_group(
        "by real training", "--task and --recipe then name what is trained, and how: as in surronas train"
    )
    training.add_argument(
        "--train", action="store_true", help="train what is asked for: whenever a worker is free, another one"
    )
    training.add_argument("--space", help="default: cell201")
    what_is_trained(training)
    append_to(training)
    hardware(training)


def train(parser: Parser) -> None:
    """Add what ``surronas train`` takes."""
    parser.add_argument("architectures", metavar="ARCH", nargs="+", help="in the benchmark's notation")
    parser.add_argument(
        "--space", default="cell201", help=f"one of {', '.join(SPACE_CLASSES)} (default: cell201)"
    )
    parser.add_argument("--task", choices=list(TASKS), default="digits", help="default: digits")
    parser.add_argument("--recipe", metavar="NAME|JSON", help="how to train (default: the task's small one)")
    parser.add_argument("--seeds", type=seed, nargs="+", default=[0], help="a training for each (default: 0)")
    what_is_trained(parser)
    append_to(parser)
    hardware(parser)


def improve(parser: Parser) -> None:
    """Add what ``surronas improve`` takes."""
    parser.add_argument("store", metavar="STORE", help="the store to start from; it is only read")
    parser.add_argument(
        "--out", metavar="FOLDER", required=True, help="the run folder; an unfinished run goes on"
    )
    parser.add_argument("--rounds", type=positive, default=3, help="default: 3")
    parser.add_argument(
        "--per-round", type=positive, default=8, help="architectures trained a round (default: 8)"
    )
    parser.add_argument(
        "--start",
        type=positive,
        default=100,
        help="architectures sampled from STORE to start from (default: 100)",
    )
    parser.add_argument(
        "--held-out",
        type=positive,
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
    parser.add_argument("--seed", type=seed, default=0, help="of sampling and searching (default: 0)")
    parser.add_argument("--task", choices=list(TASKS), default="digits", help="default: digits")
    parser.add_argument(
        "--metric", default="valid_accuracy", help="what is improved (default: valid_accuracy)"
    )
    _candidates(parser)
    data(parser)
    hardware(parser)


def _candidates(parser: Parser) -> None:
    """Add how candidates of a loop are picked."""
    parser.add_argument(
        "--asynchronous",
        action="store_true",
        help="no worker waits for the end of a round: candidates are picked one by one",
    )
    parser.add_argument(
        "--sampled-share",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="of the candidates that are drawn at random, from 0 to 1 (default: 0)",
    )


def evaluate(parser: Parser) -> None:
    """Add what ``surronas evaluate`` takes."""
    parser.add_argument("store", metavar="STORE", help=STORE)
    parser.add_argument("--metric", help="default: valid_accuracy, or test_accuracy where there is no such")
    axes(parser)
    parser.add_argument("--device", help="of a latency or energy")
    parser.add_argument("--seed", default="mean", help="of the trainings: one, or 'mean' (default: mean)")
    _contenders(parser)
    parser.add_argument(
        "--train-sizes",
        type=positive,
        nargs="+",
        default=[16, 32, 64, 128, 256],
        help="architectures learned from (default: 16 32 64 128 256)",
    )
    parser.add_argument(
        "--seeds", type=positive, default=5, help="how many splits, or folds of k-fold (default: 5)"
    )
    parser.add_argument("--split", choices=list(SPLITS), default="random", help="default: random")
    parser.add_argument(
        "--twins",
        choices=["apart", "anywhere"],
        default="apart",
        help="whether isomorphic twins may lie on both sides of a split (default: apart)",
    )
    parser.add_argument(
        "--num-test", type=positive, default=2000, help="architectures that judge (default: 2000)"
    )
    parser.add_argument("-k", type=positive, default=10, help="of precision and regret at k (default: 10)")
    parser.add_argument("--workers", type=positive, default=1, help="processes (default: 1)")
    parser.add_argument(
        "--out", metavar="FOLDER", help="write the tables (CSV, LaTeX, JSON) and figures there too"
    )


def explain(parser: Parser) -> None:
    """Add what ``surronas explain`` takes."""
    parser.add_argument("store", metavar="STORE", help=STORE)
    parser.add_argument("--metric", help="default: valid_accuracy, or test_accuracy where there is no such")
    axes(parser)
    parser.add_argument("--device", help="of a latency or energy")
    parser.add_argument("--seed", default="mean", help="of the trainings: one, or 'mean' (default: mean)")
    parser.add_argument(
        "--surrogate",
        choices=list(SURROGATES),
        default="gaussian-process",
        help="default: gaussian-process",
    )
    parser.add_argument(
        "--encoding", choices=list(ENCODINGS), default=DEFAULT_ENCODING, help=f"default: {DEFAULT_ENCODING}"
    )
    explained = parser.add_mutually_exclusive_group()
    explained.add_argument(
        "--architecture", metavar="ARCH", nargs="+", help="explain these, in the benchmark's notation"
    )
    explained.add_argument(
        "--top", type=positive, default=1, metavar="N", help="explain the N best of the store (default: 1)"
    )
    parser.add_argument(
        "--train-size",
        type=positive,
        default=500,
        help="architectures learned from, four fifths of the store at most (default: 500)",
    )
    parser.add_argument(
        "--sample",
        type=positive,
        default=40,
        help="architectures that mean contributions of choices are over (default: 40)",
    )
    parser.add_argument("--out", metavar="FOLDER", help="write JSON, text and figures there too")


def _contenders(parser: Parser) -> None:
    parser.add_argument(
        "--surrogate",
        choices=list(SURROGATES),
        nargs="+",
        default=["gaussian-process", "xgboost"],
        help="default: gaussian-process xgboost",
    )
    parser.add_argument(
        "--encoding",
        choices=list(ENCODINGS),
        nargs="+",
        default=[DEFAULT_ENCODING],
        help=f"each surrogate with each (default: {DEFAULT_ENCODING})",
    )
