"""A worker process: reads jobs from standard input, trains, writes results to standard output.

Run as ``python -m surronas.training.executors.worker`` by `ProcessExecutor`. The pipe is private to the two
processes, so plain pickles travel on it; no file is ever read that way.
"""

import contextlib
import os
import pickle
import signal
import sys
import traceback

from surronas.training.executors.processes import TRAINING_FAILED
from surronas.training.job import Job
from surronas.training.result import TrainingResult
from surronas.training.trainer import Trainer


def main() -> None:
    """Train until standard input ends: the parent closed it, or died."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    jobs = sys.stdin.buffer
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not mix with the results
    with contextlib.suppress(EOFError, pickle.UnpicklingError, BrokenPipeError):  # the parent is gone
        trainer = Trainer(**pickle.load(jobs))
        while True:
            pickle.dump(_train(trainer, pickle.load(jobs)), results)
            results.flush()
    os._exit(0)  # without a last flush into a pipe that nobody reads


def _train(trainer: Trainer, job: Job) -> TrainingResult:
    """Return what a training gave; an exception is printed, and ends this process."""
    try:
        return trainer.train(job)
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(TRAINING_FAILED)


if __name__ == "__main__":
    main()
