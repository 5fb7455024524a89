"""LiteTransformerSearch's logs (Javaheripi et al., NeurIPS 2022): decoder transformers trained from scratch.

Of the 885 randomly drawn networks the logs have perplexity, training time and parameters, of the 236 found
by search perplexity, parameters, and latency and peak memory on a device. On LM1B the authors' validation
file is a copy of the test file (both are news.en.heldout-00000-of-00050, and all 383 pairs of values are
equal), so what they call validation perplexity there is a test perplexity, and is stored as that alone.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from surronas.errors import InputError
from surronas.spaces.decoder_transformer import DecoderTransformer
from surronas.store.importers.base import Benchmark, Columns, Fact, Importer
from surronas.store.importers.lite_transformer_logs import BACKBONES, Part, parts_of
from surronas.store.schema import Metric, Records, new_records
from surronas.store.store import BenchmarkStore

SOURCE, LICENCE = "microsoft/archai @ af79c739, archai/nlp/nas/saved_logs", "MIT"
_DESCRIPTION = (
    "One training each (epochs = 1 stands for the whole training: the source counts steps); networks without "
    "a result in the logs have status failed. A backbone goes with a recipe of its own, so the effects of "
    "the two can't be told apart. No validation split on lm1b: its file is the test file. Left out: word "
    "perplexities on lm1b (1e15 and more in the logs), and the *_nomem perplexities, which equal the others."
)
NUM_RANDOM, NUM_MEASURED, NUM_PARETO = 885, 881, 236


def _metric(name: str, split: str | None, unit: str, description: str, per: str = "run") -> Metric:
    return Metric(name, split, unit, "minimize", description, SOURCE, LICENCE, per)


_count = partial(_metric, split=None, unit="parameters", per="architecture")
METRICS = (
    _metric(
        "valid_perplexity", "valid", "perplexity", "per token; not on lm1b, where it is of the test file"
    ),
    _metric("test_perplexity", "test", "perplexity", "per token; on lm1b also the authors' validation file"),
    _metric("test_word_perplexity", "test", "perplexity", "per word; GPT2 (subword tokens) on wikitext103"),
    _metric("train_seconds", None, "s", "wall time of the training"),
    _count("params", description="all, with the embedding and the output layer of the recipe's vocabulary"),
    _count("embedding_params", description="adaptive input embedding of the recipe's vocabulary"),
    _count("attention_params", description="of all attention blocks"),
    _count("ffn_params", description="of all feed-forward blocks"),
    _count("non_embedding_params", description="of all decoder layers"),
    _metric("latency_ms", None, "ms", "of inference; no unit in the files: ms by magnitude", "architecture"),
    _metric("peak_memory_mib", None, "MiB", "of inference, by the profiler of PyTorch", "architecture"),
)
_PERPLEXITIES = {
    "valid_ppl": "valid_perplexity",
    "test_ppl": "test_perplexity",
    "train_elapsed": "train_seconds",
}
_OF_THE_VOCABULARY = {"total": "params", "AdaEmb": "embedding_params"}
_OF_THE_LAYERS = {"Attn": "attention_params", "FFN": "ffn_params", "nonembedding": "non_embedding_params"}
_MEASURED = {"latency": "latency_ms", "memory": "peak_memory_mib"}


def read(source: Path) -> Benchmark:
    """Return the benchmark of ``saved_logs.tar``, or of the folder ``saved_logs``."""
    parts = list(parts_of(source).values())
    num_random = sum(len(part.configs) for part in parts if part.drawn == "random")
    num_pareto = sum(len(part.configs) for part in parts if part.drawn == "pareto")
    if not num_random + num_pareto:
        raise InputError(f"there is no model_config.yaml in {source}; expected {IMPORTER.expects}")
    whole = (num_random, num_pareto) == (NUM_RANDOM, NUM_PARETO)
    size = "" if whole else f"A part: {num_random} of 885 random and {num_pareto} of 236 pareto networks. "
    return Benchmark(
        space=DecoderTransformer(),
        metrics=METRICS,
        description=f"{IMPORTER.title}. {size}{_DESCRIPTION}",
        licence=LICENCE,
        runs=filter(len, map(_records, parts)),
        columns=(columns for part in parts for columns in _columns(part)),
        facts=_facts if whole else lambda store: (),
    )


def _records(part: Part) -> Records:
    """Return a run for each network; the pareto network without a perplexity was not trained."""
    names = list(part.configs)
    if part.drawn == "pareto":
        reported = part.column("ppl", names)
        names = [name for name, value in zip(names, reported, strict=True) if not np.isnan(value)]
    space = DecoderTransformer()
    records = new_records(len(names), space.num_decisions, [m for m in METRICS if m.per == "run"])
    configs = [part.configs[name] | {"backbone": part.backbone} for name in names]
    records["architecture"] = space.from_configs(configs)
    records["task"], records["epochs"], records["origin"] = part.task, 1, "benchmark"
    records["recipe"] = [part.recipe(name) for name in names]
    records["seed"] = [config.get("seed", 0) for config in configs]
    if part.drawn == "pareto":
        records["test_perplexity"] = part.column("ppl", names)
        return records
    for entry, metric in _PERPLEXITIES.items():
        records[metric] = part.column("ppl", names, entry)
    if part.task == "lm1b":
        records["valid_perplexity"][records["valid_perplexity"] == records["test_perplexity"]] = np.nan
    else:
        records["test_word_perplexity"] = part.column("ppl", names, "test_word_ppl")
    records["status"] = np.where(np.isnan(records["test_perplexity"]), "failed", "ok")
    return records


def _columns(part: Part) -> Iterator[Columns]:
    """Give parameters, which depend on the recipe's vocabulary or not, and what a device measured."""
    names = list(part.configs)
    configs = [part.configs[name] | {"backbone": part.backbone} for name in names]
    architectures = DecoderTransformer().from_configs(configs)
    recipes = np.array([part.recipe(name) for name in names])
    for recipe in dict.fromkeys(recipes.tolist()):
        here = recipes == recipe
        counts = {m: part.column("params", names, entry)[here] for entry, m in _OF_THE_VOCABULARY.items()}
        yield Columns(architectures[here], counts, task=part.task, recipe=recipe)
    yield Columns(architectures, {m: part.column("params", names, e) for e, m in _OF_THE_LAYERS.items()})
    if part.device:
        measured = {metric: part.column(summary, names) for summary, metric in _MEASURED.items()}
        yield Columns(architectures, measured, task=part.task, device=part.device)


