"""What is written in parts is one sound file, wherever the parts end."""

from pathlib import Path

import numpy as np
import pytest

from surronas.store.container import BLOCK, Container
from surronas.store.files import Head, joined, write_aside
from surronas.store.sealing import Sealer


@pytest.mark.parametrize("length", [96, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 17])
@pytest.mark.parametrize("piece", [1_000, BLOCK, 5 * BLOCK])
def test_a_body_of_any_length_in_pieces_of_any_length(
    tmp_path: Path, length: int, piece: int, rng: np.random.Generator
) -> None:
    body = bytes(8) + rng.bytes(length - 8)
    sealer, parts = Sealer(), []
    for start in range(0, length, piece):
        sealer.write(body[start : start + piece])
        parts += sealer.drain()
    parts += sealer.close(b"the head", {"told": 1})
    write_aside(tmp_path / "a", parts)
    read = Container.open(tmp_path / "a")
    assert bytes(read.body) == b"the head" + body[8:]
    assert (read.directory, read.damaged_blocks()) == ({"told": 1}, [])
    assert (tmp_path / "a").read_bytes() == joined(parts)


def test_a_head_takes_the_place_of_the_first_bytes() -> None:
    assert joined([b"....", b"abc", Head(b"12"), b"d"]) == b"12..abcd"
