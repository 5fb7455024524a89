"""Trainings as MLflow shows them: a run each in one experiment, in a folder or on a tracking server."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surronas.errors import MissingPackageError
from surronas.spaces import SearchSpace
from surronas.training.job import Job
from surronas.training.result import TrainingResult
from surronas.training.tracking.naming import hyper_parameters, outcome, run_name

_FILE_STORE = "MLFLOW_ALLOW_FILE_STORE"  # MLflow's leave to use a folder, which it asks for since 3.7
_STATUS = {"ok": "FINISHED", "killed": "KILLED"}  # any other: FAILED


class MLflowObserver:
    """Logs each training as a run of ``experiment``: parameters, a metric a curve and a step an epoch.

    ``uri`` is a folder or a tracking server's address (``http://...``, ``sqlite:///...``, ``databricks``).
    Without ``space`` an architecture is named by its decisions.

    Raises:
        MissingPackageError: mlflow, or mlflow-skinny, is not installed.
    """

    def __init__(
        self,
        uri: str | os.PathLike[str],
        experiment: str = "surronas",
        *,
        space: SearchSpace | None = None,
    ) -> None:
        try:
            import mlflow
        except ImportError as error:
            raise MissingPackageError(
                "MLflowObserver needs mlflow, which is not installed; pip install 'surronas[tracking]'"
            ) from error
        self._space = space
        self._runs: dict[Job, str] = {}
        with _folder_allowed():
            self._client = mlflow.MlflowClient(tracking_uri=_address(uri))
            known = self._client.get_experiment_by_name(experiment)
            self._experiment: str = (
                known.experiment_id if known else self._client.create_experiment(experiment)
            )

    def started(self, job: Job) -> None:
        """Open the training's run, with its hyper-parameters."""
        from mlflow.entities import Param

        if job in self._runs:  # the same training twice at once
            return
        run = self._client.create_run(self._experiment, run_name=run_name(job))
        self._runs[job] = run.info.run_id
        known = hyper_parameters(job, self._space)
        self._client.log_batch(
            run.info.run_id, params=[Param(name, str(value)) for name, value in known.items()]
        )

    def epoch(self, job: Job, epoch: int, measured: dict[str, float]) -> None:
        """Log a point of each curve."""
        self.started(job)
        self._log(job, measured, epoch)

    def finished(self, job: Job, result: TrainingResult) -> None:
        """Log what the training came to, and close its run."""
        self.started(job)
        ends = outcome(job, result)
        self._log(job, {name: value for name, value in ends.items() if name not in result.curves}, 0)
        run = self._runs.pop(job)
        about = {"status": result.status, "device": result.device, "message": result.message}
        for name, value in about.items():
            if value:
                self._client.set_tag(run, name, value[:5000])  # MLflow's limit
        self._client.set_terminated(run, _STATUS.get(result.status, "FAILED"))

    def close(self) -> None:
        """Close the runs of trainings that were not finished, as killed."""
        for run in self._runs.values():
            self._client.set_terminated(run, "KILLED")
        self._runs.clear()

    def _log(self, job: Job, values: dict[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        self._client.log_batch(
            self._runs[job], metrics=[Metric(name, value, now, step) for name, value in values.items()]
        )


def _address(uri: str | os.PathLike[str]) -> str:
    """Return an address as MLflow takes it; that of a folder begins with ``file:``."""
    text = os.fspath(uri)
    schemes = ("databricks", "uc")
    return text if ":" in text[2:] or text in schemes else Path(text).absolute().as_uri()


@contextmanager
def _folder_allowed() -> Iterator[None]:
    """Run the block with MLflow's leave to use a folder, for that is what was asked for."""
    before = os.environ.get(_FILE_STORE)
    os.environ[_FILE_STORE] = "true"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_FILE_STORE]
        else:
            os.environ[_FILE_STORE] = before
