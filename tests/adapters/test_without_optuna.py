import subprocess
import sys

import pytest

HIDDEN = "import sys; sys.modules['optuna'] = None; import surronas.adapters as adapters; "  # as if not there


@pytest.mark.parametrize(
    "statement",
    [
        "adapters.SurronasSampler",
        "from surronas.spaces import Cell201; adapters.OptunaSearcher(Cell201(), None, seed=0)",
    ],
)
def test_a_missing_optuna_is_named_with_its_extra(statement: str) -> None:
    run = subprocess.run([sys.executable, "-c", HIDDEN + statement], capture_output=True, text=True)
    assert run.returncode == 1
    assert "MissingPackageError" in run.stderr
    assert "needs optuna: pip install 'surronas[adapters]'" in run.stderr


def test_adapters_load_no_optuna_until_one_is_used() -> None:
    script = "import sys, surronas.adapters; print('optuna' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_other_names_are_not_there() -> None:
    import surronas.adapters

    with pytest.raises(AttributeError, match="no attribute 'Sampler'"):
        surronas.adapters.Sampler  # noqa: B018
