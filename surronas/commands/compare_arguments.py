"""What ``surronas compare`` takes: options in, and nothing imported but the table of names."""

import argparse

from surronas.commands.names import FIDELITY_SEARCHERS, FRONT_SEARCHERS, SEARCHERS, SURROGATES
from surronas.commands.store_arguments import STORE, Parser, positive


def compare(parser: Parser) -> None:
    """Add what ``surronas compare`` takes."""
    parser.add_argument("stores", metavar="STORE", nargs="+", help=f"{STORE}; each is a problem, or several")
    parser.add_argument(
        "--searchers",
        choices=[*SEARCHERS, *FIDELITY_SEARCHERS, *FRONT_SEARCHERS],
        nargs="+",
        default=["random", "local", "evolution", "bayesian"],
        metavar="SEARCHER",
        help=f"of {', '.join(SEARCHERS)}; on learning curves, at as many epochs: "
        f"{', '.join(FIDELITY_SEARCHERS)}; of several metrics: {', '.join(FRONT_SEARCHERS)} "
        "(default: random local evolution bayesian)",
    )
    parser.add_argument(
        "--surrogate",
        choices=list(SURROGATES),
        help="of the searchers that take one (default: each searcher's own)",
    )
    _problem(parser)
    _reported(parser)
    _runs(parser)
    parser.add_argument(
        "--workers", type=positive, help="processes, which change no result (default: one a core)"
    )
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        help="write results, tables, figures and report there; an unfinished comparison goes on",
    )
    parser.add_argument(
        "--parquet", action="store_true", help="write every query to queries.parquet there too"
    )


def _problem(parser: Parser) -> None:
    """Add what is searched."""
    parser.add_argument(
        "--metric", default="valid_accuracy", help="what is searched for (default: valid_accuracy)"
    )
    parser.add_argument(
        "--against",
        metavar="METRIC",
        nargs="+",
        default=[],
        help="search for several metrics at once: what counts is the hypervolume of the front",
    )
    for word in ("most", "least"):
        parser.add_argument(
            f"--at-{word}",
            metavar="METRIC=VALUE",
            action="append",
            default=[],
            help="a limit, in the metric's unit; may be repeated",
        )
    parser.add_argument("--task", nargs="+", help="a problem each (default: all that have the metric)")
    parser.add_argument(
        "--recipe", help="any part of its text that no other has; needed where there are several"
    )
    parser.add_argument("--epochs", type=int, help="needed only where the store holds several")
    parser.add_argument("--device", help="of a latency or energy")
    parser.add_argument(
        "--training-seeds",
        default=["mean"],
        nargs="+",
        metavar="SEED",
        help="a score is the mean over these, over all ('mean'), or of one drawn for each query ('drawn'); "
        "default: mean",
    )
    parser.add_argument(
        "--isomorphic",
        choices=["merge", "keep"],
        default="merge",
        help="whether isomorphic architectures are one candidate or each is one (default: merge)",
    )


def _reported(parser: Parser) -> None:
    """Add what is reported, and whether the test split may be searched."""
    parser.add_argument("--test-metric", help="what is reported (default: the metric's counterpart)")
    parser.add_argument("--test-task", help="where it is of another task than is searched")
    parser.add_argument("--test-epochs", type=int, help="where it is after other epochs than are searched")
    parser.add_argument(
        "--objective-is-test",
        action="store_true",
        help="search on a test metric: where a table has no other, or to repeat published work",
    )


def _runs(parser: Parser) -> None:
    """Add how the searches are run."""
    parser.add_argument(
        "--seeds", type=positive, default=20, help="searches of each on each problem (default: 20)"
    )
    parser.add_argument(
        "--budget", type=positive, help="queries (default: 100, where no other budget is given)"
    )
    parser.add_argument("--budget-epochs", type=float, metavar="EPOCHS", help="trained in all")
    parser.add_argument(
        "--budget-seconds", type=float, metavar="SECONDS", help="simulated, on the clock of the workers"
    )
    parser.add_argument(
        "--simulated-workers",
        type=positive,
        default=1,
        help="trainings side by side, asked one by one as they end (default: 1)",
    )
    parser.add_argument("--batch", type=positive, default=1, help="architectures asked at once (default: 1)")
    parser.add_argument(
        "--decision-seconds",
        type=_decision,
        default="free",
        help="what deciding takes on that clock: 'free', 'measured' or seconds a query (default: free)",
    )


def _decision(text: str) -> float | str:
    """Return seconds, or one of two words."""
    if text in ("free", "measured"):
        return text
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected 'free', 'measured' or seconds, got {text!r}") from None
