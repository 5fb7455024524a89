import pickle
from pathlib import Path

import numpy as np
import pytest
from contracts.importer_contract import ImporterContract

from surronas.errors import InputError
from surronas.spaces.gpt_bench import GptBench
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, import_benchmark
from surronas.store.importers.hw_gpt_bench import IMPORTER

SPACE = GptBench()
DEVICES = ("P100", "a100", "h100", "rtx2080", "v100")


def arch(text: str) -> dict[str, object]:
    """The authors' dict of an architecture, with ratios and heads of layers that it lacks."""
    _, _, n_layer, embed_dim, *layers, bias = text.split("-")
    depth, numbers = int(n_layer), list(map(int, layers))
    return {
        "sample_embed_dim": int(embed_dim),
        "sample_n_layer": depth,
        "sample_layer_indices": list(range(depth)),
        "sample_n_head": numbers[depth:] + [12] * (12 - depth),
        "sample_mlp_ratio": numbers[:depth] + [4] * (12 - depth),
        "sample_bias": bias == "True",
    }


TEXTS = SPACE.to_strings(SPACE.sample(4, np.random.default_rng(1)))
ENTRIES = [
    {"accuracy": 0.375 + i / 64, "perplexity": 30.5 + i, "arch": arch(text)} for i, text in enumerate(TEXTS)
]
TIMINGS = [
    {
        "arch": entry["arch"],
        "times_profiler_gpu": [10.0 + i, 12.0 + i, 0.011 + i / 1000],
        "unit_gpu": ["ms", "ms", "s"],
        "flops": 4.0e11,
        "macs": 2.0e11,
        "params": 58468608 + i,
    }
    for i, entry in enumerate(ENTRIES)
]


def write_pickle(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = tmp_path / "HW-GPT-Bench"
    write_pickle(root / "arch_ppl_bench_s" / "ppl.pkl", ENTRIES)
    raw = root / "data_collection" / "raw_results_hw"
    write_pickle(raw / "latency_a100" / "efficiency_observations_0_2.pkl", TIMINGS[:2])
    write_pickle(raw / "latency_a100" / "efficiency_observations_2_4.pkl", TIMINGS[2:])
    write_pickle(raw / "latency_a100_m" / "efficiency_observations_0_2.pkl", "of another scale: never read")
    return root


class TestContract(ImporterContract):
    CORRUPTIONS = 20

    @pytest.fixture
    def importer(self) -> Importer:
        return IMPORTER


def test_inherited_perplexities_and_raw_timings(source: Path, tmp_path: Path) -> None:
    import_benchmark(IMPORTER, source, tmp_path / "store.h5")
    store = BenchmarkStore.open(tmp_path / "store.h5")
    at = {"task": "openwebtext", "epochs": 0, "seed": 0}
    assert store.query(TEXTS, "valid_perplexity", **at).tolist() == [30.5, 31.5, 32.5, 33.5]
    assert store.query(TEXTS[1], "valid_accuracy", **at) == 0.375 + 1 / 64
    found = store.query(TEXTS, "latency_ms", device="a100")
    np.testing.assert_allclose(found, [11.0, 12.0, 13.0, 14.0], rtol=1e-12)
    np.testing.assert_allclose(store.query(TEXTS, "latency_std_ms", device="a100"), np.sqrt(2 / 3))
    assert store.query(TEXTS[2], "params") == 58468610
    assert (store.query(TEXTS, "flops") == 2 * store.query(TEXTS, "macs")).all()
    (metric,) = [metric for metric in store.metrics if metric.name == "valid_perplexity"]
    assert metric.description == "weights inherited from a supernet, OpenWebText validation"


def test_parts_of_another_scale_without_costs(tmp_path: Path) -> None:
    space = GptBench("m")
    texts = space.to_strings(space.sample(3, np.random.default_rng(2)))
    entries = [{"arch": arch(text), "perplexity": 20.0 + i, "accuracy": 0.5} for i, text in enumerate(texts)]
    folder = tmp_path / "arch_ppl_bench_m"
    write_pickle(folder / "ppl_observations_tracker_0_1000.pkl", entries[:2])
    write_pickle(folder / "ppl_observations_tracker_1000_2000.pkl", entries[2:])
    import_benchmark(IMPORTER, folder, tmp_path / "store.h5")
    store = BenchmarkStore.open(tmp_path / "store.h5")
    assert store.space.name == "gpt_m"
    assert store.query(texts, "valid_perplexity", seed=0).tolist() == [20.0, 21.0, 22.0]
    assert [metric.name for metric in store.metrics] == ["valid_perplexity", "valid_accuracy"]
    assert "scale M: 3 sub-networks" in store.description
    assert "Without costs" in store.description


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"a": 1}, "ppl.pkl holds no list of dicts"),
        ([1, 2], "ppl.pkl holds no list of dicts"),
        ([], "the entries of .*ppl.pkl lack accuracy, arch, perplexity"),
        ([ENTRIES[0] | {"arch": "gpt"}], "expected a dict of an architecture, got 'gpt'"),
        (
            [ENTRIES[0] | {"arch": ENTRIES[0]["arch"] | {"sample_embed_dim": 385}}],
            "expected embed_dim to be one",
        ),
        ([ENTRIES[0] | {"perplexity": "low"}], "can't read"),
        ([ENTRIES[0] | {"accuracy": 37.5}], r"a fraction in \[0, 1\]"),
    ],
)
def test_a_wrong_table_is_told(source: Path, tmp_path: Path, entries: object, message: str) -> None:
    write_pickle(source / "arch_ppl_bench_s" / "ppl.pkl", entries)
    with pytest.raises(InputError, match=message):
        import_benchmark(IMPORTER, source, tmp_path / "store.h5")


