import os
import sys
from pathlib import Path

import numpy as np
import pytest
from training.tiny import GOOD, POINTWISE, TINY, tiny_task

from surronas.errors import MissingPackageError
from surronas.spaces import Cell201
from surronas.training import Job, Trainer, TrainingResult
from surronas.training.result import CURVES
from surronas.training.tracking import MLflowObserver

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # tests tell nobody
mlflow = pytest.importorskip("mlflow")


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    return mlflow.MlflowClient(tracking_uri=tmp_path.as_uri())


def runs_of(client, experiment: str) -> dict:
    """The runs of an experiment by name."""
    known = client.get_experiment_by_name(experiment)
    return {run.info.run_name: run for run in client.search_runs([known.experiment_id])}


def test_each_training_is_a_run_of_the_experiment(client, tmp_path: Path) -> None:
    observer = MLflowObserver(tmp_path, "first cells", space=Cell201())
    results = {}
    for cell in (GOOD, POINTWISE):
        job = Job(cell, 4, TINY)
        observer.started(job)
        result = Trainer(Cell201(), tiny_task(), device="cpu", on_epoch=observer.epoch).train(job)
        observer.finished(job, result)
        results["-".join(map(str, cell)) + "_seed4"] = result
    runs = runs_of(client, "first cells")
    assert set(runs) == set(results)
    for name, run in runs.items():
        assert run.info.status == "FINISHED"
        assert run.data.params["learning_rate"] == str(TINY.learning_rate)
        assert run.data.metrics["params"] == results[name].params
        assert run.data.tags["status"] == "ok"
        for curve in CURVES:
            points = client.get_metric_history(run.info.run_id, curve)
            assert [point.step for point in points] == [0, 1]
            values = np.float32([point.value for point in points])
            np.testing.assert_array_equal(values, results[name].curves[curve])


def test_failed_and_unfinished_trainings_are_closed(client, tmp_path: Path) -> None:
    observer = MLflowObserver(str(tmp_path))
    diverged, killed, unfinished = (Job(GOOD, seed, TINY) for seed in range(3))
    observer.finished(diverged, TrainingResult("diverged", "cpu", message="loss is NaN"))
    observer.finished(killed, TrainingResult("killed", "cpu"))
    observer.started(unfinished)
    observer.started(unfinished)
    observer.close()
    statuses = {name: run.info.status for name, run in runs_of(client, "surronas").items()}
    assert list(dict(sorted(statuses.items())).values()) == ["FAILED", "KILLED", "KILLED"]
    assert runs_of(client, "surronas")["3-3-3-3-3-3_seed0"].data.tags["message"] == "loss is NaN"


def test_an_experiment_goes_on(client, tmp_path: Path) -> None:
    for seed in range(2):
        MLflowObserver(tmp_path, "again").finished(Job(GOOD, seed, TINY), TrainingResult("ok", "cpu"))
    assert len(runs_of(client, "again")) == 2


def test_the_environment_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    MLflowObserver(tmp_path)
    assert "MLFLOW_ALLOW_FILE_STORE" not in os.environ
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "false")
    MLflowObserver(tmp_path, "other")
    assert os.environ["MLFLOW_ALLOW_FILE_STORE"] == "false"


def test_without_mlflow_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingPackageError, match=r"needs mlflow, .*pip install 'surronas\[tracking\]'"):
        MLflowObserver(tmp_path)
