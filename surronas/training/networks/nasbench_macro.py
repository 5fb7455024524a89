"""The networks of NAS-Bench-Macro (Su et al., CVPR 2021), as the authors' ``train/model.py`` builds them."""

from torch import nn

from surronas.spaces import SearchSpace
from surronas.spaces.nasbench_macro import REDUCTION, STAGES
from surronas.training.job import Architecture
from surronas.training.networks.base import image_shape
from surronas.training.networks.cell201 import GlobalAveragePool
from surronas.training.networks.inverted_residual import ConvBN, InvertedResidual
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Signature

HEAD = 5  # the last layer is so many times as wide as the last stage: 1,280 of 256 in the benchmark
LAYERS = {"mb3_k3": (3, 3), "mb6_k5": (6, 5)}  # expansion ratio and kernel size


def build(space: SearchSpace, architecture: Architecture, signature: Signature, recipe: Recipe) -> nn.Module:
    """Return the network of one architecture; ``recipe.channels`` are the stem's, 32 in the benchmark.

    The first layer of each of the three stages halves the image (rounding up) and doubles the channels. Depth
    is the architecture's: the recipe's ``num_stages`` and ``cells_per_stage`` are not used. Layers that are
    identities are not built, so that the ways to write a network are one network.
    """
    names = [name for _, _, name in space.graph(architecture).edges]
    channels = recipe.channels
    layers: list[nn.Module] = [ConvBN(image_shape(space, signature)[0], channels, 3, activation=nn.ReLU)]
    for stage in STAGES:
        layers.append(_layer(names[stage.start], channels, 2 * channels, stride=2))
        channels *= 2
        kept = [name for name in names[stage.start + 1 : stage.stop] if name in LAYERS]
        layers += [_layer(name, channels, channels, stride=1) for name in kept]
    head = HEAD * channels
    layers += [ConvBN(channels, head, 1, activation=nn.ReLU), GlobalAveragePool()]
    return nn.Sequential(*layers, nn.Linear(head, signature.num_classes))


def _layer(name: str, channels_in: int, channels_out: int, *, stride: int) -> nn.Module:
    if name == REDUCTION:
        return ConvBN(channels_in, channels_out, 1, stride=stride)
    expansion, kernel = LAYERS[name]
    return InvertedResidual(
        channels_in, channels_out, expansion=expansion, kernel=kernel, stride=stride, activation=nn.ReLU
    )
