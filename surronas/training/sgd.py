"""Stochastic gradient descent on one flat vector that holds all weights (Nesterov 1983; Sutskever 2013).

A tiny network has some 20 small weight tensors, and torch's optimizer spends longer on handling them than
on arithmetic. Here the tensors are views of one vector, and so are their gradients: a step is five
vector operations, whatever the network. It computes what torch.optim.SGD(nesterov=True) computes.
"""

import torch
from torch import Tensor, nn


class FlatSGD:
    """Nesterov momentum and an L2 penalty; takes the network's parameters over as views of one vector."""

    def __init__(self, network: nn.Module, *, momentum: float, weight_decay: float) -> None:
        parameters = list(network.parameters())
        self.momentum, self.weight_decay = momentum, weight_decay
        self.weights = torch.empty(sum(p.numel() for p in parameters), device=parameters[0].device)
        self.gradient = torch.zeros_like(self.weights)
        self.velocity = torch.zeros_like(self.weights)
        start = 0
        for p in parameters:
            end = start + p.numel()
            p.data = _view(self.weights[start:end], p).copy_(p.detach())
            p.grad = _view(self.gradient[start:end], p)
            start = end

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Move the weights against the gradient, and set the gradient to zero for the next batch."""
        self.gradient.add_(self.weights, alpha=self.weight_decay)
        self.velocity.mul_(self.momentum).add_(self.gradient)
        self.gradient.add_(self.velocity, alpha=self.momentum)  # Nesterov: look ahead along the velocity
        self.weights.add_(self.gradient, alpha=-learning_rate)
        self.gradient.zero_()


def _view(flat: Tensor, like: Tensor) -> Tensor:
    """Return a view of a flat piece with the shape and the memory order of ``like``."""
    return flat.as_strided(like.shape, like.stride())
