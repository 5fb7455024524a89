"""Recipes by a part of their text: long JSON texts, of which a few words tell them apart."""

from surronas.errors import AmbiguousQueryError
from surronas.store.table import Table


def whole_recipe(table: Table, text: str | None) -> str | None:
    """Return the recipe that a text means: itself, or the one recipe of the table that contains it.

    Raises:
        AmbiguousQueryError: several recipes contain it.
    """
    if not text or text in table.recipes:
        return text
    found = [recipe for recipe in table.recipes if text in recipe]
    if len(found) > 1:
        raise AmbiguousQueryError(
            f"{len(found)} recipes contain {text!r}: {'; '.join(recipe[:200] for recipe in found[:5])}; "
            f"give more of the text"
        )
    return found[0] if found else text
