"""The paper's figures are drawn from the results that are committed, and are themselves committed."""

import ast
import io
import json
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import matplotlib
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

FOLDER = Path(__file__).parents[2] / "paper_figures"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("draw_all", "style"))
LIBRARIES = {"dataclasses", "matplotlib", "numpy", "style", "surronas"}  # that a figure may import
LARGEST = 300_000  # bytes
DRAWN: dict[str, Figure] = {}


@pytest.fixture(scope="module")
def draw_all() -> Iterator[ModuleType]:
    sys.path.insert(0, str(FOLDER))
    import draw_all

    yield draw_all
    sys.path.remove(str(FOLDER))


@pytest.fixture
def style(draw_all: ModuleType) -> ModuleType:
    return sys.modules["style"]


def script_of(draw_all: ModuleType, name: str) -> ModuleType:
    return draw_all.load(FOLDER / f"{name}.py")


def results_of(style: ModuleType, script: ModuleType) -> list[dict]:
    """The script's results."""
    return [style.read(name) for name in script.RESULTS]


def drawn(style: ModuleType, script: ModuleType) -> Figure:
    """The script's figure, drawn once for all tests."""
    results_of(style, script)
    if script.__name__ not in DRAWN:
        DRAWN[script.__name__] = style.figure_of(script.draw, script.RESULTS)
    return DRAWN[script.__name__]


