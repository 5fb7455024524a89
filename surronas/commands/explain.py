"""``surronas explain``: what drives a surrogate's predictions: operations on edges, paths, substructures."""

import argparse
import json
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from surronas.commands.explanation_text import explanation_text
from surronas.commands.names import ENCODINGS, SURROGATES, seed_of, with_device
from surronas.commands.printing import print_json
from surronas.commands.provenance import provenance
from surronas.encodings import Encoding
from surronas.errors import InputError
from surronas.evaluation import Contender, Target, grouped, target_of
from surronas.explanation import (
    Explanation,
    StructureEffects,
    explain,
    network_paths,
    structure_effects,
    substructures,
)
from surronas.metrics import kendall_tau
from surronas.run_folder import without_nan
from surronas.spaces import Architectures
from surronas.store import BenchmarkStore
from surronas.surrogates import Surrogate

_JUDGED = 2_000  # architectures at most that say how far the surrogate can be trusted
_COMPARED = 1_000  # architectures at most whose structures are looked at
_BACKGROUND = 30  # architectures at most that predictions are explained against
_SMALLEST_SHARE = 50  # a structure that fewer than one in so many architectures have is not told of


def run(arguments: argparse.Namespace) -> None:
    """Print what drives the predictions; write it, with figures, where a folder is given."""
    out = Path(arguments.out) if arguments.out else None
    if out is not None and out.is_file():
        raise InputError(f"expected --out as a folder, but {out} is a file")
    store = BenchmarkStore.open(arguments.store)
    device = with_device(store, arguments.metric, arguments.device) if arguments.metric else None
    target = target_of(
        store,
        arguments.metric,
        task=arguments.task,
        recipe=arguments.recipe,
        epochs=arguments.epochs,
        seed=seed_of(arguments.seed),
        device=device,
    )
    rows = _explained(arguments, target)
    print(f"learning from architectures of {arguments.store}", file=sys.stderr, flush=True)
    with threadpool_limits(1):  # small matrices: on busy cores more threads took ten times as long
        found = _found(arguments, target, rows)
    answer = provenance() | found.to_json()
    written = _write(out, found, answer) if out is not None else []
    if arguments.json:
        print_json(answer)
        return
    print(explanation_text(answer))
    if written:
        print(f"\nwritten to {out}: {', '.join(written)}")


