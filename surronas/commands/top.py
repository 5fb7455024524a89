"""``surronas top``: the best architectures of a store by one metric, or the Pareto front of several."""

import argparse
import operator
import re

from surronas.commands.names import seed_of, with_device
from surronas.commands.printing import number, print_json, print_table
from surronas.errors import InputError
from surronas.store import BenchmarkStore
from surronas.store.view import Column

_COMPARE = {"<=": operator.le, ">=": operator.ge, "==": operator.eq, "<": operator.lt, ">": operator.gt}
_CONDITION = re.compile(r"\s*(\w+)\s*(<=|>=|==|<|>)\s*(\S+)\s*")


def run(arguments: argparse.Namespace) -> None:
    """Print the architectures with their metrics, the best first."""
    store = BenchmarkStore.open(arguments.store)
    conditions = [_condition(text) for text in arguments.where]
    names = list(dict.fromkeys([*arguments.metric, *(name for name, _, _ in conditions)]))
    view = store.view({name: _column(store, arguments, name) for name in names})
    for name, compare, limit in conditions:
        view = view.where(_COMPARE[compare](view[name], limit))
    first = arguments.metric[0]
    ranked = view.where(~view.missing(first))
    found = ranked.pareto(*arguments.metric) if arguments.pareto else ranked.top(arguments.k, first)
    found = found.sort(first)
    columns = [found[name].tolist() for name in names]
    if arguments.json:
        rows = [
            {"architecture": text, **dict(zip(names, values, strict=True))}
            for text, *values in zip(found.strings(), *columns, strict=True)
        ]
        print_json({"candidates": len(ranked), "rows": rows})
        return
    shown = [[text, *map(number, values)] for text, *values in zip(found.strings(), *columns, strict=True)]
    print_table(["architecture", *names], shown)
    what = "on the Pareto front of" if arguments.pareto else "best of"
    print(f"{len(found)} {what} {len(ranked)} architectures")


def _column(store: BenchmarkStore, arguments: argparse.Namespace, name: str) -> Column:
    """Return the query of one metric at the axes that were given."""
    return Column(
        name,
        task=arguments.task,
        recipe=arguments.recipe,
        epochs=arguments.epochs,
        seed=seed_of(arguments.seed),
        device=with_device(store, name, arguments.device),
    )


def _condition(text: str) -> tuple[str, str, float]:
    """Return metric, comparison and limit of a text such as ``latency_ms<=5``.

    Raises:
        InputError: it is none.
    """
    match = _CONDITION.fullmatch(text)
    try:
        if match:
            return match[1], match[2], float(match[3])
    except ValueError:
        pass
    raise InputError(f"expected --where METRIC<=NUMBER (or <, >, >=, ==), got {text!r}")