def streams(pdf: bytes) -> list[bytes]:
    """What a PDF's streams hold, however well they are compressed."""
    found = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return [zlib.decompress(each) if each[:1] == b"x" else each for each in found]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_committed_figure_is_of_the_committed_results(draw_all, style, name: str) -> None:
    figure = drawn(style, script_of(draw_all, name))
    assert figure.get_figwidth() in (style.COLUMN_INCHES, style.TEXT_INCHES)
    committed = {ending: (FOLDER / f"{name}.{ending}").read_bytes() for ending in style.ENDINGS}
    assert max(map(len, committed.values())) < LARGEST
    assert b"/Type3" not in committed["pdf"]  # fonts are embedded as TrueType
    assert b"/FontFile2" in committed["pdf"]
    assert b"CreationDate" not in committed["pdf"]
    if f"v{matplotlib.__version__})".encode() not in committed["pdf"]:
        pytest.skip("drawn by another version of Matplotlib")
    anew = io.BytesIO()
    with matplotlib.rc_context(style._RC):
        figure.savefig(anew, format="pdf", metadata=style.DATELESS)
    told = f"{name}.pdf is stale: python paper_figures/{name}.py"
    assert streams(anew.getvalue()) == streams(committed["pdf"]), told


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_text_of_a_figure_is_cut_or_too_small(draw_all, style, name: str) -> None:
    figure = drawn(style, script_of(draw_all, name))
    figure.draw_without_rendering()
    page, axes = figure.bbox.padded(1.0), figure.findobj(Axes)
    axises = [axis for each in axes for axis in (each.xaxis, each.yaxis)]
    ticks = {text for axis in axises for text in axis.findobj(Text) if text is not axis.label}
    for text in figure.findobj(Text):  # ticks' labels beyond an axis' limits are never drawn
        if text.get_visible() and text.get_text().strip() and text not in ticks:
            assert text.get_fontsize() >= style.SMALLEST_POINTS, text
            box = text.get_window_extent()
            inside = page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1
            assert inside, f"{text.get_text()!r} leaves the page"


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_figure_computes_nothing(name: str) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text())
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            imported.add(node.module)
        elif isinstance(node, ast.Import):
            imported.update(each.name for each in node.names)
    imported = {name.split(".")[0] for name in imported}
    assert imported <= LIBRARIES
    assert ast.get_docstring(tree).count(f"python paper_figures/{name}.py") == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, r"is not there; make it: python reproduce/anytime_regret.py"),
        ("{", r"is no JSON .*make it: python reproduce/anytime_regret.py"),
        ("[]", r"holds no object, but a list; make it"),
        ('{"mode": "quick"}', r"is of a quick run.*make it"),
        ("{}", r"does not hold what the figure shows \(KeyError: 'curves'\); make it anew"),
    ],
)
def test_a_missing_or_malformed_result_is_named(
    draw_all, style, monkeypatch, tmp_path: Path, capsys, text: str | None, told: str
) -> None:
    monkeypatch.setattr(style, "RESULTS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["draw_all.py", "anytime_regret"])
    if text is not None:
        (tmp_path / "anytime_regret.json").write_text(text)
    with pytest.raises(SystemExit) as ended:
        draw_all.main()
    assert ended.value.code == 2
    assert re.search(told, capsys.readouterr().err)
    script = script_of(draw_all, "anytime_regret")
    with pytest.raises(SystemExit) as ended:
        style.write(str(FOLDER / "anytime_regret.py"), script.draw, script.RESULTS)
    assert ended.value.code == 2
    assert re.search(told, capsys.readouterr().err)


def test_an_unknown_figure_is_refused(draw_all, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["draw_all.py", "nothing"])
    with pytest.raises(SystemExit):
        draw_all.main()
    assert "expected names among anytime_regret, " in capsys.readouterr().err


def test_every_panel_of_the_sweep_shows_both_surrogates_and_what_was_published(draw_all, style) -> None:
    script = script_of(draw_all, "surrogate_sweep")
    lines = results_of(style, script)[0]["sweep"]
    figure = drawn(style, script)
    first = figure.axes[0]
    labels = {line.get_label() for line in first.get_lines()}
    assert {"Gaussian process", "XGBoost", "noise ceiling: isomorphic twins"} <= labels
    assert any("FLAN" in label for label in labels)
    assert not any(label.startswith(("to reach", "probe")) for label in labels)
    titles = [axes.get_title(loc="left").split("\n")[0] for axes in figure.axes]
    assert all(panel.startswith(title) for panel, title in zip(script.PANELS, titles, strict=True))
    ours = next(line for line in first.get_lines() if line.get_label() == "Gaussian process")
    assert ours.get_ydata().tolist() == lines[script.PANELS[0]]["rows"][0]["kendall_tau"]


def test_tables_whose_coverage_leaves_the_band_are_named(draw_all, style) -> None:
    script = script_of(draw_all, "surrogate_coverage")
    verdicts = results_of(style, script)[0]["verdicts"]
    for axes, surrogate in zip(drawn(style, script).axes, script.SURROGATES, strict=True):
        legend = axes.get_legend()
        named = {text.get_text() for text in legend.get_texts()} if legend else set()
        assert named == set(verdicts[surrogate]["coverage_outside_85_to_95"])


def test_results_of_this_family_hold_every_line(style) -> None:
    lines = {
        "anytime_regret": ("random, best test accuracy of 50, %", "bayesian, share at optimum of 150"),
        "correlations": ("Kendall, 12-epoch validation / 200-epoch test", "Spearman, seeds 0 / 1"),
        "predicted_measured": ("Kendall tau on 500 others", "share in 90 % intervals"),
        "attributions": ("sum of attributions less what is explained", "3x3 convolutions lift, none lowers"),
    }
    for name, expected in lines.items():
        result = json.loads(style.path_of(name).read_text())
        assert set(expected) <= {line["what"] for line in result["lines"]}
        assert result["mode"] == "full"
        assert result["missed"] == sum(line["passed"] is False for line in result["lines"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["anytime_regret", "correlations", "predicted_measured", "attributions"])
def test_what_the_figures_show_is_reproduced_in_quick_mode(shared, tmp_path: Path, name: str) -> None:
    script = FOLDER.parent / "reproduce" / f"{name}.py"
    command = [sys.executable, str(script), "--quick", "--out", str(tmp_path / "result.json")]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["mode"] == "quick"
    assert result["missed"] == 0
