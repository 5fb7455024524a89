"""A worker process: gets jobs from its parent, trains, tells of each epoch and sends the results.

Run as ``python -m surronas.training.executors.worker FD`` by `ProcessExecutor`; FD is the worker's end of a
connection that is private to the two processes, so plain pickles travel on it; no file is ever read that way.
"""

import contextlib
import os
import signal
import sys
from multiprocessing.connection import Connection

from surronas.training.executors.messages import EpochEnded, Started, attempted
from surronas.training.job import Job
from surronas.training.trainer import Trainer


def main() -> None:
    """Train until the parent closes the connection, or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.dup2(2, 1)  # what a library prints must not mix with what the parent prints
    parent = Connection(int(sys.argv[1]))

    def tell(job: Job, epoch: int, values: dict[str, float]) -> None:
        parent.send(EpochEnded(epoch, values))

    with contextlib.suppress(EOFError, ConnectionError):  # the parent is gone
        shared, own = parent.recv(), parent.recv()
        trainer = Trainer(**shared, **own, on_epoch=tell)
        status = ""
        while status != "failed":  # then this process ends: nobody knows in what state it is
            job = parent.recv()
            parent.send(Started(trainer.hardware))
            result = attempted(trainer, job)
            parent.send(result)
            status = result.status
    sys.stderr.flush()
    os._exit(0)  # at once, whatever threads are left


if __name__ == "__main__":
    main()
