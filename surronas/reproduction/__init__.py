"""Reproduction scripts: what each claims, the tables that it needs, and how all of them are run."""

from surronas.reproduction.scripts import Script, find_scripts, read_script
from surronas.reproduction.tables import (
    TABLES,
    MissingTableError,
    how_to_get,
    is_at_hand,
    open_table,
    table_digest,
)

__all__ = [
    "TABLES",
    "MissingTableError",
    "Script",
    "find_scripts",
    "how_to_get",
    "is_at_hand",
    "open_table",
    "read_script",
    "table_digest",
]
