"""The costs of HW-GPT-Bench's sub-networks: the authors' raw timings by device, or an array file of them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from operator import index
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import Architectures
from surronas.spaces.gpt_bench import GptBench
from surronas.store.importers.base import Columns
from surronas.store.importers.restricted import load_pickle

RAW = Path("data_collection") / "raw_results_hw"
_MILLISECONDS = {"s": 1e3, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
_CONSTANTS = ("params", "flops", "macs")
_DEVICE = re.compile(r"latency_(?P<device>\w+?)(?:_(?P<scale>[ml]))?", re.ASCII)


def rows_of(space: GptBench, archs: Sequence[object]) -> Architectures:
    """Return the (n, d) architectures of the authors' dicts.

    Raises:
        ArchitectureError: a number that is none of the choices, or too few layers.
        InputError: no dict of an architecture.
    """
    rows = []
    for arch in archs:
        if not isinstance(arch, Mapping):
            raise InputError(f"expected a dict of an architecture, got {str(arch)[:100]!r}")
        layers = [[index(one) for one in arch[f"sample_{name}"]] for name in ("mlp_ratio", "n_head")]
        embed_dim, n_layer = index(arch["sample_embed_dim"]), index(arch["sample_n_layer"])
        rows.append(space.pack(embed_dim, n_layer, bool(arch["sample_bias"]), *layers))
    return np.array(rows, dtype=np.int8).reshape(-1, space.num_decisions)


def columns_of(root: Path, space: GptBench) -> Iterator[Columns]:
    """Give all costs that lie beside the perplexities: the raw timings, else the array file, else nothing."""
    folders = sorted(path for path in (root / RAW).glob("latency_*") if path.is_dir())
    of_scale = [(path, named["device"]) for path in folders if (named := _named(path, space.scale))]
    for folder, device in of_scale:
        yield from _timings(folder, device, space)
    arrays = root / f"derived_hwgpt_{space.scale}.npz"
    if not of_scale and arrays.is_file():
        yield from _array_file(arrays, space)


def _named(folder: Path, scale: str) -> re.Match[str] | None:
    """Return the parts of a folder's name if its timings are of this scale."""
    named = _DEVICE.fullmatch(folder.name)
    return named if named is not None and (named["scale"] or "s") == scale else None


def _timings(folder: Path, device: str, space: GptBench) -> Iterator[Columns]:
    """Give mean and standard deviation of the timings on one device, and what depends on no device."""
    kind = "cpu" if "cpu" in device else "gpu"
    for path in sorted(folder.glob("efficiency_observations_*.pkl")):
        with path.open("rb") as file:
            entries = load_pickle(file)
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise InputError(f"{path} holds no list of dicts; expected raw timings of HW-GPT-Bench")
        architectures = rows_of(space, [entry["arch"] for entry in entries])
        times = [_in_ms(entry[f"times_profiler_{kind}"], entry[f"unit_{kind}"], path) for entry in entries]
        latency = {
            "latency_ms": np.array([each.mean() for each in times]),
            "latency_std_ms": np.array([each.std() for each in times]),
        }
        yield Columns(architectures, latency, device=device)
        given = [name for name in _CONSTANTS if entries and name in entries[0]]
        constants = {name: np.array([entry[name] for entry in entries], np.float64) for name in given}
        yield Columns(architectures, constants)


def _in_ms(times: Sequence[float], units: Sequence[str], path: Path) -> NDArray[np.float64]:
    """Return the timings of one network in milliseconds."""
    if not len(times) or len(times) != len(units) or not set(units) <= _MILLISECONDS.keys():
        raise InputError(
            f"{path}: expected a unit of {', '.join(_MILLISECONDS)} for each timing, "
            f"got {len(times)} timings and units {str(units)[:100]}"
        )
    scaled: NDArray[np.float64] = np.array(times, np.float64) * [_MILLISECONDS[unit] for unit in units]
    return scaled


def _array_file(path: Path, space: GptBench) -> Iterator[Columns]:
    """Give the costs of an array file: ``lat_<device>``, ``latstd_<device>``, params and FLOPs."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    whole = zip(*(arrays[name].tolist() for name in ("embed_dim", "n_layer", "bias")), strict=True)
    layers = zip(arrays["mlp_ratio"].tolist(), arrays["n_head"].tolist(), strict=True)
    rows = [
        space.pack(embed_dim, n_layer, bool(bias), ratios, heads)
        for (embed_dim, n_layer, bias), (ratios, heads) in zip(whole, layers, strict=True)
    ]
    architectures = np.array(rows, dtype=np.int8).reshape(-1, space.num_decisions)
    for device in (name.removeprefix("lat_") for name in arrays if name.startswith("lat_")):
        latency = {"latency_ms": arrays[f"lat_{device}"], "latency_std_ms": arrays[f"latstd_{device}"]}
        yield Columns(architectures, {n: v.astype(np.float64) for n, v in latency.items()}, device=device)
    constants = {name: arrays[name].astype(np.float64) for name in _CONSTANTS if name in arrays}
    yield Columns(architectures, constants)
