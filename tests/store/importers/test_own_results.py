"""Runs of one's own, from CSV and JSON-lines."""

import json
from pathlib import Path

import numpy as np
import pytest
from contracts.importer_contract import ImporterContract
from hypothesis import given, settings
from hypothesis import strategies as st

from surronas.errors import InputError
from surronas.spaces import Cell201
from surronas.spaces.known import SPACE_CLASSES, space_named
from surronas.store import ORIGINS, STATUSES, TRAINING_METRICS, BenchmarkStore, Metric, Records, new_records
from surronas.store.handover import write_runs
from surronas.store.importers import Importer, import_benchmark, import_into, importer_named
from surronas.store.importers.own_results import IMPORTER, read_runs, run_batches

CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|"
HEADER = "architecture,task,epochs,seed,valid_accuracy"
SPACE_LINE = '# surronas: {"space": "cell201"}'

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=20)
EPOCHS = 3


class TestRuns(ImporterContract):
    @pytest.fixture
    def importer(self) -> Importer:
        return importer_named("runs")

    @pytest.fixture(params=[".csv", ".jsonl"])
    def source(self, request: pytest.FixtureRequest, tmp_path: Path, cell201: Cell201) -> Path:
        metrics = [
            Metric("valid_accuracy", "valid", "fraction", "maximize", source="ours", licence="CC0"),
            Metric(
                "params", None, "parameters", "minimize", source="ours", licence="CC0", per="architecture"
            ),
        ]
        runs = new_records(6, 6, metrics, ["valid_accuracy"], 3)
        runs["architecture"] = cell201.sample(6, np.random.default_rng(0))
        runs["task"], runs["epochs"], runs["params"] = "t", 3, np.arange(6) + 9.0
        runs["valid_accuracy"], runs["valid_accuracy_curve"] = np.linspace(0.1, 0.9, 6), 0.25
        path = tmp_path / "source" / f"runs{request.param}"
        path.parent.mkdir()
        write_runs(runs, cell201, path, metrics=metrics, description="six runs", licence="CC0")
        return path

    def test_the_file_says_what_it_is(self, imported: BenchmarkStore) -> None:
        assert (imported.description, imported.licence) == ("six runs", "CC0")


def assert_same(found: Records, expected: Records) -> None:
    """Every field of the one is in the other, bit for bit; what only the other has is missing throughout."""
    assert len(found) == len(expected)
    for name in expected.dtype.names:
        if name in found.dtype.names and found.dtype[name].shape == expected.dtype[name].shape:
            np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
        else:
            assert np.isnan(expected[name]).all()


@st.composite
def some_records(draw: st.DrawFn) -> Records:
    """Runs with anything that a store may hold in any field."""
    n = draw(st.integers(0, 4))
    runs = new_records(n, 6, ["train_loss", "valid_accuracy", "params"], ["valid_accuracy"], EPOCHS)
    fractions = st.floats(0, 1) | st.just(np.nan)
    for run in runs:
        run["architecture"] = draw(st.lists(st.integers(0, 4), min_size=6, max_size=6))
        run["task"] = draw(TEXTS.filter(bool))
        run["recipe"], run["device"] = draw(TEXTS), draw(TEXTS)
        run["epochs"] = EPOCHS
        run["seed"] = draw(st.integers(-1, 2**63 - 1))
        run["status"], run["origin"] = draw(st.sampled_from(STATUSES)), draw(st.sampled_from(ORIGINS))
        infinite = run["status"] != "ok"
        run["train_loss"] = draw(st.floats(allow_infinity=infinite))
        run["params"] = draw(st.floats(allow_infinity=infinite, allow_nan=True))
        run["valid_accuracy"] = draw(fractions)
        run["valid_accuracy_curve"] = draw(
            st.lists(st.floats(0, 1, width=32) | st.just(np.nan), min_size=EPOCHS, max_size=EPOCHS)
        )
    return runs


