"""A worker process: reads jobs from standard input, trains, writes results to standard output.

Run as ``python -m surronas.training.worker`` by `ProcessExecutor`. The pipe is private to the two
processes, so plain pickles travel on it; no file is ever read that way.
"""

import os
import pickle
import signal
import sys
import traceback

from surronas.training.executor import TRAINING_FAILED
from surronas.training.trainer import Trainer


def main() -> None:
    """Train until standard input ends: the parent closed it, or died."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    jobs = sys.stdin.buffer
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not mix with the results
    trainer = Trainer(**pickle.load(jobs))
    while True:
        try:
            graph, seed = pickle.load(jobs)
        except EOFError:
            return
        try:
            result = trainer.train(graph, seed)
        except Exception:
            traceback.print_exc()
            sys.exit(TRAINING_FAILED)
        pickle.dump(result, results)
        results.flush()


if __name__ == "__main__":
    main()
