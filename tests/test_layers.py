"""The house rules that the syntax tree can tell: imports go down, heavy packages stay in their rooms."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "surronas"
FILES = sorted(PACKAGE.rglob("*.py"))

LEVELS = {  # a file imports from lower levels, and from its own room
    1: "errors spaces",
    2: "store encodings surrogates metrics",
    3: "acquisition explanation objectives",
    4: "searchers evaluators training",
    5: "search under_way search_notes async_search fidelity_search proposals journal judging loop_state "
    "async_loop loop run_folder improve compare evaluation plots adapters reproduction",
    6: "progress commands cli __init__ __main__",
}
LEVEL_OF = {room: level for level, rooms in LEVELS.items() for room in rooms.split()}

SIDEWAYS = {  # rooms of one level that know each other, and why
    ("spaces", "errors"): "everything raises the errors of one file",
    ("surrogates", "metrics"): "chooses a surrogate by its score on rows left out",
    ("store", "metrics"): "describes its table by rank correlations",
    ("surrogates", "store"): "a saved surrogate is written as store files are: whole or not at all",
    ("training", "evaluators"): "answers as an evaluator does, and says where its records lie",
    ("async_search", "search"): "asks and tells as a search in batches does",
    ("async_search", "search_notes"): "goes on where its notes end",
    ("async_search", "under_way"): "keeps all workers busy",
    ("loop", "journal"): "a loop writes its rounds down",
    ("loop", "loop_state"): "turns what a loop knows of its store",
    ("loop", "async_loop"): "turns without rounds to wait for, if asked",
    ("loop", "under_way"): "turns without rounds to wait for, if asked",
    ("async_loop", "journal"): "a loop writes its rounds down",
    ("async_loop", "loop_state"): "turns what a loop knows of its store",
    ("async_loop", "proposals"): "a loop has candidates proposed",
    ("async_loop", "under_way"): "keeps all workers busy",
    ("loop_state", "journal"): "a loop writes its rounds down",
    ("loop_state", "judging"): "a round judges the surrogates",
    ("loop_state", "proposals"): "a loop has candidates proposed",
    ("improve", "judging"): "knows how few held-out architectures are too few",
    ("judging", "journal"): "a judgement is part of a round",
    ("loop", "proposals"): "a loop has candidates proposed",
    ("run_folder", "journal"): "a run folder is a journal on disk",
    ("plots", "journal"): "figures and report show rounds",
    ("plots", "evaluation"): "figures show an evaluation",
    ("plots", "compare"): "figures and report show a comparison",
    ("improve", "journal"): "shows the rounds as they end",
    ("improve", "proposals"): "refuses a share of sampled candidates before anything is made",
    ("improve", "loop"): "runs the loop in a run folder",
    ("improve", "run_folder"): "runs the loop in a run folder",
    ("improve", "plots"): "hands the report its contents",
    ("compare", "fidelity_search"): "a contender may search over fidelities",
    ("commands", "progress"): "a command shows its progress",
    ("cli", "__init__"): "prints the version",
    ("cli", "commands"): "the command line finds its commands",
    ("__main__", "cli"): "python -m surronas is surronas",
}
HOMES = {  # where a heavy package may be imported, be it inside a function
    "torch": ("training/", "surrogates/mlp_ensemble.py"),
    "xgboost": ("surrogates/",),
    "sklearn": ("surrogates/", "training/tasks/digits.py"),  # the latter: load_digits, when called
    "matplotlib": ("plots/",),
    "pandas": ("store/handover.py", "store/view.py"),  # the latter: a type in a signature
    "pyarrow": ("store/handover.py",),
    "optuna": ("adapters/",),
    "ray": ("training/executors/ray_cluster.py",),  # when an executor is made
    "onnx": ("training/onnx_export.py",),  # all of it inside functions, when a network is exported
    "onnxruntime": ("training/onnx_export.py", "training/costs/onnx_latency.py"),  # the same; or is timed
    "mlflow": ("training/tracking/mlflow_runs.py",),  # an observer of one's own choice, when it is made
    "pynvml": ("training/costs/energy.py",),  # the energy counter of a GPU, when energy is measured
    "triton": ("training/population/triton_kernels.py",),  # imported when a GPU's ways are first used
}
LONGEST_FILE, LONGEST_FUNCTION = 250, 40
LONGER_FILES = {"store/reader.py": 280}  # all that can be asked of a store, half of it docstrings
LONGER_FUNCTIONS: dict[str, int] = {}


def name_of(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def room_of(module: str) -> str:
    """The room of a module such as ``surronas.store.table``: ``store``; of the package itself: __init__."""
    return (*module.split("."), "__init__")[1]


def module_of(file: Path) -> str:
    parts = ("surronas", *file.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if len(parts) > 2 and parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in FILES}


def imports(file: Path) -> list[str]:
    """Every module that a file imports, at the top, in a function or for type checking alone."""
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(file)}:{node.lineno}: relative import"
            submodules = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [name if name in MODULES else str(node.module) for name in submodules]
    return found


def own_imports(file: Path) -> list[str]:
    return [module for module in imports(file) if module.split(".")[0] == "surronas"]


def crossings() -> set[tuple[str, str, str]]:
    """(file, its room, room that it imports from), for imports from another room."""
    return {
        (name_of(file), room_of(module_of(file)), room_of(module))
        for file in FILES
        for module in own_imports(file)
        if room_of(module_of(file)) != room_of(module)
    }


def test_every_room_has_a_level() -> None:
    rooms = {room_of(module) for module in MODULES}
    assert rooms <= set(LEVEL_OF), "give the new room a level here and in the design"


def test_imports_go_down() -> None:
    wrong = [
        f"{file} ({room}, level {LEVEL_OF[room]}) imports {other} (level {LEVEL_OF[other]})"
        for file, room, other in sorted(crossings())
        if LEVEL_OF[other] >= LEVEL_OF[room] and (room, other) not in SIDEWAYS
    ]
    assert not wrong, "\n".join(wrong)


def test_listed_sideways_imports_stay_on_their_level() -> None:
    assert all(LEVEL_OF[room] == LEVEL_OF[other] for room, other in SIDEWAYS)


def test_no_import_cycle() -> None:
    graph = {module: set(own_imports(file)) - {module} for module, file in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("package", sorted(HOMES))
def test_heavy_packages_stay_in_their_rooms(package: str) -> None:
    importers = {name_of(file) for file in FILES if package in {m.split(".")[0] for m in imports(file)}}
    strangers = sorted(name for name in importers if not name.startswith(HOMES[package]))
    assert not strangers


def test_the_digits_task_loads_scikit_learn_only_when_called() -> None:
    tree = ast.parse((PACKAGE / "training" / "tasks" / "digits.py").read_text())
    top = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert not any(str(module).startswith("sklearn") for module in top)


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import surronas", "torch xgboost sklearn matplotlib scipy pandas"),
        ("import surronas.store", "torch xgboost sklearn matplotlib scipy pandas"),
        ("import surronas.cli", "torch xgboost sklearn matplotlib scipy pandas"),
        ("import surronas.search, surronas.searchers", "torch xgboost sklearn matplotlib pandas"),
        ("import surronas.loop, surronas.surrogates", "torch matplotlib"),
        ("import surronas.training", "xgboost sklearn matplotlib pandas ray"),
    ],
)
def test_a_fresh_interpreter_loads_no_more_than_it_needs(statement: str, absent: str) -> None:
    script = f"import sys; {statement}; print(*sorted(set({absent.split()!r}) & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_files_are_short() -> None:
    lengths = {name_of(file): len(file.read_text().splitlines()) for file in FILES}
    long = {name: n for name, n in lengths.items() if n > LONGER_FILES.get(name, LONGEST_FILE)}
    assert not long, f"over {LONGEST_FILE} lines: {long}"


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> int:
    """The lines of a function from its def on, without docstring, blank lines and comments."""
    numbers = set(range(function.lineno, function.end_lineno + 1))
    if ast.get_docstring(function) is not None:
        numbers -= set(range(function.body[0].lineno, function.body[0].end_lineno + 1))
    return sum(
        not lines[number - 1].strip().startswith("#") for number in numbers if lines[number - 1].strip()
    )


def test_functions_are_short() -> None:
    lengths = [
        (f"{name_of(file)} {node.name}", code_lines(node, file.read_text().splitlines()))
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [(name, n) for name, n in lengths if n > LONGER_FUNCTIONS.get(name, LONGEST_FUNCTION)]
    assert not long, f"over {LONGEST_FUNCTION} lines: {long}"
