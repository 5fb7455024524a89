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
    fills: int  # so many slots are targets, the first ones, once each and in order; 0: it is not so

    @classmethod
    def of(cls, sources: Sequence[int], targets: Sequence[int], device: torch.device) -> "Route":
        """Return the route of k slices, the i-th from slot ``sources[i]`` to slot ``targets[i]``."""
        fills = len(targets) if list(targets) == list(range(len(targets))) else 0
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


def slots(x: Tensor, channels: int, last: bool) -> Tensor:
    """Return a view (outer, n, inner) of features, whose middle axis is the slot.

    ``last`` says that channels come last in memory; a tensor of one channel or one pixel is in both orders.
    """
    batch, width, height, length = x.shape
    if last:
        return x.permute(0, 2, 3, 1).view(batch * height * length, width // channels, channels)
    return x.view(batch, width // channels, channels * height * length)


def _blank(like: Tensor, width: int, last: bool) -> Tensor:
    """Return zeros (batch, width, height, length)."""
    shape = (like.shape[0], width, *like.shape[2:])
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=_order(last)).zero_()


def _order(last: bool) -> torch.memory_format:
    return torch.channels_last if last else torch.contiguous_format


class _AddSlots(torch.autograd.Function):
    """out[target] += tensor[source] for every route of every tensor."""

    @staticmethod
    def forward(
        ctx: Any, channels: int, num_slots: int, last: bool, routes: Sequence[Route], *tensors: Tensor
    ) -> Tensor:
        ctx.channels, ctx.routes, ctx.last = channels, routes, last
        ctx.widths = [tensor.shape[1] for tensor in tensors]
        if len(tensors) == 1 and routes[0].fills == num_slots:
            return _selected(tensors[0], routes[0].rounds[0][0], channels, last)
        out = _blank(tensors[0], num_slots * channels, last)
        into = slots(out, channels, last)
        for route, tensor in zip(routes, tensors, strict=True):
            _add(into, slots(tensor, channels, last), route.rounds)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        gradient = gradient.contiguous(memory_format=_order(ctx.last))
        upstream, gradients = slots(gradient, ctx.channels, ctx.last), []
        for route, width in zip(ctx.routes, ctx.widths, strict=True):
            own = _blank(gradient, width, ctx.last)
            _add(slots(own, ctx.channels, ctx.last), upstream, route.back)
            gradients.append(own)
        return None, None, None, None, *gradients


def _selected(x: Tensor, chosen: Tensor, channels: int, last: bool) -> Tensor:
    """Return slots of x as features of their own."""
    taken = slots(x, channels, last).index_select(1, chosen)
    batch, _, height, length = x.shape
    if last:
        return taken.view(batch, height, length, -1).permute(0, 3, 1, 2)
    return taken.view(batch, -1, height, length)


def _add(into: Tensor, source: Tensor, rounds: Sequence[tuple[Tensor, Tensor]]) -> None:
    """Add slots of ``source`` to slots of ``into``, round by round."""
    for start, end in rounds:
        into.index_add_(1, end, source.index_select(1, start))


def add_slots(tensors: Sequence[Tensor], routes: Sequence[Route], num_slots: int, channels: int) -> Tensor:
    """Return features (batch, num_slots C, height, width): each slot the sum of what routes bring to it."""
    last = not tensors[0].is_contiguous()
    given = [x.contiguous(memory_format=_order(last)) for x in tensors]
    result: Tensor = _AddSlots.apply(  # type: ignore[no-untyped-call]
        channels, num_slots, last, tuple(routes), *given
    )
    return result
