import pickle
from pathlib import Path

import numpy as np
import pytest
from contracts.space_contract import SpaceContract

from surronas.encodings import one_hot
from surronas.encodings.default import default_encoding
from surronas.errors import ArchitectureError, InputError
from surronas.searchers import BayesianOptimization, RegularizedEvolution
from surronas.spaces import Cell201, JointSpace, SearchSpace, SmallTransformer, space_named
from surronas.spaces.recurrent_cell import RecurrentCell
from surronas.store import TRAINING_METRICS, BenchmarkStore, new_records

NAME = "cell201+batch_size:32,64,128+learning_rate:0.01,0.1+optimizer:adamw,sgd"
SPACE = JointSpace(Cell201(), learning_rate=(0.1, 0.01), optimizer=("sgd", "adamw"), batch_size=(64, 32, 128))
TINY = JointSpace(Cell201(), learning_rate=(0.01, 0.1))


class TestCell201(SpaceContract):
    LIVE_EDGES = False  # hyper-parameters are no edges

    @pytest.fixture
    def space(self) -> SearchSpace:
        return SPACE


class TestSmallTransformer(SpaceContract):
    ONE_DECISION_AWAY = False
    MUTUAL_NEIGHBORS = False
    LIVE_EDGES = False
    ENUMERABLE = False

    @pytest.fixture
    def space(self) -> SearchSpace:
        return JointSpace(SmallTransformer(), weight_decay=(0.0, 0.1, 1e-5), dropout=(0, 0.1))


def test_the_name_says_everything_and_gives_the_same_space_back() -> None:
    assert SPACE.name == NAME
    again = space_named(NAME)
    assert isinstance(again, JointSpace)
    assert again.hyper_parameters == SPACE.hyper_parameters
    assert type(again.space) is Cell201
    np.testing.assert_array_equal(again.num_choices, SPACE.num_choices)


def test_names_keep_every_digit_of_a_number() -> None:
    values = (1e-05, 0.1 + 0.2, 1e16, 3, -2.5)
    again = space_named(JointSpace(Cell201(), weight_decay=values).name)
    assert again.hyper_parameters == {"weight_decay": tuple(sorted(values))}
    assert [type(v) for v in again.hyper_parameters["weight_decay"]] == [float, float, float, int, float]


def test_order_of_hyper_parameters_and_choices_makes_no_other_space() -> None:
    other = JointSpace(
        Cell201(), batch_size=(128, 64, 32), optimizer=("adamw", "sgd"), learning_rate=[0.01, 0.1]
    )
    assert other.name == SPACE.name
    numbers = JointSpace(Cell201(), batch_size=np.array([64, 32]), learning_rate=np.array([0.1, 0.01]))
    assert numbers.name == "cell201+batch_size:32,64+learning_rate:0.01,0.1"


def test_architectures_split_into_those_of_the_base_space_and_hyper_parameters() -> None:
    rows = np.array([[4, 3, 2, 1, 1, 0, 1, 1, 0], [0, 0, 0, 4, 3, 4, 2, 0, 1]], np.int8)
    base, chosen = SPACE.split(rows)
    np.testing.assert_array_equal(base, rows[:, :6])
    assert chosen == [
        {"batch_size": 64, "learning_rate": 0.1, "optimizer": "adamw"},
        {"batch_size": 128, "learning_rate": 0.01, "optimizer": "sgd"},
    ]
    assert SPACE.split(rows[0])[1] == chosen[:1]
    assert SPACE.split(np.empty((0, 9), np.int8))[1] == []
    with pytest.raises(ArchitectureError, match="is this an architecture of another space"):
        SPACE.split(base)


def test_strings_are_the_base_spaces_with_the_hyper_parameters_behind() -> None:
    row = np.array([4, 3, 2, 1, 1, 0, 1, 1, 0], np.int8)
    base = Cell201().to_strings(row[None, :6])[0]
    text = SPACE.to_strings(row[None])[0]
    assert text == f"{base} @ batch_size=64,learning_rate=0.1,optimizer=adamw"
    other_order = f"{base} @ optimizer=adamw,batch_size=64,learning_rate=1e-1"
    np.testing.assert_array_equal(SPACE.from_strings(other_order), row[None])


def test_all_else_follows_the_base_space() -> None:
    base = Cell201()
    rows = SPACE.sample(50, np.random.default_rng(0))
    np.testing.assert_array_equal(SPACE.canonical(rows)[:, :6], base.canonical(rows[:, :6]))
    np.testing.assert_array_equal(SPACE.canonical(rows)[:, 6:], rows[:, 6:])
    np.testing.assert_array_equal(SPACE.live(rows)[:, :6], base.live(rows[:, :6]))
    assert SPACE.live(rows)[:, 6:].all()
    assert SPACE.graph(rows[0]) == base.graph(rows[0, :6])
    assert SPACE.num_architectures == 15_625 * 12
    assert len(SPACE.neighbors(rows[0])) == 24 + 2 + 1 + 1


def test_hyper_parameters_change_as_often_as_live_decisions() -> None:
    joint = JointSpace(RecurrentCell(), learning_rate=(0.001, 0.01))
    assert joint.constrained
    assert not joint.numbered
    parents = np.repeat(joint.sample(1, np.random.default_rng(0)), 300, axis=0)
    mutants = joint.mutate(parents, np.random.default_rng(1))
    changed = (mutants != parents)[:, -1]
    live = joint.live(parents[:1])[0, :-1].sum()
    assert 0.3 * 300 / (live + 1) < changed.sum() < 3 * 300 / (live + 1)
    assert ((mutants != parents)[changed].sum(axis=1) == 1).all()


