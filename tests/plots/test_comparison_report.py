import csv
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "compare"))

from compared import compared
from made import comparison
from searched import searched
from test_report import Page

from surronas.compare import Comparison, Failure
from surronas.compare.analysis import analyse
from surronas.errors import InputError, StoreError
from surronas.plots import comparison_words as words
from surronas.plots.comparison_report import write_report


@pytest.fixture(scope="module")
def real(shipped: Path) -> Comparison:
    return compared(shipped)


@pytest.fixture(scope="module")
def report(real: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(real, tmp_path_factory.mktemp("report") / "a")


def page_of(path: Path) -> Page:
    html = path.read_text(encoding="utf-8")
    return Page(re.sub(r"<style>figure img.*?</style>", "", html))


def test_a_folder_holds_page_figures_and_tables(report: Path) -> None:
    names = {path.name for path in report.parent.iterdir()}
    for figure in ("anytime", "survival", "pairs", "ranks", "anytime_test", "anytime_train_seconds"):
        assert {f"{figure}.png", f"{figure}.pdf"} <= names
    for table in ("regret", "spread", "optimum", "pairs", "ranks", "effort", "regret_test"):
        assert {f"{table}.txt", f"{table}.csv", f"{table}.tex"} <= names
    rows = list(csv.DictReader((report.parent / "regret_test.csv").open()))
    assert {row["metric"] for row in rows} == {"test_accuracy"}


def test_the_page_stands_alone(report: Path) -> None:
    html = report.read_text(encoding="utf-8")
    page = page_of(report)
    assert not re.search(r"https?://|@import|url\(|<script", html)
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) >= 6
    assert all((image["src"] or "").startswith("data:image/png") for image in images)
    assert all(len(image["alt"] or "") > 40 for image in images)


def test_a_reviewer_finds_seeds_tests_corrections_and_intervals(report: Path) -> None:
    text = page_of(report).text
    for needed in (
        "2 searchers on 1 problem with 8 seeds",
        "0 to 7 (8)",
        "20 queries",
        "searched on valid_accuracy (validation split, task digits",
        "reported of the best so far: test_accuracy",
        "Holm-corrected",
        "Wilcoxon signed-rank",
        "Mann-Whitney U",
        "BCa, 2000 resamples",
        "Kaplan-Meier",
        "Nemenyi",
        "Noether",
        "surronas.searchers.random_search.RandomSearch",
        "numpy",
        "None: every search ended as it should.",
    ):
        assert needed in text


def test_verdicts_tell_effects_and_seeds() -> None:
    found = analyse(searched(), resamples=100)
    verdict = words.verdict(found, "toy_0", 60.0)
    assert verdict.startswith("After 60 queries: default (0.050 [")
    assert (
        "percentage points) is first; behind: evolution (0.299), local search (0.597) and random" in verdict
    )
    assert re.search(r"A12 0\.\d\d \[0\.\d\d, 0\.\d\d\] \(large\), Wilcoxon p 0\.\d+, corrected", verdict)
    assert "seeds for 80 % power" in verdict
    assert words.headline(found).startswith(
        "After 60 queries default is first or statistically tied for first on 2"
    )


def test_ties_are_told_as_ties() -> None:
    same = np.tile(np.random.default_rng(0).uniform(0.5, 0.8, size=(1, 1, 6, 5)), (2, 1, 1, 1))
    found = analyse(comparison(same), resamples=20)
    assert "no searcher is told apart from the first: a (" in words.verdict(found, "toy 0", 5.0)
    assert "no effect is seen" in words.verdict(found, "toy 0", 5.0)
    assert "a and b are first or statistically tied for first on the one problem" in words.headline(found)


def test_failures_are_told_and_one_searcher_is_enough(tmp_path: Path) -> None:
    alone = searched(1, 4, 10, speeds=(2,))
    failed = replace(alone, failures=(Failure("default", "toy_0", 3, "ValueError: <no>"),))
    text = page_of(write_report(failed, tmp_path / "one")).text
    assert "1 searches raised an error" in text
    assert "ValueError: <no>" in text
    assert "nobody to compare with" in text


def test_other_views_come_with_what_they_need(tmp_path: Path) -> None:
    path = write_report(searched(1, 4, 20), tmp_path, amounts=[5, 20])
    names = {each.name for each in path.parent.iterdir()}
    assert {"anytime_networks.png", "anytime_train_seconds.png"} <= names
    assert "anytime_clock.png" not in names  # one worker: the clock tells nothing more
    assert "after 5" in (tmp_path / "regret.txt").read_text()


def test_bad_input_is_refused(tmp_path: Path) -> None:
    nothing = comparison(np.full((1, 1, 2, 3), np.nan), np.full((1, 1, 2, 3), -1))
    with pytest.raises(InputError, match="no search asked anything"):
        write_report(nothing, tmp_path)
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(StoreError, match=r"can't make the folder .*taken"):
        write_report(searched(1, 2, 3), tmp_path / "taken")
