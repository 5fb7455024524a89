from dataclasses import replace

import numpy as np
import pytest
import torch
from contracts.network_contract import IMAGES, SMALL
from training.tiny import TINY, tiny_task

from surronas.errors import InputError
from surronas.spaces import Cell201, JointSpace, NatsSize, SearchSpace
from surronas.training.counting import count_params
from surronas.training.job import Job
from surronas.training.networks import build_for
from surronas.training.networks.joint import build, recipe_of, trial_recipes
from surronas.training.trainer import Trainer

BASE = Cell201()
SPACE = JointSpace(BASE, learning_rate=(0.01, 0.1), optimizer=("sgd", "adamw"), channels=(4, 8))
ROWS = np.array([[3, 3, 3, 3, 3, 3, c, r, o] for c in (0, 1) for r in (0, 1) for o in (0, 1)], np.int8)


def test_the_hyper_parameters_of_an_architecture_go_into_the_recipe() -> None:
    recipes = [recipe_of(SPACE, row, TINY) for row in ROWS]
    assert recipes[2] == replace(TINY, channels=4, learning_rate=0.1, optimizer="adamw")
    assert len(set(recipes)) == 8
    assert recipe_of(BASE, ROWS[0, :6], TINY) is TINY


def test_networks_are_those_of_the_base_space_with_the_architectures_own_recipe() -> None:
    found = []
    for row in ROWS[::4]:
        with torch.device("meta"):
            network = build_for(SPACE)(SPACE, tuple(row.tolist()), IMAGES, SMALL)
            expected = build_for(BASE)(
                BASE, tuple(row[:6].tolist()), IMAGES, replace(SMALL, channels=4 + 4 * int(row[6]))
            )
        assert count_params(network) == count_params(expected)
        found.append(count_params(network))
    assert found[0] < found[1]


def test_a_joint_architecture_trains_as_its_parts_do() -> None:
    row = ROWS[1]
    recipe = recipe_of(SPACE, row, TINY)
    joint = Trainer(SPACE, tiny_task()).train(Job(tuple(row.tolist()), 0, recipe))
    apart = Trainer(BASE, tiny_task()).train(Job(tuple(row[:6].tolist()), 0, recipe))
    np.testing.assert_array_equal(joint.curves["train_loss"], apart.curves["train_loss"])
    assert joint.params == apart.params


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (JointSpace(BASE, lr=(0.1, 0.2)), "recipes have no hyper-parameter 'lr', only channels, num_stages"),
        (JointSpace(BASE, epochs=(1, 2)), "recipes have no hyper-parameter 'epochs'"),
        (JointSpace(BASE, name=("a", "b")), "recipes have no hyper-parameter 'name'"),
        (JointSpace(BASE, optimizer=("adam", "sgd")), "expected optimizer to be sgd or adamw, got 'adam'"),
        (JointSpace(BASE, batch_size=(1, 2)), "expected batch_size >= 2, got 1"),
        (JointSpace(BASE, batch_size=(0.5, 2)), "expected batch_size of type int, got 0.5"),
    ],
)
def test_hyper_parameters_that_recipes_do_not_take_are_refused(space: SearchSpace, message: str) -> None:
    with pytest.raises(InputError, match=message):
        recipe_of(space, np.zeros(7, np.int8), TINY)
    with pytest.raises(InputError, match=message):
        trial_recipes(space, TINY)


def test_every_choice_is_tried_before_a_search() -> None:
    space = JointSpace(BASE, batch_size=(8, 16, 32), learning_rate=(0.1, 0.2))
    tried = trial_recipes(space, TINY)
    assert [(r.batch_size, r.learning_rate) for r in tried] == [(8, 0.1), (16, 0.2), (32, 0.2)]
    assert trial_recipes(BASE, TINY) == [TINY]


def test_a_base_space_without_networks_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="no networks can be built for space 'nats_size'"):
        build_for(JointSpace(NatsSize(), learning_rate=(0.1, 0.2)))


def test_another_space_is_refused() -> None:
    with pytest.raises(InputError, match="expected a joint space, got 'cell201'"):
        build(BASE, (0,) * 6, IMAGES, SMALL)
