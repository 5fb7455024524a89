"""The tables that reproductions read: imported once from official files, checked at every opening."""

import hashlib
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from surronas.errors import InputError, StoreDamagedError, StoreError
from surronas.store import BenchmarkStore, check_store
from surronas.store import importers as _importers
from surronas.store.importers import import_benchmark, importer_named
from surronas.store.importers.downloads import DOWNLOADS

SHIPPED = {"digits": Path("benchmarks_data") / "digits_cell201.h5"}  # beside the scripts' folder
INSTALLED = "installed"  # the place of a table that comes in a package
_TRANSNAS = "transnasbench101/naslib-zerocost"
TABLES = {  # importer: where its official files lie under the folder of shared benchmarks
    "accel-nasbench": "accel-nasbench/anb_dataset_jsons.tar.gz",
    "ec-nas-bench": "ec-nas-bench",
    "hat-latency": "hat-latency",
    "hw-gpt-bench": "hw-gpt-bench/arch_ppl_bench_s",
    "hw-nas-bench": "hw-nas-bench",
    "lite-transformer-search": "lite-transformer-search/saved_logs.tar",
    "nas-bench-graph": INSTALLED,
    "nas-bench-nlp": "nasbench-nlp/train_logs_wikitext-2_logs.zip",
    "nas-bench-suite-zero-nasbench201": "nasbench201/naslib-zerocost",
    "nas-bench-suite-zero-transbench101-macro": _TRANSNAS,
    "nas-bench-suite-zero-transbench101-micro": _TRANSNAS,
    "nasbench-macro": "nasbench-macro/nas-bench-macro_cifar10.json",
    "nasbench101": "nasbench101/nasbench_only108.tfrecord",
    "nasbench201-pth": "nasbench201/NAS-Bench-201-v1_1-096897.pth",
    "nasbench201-tables": "nasbench201",
    "nats-bench-sss": "nasbench201/NATS-sss-v1_0-50262-simple",
    "nats-bench-tss": "nasbench201/NATS-tss-v1_0-3ffb9-simple",
    "transnasbench101-macro": _TRANSNAS,
    "transnasbench101-micro": _TRANSNAS,
}


class MissingTableError(StoreError):
    """A table that a reproduction needs is not at hand; the message says how to get it."""


def shared_folder(checkout: Path) -> Path:
    """Return where official files are looked for: $SURRONAS_SHARED, or ``shared`` beside the checkout."""
    given = os.environ.get("SURRONAS_SHARED")
    return (Path(given) if given else checkout.resolve().parent / "shared") / "data" / "benchmarks"


def is_at_hand(name: str, stores: Path, checkout: Path) -> bool:
    """Return whether a table can be opened: shipped, imported already, or from official files."""
    if name in SHIPPED:
        return (checkout / SHIPPED[name]).exists()
    return (stores / f"{name}.h5").exists() or _source(name, checkout) is not None


def how_to_get(name: str, stores: Path) -> str:
    """Return in one line which official file a table needs, and how to import it."""
    if name in SHIPPED:
        return f"{name}: {SHIPPED[name]} is part of the checkout; restore it (git checkout {SHIPPED[name]})"
    importer = importer_named(name)
    fetched = f" (surronas fetch {name} FOLDER)" if name in DOWNLOADS else ""
    return (
        f"{name}: get {importer.expects}, from {importer.by_hand}{fetched}; "
        f"then surronas import {name} SOURCE {stores / name}.h5"
    )


def open_table(name: str, stores: Path, checkout: Path) -> BenchmarkStore:
    """Return a table, every byte of it checked; its official files are imported where that was not done yet.

    An import is done anew when the official files, or surronas' importers, have changed since.
    A store without the note of such an import was put there by the user, and is taken as it is.

    Raises:
        MissingTableError: neither a store nor official files.
        StoreDamagedError: the store's bytes are not those that were written.
        StoreVersionError: a later surronas has written the store.
        InputError, ImportFactsError: store or official files are not what they should be.
    """
    if name in SHIPPED:
        return _checked(checkout / SHIPPED[name])
    path, source = stores / f"{name}.h5", _source(name, checkout)
    note = path.with_suffix(".source.json")
    if path.exists() and (source is None or not note.exists()):
        return _checked(path, name)
    if source is None:
        raise MissingTableError(f"missing {how_to_get(name, stores)}")
    now = {"files": _digest(source), "importers": _digest(Path(_importers.__file__).parent)}
    if not path.exists() or _noted(note) != now:
        path.parent.mkdir(parents=True, exist_ok=True)
        note.write_text("{}\n")  # killed after the import, the store would pass for the user's without it
        _import(name, source, path)
        note.write_text(json.dumps(now) + "\n")
    return _checked(path, name)


def table_digest(name: str, stores: Path, checkout: Path) -> str:
    """Return a digest of what a table was opened from: the official files, or the store."""
    if name in SHIPPED:
        return _digest(checkout / SHIPPED[name])
    path, source = stores / f"{name}.h5", _source(name, checkout)
    return (
        _digest(path) if source is None or not path.with_suffix(".source.json").exists() else _digest(source)
    )


def _source(name: str, checkout: Path) -> Path | None:
    """Return the official files of a table; None where they are not at hand."""
    place = TABLES.get(name)
    if place is None:
        importer_named(name)  # an unknown name is an error, not a missing file
        return None
    if place == INSTALLED:
        return _package_folder(name)
    path = shared_folder(checkout) / place
    return path if path.exists() else None


@cache
def _package_folder(name: str) -> Path | None:
    """Return the folder of the installed package that holds a table."""
    from importlib.util import find_spec

    spec = find_spec(name.replace("-", "_"))
    return Path(spec.origin).parent if spec and spec.origin else None


def _import(name: str, source: Path, path: Path) -> None:
    """Import official files aside and put the store in its place, over an older one."""
    aside = path.with_name(f"{path.stem}-{os.getpid()}{path.suffix}")
    try:
        import_benchmark(importer_named(name), source, aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _checked(path: Path, name: str = "") -> BenchmarkStore:
    """Return a store of sound bytes, whose runs, if it has any, were imported as ``name``."""
    store = BenchmarkStore.open(path)  # first: check_store takes a store of a later version for damaged
    if damage := check_store(path):
        raise StoreDamagedError(f"{'; '.join(damage)}; take the file again, or delete it and import it anew")
    commands = [entry["command"] for entry in store.info()["provenance"]]
    if name and commands and not any(text.startswith(f"surronas import {name} ") for text in commands):
        raise InputError(
            f"expected what surronas import {name} makes in {path}, its runs come of {commands[0] or '?'!r}"
        )
    return store


def _noted(note: Path) -> object:
    try:
        return json.loads(note.read_text())
    except (OSError, ValueError):
        return None


def _digest(source: Path) -> str:
    """Return a SHA-256 over the names and bytes of a file, or of all files in a folder."""
    return _digest_of(source, tuple((path, path.stat().st_mtime_ns) for path in _files(source)))


@cache
def _digest_of(source: Path, files: tuple[tuple[Path, int], ...]) -> str:
    """Return the digest of files, read once for as long as none is written to."""
    total = hashlib.sha256()
    for path, _ in files:
        total.update(str(path.relative_to(source)).encode() + b"\0")
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def _files(source: Path) -> Iterator[Path]:
    """Yield a file, or the files of a folder in order, without Python's caches."""
    if source.is_file():
        yield source
        return
    yield from sorted(p for p in source.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
