"""The named recipes: NAS-Bench-201's numbers, and a small one for each task."""

import math

import numpy as np
import pytest

from surronas.errors import InputError
from surronas.training import Job, Recipe, Trainer
from surronas.training.recipes import (
    CHARACTERS_RECIPE,
    IMAGES_RECIPE,
    NASBENCH201_12,
    NASBENCH201_200,
    RECIPES,
    SENTENCES_RECIPE,
    default_recipe,
)
from surronas.training.tasks import digits, subset, task_from_arrays

IMAGES = np.random.default_rng(0).random((60, 3, 8, 8), np.float32)
LABELS = np.arange(60) % 3


def test_nasbench201_trains_as_published() -> None:
    written = NASBENCH201_12.to_json()
    assert NASBENCH201_200.epochs == 200
    assert Recipe.from_json(written) == NASBENCH201_12
    assert written == (
        '{"augmentation":"crop-flip","batch_size":256,"cells_per_stage":5,"channels":16,"epochs":12,'
        '"initialisation":"torch","last_batch":"keep","learning_rate":0.1,"momentum":0.9,"name":"nasbench201-12",'
        '"num_stages":3,"schedule":"epoch","weight_decay":0.0005}'
    )


def test_the_published_learning_rate_stays_for_an_epoch() -> None:
    rates = [NASBENCH201_12.learning_rate_at(step / (12 * 98)) for step in range(12 * 98)]
    for epoch in range(12):
        expected = 0.1 * (1 + math.cos(math.pi * epoch / 12)) / 2
        assert rates[98 * epoch : 98 * (epoch + 1)] == pytest.approx([expected] * 98)


def test_recipes_are_found_by_their_names() -> None:
    assert len(RECIPES) == 9
    assert all(recipe.name == name for name, recipe in RECIPES.items())
    assert "digits-6-epochs" in RECIPES


def test_every_task_has_a_recipe_by_default() -> None:
    task = digits()
    assert default_recipe(task) is default_recipe(subset(task, train=100)) is RECIPES["digits-6-epochs"]
    assert default_recipe(task_from_arrays("cifar10-valid", IMAGES, LABELS)) is RECIPES["cifar-small"]
    assert default_recipe(task_from_arrays("mine", IMAGES, LABELS)) is IMAGES_RECIPE
    tokens = np.random.default_rng(0).integers(0, 9, (60, 8))
    assert default_recipe(task_from_arrays("mine", tokens, LABELS)) is SENTENCES_RECIPE
    assert default_recipe(task_from_arrays("mine", tokens, tokens)) is CHARACTERS_RECIPE


def test_own_images_train_by_default(cell201) -> None:
    task = task_from_arrays("mine", IMAGES + LABELS[:, None, None, None], LABELS)
    architecture = cell201.from_strings(
        ["|nor_conv_1x1~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|skip_connect~2|"]
    )[0]
    result = Trainer(cell201, task, device="cpu").train(Job(tuple(architecture.tolist()), 0, IMAGES_RECIPE))
    assert result.status == "ok"
    assert result.curves["train_accuracy"][-1] > 0.6


def test_a_batch_larger_than_the_data_is_refused(cell201) -> None:
    task = subset(digits(), train=30)
    job = Job(tuple(cell201.sample(1, np.random.default_rng(0))[0].tolist()), 0, default_recipe(task))
    with pytest.raises(
        InputError, match="expected a batch of at most the 30 train inputs of task 'digits-first"
    ):
        Trainer(cell201, task, device="cpu").train(job)
