import json
import math
import re
from dataclasses import MISSING, FrozenInstanceError, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training.tiny import TINY

from surronas.errors import InputError
from surronas.training import DIGITS_RECIPE, Recipe

UNUSUAL = replace(
    TINY,
    optimizer="adamw",
    augmentation="crop-flip",
    initialisation="torch",
    last_batch="keep",
    schedule="epoch",
    warmup_epochs=1.0,
    label_smoothing=0.1,
    clip_norm=1.0,
    dropout=0.1,
)
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
    units = UNUSUAL.units()
    assert set(units) == names
    assert all(units.values())


def test_a_hyper_parameter_at_its_default_is_not_written_down() -> None:
    required = {knob.name for knob in fields(Recipe) if knob.default is MISSING}
    assert set(json.loads(TINY.to_json())) == required
    assert set(TINY.units()) == required - {"name"}
    assert Recipe.from_json(UNUSUAL.to_json()) == UNUSUAL


def test_the_learning_rate_rises_then_falls_to_zero() -> None:
    recipe = replace(TINY, epochs=10, learning_rate=0.2, warmup_epochs=2)
    assert [recipe.learning_rate_at(p) for p in (0.0, 1.0)] == pytest.approx([0.0, 0.0])
    cosine = 0.2 * (1 + math.cos(math.pi * 0.1)) / 2
    assert recipe.learning_rate_at(0.1) == pytest.approx(cosine / 2)  # halfway through the rise
    assert recipe.learning_rate_at(0.5) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("knob", "value"),
    [
        ("optimizer", "adam"),
        ("augmentation", "mixup"),
        ("initialisation", ""),
        ("last_batch", "no"),
        ("schedule", "day"),
    ],
)
def test_an_unknown_word_is_refused(knob: str, value: str) -> None:
    with pytest.raises(InputError, match=f"expected {knob} to be .* or .*, got '{value}'"):
        replace(TINY, **{knob: value})


@pytest.mark.parametrize("knob", ["dropout", "label_smoothing"])
def test_shares_are_below_one(knob: str) -> None:
    with pytest.raises(InputError, match="expected label_smoothing and dropout below 1"):
        replace(TINY, **{knob: 1.0})


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
        TINY.to_json()[:-1] + ',"dropped":0.5}',
        TINY.to_json().replace('"epochs":2', '"epochs":0'),
    ],
)
def test_texts_that_are_no_recipe_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"expected a recipe that surronas can train, got .* of your own"):
        Recipe.from_json(text)
