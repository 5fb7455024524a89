"""The one table of importers by the name of their format."""

import importlib

from surronas.errors import InputError
from surronas.store.importers.base import Importer

IMPORTER_MODULES = {  # format -> module, imported when asked for
}


def importer_named(name: str) -> Importer:
    """Return the importer of a format.

    Raises:
        InputError: no importer reads this format.
    """
    if name not in IMPORTER_MODULES:
        raise InputError(f"unknown format {name!r}; known are {', '.join(sorted(IMPORTER_MODULES))}")
    importer: Importer = importlib.import_module(IMPORTER_MODULES[name]).IMPORTER
    return importer
