"""The axes by which runs are asked for."""

from typing import Literal, NamedTuple

Seed = int | Literal["mean", "all"] | None


class Axes(NamedTuple):
    """Task, recipe (JSON), epochs, seed and device of a question; None: left open."""

    task: str | None = None
    recipe: str | None = None
    epochs: int | None = None
    seed: Seed = None
    device: str | None = None  # of columns of architectures alone
