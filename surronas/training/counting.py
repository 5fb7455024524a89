"""Parameters and FLOPs of a network, counted without computing."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from surronas.training.networks.base import example
from surronas.training.tasks.base import Signature


def count_params(network: nn.Module) -> int:
    """Return the number of trainable parameters."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def count_flops(network: nn.Module, signature: Signature) -> int:
    """Return the FLOPs, 2 a multiply-add, of one input forward; the network is on torch's meta device.

    Counted by torch.utils.flop_counter: matrix products, convolutions and attention.
    """
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(example(signature, 1))
    return int(counter.get_total_flops())
