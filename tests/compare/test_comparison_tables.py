import csv
import io
import re

import numpy as np
import pytest
from made import facts
from searched import searched

from surronas.compare.analysis import analyse
from surronas.compare.findings import Findings
from surronas.compare.table import Table, amount_words, number, probability, with_interval
from surronas.compare.tables import all_tables

NAN = np.nan


@pytest.fixture(scope="module")
def findings() -> Findings:
    return analyse(searched(), resamples=200)


@pytest.fixture(scope="module")
def tables(findings: Findings) -> dict[str, Table]:
    return {table.name: table for table in all_tables(findings)}


def test_there_is_a_table_for_every_question(tables: dict[str, Table]) -> None:
    assert set(tables) == {"regret", "spread", "effort", "optimum", "pairs", "ranks"}


def test_regrets_have_intervals_seeds_units_and_splits(tables: dict[str, Table], findings: Findings) -> None:
    text = tables["regret"].text()
    found = findings.summaries[0]
    assert f"{100 * found.mean[0]:.3f} [{100 * found.mean[1]:.3f}, {100 * found.mean[2]:.3f}] *" in text
    assert "toy_0: percentage points of valid_accuracy; searched on valid_accuracy (validation split)" in text
    assert "95 % bootstrap interval of the mean over seeds (BCa, 200 resamples)" in text
    assert "Wilcoxon signed-rank tests, paired by seed" in " ".join(text.split())
    assert re.search(r"toy_1 +random +20 ", text)


def test_optimum_tells_horizon_and_censoring(tables: dict[str, Table]) -> None:
    text = tables["optimum"].text()
    assert "Until the optimum is found: queries" in text
    assert "Kaplan-Meier" in text
    assert "toy_0: 1 of 400 networks are optimal." in text


def test_the_csv_has_every_number(tables: dict[str, Table], findings: Findings) -> None:
    rows = list(csv.DictReader(io.StringIO(tables["regret"].csv())))
    assert len(rows) == 4 * 2 * 3
    assert float(rows[0]["mean_low"]) == pytest.approx(100 * findings.summaries[0].mean[1], rel=1e-6)
    assert rows[0]["unit"] == "percentage points"
    pairs = list(csv.DictReader(io.StringIO(tables["pairs"].csv())))
    assert len(pairs) == len(findings.pairs)
    assert float(pairs[0]["a12"]) == pytest.approx(findings.pairs[0].effect.a12)
    solved = list(csv.DictReader(io.StringIO(tables["optimum"].csv())))
    assert solved[0]["log_rank_holm_p"] == ""
    assert {row["horizon"] for row in solved} == {"60"}


def test_latex_is_escaped_and_whole(tables: dict[str, Table]) -> None:
    for table in tables.values():
        latex = table.latex()
        body = latex.split(r"\midrule")[1].split(r"\bottomrule")[0]
        assert body.count(r"\\") == len(table.rows)
        assert not re.search(r"(?<!\\)[_%]", body)
        assert not set("∞–−<") & set(body.replace("$<$", ""))
    assert r"toy\_0 & default & 20 & " in tables["regret"].latex()
    assert r"\addlinespace" in tables["regret"].latex()


def test_rows_that_begin_with_a_bracket_are_no_option() -> None:
    table = Table("t", "t", ("a", "b"), (("[x]", "1"), ("*", "2")), 1, (), ())
    assert "{}[x] & 1" in table.latex()
    assert "{}* & 2" in table.latex()
    assert table.csv() == "a,b\n"


def test_tables_of_a_test_column_and_of_a_unit_say_so() -> None:
    split = "this table has no validation split there: searched on test_accuracy itself, the TEST split"
    problems = (facts("toy_0", unit="ms", split_words=split, num_networks=400),)
    one = searched(1, 6, 20)
    changed = type(one)(**{**vars(one), "problems": problems})
    for table in all_tables(analyse(changed, resamples=50)):
        if table.name in ("regret", "spread", "pairs"):
            assert f"toy_0: ms of valid_accuracy; {split}." in table.notes


def test_without_a_known_cost_only_what_is_known_is_shown() -> None:
    one = searched(1, 4, 10)
    timeless = type(one)(**{**vars(one), "train_seconds": np.full_like(one.scores, NAN)})
    names = [table.name for table in all_tables(analyse(timeless, cost="train_seconds"))]
    assert names == ["effort", "optimum"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.1234, "0.123"),
        (NAN, "–"),
        (np.inf, "∞"),
        (-np.inf, "−∞"),
        (123.456, "123.5"),
        (1e5, "100000"),
        (-1e-9, "0.000"),
    ],
)
def test_numbers(value: float, shown: str) -> None:
    assert number(value) == shown


def test_intervals_probabilities_and_amounts() -> None:
    assert with_interval((0.5, NAN, NAN)) == "0.500"
    assert with_interval((0.5, 0.25, 1.0), 100, 0) == "50 [25, 100]"
    assert [probability(p) for p in (0.00099, 0.05, NAN)] == ["<0.001", "0.050", "–"]
    assert [amount_words(a) for a in (50.0, 12000.0, 0.125)] == ["50", "12,000", "0.125"]
