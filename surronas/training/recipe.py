"""The recipe: every hyper-parameter of a training run, frozen, with units, stored with every row."""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, cast

from surronas.errors import InputError


def _knob(unit: str, minimum: float) -> Any:
    """Return a required dataclass field that knows its unit and its smallest valid value."""
    return field(metadata={"unit": unit, "minimum": minimum})


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a cell becomes a network, and how the network is trained: SGD, cosine schedule to zero.

    Raises:
        InputError: a value below the smallest valid one (no epochs, an empty batch, ...).
    """

    name: str
    channels: int = _knob("channels of the first stage", 1)
    num_stages: int = _knob("stages; each after the first halves the image and doubles the channels", 1)
    cells_per_stage: int = _knob("cells", 1)
    epochs: int = _knob("passes over the train split", 1)
    batch_size: int = _knob("images; an incomplete last batch of an epoch is left out", 2)
    learning_rate: float = _knob("at the first step; decays to 0 by half a cosine, step by step", 0.0)
    momentum: float = _knob("Nesterov momentum, share of the last step", 0.0)
    weight_decay: float = _knob("L2 penalty on all weights", 0.0)

    def __post_init__(self) -> None:
        for knob in fields(self):
            value: Any = getattr(self, knob.name)
            minimum: float | None = knob.metadata.get("minimum")
            kinds = {int: (int,), float: (int, float), str: (str,)}[cast(type, knob.type)]
            if not isinstance(value, kinds) or isinstance(value, bool):
                raise InputError(
                    f"recipe {self.name!r}: expected {knob.name} of type {kinds[-1].__name__}, got {value!r}"
                )
            if minimum is not None and not minimum <= float(value) < float("inf"):
                raise InputError(f"recipe {self.name!r}: expected {knob.name} >= {minimum}, got {value}")
            if knob.type is float:  # 1 and 1.0 are one recipe, so they must give one JSON text
                object.__setattr__(self, knob.name, float(value))

    def units(self) -> dict[str, str]:
        """Return the unit of each hyper-parameter, by name."""
        return {knob.name: knob.metadata["unit"] for knob in fields(self) if "unit" in knob.metadata}

    def to_json(self) -> str:
        """Return the canonical JSON text: equal recipes give equal texts."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Return the recipe that ``to_json`` wrote.

        Raises:
            InputError: not such a text, so the rows that carry it can't be trained again here.
        """
        try:
            return cls(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise InputError(
                f"expected a recipe that surronas can train, got {text[:120]!r} ({error}); "
                "give a recipe of your own with the task"
            ) from error