def _facts(store: BenchmarkStore) -> Iterator[Fact]:
    """Give what is known of the whole logs."""
    table = store.table()
    random = np.array(['"networks": "random"' in recipe for recipe in table["recipe"]])
    yield Fact("random networks", NUM_RANDOM, int(random.sum()))
    yield Fact("random networks with perplexity", NUM_MEASURED, int((table["status"][random] == "ok").sum()))
    yield Fact("pareto networks with perplexity", NUM_PARETO - 1, int((~random).sum()))
    for task, backbone, best in (
        ("wikitext103", "GPT2", 24.999703482073716),
        ("wikitext103", "TransformerXL", 26.572293616558348),
        ("lm1b", "GPT2", 52.27780055567351),
        ("lm1b", "TransformerXL", 37.43487292727608),
    ):
        here = random & (table["task"] == task)
        here &= table["architecture"][:, 0] == list(BACKBONES.values()).index(backbone)
        found = float(np.nanmin(table["test_perplexity"][here]))
        yield Fact(f"lowest test perplexity of random {backbone} on {task}", best, found)


IMPORTER = Importer(
    name="lite-transformer-search",
    title="LiteTransformerSearch (Javaheripi et al., NeurIPS 2022)",
    expects="saved_logs.tar, an uncompressed archive of archai/nlp/nas/saved_logs, or that folder",
    by_hand="https://github.com/microsoft/archai at commit af79c739: git archive -o saved_logs.tar af79c739 "
    "archai/nlp/nas/saved_logs",
    read=read,
)
