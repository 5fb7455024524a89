"""What is searched and what is reported, in words that every figure carries."""

from __future__ import annotations

from surronas.compare.reading import Seeds, held
from surronas.store import BenchmarkStore, Metric
from surronas.store.axes import Axes


def problem_words(
    store: BenchmarkStore,
    metric: Metric,
    axes: Axes,
    seeds: Seeds,
    tested: tuple[Metric, Axes] | None,
) -> str:
    """Return which numbers the searches see, which are reported, and what is wrong with that if anything."""
    where = _where(store, metric, axes, _seeds_in_words(store, metric, axes, seeds))
    if metric.per == "architecture":
        seen = f"searched on {metric.name} ({where}), which is measured on no data split"
    elif metric.split == "test":
        seen = _searched_on_test(store, metric, axes, where)
    else:
        split = {"valid": "validation split", "train": "training split"}.get(metric.split or "", "no split")
        seen = f"searched on {metric.name} ({split}, {where})"
    if tested is not None:
        test, test_axes = tested
        there = _where(store, test, test_axes, _seeds_in_words(store, test, test_axes, "mean"))
        return f"{seen}; reported of the best so far: {test.name} (test split, {there})"
    if metric.split == "valid":
        return f"{seen}; this table has no test values there: what is reported is the score searched on"
    return seen


def _searched_on_test(store: BenchmarkStore, metric: Metric, axes: Axes, where: str) -> str:
    """Return that the objective is of the test split, and why."""
    valid = metric.name.replace("test_", "valid_", 1)
    if valid in {each.name for each in store.metrics} and held(store, valid, axes):
        return (
            f"searched on {metric.name} itself ({where}), the TEST split, as asked, though the table has "
            f"{valid}: no unseen score is left to report"
        )
    return (
        f"this table has no validation split there: searched on {metric.name} itself ({where}), "
        f"the TEST split, so no unseen score is left to report"
    )


def _where(store: BenchmarkStore, metric: Metric, axes: Axes, seeds: str) -> str:
    """Return task, epochs and seeds, or device."""
    if metric.per == "architecture":
        return ", ".join(filter(None, [axes.task, axes.device and f"on {axes.device}", metric.unit]))
    task = axes.task or (store.tasks[0] if len(store.tasks) == 1 else None)
    epochs = [axes.epochs] if axes.epochs is not None else store.epochs(task=axes.task, recipe=axes.recipe)
    trained = f"after {epochs[0]} epochs" if len(epochs) == 1 and epochs[0] else None
    return ", ".join(filter(None, [task and f"task {task}", trained, seeds]))


def _seeds_in_words(store: BenchmarkStore, metric: Metric, axes: Axes, seeds: Seeds) -> str:
    """Return which trainings stand behind a score."""
    if metric.per == "architecture":
        return ""
    known = store.seeds(task=axes.task, recipe=axes.recipe, epochs=axes.epochs)
    if seeds == "drawn":
        return f"one training of seeds {_listed(known)}, drawn at random for each query"
    if seeds == "mean":
        counts = store.seed_counts(
            store.architectures, metric.name, task=axes.task, recipe=axes.recipe, epochs=axes.epochs
        )
        counts = counts[counts != 0]
        if len(counts) and counts.min() < 0:
            return "the source's own mean over seeds"
        if len(counts) and counts.max() == 1:
            return "one seed"
        each = _listed(known) if len(counts) and counts.min() == counts.max() else "that there are"
        return f"mean of seeds {each}"
    return f"seed {seeds}" if isinstance(seeds, int) else f"mean of seeds {_listed(seeds)}"


def _listed(seeds: tuple[int, ...] | list[int]) -> str:
    """Return seeds as text, the middle left out where there are many."""
    if len(seeds) <= 6:
        return ", ".join(map(str, seeds))
    return f"{seeds[0]}, {seeds[1]}, ..., {seeds[-1]} ({len(seeds)})"