def test_a_process_of_ones_own_gets_the_same_space() -> None:
    again = pickle.loads(pickle.dumps(SPACE))
    assert again.name == SPACE.name
    np.testing.assert_array_equal(again.enumerate()[-1], SPACE.num_choices - 1)


@pytest.mark.parametrize("file", ["joint.h5", "joint"])
def test_a_store_of_a_joint_space_opens_by_its_name(tmp_path: Path, file: str) -> None:
    store = BenchmarkStore.create(tmp_path / file, SPACE)
    rows = SPACE.sample(8, np.random.default_rng(0))
    records = new_records(8, SPACE.num_decisions, TRAINING_METRICS)
    records["architecture"], records["task"], records["recipe"] = rows, "digits", "{}"
    records["epochs"], records["seed"], records["status"] = 1, 0, "ok"
    records["origin"], records["valid_accuracy"] = "search", np.linspace(0.1, 0.8, 8)
    store.append(records)
    again = BenchmarkStore.open(tmp_path / file)
    assert isinstance(again.space, JointSpace)
    assert again.space.name == NAME
    np.testing.assert_allclose(again.query(rows, "valid_accuracy", task="digits"), np.linspace(0.1, 0.8, 8))


def test_encodings_tell_hyper_parameters_apart() -> None:
    rows = np.repeat(SPACE.sample(1, np.random.default_rng(3)), 12, axis=0)
    rows[:, 6:] = np.indices((3, 2, 2)).reshape(3, -1).T
    for encoding in (one_hot, default_encoding):
        assert len(np.unique(encoding(SPACE, rows), axis=0)) == 12


@pytest.mark.parametrize("kind", [BayesianOptimization, RegularizedEvolution])
def test_searchers_find_the_hyper_parameter_that_matters(
    kind: type[BayesianOptimization | RegularizedEvolution],
) -> None:
    searcher, asked = kind(TINY, seed=0), []
    for _ in range(10):
        rows = searcher.ask(4)
        _, chosen = TINY.split(rows)
        rates = np.array([one["learning_rate"] for one in chosen])
        searcher.tell(rows, 0.5 + 0.01 * (rows[:, :6] == 3).sum(axis=1) + (rates == 0.1) * 0.3)
        asked += rates.tolist()
    assert len(asked) == 40
    if kind is BayesianOptimization:
        assert np.mean(np.array(asked[-12:]) == 0.1) > 0.8


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({}, "expected hyper-parameters with their choices, such as learning_rate"),
        ({"batch_size": (32,)}, "expected 2 to 127 different choices of batch_size.*belongs into the recipe"),
        ({"batch_size": (32, 32.0)}, "different choices of batch_size"),
        ({"batch_size": tuple(range(2, 130))}, "expected 2 to 127 different choices of batch_size"),
        ({"batch_size": 32}, "expected choices of batch_size that are numbers, or words"),
        ({"optimizer": "sgd"}, "expected choices of optimizer that are numbers, or words"),
        ({"optimizer": ("sgd", 1)}, "expected choices of optimizer"),
        ({"optimizer": ("sgd", "a+b")}, "expected choices of optimizer"),
        ({"optimizer": ("sgd", "32")}, "expected choices of optimizer"),
        ({"nesterov": (True, False)}, "expected choices of nesterov"),
        ({"learning_rate": (0.1, float("nan"))}, "expected choices of learning_rate"),
        ({"learning:rate": (0.1, 0.2)}, "expected choices of learning:rate"),
    ],
)
def test_choices_that_make_no_decision_are_refused(choices: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        JointSpace(Cell201(), **choices)


def test_a_joint_space_is_no_base_space() -> None:
    with pytest.raises(InputError, match="name all hyper-parameters at once"):
        JointSpace(TINY, batch_size=(32, 64))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cell2+learning_rate:0.01,0.1", "unknown search space 'cell2'"),
        ("cell201+", "expected choices of  that are"),
        ("cell201+space:1", "expected 2 to 127 different choices of space"),
        ("cell201+a:1," + "9" * 5000, "expected choices of a that are numbers"),
        ("cell201+a:1,1e999", "expected choices of a that are numbers"),
        ("cell201+learning_rate", "expected choices of learning_rate"),
        ("cell201+learning_rate:0.1,0.01", r"malformed name .*expected 'cell201\+learning_rate:0.01,0.1'"),
        ("cell201+b:1,2+a:1,2", "malformed name of a joint space"),
        ("cell201+a:1,2+a:1,3", "malformed name of a joint space"),
    ],
)
def test_other_names_are_refused(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        space_named(name)


@pytest.mark.parametrize(
    "tail", ["", " @ ", " @ learning_rate=0.5", " @ learning_rate=0.1,learning_rate=0.1", " @ lr=0.1"]
)
def test_other_strings_are_refused(tail: str) -> None:
    base = Cell201().to_strings(np.zeros((1, 6), np.int8))[0]
    with pytest.raises(ArchitectureError, match=r"expected learning_rate=0\.01 or 0\.1 after the last ' @ '"):
        TINY.from_strings([base + tail])
