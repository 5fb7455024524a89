"""Accel-NASBench: ImageNet accuracies of MnasNet-like networks, with speed on six accelerators."""

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.spaces import Architectures
from surronas.spaces.mnasnet import MnasNet
from surronas.store.importers.base import Benchmark, Columns, Fact, Importer
from surronas.store.schema import FRACTION, Metric, Records, new_records
from surronas.store.store import BenchmarkStore

ARCHIVE = "anb_dataset_jsons.tar.gz"
SOURCE = "https://github.com/afzalxo/Accel-NASBench"
LICENCE = "Apache-2.0"
TASK = "imagenet"
NUM_RUNS, NUM_NETWORKS = 5_138, 5_125
SPLITS = ("train", "val", "test")
DEVICES = ("a100", "rtx3090", "tpuv2", "tpuv3", "zcu102", "vck190")
_SOURCE_NAMES = {"rtx3090": "3090"}
_RESULT = re.compile(r"result_(\d+)\.json", re.ASCII)
_LARGEST = 1_000_000  # bytes of a result file: they have some 2,000
RECIPE = json.dumps(
    {
        "benchmark": "Accel-NASBench",
        "training": "proxified: far shorter than usual, by a searched proxy schedule",
        "epochs": "0 stands for: not told in the files",
        "seeds": "numbers of the repeats; the source gives no seeds",
    },
    sort_keys=True,
)
RUN_METRICS = tuple(
    Metric(name, split, unit, direction, description, SOURCE, LICENCE)
    for name, split, unit, direction, description in (
        ("valid_accuracy", "valid", FRACTION, "maximize", "top-1 on ImageNet's validation images (val_top1)"),
        ("valid_top5_accuracy", "valid", FRACTION, "maximize", "top-5 (val_top5)"),
        ("train_seconds", None, "s", "minimize", "time of the proxified training, not of a full one"),
    )
)
COLUMN_METRICS = tuple(
    Metric(name, None, unit, direction, description, SOURCE, LICENCE, "architecture")
    for name, unit, direction, description in (
        ("params", "parameters", "minimize", "trainable parameters (the source: millions)"),
        ("macs", "multiply-adds for one image, forward", "minimize", "the source: millions"),
        ("latency_ms", "ms", "minimize", "measured on the device"),
        ("images_per_second", "images/s", "maximize", "measured throughput (throughput_mean)"),
        ("images_per_second_std", "images/s", None, "its standard deviation, where the source has it"),
        (
            "again_latency_ms",
            "ms",
            "minimize",
            "of a network that was measured twice, the second measurement",
        ),
        ("again_images_per_second", "images/s", "maximize", "of a network measured twice, the second one"),
        ("again_images_per_second_std", "images/s", None, "its standard deviation"),
        ("surrogate_split", "0 train, 1 valid, 2 test", None, "the authors' split for fitting surrogates"),
    )
)


def read(source: Path) -> Benchmark:
    """Return the networks of the authors' archive, or of the folder that holds it (or it unpacked).

    Raises:
        InputError: no result files, or some that contradict one another.
    """
    results = _results(source)
    space = MnasNet()
    architectures = space.from_settings([result["architecture"] for result in results.values()])
    _, first, of = np.unique(architectures, axis=0, return_index=True, return_inverse=True)
    of = of.ravel()
    repeat = np.zeros(len(of), np.int64)
    for number in np.flatnonzero(first[of] != np.arange(len(of))):
        repeat[number] = (of[:number] == of[number]).sum()
    columns = [
        *_columns(architectures, repeat, list(results.values())),
        *_splits(source, results, architectures),
    ]
    used = {name for part in columns for name in part.values}
    part = "" if len(results) == NUM_RUNS else f" A part: {len(results):,} of {NUM_RUNS:,} results."
    return Benchmark(
        space,
        (*RUN_METRICS, *(metric for metric in COLUMN_METRICS if metric.name in used)),
        "Accel-NASBench: networks of a MnasNet-like space, drawn at random, each trained on ImageNet by a "
        "shortened (proxified) recipe, so accuracies are far below those of full training. A run has one "
        "validation accuracy; there is no test split and no curve. Of 5,138 results, 13 are of a network "
        "that has one already: trained again (seeds 0 and 1 are the repeats) and measured again (columns "
        f"again_*). Some speeds are missing in the source.{part}",
        LICENCE,
        [_records(architectures, repeat, list(results.values()))],
        columns,
        _facts,
    )


