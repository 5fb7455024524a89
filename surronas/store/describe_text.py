"""The facts of ``describe`` in words."""

from typing import Any

_TITLES = {"splits": "between splits", "epochs": "between numbers of epochs", "tasks": "between tasks"}


def describe_text(facts: dict[str, Any]) -> str:
    """Return the facts of ``describe`` as lines: each place with its metrics, then rank correlations."""
    lines = [
        f"space {facts['space']}: {facts['architectures']:,} architectures, "
        f"{facts['distinct_networks']:,} distinct networks, {facts['runs']:,} runs"
    ]
    place = ""
    for measure in facts["measures"]:
        if place != (place := _place(measure)):
            lines += ["", place]
        lines.append(f"  {_measure_line(measure)}")
    for kind, title in _TITLES.items():
        pairs = facts["correlations"][kind]
        lines += ["", f"rank correlations {title}", *map(_pair_line, pairs)] if pairs else []
    if facts["correlations"]["left_out"]:
        lines.append(f"  and {facts['correlations']['left_out']} more pairs")
    return "\n".join(lines)


def _place(axes: dict[str, Any]) -> str:
    """Return where something was measured, in words."""
    words = [
        f"task {axes['task']}" if axes["task"] else "any task",
        *([f"{axes['epochs']} epochs"] if axes["epochs"] is not None else []),
        *([f"device {axes['device']}"] if axes.get("device") else []),
        *([f"recipe {axes['recipe'][:60]}"] if axes["recipe"] else []),
    ]
    return ", ".join(words)


def _measure_line(measure: dict[str, Any]) -> str:
    """Return one metric's facts in words."""
    at = measure["quantiles"]
    words = [
        f"{measure['metric']}: {measure['architectures']:,} architectures",
        f"median {at['0.5']:.6g} (5 % to 95 %: {at['0.05']:.6g} to {at['0.95']:.6g})",
    ]
    if optimum := measure.get("optimum"):
        words.append(f"best {optimum['value']:.6g} of {optimum['architecture']}")
        if test := optimum.get("test"):
            value = "not measured in the same runs" if test["value"] is None else f"{test['value']:.6g}"
            words.append(f"whose {test['metric']} is {value}")
    if noise := measure.get("seed_noise"):
        share = (
            "" if noise["share_of_variance"] is None else f", {noise['share_of_variance']:.1%} of variance"
        )
        words.append(f"std over seeds {noise['median_std']:.3g}{share}")
    return "; ".join(words)


def _pair_line(pair: dict[str, Any]) -> str:
    """Return one pair's correlations in words."""
    a, b = pair["a"], pair["b"]
    sides = [f"{x['metric']}, {x['task']}, {x['epochs']} epochs" for x in (a, b)]
    return (
        f"  {sides[0]} / {sides[1]}: Spearman {pair['spearman']:.4f}, Kendall {pair['kendall']:.4f} "
        f"({pair['architectures']:,} architectures)"
    )
