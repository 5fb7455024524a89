"""What ``surronas reproduce`` takes: options in, and nothing imported."""

from surronas.commands.store_arguments import Parser, positive


def reproduce(parser: Parser) -> None:
    """Add what ``surronas reproduce`` takes."""
    parser.add_argument("names", metavar="NAME", nargs="*", help="scripts to run (default: all)")
    parser.add_argument(
        "--list", action="store_true", help="run nothing: claim, data, time and last result of each"
    )
    parser.add_argument(
        "--full", action="store_true", help="the papers' seeds; results replace committed ones"
    )
    parser.add_argument(
        "--stores",
        metavar="FOLDER",
        help="imported tables, NAME.h5 each (default: runs/stores beside the folder of scripts)",
    )
    parser.add_argument("--folder", default="reproduce", help="folder of scripts (default: reproduce)")
    parser.add_argument("--workers", type=positive, default=2, help="scripts run at a time (default: 2)")
