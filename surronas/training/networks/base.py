"""What makes a network of an architecture: a function a search space."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.training.job import Architecture
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Signature

# Returns the network of one architecture; on torch's meta device, so it must neither draw numbers nor fill
# buffers: weights are drawn, and buffers filled, by ``initialise``.
Build = Callable[[SearchSpace, Architecture, Signature, Recipe], nn.Module]


def example(signature: Signature, n: int, device: str = "meta") -> Tensor:
    """Return n inputs of the right shape and type, all zero."""
    dtype = torch.int64 if signature.vocabulary else torch.float32
    return torch.zeros(n, *signature.input_shape, dtype=dtype, device=device)


def initialise(network: nn.Module, generator: torch.Generator, how: str = "he") -> None:
    """Draw all weights from ``generator`` alone, and fill all buffers.

    A module with a method ``initialise(generator)`` does so itself, its parts included. Else ``he`` is He
    normal for convolutions, normal with deviation 1 / sqrt(features) for linear layers; ``torch`` is what
    torch's own modules draw (uniform to 1 / sqrt(fan in)). Batch norms start at 1 and 0. The modules are
    made on torch's meta device, which draws nothing, so the global random state is neither read nor set.
    """
    own = getattr(network, "initialise", None)
    if callable(own):
        own(generator)
        return
    if isinstance(network, nn.Conv2d):
        _draw_convolution(network, generator, how)
    elif isinstance(network, nn.BatchNorm2d):
        network.reset_running_stats()
        nn.init.ones_(network.weight)
        nn.init.zeros_(network.bias)
    elif isinstance(network, nn.Linear):
        _draw_linear(network, generator, how)
    for child in network.children():
        initialise(child, generator, how)


def _draw_convolution(module: nn.Conv2d, generator: torch.Generator, how: str) -> None:
    if how == "he":
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
    else:
        nn.init.kaiming_uniform_(module.weight, a=5**0.5, generator=generator)
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def _draw_linear(module: nn.Linear, generator: torch.Generator, how: str) -> None:
    bound = module.in_features**-0.5
    if how == "he":
        nn.init.normal_(module.weight, std=bound, generator=generator)
    else:
        nn.init.uniform_(module.weight, -bound, bound, generator=generator)
    if module.bias is not None and how == "he":
        nn.init.zeros_(module.bias)
    elif module.bias is not None:
        nn.init.uniform_(module.bias, -bound, bound, generator=generator)


def image_shape(space: SearchSpace, signature: Signature) -> tuple[int, int, int]:
    """Return (channels, height, width) of a task's images.

    Raises:
        InputError: the task's inputs are texts, which networks of this space don't take.
    """
    if signature.vocabulary:
        raise InputError(f"networks of space {space.name!r} take images; the task's inputs are texts")
    channels, height, width = signature.input_shape
    return channels, height, width


def text_length(space: SearchSpace, signature: Signature) -> int:
    """Return the number of tokens of a task's texts.

    Raises:
        InputError: the task's inputs are images, which networks of this space don't take.
    """
    if not signature.vocabulary:
        raise InputError(f"networks of space {space.name!r} take texts; the task's inputs are images")
    return signature.input_shape[0]