@dataclass(frozen=True)
class Found:
    """All that is told: of a sample, of structures, and of single architectures."""

    target: Target
    surrogate: str
    encoding: str
    num_learned: int
    num_judged: int
    tau: float
    sample: Explanation
    structures: dict[str, StructureEffects]
    num_compared: int
    num_background: int
    explained: Explanation

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON-able numbers and texts."""
        names = ("decision", "choice", "architectures", "contribution", "size")
        return {
            "target": self.target.words,
            "unit": self.target.metric.unit,
            "notes": list(self.target.notes),
            "space": self.target.space.name,
            "surrogate": self.surrogate,
            "encoding": self.encoding,
            "num_learned": self.num_learned,
            "num_judged": self.num_judged,
            "kendall_tau": self.tau,
            "num_background": self.num_background,
            "background_mean": self.explained.base,
            "exact": self.explained.exact,
            "num_sampled": len(self.sample.architectures),
            "choices": [dict(zip(names, row, strict=True)) for row in self.sample.table()],
            "num_compared": self.num_compared,
            **{kind: _structures_json(effects) for kind, effects in self.structures.items()},
            "architectures": [
                self._architecture_json(row) for row in range(len(self.explained.architectures))
            ],
        }

    def _architecture_json(self, row: int) -> dict[str, Any]:
        explained, decisions = self.explained, self.explained.decisions
        rows = explained.architectures[row : row + 1]
        parts = zip(
            decisions.names,
            [choices[c] for choices, c in zip(decisions.choices, rows[0].tolist(), strict=True)],
            explained.contributions[row].tolist(),
            explained.errors[row].tolist(),
            strict=True,
        )
        return {
            "architecture": explained.space.to_strings(rows)[0],
            "predicted": float(explained.predictions[row]),
            "measured": self.measured.get(rows.tobytes()),
            "contributions": [
                {"decision": name, "choice": choice, "contribution": value, "standard_error": error}
                for name, choice, value, error in parts
            ],
        }

    @cached_property
    def measured(self) -> dict[bytes, float]:
        """The measured value of each architecture of the store."""
        values = self.target.values.tolist()
        return {row.tobytes(): value for row, value in zip(self.target.architectures, values, strict=True)}


def _explained(arguments: argparse.Namespace, target: Target) -> Architectures:
    """Return the architectures to explain one by one."""
    if arguments.architecture:
        return target.space.from_strings(arguments.architecture)
    return target.architectures[np.argsort(-target.scores, kind="stable")[: arguments.top]]


def _found(arguments: argparse.Namespace, target: Target, rows: Architectures) -> Found:
    """Return everything about a surrogate fitted to rows of the target, all drawn with a fixed seed."""
    rng, space = np.random.default_rng(0), target.space
    order = rng.permutation(len(target))
    size = min(arguments.train_size, 4 * len(target) // 5)
    learned, judged = order[:size], order[size : size + _JUDGED]
    encoding: Encoding = ENCODINGS[arguments.encoding]()
    surrogate = grouped(
        Contender(arguments.surrogate, SURROGATES[arguments.surrogate](), arguments.encoding, encoding), space
    ).surrogate
    surrogate.fit(encoding(space, target.architectures[learned]), target.values[learned])
    compared = target.architectures[order[:_COMPARED]]
    background, sample = compared[:_BACKGROUND], compared[-arguments.sample :]
    return Found(
        target,
        arguments.surrogate,
        arguments.encoding,
        len(learned),
        len(judged),
        _tau(surrogate, encoding, target, judged),
        explain(surrogate, encoding, space, sample, background, rng, num_rounds=1),
        {
            kind: structure_effects(
                surrogate,
                encoding,
                space,
                compared,
                listed,
                fewest=max(len(compared) // _SMALLEST_SHARE, 2),
            )
            for kind, listed in (("paths", network_paths), ("substructures", substructures))
        },
        len(compared),
        len(background),
        explain(surrogate, encoding, space, rows, background, rng),
    )


def _tau(surrogate: Surrogate, encoding: Encoding, target: Target, judged: NDArray[np.int64]) -> float:
    """Return how well the surrogate ranks architectures that it did not learn from."""
    predicted = surrogate.predict(encoding(target.space, target.architectures[judged]))
    return kendall_tau(target.values[judged], predicted)


def _structures_json(effects: StructureEffects) -> list[dict[str, Any]]:
    names = ("structure", "architectures", "difference", "standard_error", "beyond_choices", "variance_share")
    columns = (effects.counts, effects.differences, effects.errors, effects.beyond, effects.shares)
    rows = zip(effects.names, *(column.tolist() for column in columns), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _write(out: Path, found: Found, answer: dict[str, Any]) -> list[str]:
    """Write numbers, text and figures into a folder, made if it is not there; return the files' names."""
    from surronas.plots import draw_choice_effects, draw_explained_cell, draw_structure_effects
    from surronas.plots.evaluation import figure_bytes

    out.mkdir(parents=True, exist_ok=True)
    texts = {
        "explanation.json": json.dumps(without_nan(answer), indent=1) + "\n",
        "explanation.txt": explanation_text(answer) + "\n",
    }
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    metric, explained = found.target.metric, found.explained
    figures = {"choices": draw_choice_effects(found.sample, metric)}
    for kind, effects in found.structures.items():
        if effects.names:
            figures[kind] = draw_structure_effects(effects, metric)
    if None not in explained.decisions.edges:  # decisions that are operations on a drawing's edges
        for row in range(len(explained.architectures)):
            figures[f"architecture_{row + 1}"] = draw_explained_cell(explained, metric, row)
    for name, figure in figures.items():
        for kind in ("png", "pdf"):
            (out / f"{name}.{kind}").write_bytes(figure_bytes(figure, kind))
    return [*texts, *(f"{name}.{kind}" for name in figures for kind in ("png", "pdf"))]
