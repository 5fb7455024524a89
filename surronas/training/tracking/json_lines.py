"""Trainings as lines of JSON, an event a line, for whatever reads them later."""

import json
import math
import os
from dataclasses import asdict
from pathlib import Path

from surronas.training.job import Job
from surronas.training.result import TrainingResult
from surronas.training.tracking.naming import outcome


class JsonLinesObserver:
    """Appends an object a line: ``event`` (started, epoch, finished), the job, and what was measured.

    What is missing (NaN) is null. A line is written whole and at once, so the file can be followed.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._path.parent.mkdir(parents=True, exist_ok=True)

    def started(self, job: Job) -> None:
        """Write that a training begins, with its recipe."""
        self._write("started", job, {"recipe": asdict(job.recipe)})

    def epoch(self, job: Job, epoch: int, measured: dict[str, float]) -> None:
        """Write what an epoch gave."""
        self._write("epoch", job, {"epoch": epoch, **measured})

    def finished(self, job: Job, result: TrainingResult) -> None:
        """Write what a training came to."""
        about = {"status": result.status, "device": result.device, "message": result.message}
        self._write("finished", job, {**about, **outcome(job, result)})

    def _write(self, event: str, job: Job, what: dict[str, object]) -> None:
        known = {"event": event, "architecture": list(job.architecture), "seed": job.seed}
        known |= {"recipe": job.recipe.name, **what}
        line = {name: None if _missing(value) else value for name, value in known.items()}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _missing(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