@settings(max_examples=60, deadline=None)
@given(runs=some_records(), suffix=st.sampled_from([".csv", ".jsonl"]))
def test_what_is_written_reads_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, cell201: Cell201, runs: Records, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("runs") / f"runs{suffix}"
    write_runs(runs, cell201, path)
    found = read_runs(path)
    if suffix == ".csv":
        assert_same(found, runs[[name for name in runs.dtype.names if not name.endswith("_curve")]])
    else:
        assert_same(found, runs)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_an_exported_store_imports_as_the_same_store(tmp_path: Path, shipped: Path, suffix: str) -> None:
    store = BenchmarkStore.open(shipped)
    runs = store.records(curves=suffix == ".jsonl")
    write_runs(runs, store.space, tmp_path / f"runs{suffix}", metrics=store.metrics)
    report = import_benchmark(IMPORTER, tmp_path / f"runs{suffix}", tmp_path / "again")
    again = BenchmarkStore.open(tmp_path / "again")
    assert (report.num_runs, again.metrics) == (len(store), store.metrics)
    assert_same(again.records(), runs)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
@pytest.mark.parametrize("name", sorted(SPACE_CLASSES))
def test_architectures_of_every_space_read_back(
    tmp_path: Path, name: str, suffix: str, rng: np.random.Generator
) -> None:
    space = space_named(name)
    runs = new_records(20, space.num_decisions, ["test_loss"])
    runs["architecture"], runs["seed"], runs["task"] = space.sample(20, rng), np.arange(20), "t"
    write_runs(runs, space, tmp_path / f"runs{suffix}")
    assert_same(read_runs(tmp_path / f"runs{suffix}"), runs)


