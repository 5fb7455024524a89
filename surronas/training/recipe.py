"""The recipe: every hyper-parameter of a training run, frozen, with units, stored with every row."""

import json
import math
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, cast

from surronas.errors import InputError


def _knob(unit: str, minimum: float, default: Any = MISSING) -> Any:
    """Return a dataclass field that knows its unit and its smallest valid value; required without default."""
    return field(default=default, metadata={"unit": unit, "minimum": minimum})


def _choice(unit: str, *choices: str) -> Any:
    """Return a dataclass field that is one of some words, the first unless told."""
    return field(default=choices[0], metadata={"unit": unit, "choices": choices})


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How an architecture becomes a network, and how that is trained: SGD, cosine to zero, unless told.

    The first three say how often a cell is repeated and how wide it is; a network that sets its own depth
    and width takes no notice of them. Hyper-parameters that stand at their defaults are not written down, so
    that a recipe's text stays the same when surronas learns a new one.

    Raises:
        InputError: a value below the smallest valid one (no epochs, an empty batch, ...), or an unknown word.
    """

    name: str
    channels: int = _knob("channels of the first stage", 1)
    num_stages: int = _knob("stages; each after the first halves the image and doubles the channels", 1)
    cells_per_stage: int = _knob("cells", 1)
    epochs: int = _knob("passes over the train split", 1)
    batch_size: int = _knob("inputs; an incomplete last batch is left out unless last_batch says keep", 2)
    learning_rate: float = _knob("at the first step; decays to 0 by half a cosine", 0.0)
    momentum: float = _knob("Nesterov momentum, share of the last step (AdamW: its first beta)", 0.0)
    weight_decay: float = _knob("L2 penalty on all weights (AdamW: decoupled)", 0.0)
    optimizer: str = _choice("how weights move", "sgd", "adamw")
    augmentation: str = _choice("of train images; crop-flip: 4 pixels, left-right", "none", "crop-flip")
    initialisation: str = _choice("of weights; torch: each module's own", "he", "torch")
    last_batch: str = _choice("an incomplete last batch of an epoch", "drop", "keep")
    schedule: str = _choice("the learning rate changes with every step, or epoch", "step", "epoch")
    warmup_epochs: float = _knob("passes in which the learning rate rises linearly from 0", 0.0, 0.0)
    label_smoothing: float = _knob("share of the target spread over all classes", 0.0, 0.0)
    clip_norm: float = _knob("greatest length of the gradient; 0: no limit", 0.0, 0.0)
    dropout: float = _knob("share of features left out, in networks that know dropout", 0.0, 0.0)

    def __post_init__(self) -> None:
        for knob in fields(self):
            value: Any = getattr(self, knob.name)
            minimum: float | None = knob.metadata.get("minimum")
            choices: tuple[str, ...] | None = knob.metadata.get("choices")
            kinds = {int: (int,), float: (int, float), str: (str,)}[cast(type, knob.type)]
            if not isinstance(value, kinds) or isinstance(value, bool):
                raise InputError(
                    f"recipe {self.name!r}: expected {knob.name} of type {kinds[-1].__name__}, got {value!r}"
                )
            if minimum is not None and not minimum <= float(value) < float("inf"):
                raise InputError(f"recipe {self.name!r}: expected {knob.name} >= {minimum}, got {value}")
            if choices is not None and value not in choices:
                raise InputError(
                    f"recipe {self.name!r}: expected {knob.name} to be {' or '.join(choices)}, got {value!r}"
                )
            if knob.type is float:  # 1 and 1.0 are one recipe, so they must give one JSON text
                object.__setattr__(self, knob.name, float(value))
        if max(self.label_smoothing, self.dropout) >= 1:
            raise InputError(f"recipe {self.name!r}: expected label_smoothing and dropout below 1")

    def learning_rate_at(self, progress: float) -> float:
        """Return the learning rate when a share of all steps is done: a linear rise, then half a cosine."""
        if self.schedule == "epoch":
            progress = math.floor(progress * self.epochs + 1e-9) / self.epochs
        cosine = self.learning_rate * (1 + math.cos(math.pi * progress)) / 2
        return (
            cosine * min(1.0, progress * self.epochs / self.warmup_epochs) if self.warmup_epochs else cosine
        )

    def units(self) -> dict[str, str]:
        """Return the unit of each hyper-parameter that is written down, by name."""
        return {
            knob.name: knob.metadata["unit"]
            for knob in fields(self)
            if "unit" in knob.metadata and knob.name in self._written()
        }

    def to_json(self) -> str:
        """Return the canonical JSON text: equal recipes give equal texts."""
        return json.dumps(self._written(), sort_keys=True, separators=(",", ":"))

    def _written(self) -> dict[str, Any]:
        """Return the hyper-parameters that are required or not at their defaults."""
        defaults = {knob.name: knob.default for knob in fields(self)}
        return {name: value for name, value in asdict(self).items() if value != defaults[name]}

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
