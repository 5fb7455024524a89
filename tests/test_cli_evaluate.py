"""The command that evaluates surrogates."""

import json
from pathlib import Path

import pytest
from test_cli import answer, failure

from surronas.cli import main
from surronas.commands.names import DEFAULT_ENCODING, ENCODINGS, SPLITS, SURROGATES
from surronas.encodings import Encoding
from surronas.evaluation import Split
from surronas.store import BenchmarkStore

QUICK = ("--train-sizes", 8, 16, "--seeds", 2, "--surrogate", "gaussian-process")


@pytest.fixture
def store(shipped: Path, tmp_path: Path) -> Path:
    """Sixty cells of the shipped store."""
    source = BenchmarkStore.open(shipped)
    source.copy(tmp_path / "small.h5", source.architectures[::25])
    return tmp_path / "small.h5"


def test_evaluate_prints_a_table_and_keeps_the_progress_apart(capsys, store: Path) -> None:
    assert main(["evaluate", str(store), *map(str, QUICK)]) == 0
    printed = capsys.readouterr()
    assert "target  valid_accuracy (validation split)" in printed.out
    assert "gaussian-process" in printed.out.splitlines()[-1]
    assert "n = 16" in printed.err


def test_evaluate_answers_in_json(capsys, store: Path) -> None:
    found = answer(capsys, "evaluate", store, *QUICK, "--encoding", "one-hot", "ordinal", "--seed", 1)
    assert [each["encoding"] for each in found["summaries"]] == ["one-hot"] * 2 + ["ordinal"] * 2
    assert found["target"].endswith("seed 1")
    assert "surronas" in found["versions"]


def test_evaluate_writes_tables_and_figures(capsys, store: Path, tmp_path: Path) -> None:
    assert main(["evaluate", str(store), *map(str, QUICK), "--out", str(tmp_path / "new" / "out")]) == 0
    out = tmp_path / "new" / "out"
    assert {path.name for path in out.iterdir()} == {
        *("summary.csv", "fits.csv", "table.txt", "kendall_tau.tex", "results.json"),
        *("kendall_tau.png", "kendall_tau.pdf", "calibration.png", "calibration.pdf"),
    }
    found = json.loads((out / "results.json").read_text())
    assert len(found["fits"]) == 4
    assert (out / "table.txt").read_text() in capsys.readouterr().out + "\n"


def test_evaluate_tells_what_is_wrong(capsys, store: Path) -> None:
    assert "expected --out as a folder" in failure(capsys, "evaluate", store, "--out", store)
    assert "from two commands or more" in failure(
        capsys, "evaluate", store, *QUICK, "--split", "leave-one-out"
    )
    assert "expected a metric among" in failure(capsys, "evaluate", store, "--metric", "accuracy")


def test_every_name_loads() -> None:
    assert all(callable(load()) for load in ENCODINGS.values())
    encodings: list[Encoding] = [load() for name, load in ENCODINGS.items() if name != DEFAULT_ENCODING]
    assert len(set(map(id, encodings))) == len(encodings)
    assert all(hasattr(make(), "fit") for make in SURROGATES.values())
    splits: dict[str, Split] = {name: load() for name, load in SPLITS.items()}
    assert [split.name for split in splits.values()] == list(splits)
