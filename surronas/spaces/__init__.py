"""Search spaces: what can be built. A space's file is imported when its class is first asked for."""

from importlib import import_module
from typing import TYPE_CHECKING

from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.cell201 import Cell201
from surronas.spaces.graph import IDENTITY, Graph
from surronas.spaces.known import SPACE_CLASSES, space_named

if TYPE_CHECKING:
    from surronas.spaces.cell101 import Cell101
    from surronas.spaces.darts import Darts
    from surronas.spaces.decoder_transformer import DecoderTransformer
    from surronas.spaces.gpt_bench import GptBench
    from surronas.spaces.graph_network import GraphNetwork
    from surronas.spaces.hat_summary import HatSummary
    from surronas.spaces.joint import JointSpace
    from surronas.spaces.mnasnet import MnasNet
    from surronas.spaces.nasbench_macro import NASBenchMacro
    from surronas.spaces.nats_size import NatsSize
    from surronas.spaces.recurrent_cell import RecurrentCell
    from surronas.spaces.small_transformer import SmallTransformer
    from surronas.spaces.transnas_macro import TransNASMacro
    from surronas.spaces.transnas_micro import TransNASMicro

__all__ = [
    "IDENTITY",
    "SPACE_CLASSES",
    "Architectures",
    "Cell101",
    "Cell201",
    "Darts",
    "DecoderTransformer",
    "GptBench",
    "Graph",
    "GraphNetwork",
    "HatSummary",
    "JointSpace",
    "MnasNet",
    "NASBenchMacro",
    "NatsSize",
    "RecurrentCell",
    "SearchSpace",
    "SmallTransformer",
    "TransNASMacro",
    "TransNASMicro",
    "space_named",
]


def __getattr__(name: str) -> type[SearchSpace]:
    """Return the class of a space, its file imported now."""
    for place in (*SPACE_CLASSES.values(), "surronas.spaces.joint:JointSpace"):
        module, _, class_name = place.partition(":")
        if class_name == name:
            space: type[SearchSpace] = getattr(import_module(module), name)
            return space
    raise AttributeError(f"module 'surronas.spaces' has no attribute {name!r}")
