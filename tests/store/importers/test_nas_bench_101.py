import json
from pathlib import Path

import numpy as np
import pytest
import tfrecord_writer as writer
from contracts.importer_contract import ImporterContract

from surronas.errors import DuplicateRowsError, ImportFactsError, InputError
from surronas.spaces.cell101 import Cell101
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, import_benchmark, importer_named
from surronas.store.importers.restricted import load_pickle

SPACE = Cell101()
NAMES = ("training_time", "train_accuracy", "validation_accuracy", "test_accuracy")
OURS = ("train_seconds", "train_accuracy", "valid_accuracy", "test_accuracy")


def made_up(cells: np.ndarray, budgets: tuple[int, ...] = (108,)) -> list[bytes]:
    """Rows in the format of the official file; numbers follow from the cell's place, budget and repeat."""
    rows = []
    for place, (cell, name) in enumerate(
        zip(SPACE.to_strings(cells), SPACE.module_hashes(cells), strict=True)
    ):
        for budget in budgets:
            for repeat in range(3):
                worth = (place * 100 + budget + repeat) / 9_984
                points = [
                    (epoch, epoch * 11.5, worth, worth / 2, worth / 4) for epoch in (0, budget / 2, budget)
                ]
                rows.append(writer.row(name, budget, cell, writer.metrics(points, 300_000 + place, 2_000.5)))
    return rows


class TestContract(ImporterContract):
    @pytest.fixture
    def importer(self) -> Importer:
        return importer_named("nasbench101")

    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        return writer.write(tmp_path / "nasbench_only108.tfrecord", made_up(SPACE.distinct(3)))


def imported(path: Path, to: Path) -> BenchmarkStore:
    import_benchmark(importer_named("nasbench101"), path, to)
    return BenchmarkStore.open(to)


@pytest.fixture(scope="module")
def official(shared: Path) -> dict[str, tuple[dict, dict]]:
    """The 52 cells that NASLib's repository keeps, as the authors' own code gives them."""
    folder = shared / "benchmarks" / "nasbench101" / "naslib-history"
    cells: dict[str, tuple[dict, dict]] = {}
    for name in ("nb101_dummy.30cells.pkl", "nb101_dummy.small.pkl"):
        with (folder / name).open("rb") as file:
            cells |= load_pickle(file)
    return cells


def test_every_number_of_official_cells_comes_back(official: dict, tmp_path: Path) -> None:
    rows, texts = [], []
    for name, (fixed, computed) in official.items():
        bits = "".join(str(int(bit)) for row in fixed["module_adjacency"] for bit in row)
        texts.append(f"{bits} {','.join(fixed['module_operations'])}")
        for run in computed[108]:
            half, end = ([run[f"{when}_{key}"] for key in NAMES] for when in ("halfway", "final"))
            message = writer.metrics(
                [(0.0, 0.0, 0.1, 0.1, 0.1), (54.0, *half), (108.0, *end)], fixed["trainable_parameters"], 9.5
            )
            rows.append(writer.row(name, 108, texts[-1], message))
    store = imported(writer.write(tmp_path / "some.tfrecord", rows), tmp_path / "store")
    assert len(store.architectures) == len(official)
    for prefix, when in (("", "final"), ("halfway_", "halfway")):
        for ours, theirs in zip(OURS, NAMES, strict=True):
            expected = [
                [run[f"{when}_{theirs}"] for run in computed[108]] for _, computed in official.values()
            ]
            found = store.query(texts, prefix + ours, task="cifar10", epochs=108, seed="all")
            np.testing.assert_array_equal(found, expected)
    params = [fixed["trainable_parameters"] for fixed, _ in official.values()]
    np.testing.assert_array_equal(store.query(texts, "params"), params)
    assert f"A part: {3 * len(official)} of 1,270,872 runs" in store.description


