import csv
import io
import json

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from surronas.encodings import one_hot
from surronas.evaluation import (
    Contender,
    Results,
    csv_of_fits,
    csv_of_summaries,
    evaluate_surrogates,
    latex_table,
    target_of,
    text_table,
)
from surronas.plots.evaluation import calibration_figure, figure_bytes, tau_figure
from surronas.run_folder import without_nan


@pytest.fixture
def results(small_store, gaussian_process: Contender) -> Results:
    linear = Contender("linear_model", LinearRegression(), "one-hot", one_hot)
    return evaluate_surrogates(
        target_of(small_store), [gaussian_process, linear], train_sizes=[8, 16, 500], num_seeds=2
    )


def test_text_tells_target_split_ceiling_and_notes(results: Results) -> None:
    text = text_table(results)
    assert "target  valid_accuracy (validation split), task digits" in text
    assert "no network is on both sides" in text
    assert "(seeds, errs low): 1 seed against the mean of the other 2" in text
    assert "left out: train sizes 500" in text
    tau = results.summary("gp", "live", 16).scores["kendall_tau"]
    assert f"{tau.mean:.3f} [{tau.low:.3f}, {tau.high:.3f}]" in text
    assert max(map(len, text.splitlines())) < 160


def test_csv_holds_every_number(results: Results) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_of_summaries(results))))
    assert len(rows) == 4 * len(results.kinds)
    (found,) = [
        row
        for row in rows
        if (row["surrogate"], row["num_train"], row["score"]) == ("gp", "16", "regret_at_k")
    ]
    expected = results.summary("gp", "live", 16).scores["regret_at_k"]
    assert float(found["mean"]) == pytest.approx(expected.mean, rel=1e-5)
    assert found["unit"] == "fraction"
    fits = list(csv.DictReader(io.StringIO(csv_of_fits(results))))
    assert len(fits) == 8
    assert fits[-1]["nll"] == ""  # a regressor without a standard deviation
    assert float(fits[0]["kendall_tau"]) == pytest.approx(results.fits[0].scores["kendall_tau"], rel=1e-5)


def test_latex_is_a_table_with_escaped_names(results: Results) -> None:
    text = latex_table(results)
    assert r"linear\_model & one-hot & $" in text
    assert text.count(r"\\") == 3
    assert all(line.startswith("%") for line in text.split(r"\end{tabular}")[1].strip().splitlines())
    assert "--" in latex_table(results, "nll")


def test_json_tells_units_and_comes_back(results: Results) -> None:
    found = json.loads(json.dumps(without_nan(results.to_json())))
    units = {kind["name"]: kind["unit"] for kind in found["scores"]}
    assert units["rmse"] == "fraction"
    assert units["kendall_tau"] == "-1 to 1"
    assert "nll" not in found["fits"][-1]["scores"]
    assert found["summaries"][-1]["scores"]["nll"]["mean"] is None
    assert len(found["summaries"]) == 4


def test_figures_show_all_contenders_and_ceilings(results: Results) -> None:
    figure = tau_figure(results)
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words[:2] == ["gp on live", "linear_model on one-hot"]
    assert len(words) == 2 + len(results.ceilings)
    (axes,) = figure.axes
    taus = [results.summary("gp", "live", n).scores["kendall_tau"].mean for n in (8, 16)]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), taus)
    calibrated = calibration_figure(results)
    assert len(calibrated.legends[0].get_texts()) == 2  # the diagonal and the one that has a std
    assert figure_bytes(figure, "png").startswith(b"\x89PNG")
    assert figure_bytes(calibrated, "pdf").startswith(b"%PDF")
