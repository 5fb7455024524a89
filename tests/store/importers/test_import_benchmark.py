"""The frame of all importers: aside, checked, put in place; nothing is left of what fails."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from contracts.importer_contract import ImporterContract

from surronas.errors import DuplicateRowsError, ImportFactsError, InputError
from surronas.spaces import Cell201
from surronas.store import BenchmarkStore, Metric, Records, new_records
from surronas.store.importers import (
    IMPORTER_MODULES,
    Benchmark,
    Columns,
    Fact,
    Importer,
    import_benchmark,
    import_into,
    importer_named,
)

METRICS = (
    Metric("test_accuracy", "test", "fraction", "maximize", source="tests", licence="CC0"),
    Metric("latency_ms", None, "ms", "minimize", source="tests", licence="CC0", per="architecture"),
)


def read(source: Path) -> Benchmark:
    """Read ``{"cells": {string: [accuracies]}, "latency": {string: ms}}``."""
    content = json.loads(source.read_text())
    space = Cell201()

    def runs() -> Iterator[Records]:
        for text, accuracies in content["cells"].items():
            records = new_records(len(accuracies), 6, METRICS[:1])
            records["architecture"] = space.from_strings([text])[0]
            records["task"], records["origin"] = "toy", "benchmark"
            records["seed"] = np.arange(len(accuracies))
            records["test_accuracy"] = accuracies
            yield records

    def columns() -> Iterator[Columns]:
        latency = content["latency"]
        yield Columns(
            space.from_strings(list(latency)),
            {"latency_ms": np.array(list(latency.values()), float)},
            task="toy",
            device="toaster",
        )

    def facts(store: BenchmarkStore) -> Iterator[Fact]:
        yield Fact("cells", content.get("published", len(content["cells"])), len(store.architectures))
        yield Fact("best test accuracy", 0.9, float(np.max(store.table()["test_accuracy"])), 0.05)

    return Benchmark(space, METRICS, "toy numbers", "CC0", runs(), columns(), facts)


TOY = Importer("toy", "Toy", "toy.json", "https://example.org/toy.json", read)


@pytest.fixture
def content(cell201: Cell201) -> dict:
    texts = cell201.to_strings(cell201.from_codes(np.arange(5)))
    return {
        "cells": {text: [0.5, 0.6 + 0.08 * i] for i, text in enumerate(texts)},
        "latency": {text: 1.5 + i for i, text in enumerate(texts[:3])},
    }


@pytest.fixture
def source(content: dict, tmp_path: Path) -> Path:
    path = tmp_path / "toy.json"
    path.write_text(json.dumps(content))
    return path


class TestToyImporter(ImporterContract):
    CORRUPTIONS = 30

    @pytest.fixture
    def importer(self) -> Importer:
        return TOY

    @pytest.fixture
    def source(self, source: Path) -> Path:
        return source


def test_an_import_tells_what_it_made(source: Path, content: dict, tmp_path: Path) -> None:
    lines: list[str] = []
    report = import_benchmark(TOY, source, tmp_path / "toy.h5", progress=lines.append)
    assert (report.num_runs, report.num_architectures) == (10, 5)
    assert [str(fact) for fact in report.facts] == [
        "cells: expected 5, found 5",
        "best test accuracy: expected 0.9 (within 0.05), found 0.92",
    ]
    assert lines[0] == "2 runs of 1 architectures"
    assert lines[-1] == "3 values attached"
    store = BenchmarkStore.open(tmp_path / "toy.h5")
    assert store.query(list(content["latency"]), "latency_ms").tolist() == [1.5, 2.5, 3.5]
    assert store.info()["provenance"][0]["command"] == "surronas import toy toy.json"
    assert store.info()["origins"] == {"benchmark": 10}


def test_a_fact_that_does_not_hold_stops_the_import(source: Path, content: dict, tmp_path: Path) -> None:
    source.write_text(json.dumps(content | {"published": 6}))
    with pytest.raises(ImportFactsError, match="cells: expected 6, found 5; take the file from its source"):
        import_benchmark(TOY, source, tmp_path / "toy.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["toy.json"]


@pytest.mark.parametrize("part", ["cells", "latency"])
def test_what_breaks_the_reader_half_way_is_one_clear_error(
    source: Path, content: dict, tmp_path: Path, part: str
) -> None:
    content[part] = list(content[part])
    source.write_text(json.dumps(content))
    message = r"can't read .*toy.json \(\w+: .*\); expected toy.json"
    with pytest.raises(InputError, match=message):
        import_benchmark(TOY, source, tmp_path / "toy.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["toy.json"]


def test_a_source_can_be_added_to_a_store_that_is_there(
    source: Path, content: dict, tmp_path: Path, cell201: Cell201
) -> None:
    store = BenchmarkStore.create(tmp_path / "mine", cell201, metrics=METRICS[1:])
    assert import_into(store, TOY, source) == (10, 3)
    assert store.query(list(content["latency"]), "latency_ms").tolist() == [1.5, 2.5, 3.5]
    with pytest.raises(DuplicateRowsError):
        import_into(store, TOY, source)
    assert import_into(store, TOY, source, existing="skip") == (0, 0)


def test_a_source_of_another_space_is_refused(source: Path, tmp_path: Path) -> None:
    class Other(Cell201):
        name = "other"

    store = BenchmarkStore.create(tmp_path / "mine", Other())
    with pytest.raises(InputError, match=r"expected architectures of space 'other' .* got space 'cell201'"):
        import_into(store, TOY, source)


@pytest.mark.parametrize("name", sorted(IMPORTER_MODULES))
def test_every_known_importer_bears_its_name(name: str) -> None:
    assert importer_named(name).name == name


def test_an_unknown_format_is_told() -> None:
    with pytest.raises(InputError, match="unknown format 'nasbench-102'; known are"):
        importer_named("nasbench-102")
