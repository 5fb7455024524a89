"""``surronas copy``: a part of a store in a new one, provenance included."""

import argparse

from surronas.commands.names import whole_number
from surronas.commands.printing import print_json
from surronas.errors import InputError
from surronas.store import BenchmarkStore

_AXES = ("task", "recipe", "epochs", "seed", "origin")


def run(arguments: argparse.Namespace) -> None:
    """Copy the runs at the selected axes."""
    selected = _selected(arguments.select)
    store = BenchmarkStore.open(arguments.store)
    numbers = {
        axis: [whole_number(word, f"{axis} as whole numbers") for word in selected[axis]]
        for axis in ("epochs", "seed")
        if axis in selected
    }
    copied = store.copy(
        arguments.dest,
        tasks=selected.get("task"),
        recipes=selected.get("recipe"),
        epochs=numbers.get("epochs"),
        seeds=numbers.get("seed"),
        origins=selected.get("origin"),
    )
    if arguments.json:
        print_json({"path": str(copied.path), "runs": len(copied)})
    else:
        print(f"{len(copied)} of {len(store)} runs in {copied.path}")


def _selected(words: list[str]) -> dict[str, list[str]]:
    """Return the values of each axis out of words such as ``seed=0,1``; a recipe is one whole text.

    Raises:
        InputError: a word that is none, an unknown axis, or one that is given twice.
    """
    selected: dict[str, list[str]] = {}
    for word in words:
        axis, equals, values = word.partition("=")
        if not equals or axis not in _AXES or axis in selected:
            raise InputError(f"expected --select {', '.join(_AXES)} as AXIS=VALUES, once each, got {word!r}")
        selected[axis] = [values] if axis == "recipe" else values.split(",")
    return selected
