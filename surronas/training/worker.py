"""A worker process: reads jobs from standard input, trains, writes results to standard output.

Run as ``python -m surronas.training.worker`` by `ProcessExecutor`. The pipe is private to the two
processes, so plain pickles travel on it; no file is ever read that way.
"""

import contextlib
import os
import pickle
import signal
import sys
import traceback

from surronas.spaces import Graph
from surronas.training.executor import TRAINING_FAILED
from surronas.training.trainer import Trainer, TrainingResult


def main() -> None:
    """Train until standard input ends: the parent closed it, or died."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    jobs = sys.stdin.buffer
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not mix with the results
    with contextlib.suppress(EOFError, pickle.UnpicklingError, BrokenPipeError):  # the parent is gone
        trainer = Trainer(**pickle.load(jobs))
        while True:
            graph, seed = pickle.load(jobs)
            pickle.dump(_train(trainer, graph, seed), results)
            results.flush()
    os._exit(0)  # without a last flush into a pipe that nobody reads


def _train(trainer: Trainer, graph: Graph, seed: int) -> TrainingResult:
    """Return what a training gave; an exception is printed, and ends this process."""
    try:
        return trainer.train(graph, seed)
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(TRAINING_FAILED)


if __name__ == "__main__":
    main()
