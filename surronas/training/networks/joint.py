"""Joint spaces: the network is that of the base space, the rest of an architecture goes into the recipe."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, cast

from numpy.typing import ArrayLike
from torch import nn

from surronas.errors import InputError
from surronas.spaces import SearchSpace
from surronas.spaces.hyper_parameters import Value
from surronas.spaces.joint import JointSpace
from surronas.training.job import Architecture
from surronas.training.networks.known import build_for
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Signature

_FIXED = ("name", "epochs")


def recipe_of(space: SearchSpace, architecture: ArrayLike, recipe: Recipe) -> Recipe:
    """Return the recipe with the hyper-parameters of one architecture; as it is if the space has none.

    Raises:
        InputError: recipes know no such hyper-parameter, or don't take this value. Epochs are none: how long
            was trained is the fidelity of a record.
    """
    if not isinstance(space, JointSpace):
        return recipe
    (chosen,) = space.split(architecture)[1]
    return _replaced(recipe, chosen)


def trial_recipes(space: SearchSpace, recipe: Recipe) -> list[Recipe]:
    """Return a few recipes in which every choice of every hyper-parameter occurs, to check before a search.

    Raises:
        InputError: as ``recipe_of``, for any choice of the space.
    """
    if not isinstance(space, JointSpace):
        return [recipe]
    choices = space.hyper_parameters
    return [
        _replaced(recipe, {name: values[min(place, len(values) - 1)] for name, values in choices.items()})
        for place in range(max(map(len, choices.values())))
    ]


def _replaced(recipe: Recipe, chosen: Mapping[str, Value]) -> Recipe:
    """Return the recipe with these hyper-parameters."""
    known = [knob.name for knob in fields(Recipe) if knob.name not in _FIXED]
    if unknown := [name for name in chosen if name not in known]:
        raise InputError(f"recipes have no hyper-parameter {unknown[0]!r}, only {', '.join(known)}")
    return replace(recipe, **cast("dict[str, Any]", chosen))


def build(space: SearchSpace, architecture: Architecture, signature: Signature, recipe: Recipe) -> nn.Module:
    """Return the network of the base space's architecture, by the recipe with its hyper-parameters.

    Raises:
        InputError: no joint space, or what the base space's networks or recipes refuse.
    """
    if not isinstance(space, JointSpace):
        raise InputError(f"expected a joint space, got {space.name!r}")
    (base,), _ = space.split(architecture)
    own = recipe_of(space, architecture, recipe)
    return build_for(space.space)(space.space, tuple(base.tolist()), signature, own)
