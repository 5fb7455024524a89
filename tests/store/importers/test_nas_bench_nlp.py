import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from contracts.importer_contract import ImporterContract

from surronas.errors import AmbiguousQueryError, ArchitectureError, InputError, MissingRowsError
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, ImportReport, import_benchmark, importer_named
from surronas.store.importers.nas_bench_nlp import IMPORTER

LSTM = "log_stats_model_1000001_2020-04-29_01-00-49_999964337.json"
SPOTS = ("1000000_", "1000001_", "1001441_", "1003441_", "1005441_", "1009182_", "1009257_")


@pytest.fixture(scope="module")
def logs(shared: Path) -> dict[str, dict]:
    """Some logs by name: RNN and LSTM, three runs of one cell, and two runs that diverged."""
    with zipfile.ZipFile(shared / "benchmarks/nasbench-nlp/train_logs_wikitext-2_logs.zip") as archive:
        names = [name for name in archive.namelist() if any(f"model_{spot}" in name for spot in SPOTS)]
        return {Path(name).name: json.loads(archive.read(name)) for name in names}


@pytest.fixture(scope="module")
def whole(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[ImportReport, BenchmarkStore]:
    """The WikiText-2 logs of the release, imported."""
    source = shared / "benchmarks/nasbench-nlp/train_logs_wikitext-2_logs.zip"
    report = import_benchmark(IMPORTER, source, tmp_path_factory.mktemp("nlp") / "store.h5")
    return report, BenchmarkStore.open(report.path)


Make = Callable[[dict[str, dict]], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Make:
    """Writes logs into a folder."""

    def make(logs: dict[str, dict]) -> Path:
        for name, log in logs.items():
            path = tmp_path / "logs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(log))
        return tmp_path / "logs"

    return make


class TestNasBenchNlpContract(ImporterContract):
    @pytest.fixture
    def importer(self) -> Importer:
        return importer_named("nas-bench-nlp")

    @pytest.fixture(params=["zip", "folder"])
    def source(self, request: pytest.FixtureRequest, logs, folder: Make, tmp_path: Path) -> Path:
        made = folder(logs)
        if request.param == "folder":
            return made
        with zipfile.ZipFile(tmp_path / "logs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in made.iterdir():
                archive.write(path, f"train_logs/{path.name}")
        return tmp_path / "logs.zip"


def test_the_release_holds_what_was_counted(whole) -> None:
    report, _ = whole
    assert (report.num_runs, report.num_architectures) == (345, 277)
    assert len(report.facts) == 7
    assert all(fact.holds for fact in report.facts)


def test_numbers_are_those_of_the_logs(whole, logs) -> None:
    _, store = whole
    log = next(log for name, log in logs.items() if "model_1000001_" in name)
    asked = {"task": "wikitext-2", "epochs": 50, "seed": 0}
    for metric, field in {
        "train_loss": "train_losses",
        "valid_loss": "val_losses",
        "test_loss": "test_losses",
    }.items():
        assert store.query([log["recepie"]], metric, **asked) == [log[field][-1]]
        np.testing.assert_array_equal(
            store.curves([log["recepie"]], metric, **asked), np.float32([log[field]])
        )
    seconds = np.cumsum(log["wall_times"])
    np.testing.assert_allclose(store.query([log["recepie"]], "train_seconds", **asked), seconds[-1:])
    np.testing.assert_allclose(
        store.curves([log["recepie"]], "train_seconds", **asked)[0], seconds, rtol=1e-6
    )
    assert store.query([log["recepie"]], "params") == [log["num_params"]]


def test_repeats_of_a_cell_are_numbered(whole, logs) -> None:
    _, store = whole
    repeats = [log for name, log in sorted(logs.items()) if "441_" in name.split("_")[3] + "_"]
    assert len(repeats) == 3
    cell = [repeats[0]["recepie"]]
    values = store.query(cell, "valid_loss", seed="all")[0]
    np.testing.assert_array_equal(values[~np.isnan(values)], [log["val_losses"][-1] for log in repeats])
    assert store.query(cell, "valid_loss", seed="mean") == pytest.approx(
        np.mean([log["val_losses"][-1] for log in repeats])
    )
    with pytest.raises(AmbiguousQueryError, match="leaves the seed open"):
        store.query(cell, "valid_loss")


def test_runs_that_diverged_keep_their_epochs_and_answer_with_no_number(
    folder: Make, logs, tmp_path: Path
) -> None:
    import_benchmark(IMPORTER, folder(logs), tmp_path / "store")
    store = BenchmarkStore.open(tmp_path / "store")
    runs = store.records()
    failed = runs[runs["status"] == "diverged"]
    finished = np.isfinite(failed["valid_loss_curve"]).sum(axis=1)
    assert sorted(finished.tolist()) == [0, 22]  # and a loss that is no number after the next
    assert np.isnan(failed["valid_loss"]).all()
    assert (failed["train_seconds"] > 0).all()
    with pytest.raises(MissingRowsError, match="diverged"):
        store.query(failed["architecture"], "valid_loss", seed=0)
    assert "7 logs of wikitext-2 (a part: the release has 345)" in store.description


def test_other_data_are_other_tasks_with_parameters_of_their_own(folder: Make, logs, tmp_path: Path) -> None:
    name = next(name for name in logs if "model_1000001_" in name)
    ptb = logs[name] | {"data": "data/ptb", "dropout": 0.4, "num_params": 1}
    import_benchmark(IMPORTER, folder({name: logs[name], f"{name[:-5]}0.json": ptb}), tmp_path / "store")
    store = BenchmarkStore.open(tmp_path / "store")
    assert {run["task"]: json.loads(run["recipe"])["dropout"] for run in store.table()} == {
        "ptb": 0.4,
        "wikitext-2": 0.1,
    }
    assert store.query([ptb["recepie"]], "params", task="ptb") == [1]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"status": "KeyboardInterrupt"}, "killed"),
        ({"status": "Exception: CUDA out of memory. Tried ..."}, "out_of_memory"),
        ({"status": "Exception: unknown"}, "failed"),
        ({"test_losses": [9.0] * 49 + [float("inf")]}, "diverged"),
        ({"test_losses": [9.0] * 49 + [1e300]}, "diverged"),
    ],
)
def test_every_way_to_fail_has_its_status(
    folder: Make, logs, tmp_path: Path, change: dict, status: str
) -> None:
    log = next(log for name, log in logs.items() if "model_1000001_" in name)
    import_benchmark(IMPORTER, folder({LSTM: log | change}), tmp_path / "store")
    (run,) = BenchmarkStore.open(tmp_path / "store").records()
    assert run["status"] == status
    assert np.isnan(run["valid_loss"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": "fine"}, "unknown status 'fine'"),
        (
            {"epochs": 60},
            r"60 epochs, status 'OK', has curves of \[50\] epochs; expected curves of one length",
        ),
        ({"epochs": 10**9, "status": "KeyboardInterrupt"}, "of 1000000000 epochs"),
        ({"wall_times": [1.0]}, r"has curves of \[1, 50\] epochs"),
        ({"val_losses": "none"}, "can't read"),
        ({"recepie": "{}"}, "expected a cell of at most 24 nodes"),
    ],
)
def test_logs_that_can_not_be_are_refused(
    folder: Make, logs, tmp_path: Path, change: dict, message: str
) -> None:
    log = next(log for name, log in logs.items() if "model_1000001_" in name)
    with pytest.raises((InputError, ArchitectureError), match=message):
        import_benchmark(IMPORTER, folder({LSTM: log | change}), tmp_path / "store")


def test_logs_that_lack_something_are_refused(folder: Make, tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=rf"the log {LSTM} lacks model, nlayers, .* wall_times; expected a log"
    ):
        import_benchmark(IMPORTER, folder({LSTM: {}}), tmp_path / "store")
    with pytest.raises(InputError, match="is no JSON object"):
        import_benchmark(IMPORTER, folder({LSTM: []}), tmp_path / "store")


def test_a_log_that_lies_there_twice_is_no_second_run(folder: Make, logs, tmp_path: Path) -> None:
    (name, log), *_ = logs.items()
    with pytest.raises(InputError, match=rf"holds the log {name} twice, at "):
        import_benchmark(IMPORTER, folder({name: log, f"copy/{name}": log}), tmp_path / "store")


def test_a_log_of_unlikely_size_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "logs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(LSTM, bytes(2**23))
    with pytest.raises(InputError, match="has 8388608 bytes; no log is so large"):
        import_benchmark(IMPORTER, tmp_path / "logs.zip", tmp_path / "store")
