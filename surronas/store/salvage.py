"""Save from a damaged segment what its checksums vouch for, row by row; nothing unverified is kept."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError, StoreDamagedError
from surronas.spaces import Architectures, space_named
from surronas.store.container import BLOCK
from surronas.store.layout import Block, Header, segment_bytes
from surronas.store.segment import Segment, StoredBlock
from surronas.store.storage import Parts

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Salvage:
    """The bytes of a segment of what could be saved (None: nothing), and what is lost, a line each."""

    parts: Parts | None
    num_saved: int  # runs
    losses: list[str]


def salvage(segment: Segment, header: Header) -> Salvage:
    """Return a segment, under a new header, of all rows of a damaged one whose bytes are sound.

    A row is lost where its architecture, seed or status is damaged; a damaged value or curve becomes
    missing; of a run whose provenance is damaged, its origin is told as "imported", with a word on why.
    """
    sound = _Sound(segment)
    there, codes, decisions = _architectures(segment, sound)
    entries, nameless = _provenance(segment, sound)
    saved, losses = [], []
    for number, block in enumerate(segment.blocks):
        kept, told = _block(block, f"blocks/{number}", sound, there, len(entries) - 1)
        losses += told
        saved += [kept] if kept is not None else []
    if segment.blocks and not saved:
        return Salvage(None, 0, losses)
    if not any((block.provenance == len(entries) - 1).any() for block in saved):
        del entries[-1]  # nothing has lost its provenance
    used = np.unique(np.concatenate([block.rows for block in saved] or [np.empty(0, np.int64)]))
    renumbered = [Block(**{**vars(block), "rows": np.searchsorted(used, block.rows)}) for block in saved]
    parts = segment_bytes(header, codes[used], decisions[used], renumbered, entries)
    num_saved = sum(len(block.rows) for block in saved if block.epochs is not None)
    return Salvage(parts, num_saved, nameless + losses)


class _Sound:
    """Which rows of a segment's datasets lie in blocks of the file that are sound."""

    def __init__(self, segment: Segment) -> None:
        self._container = segment.container
        damaged = segment.container.damaged_blocks()
        count = np.zeros(-(-len(self._container.body) // BLOCK) + 1, np.int64)
        count[np.array(damaged, np.int64) + 1] = 1
        self._damaged_before = np.cumsum(count)

    def read(self, path: str) -> tuple[NDArray[Any], Mask]:
        """Return a dataset as it lies there, and which (n,) rows of it are what was written."""
        offset, dtype, shape = self._container.directory["columns"][path]
        if offset is None:
            return np.empty(shape, dtype), np.ones(shape[:1] or 1, bool)
        size = int(np.prod(shape, dtype=np.int64))
        values = np.frombuffer(self._container.body, dtype, size, offset).reshape(shape or [1])
        width = values.nbytes // max(len(values), 1)
        starts = offset + width * np.arange(len(values))
        first, last = starts // BLOCK, (starts + max(width, 1) - 1) // BLOCK
        return values, self._damaged_before[last + 1] == self._damaged_before[first]


def _architectures(segment: Segment, sound: _Sound) -> tuple[Mask, NDArray[np.int64], Architectures]:
    """Return which (A,) architectures are known, their codes and decisions; one can stand for the other."""
    codes, codes_sound = sound.read("architectures/code")
    decisions, decisions_sound = sound.read("architectures/decisions")
    codes, decisions = codes.copy(), decisions.copy()
    try:
        space = space_named(segment.header.space)
    except InputError:  # a space of one's own, which is not at hand here
        return codes_sound & decisions_sound, codes, decisions
    only = decisions_sound & ~codes_sound
    codes[only] = space.codes(decisions[only])
    if not space.numbered:
        return decisions_sound, codes, decisions
    only = codes_sound & ~decisions_sound
    decisions[only] = space.from_codes(codes[only])
    return codes_sound | decisions_sound, codes, decisions


def _provenance(segment: Segment, sound: _Sound) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the provenances, and behind them the one for runs that have lost theirs; and what to say."""
    lost = {
        "origin": "imported",
        "device": "",
        "created": datetime.now(UTC).isoformat(timespec="minutes"),
        "command": "check --repair: where this run came from was damaged",
        "versions": {},
    }
    _, whole = sound.read("provenance")
    if whole.all():
        return [*segment.provenance, lost], []
    return [lost], [f"{segment.name}: who measured its runs, when and how, is lost"]


def _block(
    block: StoredBlock, path: str, sound: _Sound, there: Mask, lost_entry: int
) -> tuple[Block | None, list[str]]:
    """Return what can be saved of a block (None: nothing), and what is lost of it, a line each."""
    found = _rows(block, path, sound, there)
    if found is None:
        return None, [f"{_name(block)}: {block.num_runs} rows are lost, their seeds are damaged"]
    rows, status, kept = found
    metrics, columns_lost = {}, []
    for name in block.metrics:
        values, intact = sound.read(f"{path}/{name}")
        if block.constant:
            kept = kept & intact  # a column has no row without a value
        metrics[name] = np.where(intact, values, np.nan).astype(np.float64)
        columns_lost += _missing(block, name, int((kept & ~intact).sum()))
    at = np.flatnonzero(kept)
    if not len(at):
        return None, [f"{_name(block)}: all {block.num_runs} rows are lost"]
    curves, curves_lost = _curves(block, path, at)
    provenance, unknown = _provenance_of(block, path, sound, at, lost_entry)
    seeds = block.seeds.repeat(np.diff(block.seed_start))
    saved = Block(
        block.task, block.recipe, block.epochs, rows[at], seeds[at], status[at], provenance,
        {name: values[at] for name, values in metrics.items()}, curves, block.device,
    )  # fmt: skip
    return saved, _rows_lost(block, seeds, kept) + columns_lost + curves_lost + unknown


def _rows(
    block: StoredBlock, path: str, sound: _Sound, there: Mask
) -> tuple[NDArray[np.int64], NDArray[np.uint8], Mask] | None:
    """Return the (n,) rows and statuses of a block's runs, and which are known; None: not even the seeds."""
    if not block.constant and not all(
        sound.read(f"{path}/{name}")[1].all() for name in ("seed", "seed_start")
    ):
        return None
    if block.dense:
        rows, kept = block.rows, np.ones(block.num_runs, bool)
    else:
        given, kept = sound.read(f"{path}/architecture")
        rows = np.where(kept, given, 0).astype(np.int64)
    kept = kept & there[rows]
    if block.all_ok:
        return rows, np.zeros(block.num_runs, np.uint8), kept
    status, known = sound.read(f"{path}/status")
    return rows, status, kept & known


def _curves(
    block: StoredBlock, path: str, at: NDArray[np.int64]
) -> tuple[dict[str, NDArray[np.float32]], list[str]]:
    """Return the curves of the runs at ``at``, NaN in chunks that are damaged, and what is lost."""
    curves, losses = {}, []
    for name in block.curve_metrics:
        chunk_of = at // block.segment.container.directory["chunk_rows"][f"{path}/curves/{name}"]
        found, lost = np.full((len(at), block.epochs or 0), np.nan, np.float32), 0
        for here in np.split(np.arange(len(at)), np.flatnonzero(np.diff(chunk_of)) + 1):
            try:
                found[here] = block.curves(name, at[here])
            except StoreDamagedError:
                lost += len(here)
        losses += _missing(block, f"the curve of {name}", lost)
        curves[name] = found
    return curves, losses


def _provenance_of(
    block: StoredBlock, path: str, sound: _Sound, at: NDArray[np.int64], lost_entry: int
) -> tuple[NDArray[np.int64], list[str]]:
    """Return the provenance numbers of the runs at ``at``, and what to say of those that are lost."""
    numbers, known = sound.read(f"{path}/provenance")
    if lost_entry == 0:  # all provenances are lost, which is told once, not for each block
        return np.zeros(len(at), np.int64), []
    lost = int((~known[at]).sum())
    told = [f"{_name(block)}: who measured {lost} rows, when and how, is lost"] if lost else []
    return np.where(known, numbers, lost_entry).astype(np.int64)[at], told


def _rows_lost(block: StoredBlock, seeds: NDArray[np.int64], kept: Mask) -> list[str]:
    """Return what to say of rows that are lost."""
    if kept.all():
        return []
    of = sorted(set(seeds[~kept].tolist()))
    listed = ", ".join(map(str, of[:10])) + (" and more" if len(of) > 10 else "")
    of_seeds = "" if block.constant else f", of seeds {listed}"
    return [f"{_name(block)}: {int((~kept).sum())} of {block.num_runs} rows are lost{of_seeds}"]


def _missing(block: StoredBlock, what: str, count: int) -> list[str]:
    return (
        [f"{_name(block)}: {what} is missing now in {count} of its rows"]
        if count and not block.constant
        else []
    )


def _name(block: StoredBlock) -> str:
    """Return the block's axes in words."""
    if block.constant:
        return f"column {block.metrics[0]}, task {block.task!r}"
    return f"task {block.task!r}, {block.epochs} epochs"