def _results(source: Path) -> dict[int, dict[str, Any]]:
    """Return the result files by their number, in order."""
    archive = source / ARCHIVE if source.is_dir() else source
    if source.is_dir() and not archive.is_file():
        files = {path.name: path for path in source.rglob("result_*.json")}
        texts = {name: path.read_bytes() for name, path in files.items() if _RESULT.fullmatch(name)}
    else:
        texts = dict(_members(archive))
    if not texts:
        raise InputError(f"there are no result_*.json at {source}; expected {IMPORTER.expects}")
    numbers = sorted((int(_RESULT.fullmatch(name)[1]), name) for name in texts)  # type: ignore[index]
    return {number: json.loads(texts[name]) for number, name in numbers}


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Give the name and content of each result file of the archive; nothing is unpacked to disk."""
    with tarfile.open(archive) as files:
        for member in files:
            name = member.name.rsplit("/", 1)[-1]
            if member.isfile() and _RESULT.fullmatch(name):
                if member.size > _LARGEST:
                    raise InputError(f"{name} in {archive} has {member.size} bytes; expected some 2,000")
                content = files.extractfile(member)
                assert content is not None  # isfile() was asked
                yield name, content.read()


def _records(
    architectures: Architectures, repeat: NDArray[np.int64], results: list[dict[str, Any]]
) -> Records:
    """Return the (n,) runs."""
    records = new_records(len(results), architectures.shape[1], RUN_METRICS)
    records["architecture"], records["seed"] = architectures, repeat
    records["task"], records["recipe"], records["origin"] = TASK, RECIPE, "benchmark"
    for name, theirs, scale in (
        ("valid_accuracy", "val_top1", 100),
        ("valid_top5_accuracy", "val_top5", 100),
        ("train_seconds", "train_time", 1),
    ):
        records[name] = np.array([result["metrics"][theirs] for result in results], np.float64) / scale
    return records


def _columns(
    architectures: Architectures, repeat: NDArray[np.int64], results: list[dict[str, Any]]
) -> Iterator[Columns]:
    """Give costs, then speed by device: of networks measured twice, the second measurement apart."""
    costs = {name: _numbers(results, "model_info", name) for name in ("params", "macs")}
    yield Columns(architectures, {name: np.rint(1e6 * values) for name, values in costs.items()}, TASK)
    for device in DEVICES:
        theirs = _SOURCE_NAMES.get(device, device)
        speed = {
            "latency_ms": _numbers(results, "platform_perf", f"latency_{theirs}", "latency_mean"),
            "images_per_second": _numbers(
                results, "platform_perf", f"throughput_{theirs}", "throughput_mean"
            ),
            "images_per_second_std": _numbers(
                results, "platform_perf", f"throughput_{theirs}", "throughput_std"
            ),
        }
        for time, prefix in ((0, ""), (1, "again_")):
            now = repeat == time
            found = {
                prefix + name: values[now]
                for name, values in speed.items()
                if not np.isnan(values[now]).all()
            }
            if found:
                yield Columns(architectures[now], found, TASK, device=device)


def _numbers(results: list[dict[str, Any]], *path: str) -> NDArray[np.float64]:
    """Return (n,) numbers found under a path of keys, NaN where there is none."""
    values = []
    for result in results:
        value: Any = result
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        values.append(np.nan if value is None else value)
    return np.array(values, dtype=np.float64)


def _splits(
    source: Path, results: dict[int, dict[str, Any]], architectures: Architectures
) -> Iterator[Columns]:
    """Give the authors' split, where their lists lie beside the archive; they leave one network out."""
    row_of = {number: row for row, number in enumerate(results)}
    rows: list[int] = []
    split: list[float] = []
    for number, name in enumerate(SPLITS):
        listed = (source if source.is_dir() else source.parent) / f"{name}_paths.json"
        if not listed.is_file():
            return
        numbers = [int(_RESULT.findall(path)[-1]) for path in json.loads(listed.read_bytes())]
        rows += [row_of[result] for result in numbers if result in row_of]
        split += [float(number) for result in numbers if result in row_of]
    yield Columns(architectures[rows], {"surrogate_split": np.array(split)}, TASK)


def _facts(store: BenchmarkStore) -> Iterator[Fact]:
    """Give what is known of the whole set of results."""
    if len(store) != NUM_RUNS:
        return
    yield Fact("networks", NUM_NETWORKS, len(store.architectures))
    repeats = store.query(store.architectures, "valid_accuracy", seed="all")
    yield Fact("networks trained twice", 13, int((~np.isnan(repeats)).all(axis=1).sum()))
    yield Fact("best top-1 accuracy", 0.67052, float(np.nanmax(repeats)), 5e-6)
    yield Fact("least top-1 accuracy", 0.4285, float(np.nanmin(repeats)), 5e-6)
    if "surrogate_split" in [metric.name for metric in store.metrics]:
        split = store.query(store.architectures, "surrogate_split", missing="nan")
        for number, (name, size) in enumerate(zip(SPLITS, (4_100, 512, 512), strict=True)):
            yield Fact(f"networks in the {name} split", size, int((split == number).sum()))


IMPORTER = Importer(
    name="accel-nasbench",
    title="Accel-NASBench (Ahmad et al., DAC 2024)",
    expects=f"{ARCHIVE}, or the folder that holds it (with the authors' *_paths.json, which give the split), "
    "or it unpacked",
    by_hand=f"{SOURCE}, file anb_dataset/{ARCHIVE}",
    read=read,
)
