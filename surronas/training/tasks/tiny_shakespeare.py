"""Tiny Shakespeare (Karpathy 2015; public domain): 1,115,394 characters, the next of which is to be told."""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.training.tasks.base import Split, Task
from surronas.training.tasks.downloads import by_hand, data_folder

MD5 = "6fb458f1232090904fb40fe944165e91"
NUM_TWENTIETHS = (18, 1, 1)  # of the text, in order: train, valid, test


def tiny_shakespeare(
    folder: Path | str | None = None, *, context: int = 64, stride: int | None = None
) -> Task:
    """Return the task: windows of ``context`` characters, each labelled with the character after it.

    The first 90 % of the text is for training, the next 5 % for validation, the last 5 % for the test. Train
    windows begin every ``stride`` characters (``context`` unless told), the others follow one another, so
    that each character is judged once. A token is the place of a character among the 65 that occur, in
    the order of their code points. ``folder`` holds input.txt; without it the file is downloaded once.

    Raises:
        InputError: the file is missing or not the known one; a context or stride below 1, or too long.
        FetchError: the file can't be downloaded.
    """
    stride = context if stride is None else stride
    tokens = _tokens(data_folder("tiny-shakespeare", folder))
    ends = [len(tokens) * sum(NUM_TWENTIETHS[: i + 1]) // sum(NUM_TWENTIETHS) for i in range(3)]
    shortest = min(np.diff([0, *ends]))
    if not 1 <= context < shortest or stride < 1:
        raise InputError(
            f"tiny-shakespeare: expected a context of 1 to {shortest - 1} and a stride of at least 1, "
            f"got {context} and {stride}"
        )
    train, valid, test = (
        _windows(part, context, step)
        for part, step in zip(np.split(tokens, ends[:2]), (stride, context, context), strict=True)
    )
    vocabulary = int(tokens.max()) + 1
    every = "" if stride == context else f", train windows every {stride}"
    return Task(
        name=f"tiny-shakespeare-{context}" + ("" if stride == context else f"-stride-{stride}"),
        description=(
            f"tiny Shakespeare, the next character: windows of {context} characters{every}; "
            f"{len(train.inputs)} train, {len(valid.inputs)} valid, {len(test.inputs)} test windows of the "
            f"first 90 %, next 5 %, last 5 % of the text; {vocabulary} characters"
        ),
        num_classes=vocabulary,
        train=train,
        valid=valid,
        test=test,
        vocabulary=vocabulary,
    )


def _tokens(folder: Path) -> NDArray[np.int64]:
    """Return the (characters,) tokens of the text."""
    path = folder / "input.txt"
    if not path.is_file():
        raise InputError(f"expected tiny Shakespeare's input.txt in {folder}; {by_hand('tiny-shakespeare')}")
    content = path.read_bytes()
    if (found := hashlib.md5(content).hexdigest()) != MD5:
        raise InputError(
            f"{path} is not the known text: expected MD5 {MD5}, got {found}; {by_hand('tiny-shakespeare')}"
        )
    _, tokens = np.unique(np.frombuffer(content, np.uint8), return_inverse=True)  # the text is plain ASCII
    return tokens.astype(np.int64)


def _windows(tokens: NDArray[np.int64], context: int, stride: int) -> Split:
    """Return all whole windows and, as their labels, the same windows one token later."""
    starts = np.arange(0, len(tokens) - context, stride)
    places = starts[:, None] + np.arange(context)
    return Split(tokens[places], tokens[places + 1])
