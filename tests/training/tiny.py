"""A task and a recipe so small that a real training takes a few hundredths of a second."""

from dataclasses import replace
from functools import cache

from surronas.training import DIGITS_RECIPE, Split, Task, digits

TINY = replace(DIGITS_RECIPE, name="tiny", channels=4, epochs=2, batch_size=16)
EXPLODING = replace(TINY, name="exploding", learning_rate=1e30)
HUGE = replace(TINY, name="huge", channels=2_000_000)  # one 3x3 convolution: 144 terabytes
GOOD = (3, 3, 3, 3, 3, 3)  # six 3x3 convolutions
EMPTY = (0, 0, 0, 0, 0, 0)
POINTWISE = (2, 0, 0, 2, 1, 0)


@cache
def tiny_task() -> Task:
    """The first images of each split of digits: 64, 40 and 48."""
    whole = digits()
    parts = {
        name: Split(split.inputs[:n], split.labels[:n])
        for name, split, n in (
            ("train", whole.train, 64),
            ("valid", whole.valid, 40),
            ("test", whole.test, 48),
        )
    }
    return replace(whole, name="tiny-digits", **parts)
