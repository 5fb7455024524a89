"""Jobs run beside one another; nothing of them is left when they are closed or their starter is killed."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from processes_gone import all_gone

from surronas.reproduction.jobs import Job, run_jobs

WITH_WORKER = """
import subprocess, sys, pathlib, os
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path("aside").write_text(f"{os.getpid()} {worker.pid}")
os.rename("aside", "pids")
"""
STAYS = WITH_WORKER + "worker.wait()"
ROOT = Path(__file__).parents[2]


def jobs(folder: Path, **codes: str) -> list[Job]:
    return [Job(name, [sys.executable, "-c", code], folder / f"{name}.log") for name, code in codes.items()]


def pids(folder: Path) -> list[int]:
    """The processes that STAYS has written down, once they are there."""
    until = time.monotonic() + 30
    while not (folder / "pids").exists() and time.monotonic() < until:
        time.sleep(0.01)
    return [int(pid) for pid in (folder / "pids").read_text().split()]


def test_codes_and_logs(tmp_path: Path) -> None:
    given = jobs(
        tmp_path,
        well="import os; print('hello', os.environ['A'], os.getcwd())",
        badly="import sys; print('told', file=sys.stderr); sys.exit(3)",
        killed="import os; os.kill(os.getpid(), 9)",
    )
    ended = list(run_jobs(given, workers=2, folder=tmp_path, environment={**os.environ, "A": "b"}))
    assert {each.name: each.code for each in ended} == {"well": 0, "badly": 3, "killed": 137}
    assert all(each.seconds > 0 for each in ended)
    assert (tmp_path / "well.log").read_text() == f"hello b {tmp_path}\n"
    assert (tmp_path / "badly.log").read_text() == "told\n"


def test_no_more_than_the_workers_run_at_a_time(tmp_path: Path) -> None:
    code = "import os, time; open('N', 'x'); time.sleep(.1); print(len(os.listdir())); os.remove('N')"
    (tmp_path / "here").mkdir()
    given = jobs(tmp_path, **{f"job{n}": code.replace("N", str(n)) for n in range(5)})
    list(run_jobs(given, workers=2, folder=tmp_path / "here", environment=os.environ))
    assert all(int((tmp_path / f"job{n}.log").read_text()) <= 2 for n in range(5))


def test_closing_kills_jobs_and_their_workers(tmp_path: Path) -> None:
    given = jobs(tmp_path, short="pass", long=STAYS)
    with closing(run_jobs(given, workers=2, folder=tmp_path, environment=os.environ)) as running:
        assert next(running).name == "short"
        started = pids(tmp_path)
    assert all_gone(started)


def test_a_worker_left_behind_is_killed(tmp_path: Path) -> None:
    (ended,) = run_jobs(
        jobs(tmp_path, leaves=WITH_WORKER), workers=1, folder=tmp_path, environment=os.environ
    )
    assert ended.code == 0
    assert all_gone(pids(tmp_path))


def test_jobs_of_a_killed_process_are_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib\nfrom surronas.reproduction.jobs import Job, run_jobs\n"
        f"job = Job('long', [sys.executable, '-c', {STAYS!r}], pathlib.Path('long.log'))\n"
        "list(run_jobs([job], workers=1, folder=pathlib.Path('.'), environment=os.environ))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    starter = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment)
    started = pids(tmp_path)
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    assert all_gone(started)
