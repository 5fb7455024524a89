import io

import numpy as np
from training.tiny import GOOD, TINY

from surronas.training import Job, TrainingResult
from surronas.training.tracking import ProgressBar, ProgressObserver

JOBS = [Job(GOOD, seed, TINY) for seed in range(3)]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def ended(accuracy: float) -> TrainingResult:
    return TrainingResult("ok", "cpu", {"valid_accuracy": np.array([0.1, accuracy], np.float32)})


def observed(out: io.StringIO, total: int | None, every: float) -> list[str]:
    observer = ProgressObserver(total, out=out, every=every)
    for job in JOBS:
        observer.started(job)
        observer.epoch(job, 0, {})
        observer.finished(
            job, ended(0.5 + job.seed / 10) if job.seed != 1 else TrainingResult("killed", "cpu")
        )
    observer.close()
    return out.getvalue().splitlines()


def test_a_log_has_a_line_each_with_count_speed_and_remaining_time() -> None:
    lines = observed(io.StringIO(), 3, every=0.0)
    assert [line.partition(",")[0] for line in lines] == [f"{done} of 3 trained" for done in (0, 1, 2, 3)]
    assert lines[1].endswith(" s left, valid_accuracy 0.5000")
    assert lines[2].endswith(" s left, killed")
    assert "left" not in lines[3]
    assert lines[3].endswith("valid_accuracy 0.7000")
    assert all(" a second" in line or " a minute" in line for line in lines)


def test_a_log_is_not_flooded_but_ends_with_the_last_state() -> None:
    assert [line.partition(",")[0] for line in observed(io.StringIO(), 3, every=1e9)] == ["3 of 3 trained"]
    assert [line.partition(",")[0] for line in observed(io.StringIO(), None, every=1e9)] == ["3 trained"]
    assert [line.partition(",")[0] for line in observed(io.StringIO(), 9, every=1e9)] == ["3 of 9 trained"]


def test_a_terminal_has_a_bar() -> None:
    out = Terminal()
    with ProgressBar("measured", out=out) as bar:
        bar.show(1, 4, "cell [3x3]")
        bar.show(2.5, 4)
        bar.show(4, 4)
    text = out.getvalue()
    assert "of 4 measured" in text
    assert "\x1b[" in text  # moves in place
    observed(Terminal(), 3, every=0.0)
    observed(Terminal(), None, every=0.0)


def test_a_bar_that_was_never_shown_says_nothing() -> None:
    out = io.StringIO()
    ProgressBar("measured", out=out).close()
    assert out.getvalue() == ""
