"""A job: one training, as all executors are told of it."""

from dataclasses import dataclass

from surronas.training.recipe import Recipe

Architecture = tuple[int, ...]  # (d,) decisions; a tuple, so that it can be a key


@dataclass(frozen=True)
class Job:
    """Train one architecture, in its canonical form, with one seed by one recipe."""

    architecture: Architecture
    seed: int
    recipe: Recipe
