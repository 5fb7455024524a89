"""The one table of search spaces by name: a store names its space, and is opened with it."""

import importlib

from surronas.errors import InputError
from surronas.spaces.base import SearchSpace

SPACE_CLASSES = {  # name -> module:class, imported when asked for
    "cell101": "surronas.spaces.cell101:Cell101",
    "cell201": "surronas.spaces.cell201:Cell201",
    "darts": "surronas.spaces.darts:Darts",
    "decoder_transformer": "surronas.spaces.decoder_transformer:DecoderTransformer",
    "gpt_l": "surronas.spaces.gpt_bench:gpt_l",
    "gpt_m": "surronas.spaces.gpt_bench:gpt_m",
    "gpt_s": "surronas.spaces.gpt_bench:GptBench",
    "graph_network": "surronas.spaces.graph_network:GraphNetwork",
    "hat_summary": "surronas.spaces.hat_summary:HatSummary",
    "mnasnet": "surronas.spaces.mnasnet:MnasNet",
    "nasbench_macro": "surronas.spaces.nasbench_macro:NASBenchMacro",
    "nats_size": "surronas.spaces.nats_size:NatsSize",
    "recurrent_cell": "surronas.spaces.recurrent_cell:RecurrentCell",
    "small_transformer": "surronas.spaces.small_transformer:SmallTransformer",
    "transnas_macro": "surronas.spaces.transnas_macro:TransNASMacro",
    "transnas_micro": "surronas.spaces.transnas_micro:TransNASMicro",
}


def space_named(name: str) -> SearchSpace:
    """Return the search space of a name; that of a joint space says its hyper-parameters: ``cell201+...``.

    Raises:
        InputError: no space of this name is known, or a malformed name of a joint space.
    """
    if "+" in name:
        joint: SearchSpace = importlib.import_module("surronas.spaces.joint").joint_space_named(name)
        return joint
    if name not in SPACE_CLASSES:
        raise InputError(f"unknown search space {name!r}; known are {', '.join(sorted(SPACE_CLASSES))}")
    module, _, class_name = SPACE_CLASSES[name].partition(":")
    space: SearchSpace = getattr(importlib.import_module(module), class_name)()
    return space
