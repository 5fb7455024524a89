import pytest

from surronas.errors import InputError
from surronas.store.importers.plain_yaml import read_plain_yaml


def test_reads_scalars_lists_and_flat_mappings() -> None:
    text = (
        "adaptive: true\ncutoffs:\n- 19997\n- -1\ndtype: null\nempty:\nlr: 0.01\nbig: 1.1e+16\n"
        "M1:\n  AdaEmb: 26013696.0\n  total: 32369496\nrestart: ''\noptim: jitlamb\nfile: train_log.json\n"
    )
    assert read_plain_yaml(text) == {
        "adaptive": True,
        "cutoffs": [19997, -1],
        "dtype": None,
        "empty": None,
        "lr": 0.01,
        "big": 1.1e16,
        "M1": {"AdaEmb": 26013696.0, "total": 32369496},
        "restart": "",
        "optim": "jitlamb",
        "file": "train_log.json",
    }
    assert read_plain_yaml("") == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: &anchor 2", 2),
        ("a: !!python/object:os.system x", 1),
        ("- 1", 1),
        ("  a: 1", 1),
        ("a: [1, 2]", 1),
        ("a: 'text'", 1),
        ("a: 1\n- 2", 2),
        ("a:\n- 1\n  b: 2", 3),
        ("a:\n  b: 1\n  b: 2", 3),
        ("a:\n    b: 1", 2),
        ("a: 1e5000", 1),
        ("to be or not to be", 1),
    ],
)
def test_all_else_is_refused_by_its_line(text: str, line: int) -> None:
    with pytest.raises(InputError, match=rf"line {line} is no plain YAML"):
        read_plain_yaml(text)


def test_a_key_given_twice_is_refused() -> None:
    with pytest.raises(InputError, match="line 3: the key a is given twice"):
        read_plain_yaml("a: 1\nb: 2\na: 3")