def test_four_budgets_and_isomorphic_cells(tmp_path: Path) -> None:
    cells = SPACE.sample(30, np.random.default_rng(0))
    cells = cells[np.unique(SPACE.keys(cells), return_index=True)[1]]
    path = writer.write(tmp_path / "nasbench_full.tfrecord", made_up(cells, (4, 12, 36, 108)))
    store = imported(path, tmp_path / "store")
    assert len(store) == 12 * len(cells)
    assert store.canonical
    places = np.arange(len(cells))
    for budget in (4, 12, 36, 108):
        mean = store.query(SPACE.canonical(cells), "valid_accuracy", epochs=budget, seed="mean")
        np.testing.assert_allclose(mean, (places * 100 + budget + 1) / 9_984 / 2, rtol=1e-12)
    half = store.query(cells, "halfway_train_seconds", epochs=12, seed=2)
    np.testing.assert_array_equal(half, np.full(len(cells), 6 * 11.5))
    np.testing.assert_array_equal(store.query(cells, "params"), 300_000 + places)
    assert "no part of a long one. Seeds 0, 1 and 2 are the repeats" in store.description


def test_repeats_are_told_apart_across_batches_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = SPACE.distinct(4)[20:40]
    rows = made_up(cells, (4, 108))
    order = [rows[r::6] for r in (3, 0, 1, 4, 5, 2)]  # repeats 0, 1, 2 of each budget stay in order
    monkeypatch.setattr("surronas.store.importers.tfrecord.RECORDS", 17)
    mixed = [row for part in order for row in part]
    store = imported(writer.write(tmp_path / "mixed.tfrecord", mixed), tmp_path / "store")
    for budget in (4, 108):
        found = store.query(cells, "train_accuracy", epochs=budget, seed="all")
        expected = (np.arange(20)[:, None] * 100 + budget + np.arange(3)) / 9_984
        np.testing.assert_array_equal(found, expected)


def test_a_whole_table_is_held_to_the_published_facts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surronas.store.importers.nas_bench_101.CELLS", 7)
    path = writer.write(tmp_path / "nasbench_only108.tfrecord", made_up(SPACE.distinct(3)))
    with pytest.raises(ImportFactsError, match=r"best mean test accuracy at 108 epochs: expected 0.943176"):
        imported(path, tmp_path / "store")


def test_names_that_are_not_the_cells_are_refused(tmp_path: Path) -> None:
    rows = [json.loads(row) for row in made_up(SPACE.distinct(3))]
    for row in rows[:3]:
        row[0] = "0" * 32
    path = writer.write(tmp_path / "a.tfrecord", [json.dumps(row).encode() for row in rows])
    with pytest.raises(ImportFactsError, match="names that are not their cell's hash"):
        imported(path, tmp_path / "store")


def test_two_names_of_one_cell_are_refused(tmp_path: Path) -> None:
    one, other = "maxpool3x3", "conv1x1-bn-relu"
    twins = SPACE.from_strings(
        [f"0110000100010000 input,{a},{b},output" for a, b in ((one, other), (other, one))]
    )
    rows = made_up(twins[:1])
    named = [row.replace(SPACE.module_hashes(twins)[0].encode(), b"f" * 32) for row in made_up(twins[1:])]
    path = writer.write(tmp_path / "a.tfrecord", rows + named)
    with pytest.raises(DuplicateRowsError, match="3 of 6 rows repeat a run"):
        imported(path, tmp_path / "store")


CELL = "0100 input,output"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([b"[1, 2]"], r"expected JSON \[name, epochs, adjacency"),
        ([b"not json"], r"expected JSON \[name, epochs, adjacency"),
        ([writer.row("a", 0, CELL, writer.metrics([[0.0] * 5] * 3, 1, 1.0))], "expected JSON"),
        ([writer.row("a", 4, CELL, writer.metrics([[0.0] * 5] * 2, 1, 1.0))], "metrics with 3 evaluations"),
        ([writer.row("a", 4, CELL, b"\x08")], "malformed message"),
        ([writer.row("a", 4, "0101 input,output", b"")], "malformed cell101 string"),
        (
            [writer.row("a", 4, CELL, writer.metrics([[0.5] * 5] * 3, 1, 1.0))] * 4,
            "at most 3 trainings of a cell",
        ),
    ],
)
def test_other_rows_are_refused(tmp_path: Path, rows: list[bytes], message: str) -> None:
    with pytest.raises(InputError, match=message):
        imported(writer.write(tmp_path / "a.tfrecord", rows), tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_folders_and_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder; expected nasbench_only108"):
        imported(tmp_path, tmp_path / "store")
    (tmp_path / "a.tfrecord").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(InputError, match="is no TFRecord file; expected nasbench_only108"):
        imported(tmp_path / "a.tfrecord", tmp_path / "store")
