"""The networks of Accel-NASBench (Ahmad et al., DAC 2024): EfficientNet-B0 with 28 things left open.

Source: ``models/accelbenchnet.py`` of github.com/afzalxo/ANB-DatasetCollection, the code that made the
benchmark, and ``anb_eval/utils_anb/utils_nasnet.py`` of Accel-NASBench: widths, strides, SiLU, a squeeze to a
quarter of a layer's input, a last layer four times as wide as the block before it. (For FPGAs the authors
measured the same networks with ReLU.)
EfficientNet-B0 itself (Tan and Le 2019) is one of them; MnasNet-A1 (Tan et al. 2019) is not, as it expands
one block by 3 and has 160 channels in block 5.

Dropout before the last layer is the recipe's (theirs: .2); their stochastic depth of .2 is left out. Ours,
not theirs: how a network fits images smaller than 97 pixels (``strides_for``) and other widths
(``widths_for``).
"""

from torch import Tensor, nn

from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.spaces.mnasnet import NUM_BLOCKS, MnasNet
from surronas.training.job import Architecture
from surronas.training.networks.base import image_shape
from surronas.training.networks.cell201 import GlobalAveragePool
from surronas.training.networks.dropout import Dropout
from surronas.training.networks.inverted_residual import ConvBN, InvertedResidual
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Signature

STEM_CHANNELS = 32
CHANNELS = (16, 24, 40, 80, 112, 192, 320)  # of blocks 0 to 6
STRIDES = (2, 1, 2, 2, 2, 1, 2, 1)  # of the stem, and of the first layer of blocks 0 to 6
HEAD = 4  # the last layer is so many times as wide as block 6
SMALLEST = 4  # pixels of a side of the last feature map, where images allow; the benchmark's 224 give 7


class FeatureDropout(Dropout):
    """Dropout of single features."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, features)."""
        return self.drawn()(x)


def widths_for(channels: int) -> tuple[int, ...]:
    """Return the channels of the stem and of blocks 0 to 6 where the stem's are ``channels`` (published: 32).

    All are scaled alike and rounded to multiples of 8, never by more than a tenth down, as EfficientNet's
    are; the stem is as wide as it was said to be.
    """
    scaled = [width * channels / STEM_CHANNELS for width in CHANNELS]
    rounded = [max(8, int(width + 4) // 8 * 8) for width in scaled]
    return channels, *(r if r >= 0.9 * w else r + 8 for r, w in zip(rounded, scaled, strict=True))


def strides_for(side: int) -> tuple[int, ...]:
    """Return the strides of the stem and of blocks 0 to 6 for images whose shorter side has so many pixels.

    From 128 pixels (rounding up, from 97) on they are the published ones, a 32nd in all. For smaller images
    the first ones are left out until ``SMALLEST`` pixels stay: 3 halvings are left at 32, 1 at 8, 0 at 4.
    """
    halvings = STRIDES.count(2)
    while halvings and -(-side // 2**halvings) < SMALLEST:
        halvings -= 1
    left_out = STRIDES.count(2) - halvings
    strides = []
    for stride in STRIDES:
        skipped = stride == 2 and left_out > 0
        left_out -= skipped
        strides.append(1 if skipped else stride)
    return tuple(strides)


def build(space: SearchSpace, architecture: Architecture, signature: Signature, recipe: Recipe) -> nn.Module:
    """Return the network of one architecture; ``recipe.channels`` are the stem's, 32 the published network.

    Depth is the architecture's: the recipe's ``num_stages`` and ``cells_per_stage`` are not used.

    Raises:
        InputError: not the MnasNet space, or a task of texts.
    """
    if not isinstance(space, MnasNet):
        raise InputError(f"expected the space mnasnet, got {space.name!r}")
    image_channels, height, width = image_shape(space, signature)
    (settings,) = space.to_settings(space.validate(architecture))
    widths, strides = widths_for(recipe.channels), strides_for(min(height, width))
    layers: list[nn.Module] = [ConvBN(image_channels, widths[0], 3, stride=strides[0], activation=nn.SiLU)]
    for block in range(NUM_BLOCKS):
        for layer in range(int(settings[f"block{block}_l"])):
            layers.append(
                InvertedResidual(
                    widths[block + 1 if layer else block],
                    widths[block + 1],
                    expansion=int(settings[f"block{block}_e"]),
                    kernel=int(settings[f"block{block}_k"]),
                    stride=1 if layer else strides[block + 1],
                    activation=nn.SiLU,
                    excited=bool(settings[f"block{block}_se"]),
                )
            )
    head = HEAD * widths[-1]
    layers += [ConvBN(widths[-1], head, 1, activation=nn.SiLU), GlobalAveragePool()]
    if recipe.dropout:
        layers.append(FeatureDropout(recipe.dropout))
    return nn.Sequential(*layers, nn.Linear(head, signature.num_classes))
