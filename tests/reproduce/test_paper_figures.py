"""The paper's figures are drawn from the results that are committed."""

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "paper_figures" / "surrogate_sweep.py"


@pytest.fixture(scope="module")
def script():
    spec = spec_from_file_location("paper_figure", SCRIPT)  # reproduce/ has a script of the file's name
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_panel_shows_both_surrogates_and_what_was_published(script) -> None:
    lines = json.loads(script.RESULT.read_text())["sweep"]
    figure = script.tau_figure({title: lines[title] for title in script.PANELS})
    first = figure.axes[0]
    labels = {line.get_label() for line in first.get_lines()}
    assert {"Gaussian process", "XGBoost", "noise ceiling: isomorphic twins"} <= labels
    assert any("FLAN" in label for label in labels)
    assert not any(label.startswith(("to reach", "probe")) for label in labels)
    assert [axes.get_title().split("\n")[0] for axes in figure.axes] == list(script.PANELS)
    ours = next(line for line in first.get_lines() if line.get_label() == "Gaussian process")
    assert ours.get_ydata().tolist() == lines[script.PANELS[0]]["rows"][0]["kendall_tau"]


def test_tables_that_leave_the_band_are_named(script) -> None:
    result = json.loads(script.RESULT.read_text())
    panels = script.coverage_figure(result["sweep"]).axes
    for axes, surrogate in zip(panels, script.OURS, strict=True):
        legend = axes.get_legend()
        named = {text.get_text() for text in legend.get_texts()} if legend else set()
        assert named == set(result["verdicts"][surrogate]["coverage_outside_85_to_95"])
