import io

import numpy as np
import pytest
from plots.loop_rounds import two_rounds
from rich.console import Console

from surronas.progress import PlainDisplay, RichDisplay
from surronas.store import TRAINING_METRICS, new_records


@pytest.fixture
def row() -> np.ndarray:
    made = new_records(1, 6, TRAINING_METRICS)
    made["valid_accuracy"], made["train_seconds"], made["seed"] = 0.9366, 0.5, 1
    return made


def show(display, row) -> None:
    for round_ in two_rounds():
        display.planned(round_.number, round_.candidates)
        display.trained(row)
        display.finished(round_)


def test_plain_lines_say_what_was_predicted_and_measured(row):
    out = io.StringIO()
    show(PlainDisplay(out, "valid_accuracy"), row)
    text = out.getvalue()
    assert "XGBoost 0.9321 ± 0.0111" in text
    assert "seed 1: valid_accuracy 0.9366 (ok, 0.50 s)" in text
    assert ": diverged (predicted" in text
    assert "208 rows, Gaussian process: Kendall tau 0.701 on 200 held-out architectures (sampled)" in text
    assert "round 2 incumbent: 0.9366" in text
    assert all(line.startswith("[") for line in text.splitlines())


def test_a_terminal_gets_tables_and_is_left_as_it_was(row):
    out = io.StringIO()
    display = RichDisplay(Console(file=out, force_terminal=True, width=200), 2, "valid_accuracy")
    show(display, row)
    display.planned(3, two_rounds()[1].candidates)
    display.close()
    text = out.getvalue()
    assert "|nor_conv_3x3~0|+|avg_pool_3x3~0|" in text
    assert "0.9321 ± 0.0111" in text
    assert "diverged" in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") > 0  # the cursor is hidden, and back


def test_candidates_picked_one_by_one_are_shown_and_one_bar_runs_on(row):
    out, terminal = io.StringIO(), io.StringIO()
    display = RichDisplay(Console(file=terminal, force_terminal=True, width=200), 2, "valid_accuracy")
    plain = PlainDisplay(out, "valid_accuracy")
    for round_ in two_rounds():
        for each in (display, plain):
            for candidate in round_.candidates:
                each.picked(round_.number, candidate)
                each.trained(row)
            each.finished(round_)
    display.close()
    num_picked = sum(len(round_.candidates) for round_ in two_rounds())
    assert out.getvalue().count(" picks |") == num_picked
    assert f"{num_picked}/{2 * num_picked}" in terminal.getvalue()
    assert terminal.getvalue().count("\x1b[?25l") == terminal.getvalue().count("\x1b[?25h") == 1
