"""The one table from search spaces to the functions that build their networks."""

import importlib
from typing import cast

from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.spaces.joint import JointSpace
from surronas.training.networks.base import Build

BUILDS = {  # name of a space -> module with a function ``build``, imported when asked for
    "cell201": "surronas.training.networks.cell201",
    "cell101": "surronas.training.networks.cell101",
    "decoder_transformer": "surronas.training.networks.decoder_transformer",
    "mnasnet": "surronas.training.networks.mnasnet",
    "nasbench_macro": "surronas.training.networks.nasbench_macro",
    "recurrent_cell": "surronas.training.networks.recurrent_cell",
    "small_transformer": "surronas.training.networks.small_transformer",
}


def build_for(space: SearchSpace) -> Build:
    """Return the function that builds the networks of a space.

    Raises:
        InputError: none is known; a space of one's own comes with a ``build`` of one's own.
    """
    if isinstance(space, JointSpace):
        build_for(space.space)  # says so if there are none
        return cast(Build, importlib.import_module("surronas.training.networks.joint").build)
    if space.name not in BUILDS:
        raise InputError(
            f"no networks can be built for space {space.name!r}, only for {', '.join(sorted(BUILDS))}; "
            "give TrainingEvaluator a build function of your own"
        )
    return cast(Build, importlib.import_module(BUILDS[space.name]).build)
