"""The target that a store holds: which metric, over which seeds, and what is left out."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.evaluation.target import Target, finite
from surronas.store import SEED_MEAN, BenchmarkStore, Metric
from surronas.store.axes import Axes, Seed
from surronas.store.origins import origins

_PREFERRED = ("valid_accuracy", "test_accuracy")
_SPLIT_WORDS = {"train": "training split", "valid": "validation split", "test": "test split"}


def target_of(
    store: BenchmarkStore,
    metric: str | None = None,
    *,
    task: str | None = None,
    recipe: str | None = None,
    epochs: int | None = None,
    seed: Seed = "mean",
    device: str | None = None,
) -> Target:
    """Return the target of a store's metric at axes; an axis may be left open where it has one value.

    ``metric`` None: valid_accuracy, or test_accuracy where there is no valid_accuracy, which the notes then
    say. Architectures whose runs failed have no value: they are left out and counted in the notes.

    Raises:
        AmbiguousQueryError: an axis is left open that has several values.
        InputError: no such metric, seed "all", or fewer than 20 architectures with a value.
    """
    if seed == "all":
        raise InputError('expected one seed or "mean" to judge surrogates on, got "all"')
    axes = Axes(task, recipe, epochs, seed, device)
    chosen, notes = _chosen(store, metric, axes)
    values = _values(store, chosen, axes)
    kept = np.isfinite(values)
    words = [f"{chosen.name} ({_SPLIT_WORDS[chosen.split]})" if chosen.split else chosen.name]
    if chosen.per == "architecture":
        words += filter(None, [task and f"task {task}", device and f"device {device}"])
        notes += _left_out(store, kept, None)
        return finite(store.space, store.architectures, values, chosen, ", ".join(words), notes)
    counts = _seed_counts(store, chosen.name, axes)
    return finite(
        store.space,
        store.architectures,
        values,
        chosen,
        ", ".join([*words, *_axes_in_words(store, axes, counts[kept])]),
        [*notes, *_left_out(store, kept, axes)],
        _values(store, chosen, axes._replace(seed="all")),
        of_seeds=seed == "mean" and bool((counts[kept] > 0).all()),
        origins=origins(store, task=task, recipe=recipe, epochs=epochs),
    )


def _values(store: BenchmarkStore, metric: Metric, axes: Axes) -> NDArray[np.float64]:
    """Return (A,) values of all architectures, (A, S) for all seeds, NaN where there is none."""
    per_run = metric.per == "run"
    return store.query(
        store.architectures,
        metric.name,
        task=axes.task,
        recipe=axes.recipe,
        epochs=axes.epochs if per_run else None,
        seed=axes.seed,
        device=None if per_run else axes.device,
        missing="nan",
    )


def _chosen(store: BenchmarkStore, name: str | None, axes: Axes) -> tuple[Metric, list[str]]:
    """Return the metric, and a note where it is of the test split."""
    known = {each.name: each for each in store.metrics}
    if name is not None and name not in known:
        raise InputError(f"expected a metric among {', '.join(known)}, got {name!r}")
    if name is None:
        name = next((each for each in _PREFERRED if _held(store, known.get(each), axes)), None)
    if name is None:
        raise InputError(
            f"{store.path} has neither {' nor '.join(_PREFERRED)} there; name a metric of {', '.join(known)}"
        )
    if known[name].split != "test":
        return known[name], []
    valid, quantity = name.replace("test_", "valid_", 1), name.replace("_", " ")
    if valid not in known:
        return known[name], [f"target: {quantity} (the table has no validation split)"]
    if not _held(store, known[valid], axes):
        return known[name], [f"target: {quantity} (the table has no validation split at these axes)"]
    return known[name], [f"target: {quantity}, as asked (the table has {valid} too)"]


def _held(store: BenchmarkStore, metric: Metric | None, axes: Axes) -> bool:
    """Return whether there is any value at the axes."""
    return metric is not None and bool(np.isfinite(_values(store, metric, axes)).any())


def _seed_counts(store: BenchmarkStore, name: str, axes: Axes) -> NDArray[np.int64]:
    """Return (A,) how many seeds stand behind the mean, -1 where the source's own mean does."""
    return store.seed_counts(
        store.architectures, name, task=axes.task, recipe=axes.recipe, epochs=axes.epochs
    )


def _axes_in_words(store: BenchmarkStore, axes: Axes, counts: NDArray[np.int64]) -> Iterator[str]:
    """Yield task, epochs and seeds, those that were left open too."""
    task = axes.task or (store.tasks[0] if len(store.tasks) == 1 else None)
    epochs = store.epochs(task=task, recipe=axes.recipe) if axes.epochs is None else [axes.epochs]
    if task:
        yield f"task {task}"
    if len(epochs) == 1 and epochs[0]:
        yield f"{epochs[0]} epochs"
    if axes.seed == "mean":
        fewest, most = int(counts.min()), int(counts.max())
        several = f"mean over {most} seeds" if fewest == most else f"mean over {fewest} to {most} seeds"
        yield {-1: "the source's own mean over seeds", 1: "one seed"}.get(most, several)
    elif axes.seed == SEED_MEAN:
        yield "the source's own mean over seeds"
    elif axes.seed is not None:
        yield f"seed {axes.seed}"


def _left_out(store: BenchmarkStore, kept: NDArray[np.bool_], axes: Axes | None) -> Iterator[str]:
    """Yield how many architectures have no value, and why: their runs failed, or were not measured."""
    if kept.all():
        return
    without = store.architectures[~kept]
    failed = 0
    if axes is not None:
        seed = axes.seed if isinstance(axes.seed, int) else None
        runs = store.table(without, task=axes.task, recipe=axes.recipe, epochs=axes.epochs, seed=seed)
        failed = len(np.unique(store.space.codes(runs["architecture"][runs["status"] != "ok"])))
    if failed:
        yield f"left out: {failed} architectures whose runs failed"
    if len(without) > failed:
        yield f"left out: {len(without) - failed} architectures without a value"
