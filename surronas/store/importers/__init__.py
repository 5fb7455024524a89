"""Importers: one file for each public benchmark format."""

from surronas.store.importers.base import Benchmark, Columns, Fact, Importer, reading
from surronas.store.importers.importing import ImportReport, import_benchmark, import_into
from surronas.store.importers.known import IMPORTER_MODULES, importer_named

__all__ = [
    "IMPORTER_MODULES",
    "Benchmark",
    "Columns",
    "Fact",
    "ImportReport",
    "Importer",
    "import_benchmark",
    "import_into",
    "importer_named",
    "reading",
]
