import json
import re
from dataclasses import FrozenInstanceError, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training.tiny import TINY

from surronas.errors import InputError
from surronas.training import DIGITS_RECIPE, Recipe

whole = st.integers(2, 10**6)
real = st.floats(0, 1e9)
recipes = st.builds(
    Recipe,
    name=st.text(max_size=20),
    channels=whole,
    num_stages=whole,
    cells_per_stage=whole,
    epochs=whole,
    batch_size=whole,
    learning_rate=real | whole,
    momentum=real,
    weight_decay=real,
)


@given(recipes)
def test_json_round_trip(recipe: Recipe) -> None:
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe
    assert again.to_json() == recipe.to_json()


def test_equal_recipes_give_equal_texts() -> None:
    one, same = replace(TINY, learning_rate=1, momentum=0), replace(TINY, learning_rate=1.0, momentum=0.0)
    assert one == same
    assert one.to_json() == same.to_json()


def test_the_text_is_canonical() -> None:
    text = DIGITS_RECIPE.to_json()
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


def test_every_hyper_parameter_has_a_unit() -> None:
    names = {knob.name for knob in fields(Recipe)} - {"name"}
    assert set(TINY.units()) == names
    assert all(TINY.units().values())


def test_a_recipe_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        TINY.epochs = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("knob", "value", "minimum"),
    [
        ("channels", 0, "1"),
        ("num_stages", 0, "1"),
        ("cells_per_stage", 0, "1"),
        ("epochs", -3, "1"),
        ("batch_size", 1, "2"),
        ("learning_rate", -0.1, "0.0"),
        ("learning_rate", float("nan"), "0.0"),
        ("momentum", float("inf"), "0.0"),
        ("weight_decay", -1, "0.0"),
    ],
)
def test_values_below_the_smallest_are_refused(knob: str, value: float, minimum: str) -> None:
    with pytest.raises(InputError, match=f"recipe 'tiny': expected {knob} >= {minimum}, got {value}"):
        replace(TINY, **{knob: value})


@pytest.mark.parametrize(
    ("knob", "value", "kind"),
    [
        ("name", 3, "str"),
        ("epochs", 2.0, "int"),
        ("epochs", "2", "int"),
        ("batch_size", True, "int"),
        ("learning_rate", "0.1", "float"),
        ("momentum", None, "float"),
    ],
)
def test_values_of_another_type_are_refused(knob: str, value: object, kind: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"expected {knob} of type {kind}, got {value!r}")):
        replace(TINY, **{knob: value})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hp=200",
        "[]",
        "null",
        "3",
        "{}",
        TINY.to_json().replace("momentum", "momentun"),
        TINY.to_json()[:-1] + ',"dropout":0.5}',
        TINY.to_json().replace('"epochs":2', '"epochs":0'),
    ],
)
def test_texts_that_are_no_recipe_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"expected a recipe that surronas can train, got .* of your own"):
        Recipe.from_json(text)