@pytest.mark.parametrize(
    ("timings", "message"),
    [
        ("none", "holds no list of dicts; expected raw timings"),
        ([TIMINGS[0] | {"unit_gpu": ["ms", "h", "ms"]}], "expected a unit of s, ms, us, ns for each timing"),
        ([TIMINGS[0] | {"unit_gpu": []}], "expected a unit of s, ms, us, ns for each timing"),
    ],
)
def test_wrong_timings_are_told(source: Path, tmp_path: Path, timings: object, message: str) -> None:
    raw = source / "data_collection" / "raw_results_hw" / "latency_a100"
    write_pickle(raw / "efficiency_observations_0_2.pkl", timings)
    with pytest.raises(InputError, match=message):
        import_benchmark(IMPORTER, source, tmp_path / "store.h5")


def test_two_scales_at_once_and_none_are_refused(source: Path, tmp_path: Path) -> None:
    (source / "arch_ppl_bench_l").mkdir()
    with pytest.raises(InputError, match="holds arch_ppl_bench_l, arch_ppl_bench_s, each a space of its own"):
        import_benchmark(IMPORTER, source, tmp_path / "store.h5")
    with pytest.raises(InputError, match=r"there is neither ppl.pkl nor a ppl_observations_tracker"):
        import_benchmark(IMPORTER, source / "arch_ppl_bench_l", tmp_path / "store.h5")
    with pytest.raises(InputError, match="there is no folder arch_ppl_bench_s, _m or _l at"):
        import_benchmark(IMPORTER, source / "data_collection", tmp_path / "store.h5")


def test_every_number_of_the_real_table_is_there(shared: Path, tmp_path: Path) -> None:
    folder = shared / "benchmarks" / "hw-gpt-bench"
    if not (folder / "derived_hwgpt_s.npz").is_file():
        pytest.skip(f"no HW-GPT-Bench at {folder}")
    report = import_benchmark(IMPORTER, folder, tmp_path / "store.h5")
    assert (report.num_runs, report.num_architectures, len(report.facts)) == (10_000, 10_000, 5)
    store = BenchmarkStore.open(tmp_path / "store.h5")
    with np.load(folder / "derived_hwgpt_s.npz", allow_pickle=False) as file:
        arrays = dict(file)
    rows = np.zeros((10_000, 27), np.int8)
    rows[:, 0] = np.searchsorted([192, 384, 768], arrays["embed_dim"])
    rows[:, 1], rows[:, 2] = arrays["n_layer"] - 10, arrays["bias"]
    rows[:, 3::2] = np.maximum(arrays["mlp_ratio"] - 2, 0)
    rows[:, 4::2] = np.maximum(arrays["n_head"] // 4 - 1, 0)
    for name, metric in {"ppl": "valid_perplexity", "acc": "valid_accuracy"}.items():
        np.testing.assert_array_equal(store.query(rows, metric), arrays[name].astype(float))
    for name in ("params", "flops"):
        np.testing.assert_array_equal(store.query(rows, name), arrays[name].astype(float))
    for device in DEVICES:
        for name, metric in {"lat": "latency_ms", "latstd": "latency_std_ms"}.items():
            expected = arrays[f"{name}_{device}"].astype(float)
            np.testing.assert_array_equal(store.query(rows, metric, device=device), expected)
    assert "rounded to float32" in store.description