def test_few_columns_are_enough(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(f"{SPACE_LINE}\n{HEADER}\n{CELL},digits,8,0,0.5\n\n{CELL},digits,8,1,\n")
    runs = read_runs(path)
    assert [runs[name].tolist() for name in ("recipe", "device", "status", "origin")] == [
        ["", ""],
        ["", ""],
        ["ok", "ok"],
        ["imported", "imported"],
    ]
    assert runs["architecture"].tolist() == [[3, 0, 1, 0, 0, 4]] * 2
    np.testing.assert_array_equal(runs["valid_accuracy"], [0.5, np.nan])
    report = import_benchmark(IMPORTER, path, tmp_path / "store")
    assert (report.num_runs, report.num_architectures) == (2, 1)
    assert "mine.csv" in BenchmarkStore.open(tmp_path / "store").description


def test_runs_are_appended_to_a_store_with_its_metrics(tmp_path: Path, cell201: Cell201) -> None:
    f1 = Metric("valid_f1", "valid", "fraction", "maximize")
    store = BenchmarkStore.create(tmp_path / "store", cell201, metrics=[*TRAINING_METRICS, f1])
    path = tmp_path / "mine.jsonl"
    rows = [{"architecture": CELL, "task": "t", "epochs": 2, "seed": s, "valid_f1": 0.1 * s} for s in (1, 2)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert store.append(read_runs(path, store.space, store.metrics)) == 2
    assert store.query(CELL, "valid_f1", seed=2) == 0.2


def test_batches_hold_all_rows_in_order(tmp_path: Path, cell201: Cell201) -> None:
    runs = new_records(10, 6, ["valid_accuracy"], ["valid_accuracy"], num_epochs=5)
    runs["seed"], runs["task"], runs["epochs"] = np.arange(10), "t", 5
    runs["valid_accuracy_curve"][7:] = 0.5
    write_runs(runs, cell201, tmp_path / "runs.jsonl")
    batches = list(run_batches(tmp_path / "runs.jsonl", batch_rows=4))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert np.concatenate([batch["seed"] for batch in batches]).tolist() == list(range(10))
    assert_same(read_runs(tmp_path / "runs.jsonl"), runs)


def test_batches_are_smaller_where_curves_are_long(
    tmp_path: Path, cell201: Cell201, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = new_records(6, 6, ["valid_accuracy"], ["valid_accuracy"], num_epochs=50)
    runs["seed"], runs["task"], runs["epochs"], runs["valid_accuracy_curve"] = np.arange(6), "t", 50, 0.25
    write_runs(runs, cell201, tmp_path / "runs.jsonl")
    monkeypatch.setattr("surronas.store.importers.own_results.BATCH_VALUES", 100)
    assert [len(batch) for batch in run_batches(tmp_path / "runs.jsonl")] == [2, 2, 2]


def test_names_say_what_metrics_are(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        '# a comment\n# surronas: {"space": "cell201", "metrics": [{"name": "auc", "split": "valid"}]}\n'
        f"architecture,task,epochs,seed,test_loss,valid_perplexity,test_error,auc\n{CELL},t,1,0,1,2,0.1,.5\n"
    )
    metrics = {metric.name: metric for metric in IMPORTER.read(path).metrics}
    assert metrics["test_loss"] in TRAINING_METRICS
    assert (metrics["valid_perplexity"].split, metrics["valid_perplexity"].direction) == ("valid", "minimize")
    assert (metrics["test_error"].unit, metrics["auc"].split) == ("fraction", "valid")


def test_excel_and_pandas_files_are_read(tmp_path: Path, cell201: Cell201) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(f"\ufeff{HEADER}\r\n{CELL},t,1,0,0.25\r\n".encode())
    assert read_runs(path, cell201)["valid_accuracy"].tolist() == [0.25]


def test_an_empty_file_of_runs_is_no_runs(tmp_path: Path, cell201: Cell201) -> None:
    (tmp_path / "a.csv").write_text(f"{HEADER}\n")
    (tmp_path / "a.jsonl").write_text("")
    assert len(read_runs(tmp_path / "a.csv", cell201)) == len(read_runs(tmp_path / "a.jsonl", cell201)) == 0


BAD_CSV = {
    "line 3: expected seed to be a whole number, got '0.5'": f"{CELL},t,1,0.5,0.5",
    "line 3: expected seed to be a whole number, got nothing": f"{CELL},t,1,,0.5",
    "line 3: expected seed to be a whole number, got '9223372036854775808'": f"{CELL},t,1,{2**63},0.5",
    "line 3: expected seed to be a whole number, got '-2'": f"{CELL},t,1,-2,0.5",
    "line 3: expected epochs to be a whole number >= 0, got '-1'": f"{CELL},t,-1,0,0.5",
    "line 3: expected epochs to be a whole number >= 0, got 'ten'": f"{CELL},t,ten,0,0.5",
    "line 3: expected task to be a name of at most 64 characters, got nothing": f"{CELL},,1,0,0.5",
    "line 3: expected task to be a name of at most 64 characters, got 'ttt": f"{CELL},{'t' * 65},1,0,0.5",
    "line 3: expected valid_accuracy to be a number, .* got 'high'": f"{CELL},t,1,0,high",
    r"line 3: expected valid_accuracy to be a fraction in \[0, 1\], not percent, got '94.3'": (
        f"{CELL},t,1,0,94.3"
    ),
    "line 3: expected 5 cells, as in the row of names, got 4": f"{CELL},t,1,0",
    "line 3: expected an?? ?architecture": "conv,t,1,0,0.5",
    "line 3: expected CSV, got a row with": f'"{CELL}"x,t,1,0,0.5',
}


@pytest.mark.parametrize("message", BAD_CSV)
def test_a_bad_csv_line_is_named(tmp_path: Path, cell201: Cell201, message: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(f"{HEADER}\n{CELL},t,1,0,0.5\n{BAD_CSV[message]}\n")
    if "architecture" in message:
        message = (
            "line 3: expected architecture to be an architecture of space 'cell201', got 'conv' .malformed"
        )
    with pytest.raises(InputError, match=f"mine.csv, {message}"):
        read_runs(path, cell201)


BAD_JSON = {
    "line 2: expected one JSON object a line, got '{'": "{",
    r"line 2: expected one JSON object a line, got '\[1\]": "[1]",
    "line 2: expected a run with architecture, task, epochs, seed; it lacks seed": {"seed": ...},
    "line 2: expected seed to be a whole number, got True": {"seed": True},
    "line 2: expected seed to be a whole number, got 1.0": {"seed": 1.0},
    "line 2: expected architecture to be an architecture of space 'cell201', got 7": {"architecture": 7},
    "line 2: expected recipe to be text, got {'lr': 1}": {"recipe": {"lr": 1}},
    "line 2: expected device to be text of at most 64 characters, got \\[\\]": {"device": []},
    "line 2: expected status to be one of ok, .*, got 'done'": {"status": "done"},
    "line 2: expected origin to be one of benchmark, .*, got 'me'": {"origin": "me"},
    "line 2: expected valid_accuracy to be a number, .*, got False": {"valid_accuracy": False},
    "line 2: expected train_loss to be finite in a run with status ok, got 'inf'": {"train_loss": "inf"},
    "line 2: expected train_loss to be a number, .*, got 1000": {"train_loss": 10**400},
    "line 2: expected train_loss_curve to be a list .*, got 3": {"train_loss_curve": 3},
    r"line 2: expected train_loss_curve to be 2 values, .*: 3 of them": {"train_loss_curve": [1, 2, 3]},
    r"line 2: expected train_loss_curve to be finite": {"train_loss_curve": [1, 1e39]},
    r"line 2: expected valid_accuracy_curve to be a fraction": {"valid_accuracy_curve": [1, 2]},
    "unknown column 'lr'": {"lr": 0.1},
}


@pytest.mark.parametrize("message", BAD_JSON)
def test_a_bad_json_line_is_named(tmp_path: Path, cell201: Cell201, message: str) -> None:
    good = {"architecture": CELL, "task": "t", "epochs": 2, "seed": 0, "valid_accuracy": 0.5}
    bad = BAD_JSON[message]
    if isinstance(bad, dict):
        bad = json.dumps({key: value for key, value in (good | bad).items() if value is not ...})
    path = tmp_path / "mine.jsonl"
    path.write_text(f"{json.dumps(good)}\n{bad}\n")
    with pytest.raises(InputError, match=message):
        read_runs(path, cell201)


def test_deeply_nested_json_is_refused(tmp_path: Path, cell201: Cell201) -> None:
    (tmp_path / "mine.jsonl").write_text("[" * 100_000)
    with pytest.raises(InputError, match="line 1: expected one JSON object"):
        read_runs(tmp_path / "mine.jsonl", cell201)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("architecture,task,seed", "line 1: expected a row of column names.*it lacks epochs"),
        (HEADER.replace(",", ";"), "it lacks architecture, task, epochs, seed"),
        (f"{HEADER},seed", "line 1: column 'seed' is there twice"),
        (f"{HEADER},train_loss_curve", r"line 1: 'train_loss_curve': CSV holds no curves; .*\.jsonl"),
        ("# surronas: {", "line 1: expected one JSON object"),
        ('# surronas: {"space": 3}', 'line 1: expected the first line to say {"space"'),
        ('# surronas: {"spice": "cell201"}', 'line 1: expected the first line to say {"space"'),
        ('# surronas: {"metrics": [{"split": "test"}]}', "line 1: expected a metric with a name"),
        ('# surronas: {"metrics": [{"name": "a", "split": 1}]}', "line 1: metric 'a': expected split"),
        ('# surronas: {"space": "cell101"}', "expected runs of space 'cell201' in .* says 'cell101'"),
    ],
)
def test_a_bad_beginning_is_named(tmp_path: Path, cell201: Cell201, head: str, message: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(f"{head}\n{HEADER}\n{CELL},t,1,0,0.5\n")
    with pytest.raises(InputError, match=message):
        read_runs(path, cell201)


def test_a_metric_declared_otherwise_is_refused(tmp_path: Path, cell201: Cell201) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"surronas": {"metrics": [{"name": "test_loss", "split": "valid"}]}}\n')
    with pytest.raises(InputError, match="metric 'test_loss': expected split 'test', but the file declares"):
        read_runs(path, cell201, TRAINING_METRICS)


def test_a_file_that_does_not_say_its_space_needs_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(f"{HEADER}\n{CELL},t,1,0,0.5\n")
    with pytest.raises(InputError, match="does not say its search space; pass it, or begin the file"):
        import_benchmark(IMPORTER, path, tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_files_that_can_not_be_read_are_refused(tmp_path: Path, cell201: Cell201) -> None:
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.csv").mkdir()
    for name, message in {
        "bytes.csv": "expected text in UTF-8",
        "folder.csv": "can't read .*directory",
        "absent.csv": "can't read .*No such file",
        "runs.xlsx": r"ends in \.csv or \.jsonl",
    }.items():
        with pytest.raises(InputError, match=message):
            read_runs(tmp_path / name, cell201)


def test_a_file_without_a_header_goes_into_a_store_that_tells_the_space(tmp_path, cell201) -> None:
    text = cell201.to_strings(cell201.from_codes(np.arange(2)))
    path = tmp_path / "mine.csv"
    path.write_text(
        f"architecture,task,epochs,seed,valid_accuracy\n{text[0]},mine,12,0,0.5\n{text[1]},mine,12,0,0.625\n"
    )
    store = BenchmarkStore.create(tmp_path / "store", cell201)
    assert import_into(store, IMPORTER, path) == (2, 0)
    assert store.query(text, "valid_accuracy").tolist() == [0.5, 0.625]
