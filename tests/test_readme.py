"""The README's promises: its Python runs, and its figures are those of the committed results."""

import hashlib
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import surronas.encodings
import surronas.surrogates
from surronas.store import BenchmarkStore
from surronas.store.importers import IMPORTER_MODULES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


@pytest.fixture(scope="module")
def ten_lines() -> str:
    found = re.search(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_ten_lines_are_ten(ten_lines):
    assert len([line for line in ten_lines.splitlines() if line.strip()]) <= 10


def test_the_ten_lines_run_and_close_the_loop(ten_lines, tmp_path):
    (tmp_path / "benchmarks_data").symlink_to(ROOT / "benchmarks_data")
    finished = subprocess.run([sys.executable, "-c", ten_lines], cwd=tmp_path, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == ["round 0", "round 1", "round 2"]
    assert len(BenchmarkStore.open(tmp_path / "my_store").table(origin="search")) == 8


def test_every_file_that_the_readme_names_is_there():
    for name in re.findall(r"(?:benchmarks_data|reproduce|tests|surronas)/[\w/.]+\.\w+", README):
        assert (ROOT / name).exists(), name


def results(name: str) -> dict:
    return json.loads((ROOT / "reproduce" / "results" / f"{name}.json").read_text())


def test_the_figures_are_those_of_the_committed_results():
    signal = results("digits_cell201")["signal"]
    shown = [value for value in signal.values() if "|" not in value]  # a cell would break the table
    shown += [figure["beside"] for figure in results("speed_basics")["figures"].values()]
    for name, figure in results("speed_store")["figures"].items():
        if "bound" in figure["beside"]:
            shown.append(f"| {name} | {figure['measured']} {figure['unit']} | {figure['beside']} |")
    for row in results("surrogate_sweep")["sweep"]["NAS-Bench-201, CIFAR-10"]["rows"]:
        shown.append(" | ".join(f"{tau:.3f}" for tau in row["kendall_tau"]))
    for name, figure in results("speed_training_cpu")["figures"].items():
        shown.append(f"| {name} | {figure['measured']:,} {figure['unit']} | {figure['beside']} |")
    for row in results("speed_surrogates")["rows"]:
        if row["n"] in (100, 300, 1000):
            shown.append(f"| {row['n']} | {1e3 * row['processor_seconds']:.0f} ms | {row['nll']:.2f} |")
    assert [text for text in shown if text not in README] == []


def test_the_tables_of_surrogates_are_not_stale():
    command = [sys.executable, str(ROOT / "reproduce" / "readme_tables.py"), "--check"]
    finished = subprocess.run(command, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_python_of_surrogates_runs(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", section("Encodings and surrogates"), flags=re.DOTALL)
    assert len(blocks) == 2
    code = "\n".join(blocks) + "\nassert np.mean((low <= y[200:]) & (y[200:] <= high)) > 0.8"
    code += "\nassert len(records) == 10"
    (tmp_path / "benchmarks_data").symlink_to(ROOT / "benchmarks_data")
    finished = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr


def test_the_python_of_real_training_runs(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", section("Real training"), flags=re.DOTALL)
    code = "import numpy as np\n" + "\n".join(blocks)
    code += "\nassert (rows['status'] == 'ok').all()\nassert len(quick.train.labels) == 30"
    finished = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize("command", ["evaluate", "explain"])
def test_commands_on_surrogates_print_what_is_shown(command, tmp_path):
    """Every line but for its figures, which hang on the processor and the versions of packages."""
    blocks = re.findall(rf"```\n\$ (surronas {command} .*?)```", README, flags=re.DOTALL)
    line, *shown = blocks[0].splitlines()
    (tmp_path / "benchmarks_data").symlink_to(ROOT / "benchmarks_data")
    asked = [sys.executable, "-m", *shlex.split(line)]
    finished = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    printed = {without_figures(each) for each in finished.stdout.splitlines()}
    assert [each for each in shown if each != "…" and without_figures(each) not in printed] == []


def without_figures(text: str) -> str:
    return " ".join(re.sub(r"[-+]?\d+\.\d+|\b\d+\b", "#", text).split())


def test_every_surrogate_and_encoding_is_in_the_tables():
    tables = section("Encodings and surrogates")
    named = set(re.findall(r"`(\w+)", tables))
    surrogates = {
        n for n in surronas.surrogates.__all__ if hasattr(getattr(surronas.surrogates, n), "predict")
    }
    assert surrogates - named - {"Surrogate"} == set()
    others = {"Encoding", "Features", "WeisfeilerLehman", "curve_features"}
    assert set(surronas.encodings.__all__) - named - others == set()


def test_the_card_describes_the_file_that_ships():
    store = ROOT / "benchmarks_data" / "digits_cell201.h5"
    card = store.with_suffix(".md").read_text()
    assert hashlib.sha256(store.read_bytes()).hexdigest() in card
    assert f"{len(BenchmarkStore.open(store))} ok" in card


def test_every_format_is_in_the_table_of_formats():
    table = README[README.index("| format | what | space |") :]
    named = set(re.findall(r"`([\w-]+)`", table[: table.index("\n\n")]))
    lacking = {name for name in IMPORTER_MODULES if name not in named}
    assert {name for name in lacking if not name.startswith("nas-bench-suite-zero-")} == set()
