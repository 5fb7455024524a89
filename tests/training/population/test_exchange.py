"""Slices that go from slot to slot: against plain indexing, forward and backward."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from surronas.training.population.exchange import Route, add_slots, slots

CPU = torch.device("cpu")


def naive(tensors, pairs, num_slots: int, channels: int) -> torch.Tensor:
    """The same sum, slice by slice."""
    batch, _, height, width = tensors[0].shape
    parts = [torch.zeros(batch, channels, height, width, dtype=torch.float64) for _ in range(num_slots)]
    for tensor, (starts, ends) in zip(tensors, pairs, strict=True):
        for start, end in zip(starts, ends, strict=True):
            parts[end] = parts[end] + tensor[:, start * channels : (start + 1) * channels]
    return torch.cat(parts, dim=1)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_sums_and_gradients_are_those_of_plain_indexing(data: st.DataObject) -> None:
    channels, num_slots = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 5))
    generator = torch.Generator().manual_seed(data.draw(st.integers(0, 99)))
    tensors, pairs = [], []
    for _ in range(data.draw(st.integers(1, 3))):
        width = data.draw(st.integers(1, 4))
        order = data.draw(st.sampled_from([torch.contiguous_format, torch.channels_last]))
        x = torch.randn(2, width * channels, 3, 2, dtype=torch.float64, generator=generator)
        tensors.append(x.contiguous(memory_format=order).requires_grad_())
        number = data.draw(st.integers(0, 6))
        one = st.lists(st.integers(0, width - 1), min_size=number, max_size=number)
        other = st.lists(st.integers(0, num_slots - 1), min_size=number, max_size=number)
        pairs.append((data.draw(one), data.draw(other)))
    routes = [Route.of(starts, ends, CPU) for starts, ends in pairs]
    ours, expected = (
        add_slots(tensors, routes, num_slots, channels),
        naive(tensors, pairs, num_slots, channels),
    )
    torch.testing.assert_close(ours, expected)
    upstream = torch.randn(ours.shape, dtype=torch.float64, generator=generator)
    if not expected.requires_grad:  # nothing goes anywhere
        assert all(not g.any() for g in torch.autograd.grad(ours, tensors, upstream))
        return
    for a, b in zip(
        torch.autograd.grad(ours, tensors, upstream, retain_graph=True),
        torch.autograd.grad(expected, tensors, upstream, allow_unused=True),
        strict=True,
    ):
        torch.testing.assert_close(a, torch.zeros_like(a) if b is None else b)


def test_no_slot_occurs_twice_in_a_round() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        starts, ends = rng.integers(0, 4, 12).tolist(), rng.integers(0, 5, 12).tolist()
        route = Route.of(starts, ends, CPU)
        for rounds, pairs in (
            (route.rounds, zip(starts, ends, strict=True)),
            (route.back, zip(ends, starts, strict=True)),
        ):
            assert all(len(set(end.tolist())) == len(end) for _, end in rounds)
            found = [pair for start, end in rounds for pair in zip(start.tolist(), end.tolist(), strict=True)]
            assert sorted(found) == sorted(pairs)


@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
def test_slots_are_a_view(order: torch.memory_format) -> None:
    x = torch.zeros(2, 6, 3, 4).contiguous(memory_format=order)
    slots(x, 2, order == torch.channels_last)[:, 1] = 1.0
    assert x[:, 2:4].eq(1).all()
    assert x[:, :2].eq(0).all()
    assert x[:, 4:].eq(0).all()
