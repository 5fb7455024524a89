"""The facts of a store as one JSON-able dict."""

from typing import Any

import numpy as np

from surronas.store.schema import SEED_MEAN, STATUSES
from surronas.store.table import ColumnKey, Section, Table


def info(table: Table, path: str) -> dict[str, Any]:
    """Return counts, statuses, origins, shares missing, provenance and files; see ``BenchmarkStore.info``."""
    sections = list(table.sections.values())
    header = table.header
    return {
        "path": path,
        "space": header.space,
        "canonical": header.canonical,
        "description": header.description,
        "licence": header.licence,
        "architectures": len(table.codes),
        "runs": sum(section.num_runs for section in sections),
        "tasks": sorted({section.key[0] for section in sections}),
        "sections": [_section(section) for section in sections],
        "columns": [_column(key, section) for key, section in table.constants.items()],
        "statuses": _sum_counts([_statuses(section) for section in sections]),
        "origins": _sum_counts([_origins(section) for section in sections]),
        "metrics": [m.to_json() | {"missing": _missing(table, m.name)} for m in table.metrics.values()],
        "provenance": _provenance(table),
        "segments": len(table.segments),
        "bytes": sum(segment.container.num_bytes for segment in table.segments),
    }


def _section(section: Section) -> dict[str, Any]:
    """Return the counts of one task, recipe and number of epochs; the first 100 seeds are listed."""
    task, recipe, epochs = section.key
    return {
        "task": task,
        "recipe": recipe,
        "epochs": epochs,
        "runs": section.num_runs,
        "architectures": len(np.unique(section.rows)),
        "num_seeds": len(section.seeds),
        "seeds": [
            {"seed": "mean of the source" if seed == SEED_MEAN else int(seed), "runs": int(runs)}
            for seed, runs in zip(section.seeds[:100], np.diff(section.seed_start)[:100], strict=True)
        ],
        "curves": sorted(section.curve_metrics),
    }


def _column(key: ColumnKey, section: Section) -> dict[str, Any]:
    """Return what one column of architectures is of, and how many architectures it has."""
    task, recipe, device, metric = key
    return {
        "metric": metric,
        "task": task,
        "recipe": recipe,
        "device": device,
        "architectures": section.num_runs,
    }


def _statuses(section: Section) -> dict[str, int]:
    counts = np.bincount(section.status, minlength=len(STATUSES)).tolist()
    return dict(zip(STATUSES, counts, strict=True))


def _origins(section: Section) -> dict[str, int]:
    index, entries = section.provenance()
    counts = np.bincount(index, minlength=len(entries)).tolist()
    return _sum_counts([{entry["origin"]: n} for entry, n in zip(entries, counts, strict=True)])


def _sum_counts(counts: list[dict[str, int]]) -> dict[str, int]:
    """Return the sums by name, without zeros."""
    names = dict.fromkeys(name for count in counts for name in count)
    sums = {name: sum(count.get(name, 0) for count in counts) for name in names}
    return {name: n for name, n in sums.items() if n}


def _missing(table: Table, metric: str) -> float | None:
    """Return the share of ok runs (of a constant: of architectures) without a value; None without any run."""
    if table.metrics[metric].per == "architecture":
        columns = table.constants_of(metric)
        have = sum(section.num_runs for section in columns)
        wanted = sum(_num_architectures(table, section) for section in columns)
        if not columns:
            wanted = len(table.codes)
    else:
        values = [section.column(metric)[section.status == 0] for section in table.sections.values()]
        have = sum(int(np.count_nonzero(~np.isnan(column))) for column in values)
        wanted = sum(map(len, values))
    return 1 - have / wanted if wanted else None


def _num_architectures(table: Table, column: Section) -> int:
    """Return the number of architectures that a column could have: those with runs of its task and recipe."""
    task, recipe, _ = column.key
    rows = [section.rows for section in table.sections.values() if section.key[:2] == (task, recipe)]
    return len(np.unique(np.concatenate([*rows, column.rows]))) if rows else len(table.codes)


def _provenance(table: Table) -> list[dict[str, Any]]:
    """Return the distinct provenances with the number of runs of each, the most frequent first."""
    counts: dict[str, tuple[int, dict[str, Any]]] = {}
    for section in table.sections.values():
        index, entries = section.provenance()
        for number, entry in zip(np.bincount(index, minlength=len(entries)).tolist(), entries, strict=True):
            counts[repr(entry)] = (counts.get(repr(entry), (0, entry))[0] + number, entry)
    ranked = sorted(counts.values(), key=lambda pair: -pair[0])
    return [entry | {"runs": number} for number, entry in ranked if number]
