"""A training step recorded as a CUDA graph: one launch in place of hundreds."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from surronas.training.data import EpochOrder

_WARM_UP = 3  # steps before the recording, as torch asks for: libraries choose their algorithms in them

Step = Callable[[EpochOrder, float | Tensor], None]


class Graphed:
    """Replays a step on other images and with another learning rate.

    Warming up and recording change weights and statistics, so ``state``, all that a step
    changes, is put back.
    """

    def __init__(self, step: Step, state: Sequence[Tensor]) -> None:
        self._step, self._state = step, list(state)
        self._graph: torch.cuda.CUDAGraph | None = None
        self._chosen: EpochOrder | None = None
        self._rate: Tensor | None = None

    def __call__(self, chosen: EpochOrder, learning_rate: float) -> None:
        """Make a step; the first call records it."""
        if self._graph is None:
            self._record(chosen)
        assert self._chosen is not None
        assert self._rate is not None
        assert self._graph is not None
        for target, source in zip(_parts(self._chosen), _parts(chosen), strict=True):
            target.copy_(source)
        self._rate.fill_(learning_rate)
        self._graph.replay()

    def _record(self, chosen: EpochOrder) -> None:
        self._chosen = EpochOrder(*(None if t is None else t.clone() for t in _fields(chosen)))  # type: ignore[arg-type]
        self._rate = torch.zeros((), device=chosen.order.device)
        before = [t.clone() for t in self._state]
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP):
                self._step(self._chosen, self._rate)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._step(self._chosen, self._rate)
        for target, source in zip(self._state, before, strict=True):
            target.copy_(source)


def _fields(chosen: EpochOrder) -> tuple[Tensor | None, ...]:
    return chosen.order, chosen.shift, chosen.flip


def _parts(chosen: EpochOrder) -> list[Tensor]:
    return [t for t in _fields(chosen) if t is not None]
