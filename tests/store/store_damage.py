"""Damage to the files of a store."""

from pathlib import Path

from surronas.store import BenchmarkStore


def files_of(store: BenchmarkStore) -> list[Path]:
    return sorted(store.path.glob("segment-*.h5"))


def damage(file: Path, at: int = 5_000) -> bytes:
    """Flip a bit; return the damaged bytes."""
    content = bytearray(file.read_bytes())
    content[at] ^= 4
    file.write_bytes(content)
    return bytes(content)
