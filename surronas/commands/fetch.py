"""``surronas fetch``: the official files of a format, or how to get them."""

import argparse
import sys
from pathlib import Path

from surronas.commands.printing import print_json
from surronas.errors import InputError
from surronas.store.importers import IMPORTER_MODULES, importer_named
from surronas.store.importers.downloads import DOWNLOADS, fetch


def run(arguments: argparse.Namespace) -> None:
    """List the formats, or download one's files, or say how to get them by hand."""
    if arguments.format is None:
        _list(as_json=arguments.json)
        return
    name = arguments.format
    if name not in DOWNLOADS:
        importer = importer_named(name)
        raise InputError(f"{name} has no file of a stable public address; get it by hand: {importer.by_hand}")
    paths = fetch(name, Path(arguments.folder), progress=lambda line: print(line, file=sys.stderr))
    if arguments.json:
        print_json({"format": name, "files": [str(path) for path in paths]})
    else:
        print("\n".join(map(str, paths)))


def _list(*, as_json: bool) -> None:
    """Print every format: what it is, what SOURCE must be, and where it comes from."""
    importers = [importer_named(name) for name in IMPORTER_MODULES]
    if as_json:
        print_json(
            [
                {
                    "format": importer.name,
                    "title": importer.title,
                    "source": importer.expects,
                    "by_hand": importer.by_hand,
                    "downloads": [vars(file) for file in DOWNLOADS.get(importer.name, ())],
                }
                for importer in importers
            ]
        )
        return
    for importer in importers:
        print(f"{importer.name}: {importer.title}")
        print(f"  SOURCE   {importer.expects}")
        print(f"  by hand  {importer.by_hand}")
        if importer.name in DOWNLOADS:
            print(f"  fetch    surronas fetch {importer.name} FOLDER")
