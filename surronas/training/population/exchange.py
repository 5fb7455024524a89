"""Sums of slices: how candidates' features go from node to node of their different cells.

Features of n candidates are one tensor (batch, n C, height, width): slot i holds channels i C to (i + 1) C. A
node of a population is a tensor whose slots are the candidates that have this node. ``add_slots`` builds
such a tensor from others: each of its slots is the sum of some slots of theirs. Torch's own index_select
and index_add add up repeated indices in an order that is not fixed on a GPU; here no index is repeated
within a call, forward or backward, so the same run gives the same digits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


@dataclass(frozen=True)
class Route:
    """From the slots of one tensor to those of another, in rounds of distinct slots."""

    rounds: tuple[tuple[Tensor, Tensor], ...]  # (source, target): target slots are distinct in each round
    back: tuple[tuple[Tensor, Tensor], ...]  # (target, source): source slots are distinct in each round
    fills: bool  # the targets are slots 0, 1, 2, ..., once each

    @classmethod
    def of(cls, sources: Sequence[int], targets: Sequence[int], device: torch.device) -> "Route":
        """Return the route of k slices, the i-th from slot ``sources[i]`` to slot ``targets[i]``."""
        fills = list(targets) == list(range(len(targets)))
        return cls(_rounds(sources, targets, device), _rounds(targets, sources, device), fills)


def _rounds(
    origins: Sequence[int], ends: Sequence[int], device: torch.device
) -> tuple[tuple[Tensor, Tensor], ...]:
    """Return (origins, ends) in rounds; an end that occurs k times is in the first k rounds."""
    start, end = np.asarray(origins, np.int64), np.asarray(ends, np.int64)
    order = np.argsort(end, kind="stable")
    ordered = end[order]
    occurrence = np.empty(len(end), np.int64)
    occurrence[order] = np.arange(len(end)) - np.searchsorted(ordered, ordered)
    rounds = []
    for number in range(int(occurrence.max(initial=-1)) + 1):
        chosen = occurrence == number
        pair = (torch.from_numpy(start[chosen]).to(device), torch.from_numpy(end[chosen]).to(device))
        rounds.append(pair)
    return tuple(rounds)


def slots(x: Tensor, channels: int) -> Tensor:
    """Return a view (outer, n, inner) of features, whose middle axis is the slot."""
    batch, width, height, length = x.shape
    if _is_channels_last(x):
        return x.permute(0, 2, 3, 1).reshape(batch * height * length, width // channels, channels)
    return x.reshape(batch, width // channels, channels * height * length)


def _blank(like: Tensor, width: int) -> Tensor:
    """Return zeros (batch, width, height, length) in the memory order of ``like``."""
    order = torch.channels_last if _is_channels_last(like) else torch.contiguous_format
    shape = (like.shape[0], width, *like.shape[2:])
    out = torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=order)
    return out.zero_()


class _AddSlots(torch.autograd.Function):
    """out[target] += tensor[source] for every route of every tensor."""

    @staticmethod
    def forward(ctx: Any, channels: int, num_slots: int, routes: Sequence[Route], *tensors: Tensor) -> Tensor:
        ctx.channels, ctx.routes = channels, routes
        ctx.widths = [tensor.shape[1] for tensor in tensors]
        if len(tensors) == 1 and routes[0].fills and num_slots == len(routes[0].rounds[0][1]):
            return _selected(tensors[0], routes[0].rounds[0][0], channels)
        out = _blank(tensors[0], num_slots * channels)
        into = slots(out, channels)
        for route, tensor in zip(routes, tensors, strict=True):
            _add(into, slots(tensor, channels), route.rounds)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        gradient = _ordered(gradient)
        upstream, gradients = slots(gradient, ctx.channels), []
        for route, width in zip(ctx.routes, ctx.widths, strict=True):
            own = _blank(gradient, width)
            _add(slots(own, ctx.channels), upstream, route.back)
            gradients.append(own)
        return None, None, None, *gradients


def _selected(x: Tensor, chosen: Tensor, channels: int) -> Tensor:
    """Return slots of x as features of their own, in the memory order of x."""
    taken = slots(x, channels).index_select(1, chosen)
    batch, _, height, length = x.shape
    if _is_channels_last(x):
        return taken.reshape(batch, height, length, -1).permute(0, 3, 1, 2)
    return taken.reshape(batch, -1, height, length)


def _is_channels_last(x: Tensor) -> bool:
    return x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()


def _add(into: Tensor, source: Tensor, rounds: Sequence[tuple[Tensor, Tensor]]) -> None:
    """Add slots of ``source`` to slots of ``into``, round by round."""
    for start, end in rounds:
        into.index_add_(1, end, source.index_select(1, start))


def _ordered(x: Tensor, like: Tensor | None = None) -> Tensor:
    """Return x in a memory order that ``slots`` can view, that of ``like`` if it is given."""
    if like is not None:
        last = _is_channels_last(like)
        return x.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)
    return x if x.is_contiguous() or _is_channels_last(x) else x.contiguous()


def add_slots(tensors: Sequence[Tensor], routes: Sequence[Route], num_slots: int, channels: int) -> Tensor:
    """Return features (batch, num_slots C, height, width): each slot the sum of what routes bring to it."""
    first = _ordered(tensors[0])
    given = [first, *(_ordered(x, first) for x in tensors[1:])]
    result: Tensor = _AddSlots.apply(channels, num_slots, tuple(routes), *given)  # type: ignore[no-untyped-call]
    return result
