"""What ``surronas explain`` found, as text for a terminal."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from surronas.commands.printing import aligned

_MOST_ROWS = 10  # of a table
_KINDS = {
    "paths": "paths from input to output",
    "substructures": "substructures, an operation and what it reads",
}


def explanation_text(answer: dict[str, Any]) -> str:
    """Return the tables of an answer: choices, paths, substructures, then single architectures."""
    unit = f", {answer['unit']}" if answer["unit"] else ""
    parts = [_facts(answer), _choices(answer, unit)]
    parts += [_structures(answer, kind, unit) for kind in _KINDS if answer[kind]]
    parts += [_architecture(answer, each) for each in answer["architectures"]]
    return "\n\n".join(parts)


def _facts(answer: dict[str, Any]) -> str:
    return "\n".join(
        [
            f"target     {answer['target']}",
            f"surrogate  {answer['surrogate']} on {answer['encoding']}, learned from {answer['num_learned']} "
            f"architectures; Kendall tau {answer['kendall_tau']:.3f} on {answer['num_judged']} others",
            *(f"note       {note}" for note in answer["notes"]),
        ]
    )


def _choices(answer: dict[str, Any], unit: str) -> str:
    how = "exact Shapley values" if answer["exact"] else "sampled Shapley values"
    signed = _signed_like([each["contribution"] for each in answer["choices"]])
    rows = [
        [
            each["decision"],
            each["choice"],
            str(each["architectures"]),
            signed(each["contribution"]),
            signed(each["size"])[1:],
        ]
        for each in answer["choices"][:_MOST_ROWS]
    ]
    title = f"contributions of choices ({how}{unit}), means over {answer['num_sampled']} architectures"
    header = ["decision", "choice", "taken by", "contribution", "size"]
    return _titled(title, header, rows, len(answer["choices"]))


def _structures(answer: dict[str, Any], kind: str, unit: str) -> str:
    signed = _signed_like([each["difference"] for each in answer[kind]])
    rows = [
        [
            each["structure"],
            str(each["architectures"]),
            signed(each["difference"]),
            "± " + signed(each["standard_error"])[1:],
            signed(each["beyond_choices"]),
            f"{each['variance_share']:.1%}",
        ]
        for each in answer[kind][:_MOST_ROWS]
    ]
    title = (
        f"{_KINDS[kind]}: predictions with it minus without it{unit}, {answer['num_compared']} architectures"
    )
    header = [kind[:-1], "have it", "difference", "", "beyond choices", "of variance"]
    return _titled(title, header, rows, len(answer[kind]))


def _architecture(answer: dict[str, Any], each: dict[str, Any]) -> str:
    measured = "" if each["measured"] is None else f"; measured {each['measured']:.4g}"
    signed = _signed_like([part["contribution"] for part in each["contributions"]])
    gain = each["predicted"] - answer["background_mean"]
    parts = sorted(each["contributions"], key=lambda part: -abs(part["contribution"]))
    rows = [
        [
            part["decision"],
            part["choice"],
            signed(part["contribution"]),
            *([] if answer["exact"] else ["± " + signed(part["standard_error"])[1:]]),
        ]
        for part in parts
    ]
    header = ["decision", "choice", "contribution", *([] if answer["exact"] else [""])]
    over = f"{signed(gain)} over the mean of {answer['num_background']} others"
    title = f"predicted {each['predicted']:.4g}, {over}{measured}"
    return f"{each['architecture']}\n{_titled(title, header, rows, len(rows))}"


def _titled(title: str, header: Sequence[str], rows: list[list[str]], number: int) -> str:
    left = [f"  … {number - len(rows)} more, all of them with --json"] if number > len(rows) else []
    lines = [f"  {line}" for line in aligned(header, rows).splitlines()]
    return "\n".join([title, *lines, *left])


def _signed_like(values: Sequence[float]) -> Callable[[float], str]:
    """Return what writes numbers with a sign and as many decimals as the largest of values asks for."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    decimals = max(2 - math.floor(math.log10(largest)), 0) if largest > 0 else 2
    return lambda value: f"{value:+.{decimals}f}" if math.isfinite(value) else "unknown"
