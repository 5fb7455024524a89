"""Commands run beside one another, each with a log; none of them outlives who started them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_GUARD = Path(__file__).with_name("guard.py")
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Job:
    """A command to run, and the file that takes all that it prints."""

    name: str
    command: Sequence[str]
    log: Path


@dataclass(frozen=True)
class Ended:
    """A job that has ended: 128 + n as its code where signal n killed it."""

    name: str
    code: int
    seconds: float


@dataclass(frozen=True)
class _Running:
    job: Job
    process: subprocess.Popen[bytes]
    start: float


def run_jobs(
    jobs: Sequence[Job], *, workers: int, folder: Path, environment: Mapping[str, str]
) -> Iterator[Ended]:
    """Yield each job as it ends; when this is closed, or its process is killed, those running are killed.

    A job runs in a session of its own, so that its own workers go with it.
    """
    waiting, running = list(reversed(jobs)), list[_Running]()
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                running.append(_start(waiting.pop(), folder, environment))
            ended = [each for each in running if each.process.poll() is not None]
            for each in ended:
                running.remove(each)
                _kill(each.process)  # workers that the job has left behind
                seconds = time.perf_counter() - each.start
                yield Ended(each.job.name, each.process.returncode, seconds)
            if not ended:
                time.sleep(_POLL_SECONDS)
    finally:
        for each in running:
            _kill(each.process)


def _start(job: Job, folder: Path, environment: Mapping[str, str]) -> _Running:
    """Start a job under its guard."""
    job.log.parent.mkdir(parents=True, exist_ok=True)
    with job.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARD), *job.command],
            stdin=subprocess.PIPE,  # held open by this process alone
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**environment},
            start_new_session=True,
        )
    return _Running(job, process, time.perf_counter())


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a guard and all that it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses where all have ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
