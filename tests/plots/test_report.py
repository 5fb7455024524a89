import base64
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from loop_rounds import BEST, candidate, quality, report_of, two_rounds

from surronas.errors import InputError, StoreError
from surronas.journal import Agreement, Measurement, Round
from surronas.plots import Report, write_report
from surronas.store import Metric

PICTURES = ("predicted_against_measured.png", "incumbent.png", "tau.png", "best_cell.png")
PNG = b"\x89PNG\r\n\x1a\n"
VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """A page that was read: its text, its tags with their attributes, its tables as rows of cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.feed(html)
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.tables[-1][-1].append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def page_of(report: Report, folder: Path) -> Page:
    return Page(write_report(folder, report).read_text(encoding="utf-8"))


def test_a_folder_holds_the_page_and_real_pictures(report: Report, tmp_path: Path) -> None:
    path = write_report(tmp_path / "a" / "run", report)
    assert path == tmp_path / "a" / "run" / "report.html"
    assert sorted(p.name for p in path.parent.iterdir()) == sorted([*PICTURES, "report.html"])
    for name in PICTURES:
        assert (path.parent / name).read_bytes().startswith(PNG)


def test_the_page_stands_alone(report: Report, tmp_path: Path) -> None:
    html = write_report(tmp_path, report).read_text(encoding="utf-8")
    page = Page(html)
    for tag, attributes in page.tags:
        assert tag not in ("script", "iframe", "object", "base")
        for name in ("src", "href", "srcset", "action"):
            assert (attributes.get(name) or "data:").startswith("data:")
    assert not re.search(r"https?://|@import|url\(", html)
    assert ("name", "viewport") in [item for _, attributes in page.tags for item in attributes.items()]


def test_the_pictures_in_the_page_are_the_files(report: Report, tmp_path: Path) -> None:
    page = page_of(report, tmp_path)
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    inside = {base64.b64decode((image["src"] or "").split(",")[1]) for image in images}
    assert inside == {(tmp_path / name).read_bytes() for name in PICTURES}
    assert all(len(image["alt"] or "") > 40 for image in images)


def test_the_headline_tells_what_happened(report: Report, tmp_path: Path) -> None:
    text = page_of(report, tmp_path).text
    assert "from 0.9011 to 0.9366 validation accuracy (mean over seeds 0, 1)" in text
    assert (
        "4 architectures that the store did not hold were trained for real in 2 rounds; 1 of them failed"
        in text
    )
    assert "XGBoost 0.5123 → 0.5899, Gaussian process 0.6234 → 0.7011" in text


def test_the_tables_hold_every_number(report: Report, tmp_path: Path) -> None:
    candidates, rounds, agreements = page_of(report, tmp_path).tables
    assert candidates[0] == [
        *("round", "measured", "predicted by XGBoost", "predicted by Gaussian process"),
        *("status", "proposer", "cell"),
    ]
    assert candidates[2][:6] == [
        *("1", "–", "0.8765 ± 0.0303", "0.8654 ± 0.0404"),
        *("seed 0: ok, seed 1: diverged", "Bayesian optimization"),
    ]
    assert candidates[4] == ["2", "0.9366", "0.9321 ± 0.0111", "0.9432 ± 0.0122", "ok", "local search", BEST]
    assert rounds[2][:9] == ["1", "206", "3", "1", "0.5577", "0.8233", "0.6688", "0.8744", "0.9155"]
    assert [len(row) for row in rounds] == [10] * 4
    assert agreements[1:] == [
        ["0", "12", "0.936123", "0.936123", "0", "yes", "CPU one", "CPU two", BEST],
        ["1", "12", "0.937654", "0.931234", "+0.0064", "no", "CPU one", "CPU two", BEST],
    ]


def test_the_page_says_where_its_numbers_come_from(report: Report, tmp_path: Path) -> None:
    text = page_of(report, tmp_path).text
    for told in (report.command, report.space, report.task):
        assert told in text
    for pairs in (report.settings, report.versions, report.recipe):
        assert all(f"{name} {value}" in text for name, value in pairs.items())


def test_the_test_score_is_shown_once_as_never_seen(report: Report, tmp_path: Path) -> None:
    text = page_of(report, tmp_path).text
    assert text.count("0.9277") == 1
    assert (
        "test accuracy (fraction), mean over seeds 0, 1; never seen by the search, and shown only here 0.9277"
        in text
    )
    loss = Metric("valid_loss", "valid", "nats", "minimize")
    assert "test loss (nats), mean over" in page_of(replace(report, metric=loss), tmp_path).text
    assert "never seen" not in page_of(replace(report, incumbent_test=None), tmp_path).text


def test_only_the_incumbents_row_is_marked(report: Report, tmp_path: Path) -> None:
    html = write_report(tmp_path, report).read_text(encoding="utf-8")
    (row,) = re.findall(r'<tr class="marked">(.*?)</tr>', html)
    assert BEST in row


def test_round_zero_alone(tmp_path: Path) -> None:
    page = page_of(report_of(two_rounds()[:1], []), tmp_path)
    assert "Nothing was trained yet: the store's best architecture has 0.9011" in page.text
    assert "XGBoost 0.5123, Gaussian process 0.6234." in page.text
    assert "nothing to compare" in page.text
    assert [len(table) for table in page.tables] == [1, 2]


def test_an_incumbent_that_stayed(tmp_path: Path) -> None:
    start, middle, _ = two_rounds()
    text = page_of(report_of([start, replace(middle, incumbent=start.incumbent)]), tmp_path).text
    assert "The incumbent stayed what the store had at the start, at 0.9011" in text
    assert "in 1 round;" in text


def test_a_surrogate_that_came_late_has_dashes(tmp_path: Path) -> None:
    start, middle, last = two_rounds()
    last = replace(last, quality={**last.quality, "forest": quality(0.4321, 0.8765)})
    _, rounds, _ = page_of(report_of([start, middle, last]), tmp_path).tables
    assert rounds[1][8:10] == ["–", "–"]
    assert rounds[3][8:10] == ["0.4321", "0.8765"]


def test_special_characters_and_long_names_are_text(tmp_path: Path) -> None:
    nasty = "<script>alert('&\"')</script>" + "x" * 300
    start, _, last = two_rounds()
    picked = replace(candidate(nasty, nasty), predicted={nasty: (0.5, 0.1)})
    rounds = [start, replace(last, candidates=(picked,), quality={nasty: quality(0.3, 0.7)})]
    report = replace(
        report_of(rounds, [Agreement(nasty, 0, 12, 0.5, 0.4, nasty, "")]),
        title=nasty,
        command=nasty,
        space=nasty,
        task=nasty,
        settings={nasty: nasty},
        versions={nasty: nasty},
        recipe={nasty: nasty},
    )
    page = page_of(report, tmp_path)
    assert "script" not in [tag for tag, _ in page.tags]
    assert page.text.count(nasty) >= 12


def test_agreeing_trainings_are_counted(report: Report, tmp_path: Path) -> None:
    same = [Agreement(BEST, 0, 12, 0.9, 0.9 + 4e-7), Agreement(BEST, 1, 12, math.nan, math.nan)]
    page = page_of(replace(report, agreements=same), tmp_path)
    assert "All 2 trainings that the table holds too gave the tabulated number" in page.text
    assert "round differently" not in page.text
    assert page.tables[2][0] == ["seed", "epochs", "fresh", "tabulated", "difference", "same", "cell"]
    assert page.tables[2][2][2:6] == ["failed", "failed", "–", "yes"]


def test_differing_trainings_are_told_with_their_hardware(report: Report, tmp_path: Path) -> None:
    text = page_of(report, tmp_path).text
    assert "1 of 2 trainings" in text
    assert "The largest difference is 0.0064" in text
    assert "another processor or torch version may round differently" in text
    assert "Fresh on: CPU one; tabulated on: CPU two." in text


@pytest.mark.parametrize(
    ("fresh", "tabulated", "agrees"),
    [
        (0.9, 0.9, True),
        (0.9, 0.9000009, True),
        (0.9, 0.9000011, False),
        (math.nan, 0.9, False),
        (0.9, math.nan, False),
        (math.nan, math.nan, True),
    ],
)
def test_agreement_is_equality_to_a_millionth(fresh: float, tabulated: float, agrees: bool) -> None:
    assert Agreement(BEST, 0, 12, fresh, tabulated).agrees is agrees


def test_a_second_report_replaces_the_first_and_equals_it(report: Report, tmp_path: Path) -> None:
    first = write_report(tmp_path, report).read_bytes()
    assert write_report(tmp_path, report).read_bytes() == first
    assert not list(tmp_path.glob(".*"))


def test_a_report_needs_a_round_and_a_seed(rounds: list[Round]) -> None:
    with pytest.raises(InputError, match="expected a round and a seed or more"):
        replace(report_of(rounds), rounds=())
    with pytest.raises(InputError, match="expected a round and a seed or more"):
        report_of(rounds, seeds=())


def test_a_folder_that_is_a_file(report: Report, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("mine")
    with pytest.raises(StoreError, match=r"can't make the folder .*run.*choose another"):
        write_report(tmp_path / "run", report)
    assert (tmp_path / "run").read_text() == "mine"


def test_all_runs_of_a_round_failed(tmp_path: Path) -> None:
    start, middle, _ = two_rounds()
    failed = tuple(Measurement(math.nan, ("killed", "out_of_memory")) for _ in middle.candidates)
    page = page_of(report_of([start, replace(middle, measurements=failed)]), tmp_path)
    assert "3 of them failed" in page.text
    assert "nan" not in page.text
