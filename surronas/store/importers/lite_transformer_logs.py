"""The folders of LiteTransformerSearch's logs: configs and summaries, from the archive or the folder."""

import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surronas.errors import InputError
from surronas.store.importers.plain_yaml import Plain, read_plain_yaml

TASKS = {"wt103": "wikitext103", "lm1b": "lm1b"}
BACKBONES = {"GPT2": "GPT2", "TransXL": "TransformerXL"}
_FOLDER = re.compile(r"(random|pareto)_(GPT2|TransXL)_(wt103|lm1b)(?:_(arm|corei7|titanxp|homogeneous))?")
_OF_TRAINING = (
    "batch_size",
    "dropout",
    "lr",
    "max_step",
    "mem_len",
    "n_token",
    "optim",
    "scheduler",
    "tgt_len",
)


@dataclass
class Part:
    """One folder of the logs: networks of one backbone on one task, drawn or found in one way."""

    drawn: str  # "random" or "pareto"
    backbone: str
    task: str
    device: str
    configs: dict[str, dict[str, Plain]] = field(default_factory=dict)  # by name of the network
    summaries: dict[str, dict[str, Plain]] = field(default_factory=dict)  # "ppl", "params", ...: by the same

    def column(self, summary: str, names: list[str], entry: str = "") -> NDArray[np.float64]:
        """Return (n,) numbers of a summary for the networks of these names; NaN where there is none."""
        found = [self.summaries.get(summary, {}).get(name) for name in names]
        if entry:
            found = [one.get(entry) if isinstance(one, dict) else None for one in found]
        return np.array([np.nan if one is None else _number(one) for one in found], dtype=np.float64)

    def recipe(self, name: str) -> str:
        """Return what the logs tell of a network's training."""
        config = self.configs[name]
        known = {key: config[key] for key in _OF_TRAINING if key in config}
        if "seed" not in config:
            known["seeds"] = "numbers of the repeats; the source gives no seeds"
        known |= {"benchmark": "LiteTransformerSearch", "backbone": self.backbone, "networks": self.drawn}
        return json.dumps(known, sort_keys=True)


def parts_of(source: Path) -> dict[str, Part]:
    """Return the folders of the logs by name, with all that their files say.

    Raises:
        InputError: a file that is no plain YAML, a summary of a network without config, or a damaged archive.
    """
    parts: dict[str, Part] = {}
    for folder, inner, text in _texts(source):
        named = _FOLDER.fullmatch(folder)
        if named is None:
            continue
        device = named[4] if named[1] == "pareto" else ""
        part = parts.setdefault(folder, Part(named[1], BACKBONES[named[2]], TASKS[named[3]], device))
        try:
            content = read_plain_yaml(text)
        except InputError as error:
            raise InputError(f"{source}, {folder}/{'/'.join(inner)}: {error}") from error
        if inner[-1] == "model_config.yaml":
            part.configs["_".join(inner[:-1])] = content
        else:
            part.summaries[inner[-1].removesuffix("_summary.yaml")] = content
    for folder, part in parts.items():
        for kind, summary in part.summaries.items():
            if foreign := sorted(summary.keys() - part.configs.keys()):
                raise InputError(
                    f"{folder}/{kind}_summary.yaml names {foreign[0]}, which has no model_config.yaml"
                )
    return parts


def _texts(source: Path) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Give the folder, the path in it and the text of each YAML file of the logs."""
    if source.is_dir():
        for path in sorted(source.rglob("*.yaml")):
            yield *_placed(path.parts), path.read_text("utf-8")
        return
    with source.open("rb") as bytes_of, tarfile.open(fileobj=bytes_of, mode="r:") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is not None and member.name.endswith(".yaml"):
                yield *_placed(tuple(member.name.split("/"))), file.read().decode()
        bytes_of.seek(archive.offset)  # tarfile takes a damaged header for the end
        rest = bytes_of.read()
    if len(rest) < tarfile.BLOCKSIZE or rest.strip(b"\0"):
        raise InputError(
            f"{source} is cut short or damaged: no end of archive where its files end; take it again"
        )


def _placed(steps: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the folder of the logs that a path lies in ("": none), and the path inside it."""
    for number, step in enumerate(steps[:-1]):
        if _FOLDER.fullmatch(step):
            return step, steps[number + 1 :]
    return "", steps


def _number(value: object) -> float:
    """Return a number of a summary as a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(f"expected a number in a summary, got {str(value)[:100]!r}")
    return float(value)
