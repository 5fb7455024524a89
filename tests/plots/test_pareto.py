import numpy as np
import pytest

from surronas.errors import InputError
from surronas.plots.evaluation import figure_bytes
from surronas.plots.pareto import attained, fronts_figure


def test_one_run_attains_its_front() -> None:
    points = [[1.0, 3.0], [2.0, 2.0], [1.5, 1.0], [3.0, 0.5], [2.0, 1.9]]
    np.testing.assert_array_equal(attained([points]), [[1.0, 3.0], [2.0, 2.0], [3.0, 0.5]])


def test_half_and_all_of_the_runs_by_hand() -> None:
    runs = [[[1.0, 1.0]], [[2.0, 2.0]], [[3.0, 3.0], [0.0, 9.0]]]
    np.testing.assert_array_equal(attained(runs, 1.0), [[1.0, 1.0]])
    np.testing.assert_array_equal(attained(runs), [[2.0, 2.0]])
    np.testing.assert_array_equal(attained(runs, 0.1), [[0.0, 9.0], [3.0, 3.0]])


def test_what_is_attained_is_passed_by_that_many_runs() -> None:
    rng = np.random.default_rng(0)
    runs = [rng.normal(size=(30, 2)) for _ in range(9)]
    for share in (0.2, 0.5, 0.9):
        for corner in attained(runs, share):
            assert sum((run >= corner).all(axis=1).any() for run in runs) >= share * 9


def test_the_figure_shows_searchers_and_the_best() -> None:
    rng = np.random.default_rng(0)
    runs = {name: [rng.uniform(0.8, 0.9, (5, 2)) * (1, -10) for _ in range(4)] for name in ("a", "b")}
    figure = fronts_figure(
        "Fronts",
        runs,
        names=("accuracy", "latency (ms)"),
        signs=(1, -1),
        best=[[0.95, -7.0]],
        note="searched on x",
    )
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b", "best possible"]
    assert figure.axes[0].lines[0].get_ydata().min() > 0  # latencies as they are
    assert figure.axes[0].get_title(loc="left") == "searched on x"
    assert figure_bytes(figure, "png").startswith(b"\x89PNG")


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match=r"points \(n, 2\)"):
        attained([])
    with pytest.raises(InputError, match="share of the runs"):
        attained([[[1.0, 1.0]]], 0.0)
