"""Importers: one file for each public benchmark format."""

from surronas.store.importers.base import (
    Benchmark,
    Columns,
    Fact,
    Importer,
    ImportReport,
    attach_columns,
    import_benchmark,
    reading,
)
from surronas.store.importers.known import IMPORTER_MODULES, importer_named

__all__ = [
    "IMPORTER_MODULES",
    "Benchmark",
    "Columns",
    "Fact",
    "ImportReport",
    "Importer",
    "attach_columns",
    "import_benchmark",
    "importer_named",
    "reading",
]
