"""The optimizers that a recipe can name, on one flat vector that holds all weights.

A tiny network has some 20 small weight tensors, and torch's optimizer spends longer on handling them than
on arithmetic. Here the tensors are views of one vector, and so are their gradients: a step is a handful of
vector operations, whatever the network, and whatever the number of networks.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from surronas.training.recipe import Recipe

_SECOND_BETA = 0.999  # of AdamW (Loshchilov and Hutter 2019), as is usual; the first is the recipe's momentum


class FlatWeights:
    """The parameters of networks, taken over as views of one vector, and their gradients likewise."""

    def __init__(self, parameters: Sequence[nn.Parameter]) -> None:
        self.values = torch.empty(sum(p.numel() for p in parameters), device=parameters[0].device)
        self.gradient = torch.zeros_like(self.values)
        start = 0
        for p in parameters:
            end = start + p.numel()
            p.data = _view(self.values[start:end], p).copy_(p.detach())
            p.grad = _view(self.gradient[start:end], p)
            start = end


def _view(flat: Tensor, like: Tensor) -> Tensor:
    """Return a view of a flat piece with the shape and the memory order of ``like``."""
    return flat.as_strided(like.shape, like.stride())


class FlatSGD:
    """Nesterov momentum and an L2 penalty: what torch.optim.SGD(nesterov=True) computes.

    (Nesterov 1983; Sutskever et al. 2013.) A learning rate on the device may change within a CUDA graph.
    """

    def __init__(self, weights: FlatWeights, *, momentum: float, weight_decay: float) -> None:
        self.weights = weights
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocity = torch.zeros_like(weights.values)

    @torch.no_grad()
    def step(self, learning_rate: float | Tensor) -> None:
        """Move the weights against the gradient, and set the gradient to zero for the next batch."""
        values, gradient = self.weights.values, self.weights.gradient
        gradient.add_(values, alpha=self.weight_decay)
        self.velocity.mul_(self.momentum).add_(gradient)
        gradient.add_(self.velocity, alpha=self.momentum)  # Nesterov: look ahead along the velocity
        if isinstance(learning_rate, Tensor):
            values.addcmul_(gradient, learning_rate, value=-1.0)
        else:
            values.add_(gradient, alpha=-learning_rate)
        gradient.zero_()

    @property
    def state(self) -> dict[str, Tensor]:
        """The tensors that a checkpoint keeps, besides the weights."""
        return {"velocity": self.velocity}


class FlatAdamW:
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019), as torch.optim.AdamW computes it."""

    def __init__(self, weights: FlatWeights, *, momentum: float, weight_decay: float) -> None:
        self.weights, self.momentum, self.weight_decay = weights, momentum, weight_decay
        self.first, self.second = torch.zeros_like(weights.values), torch.zeros_like(weights.values)
        self.count = torch.zeros((), device=weights.values.device)

    @torch.no_grad()
    def step(self, learning_rate: float | Tensor) -> None:
        """Move the weights, and set the gradient to zero for the next batch."""
        values, gradient = self.weights.values, self.weights.gradient
        self.count += 1
        values.mul_(1 - learning_rate * self.weight_decay)
        self.first.lerp_(gradient, 1 - self.momentum)
        self.second.mul_(_SECOND_BETA).addcmul_(gradient, gradient, value=1 - _SECOND_BETA)
        size = learning_rate / (1 - self.momentum**self.count)
        root = self.second.sqrt().div_((1 - _SECOND_BETA**self.count).sqrt()).add_(1e-8)
        values.sub_(self.first / root * size)
        gradient.zero_()

    @property
    def state(self) -> dict[str, Tensor]:
        """The tensors that a checkpoint keeps, besides the weights."""
        return {"first": self.first, "second": self.second, "count": self.count}


Optimizer = FlatSGD | FlatAdamW


def optimizer_of(recipe: Recipe, weights: FlatWeights) -> Optimizer:
    """Return the optimizer that a recipe names."""
    kind: type[FlatSGD] | type[FlatAdamW] = FlatAdamW if recipe.optimizer == "adamw" else FlatSGD
    return kind(weights, momentum=recipe.momentum, weight_decay=recipe.weight_decay)


@torch.no_grad()
def clip(weights: FlatWeights, recipe: Recipe) -> None:
    """Shorten the gradient to the recipe's greatest length, if it has one."""
    if recipe.clip_norm:
        norm = weights.gradient.norm()
        weights.gradient.mul_((recipe.clip_norm / (norm + 1e-6)).clamp(max=1.0))
