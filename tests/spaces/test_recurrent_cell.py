import json
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest
from contracts.space_contract import SpaceContract

from surronas.errors import ArchitectureError
from surronas.spaces import Architectures, SearchSpace
from surronas.spaces.known import space_named
from surronas.spaces.recurrent_canonical import canonical_cell
from surronas.spaces.recurrent_cell import RecurrentCell
from surronas.spaces.recurrent_layout import BLEND, NODE, NODE_DECISIONS, SUM, Cell

LINEAR = {"op": "linear", "input": ["x", "h_prev_0"]}
RNN = {"f": LINEAR, "h_new_0": {"op": "activation_tanh", "input": ["f"]}}
LSTM = {
    "i": LINEAR,
    "i_act": {"op": "activation_tanh", "input": ["i"]},
    "j": LINEAR,
    "j_act": {"op": "activation_sigm", "input": ["j"]},
    "f": LINEAR,
    "f_act": {"op": "activation_sigm", "input": ["f"]},
    "o": LINEAR,
    "o_act": {"op": "activation_tanh", "input": ["o"]},
    "h_new_1_part1": {"op": "elementwise_prod", "input": ["f_act", "h_prev_1"]},
    "h_new_1_part2": {"op": "elementwise_prod", "input": ["i_act", "j_act"]},
    "h_new_1": {"op": "elementwise_sum", "input": ["h_new_1_part1", "h_new_1_part2"]},
    "h_new_1_act": {"op": "activation_tanh", "input": ["h_new_1"]},
    "h_new_0": {"op": "elementwise_prod", "input": ["h_new_1_act", "o_act"]},
}


@pytest.fixture
def space() -> RecurrentCell:
    return RecurrentCell()


def cells(space: RecurrentCell, *recipes: dict[str, object]) -> Architectures:
    return space.from_strings([json.dumps(recipe) for recipe in recipes])


def renumbered(cell: Cell, rng: random.Random) -> Cell:
    """Return the same cell with its nodes, states and sources in another order, where order means nothing."""
    order: list[int] = []
    while len(order) < len(cell.operations):
        ready = [
            node
            for node, sources in enumerate(cell.sources)
            if node not in order and all(s < NODE or s - NODE in order for s in sources)
        ]
        order.append(rng.choice(ready))
    states = list(range(len(cell.outputs)))
    other = cell.kept(order, [0, 2, 1] if len(states) == 3 and rng.random() < 0.5 else states)
    other.sources = [
        sources if operation == BLEND else rng.sample(sources, len(sources))
        for operation, sources in zip(other.operations, other.sources, strict=True)
    ]
    return other


class TestRecurrentCellContract(SpaceContract):
    ONE_DECISION_AWAY = False
    MUTUAL_NEIGHBORS = False
    LIVE_EDGES = False
    ENUMERABLE = False

    @pytest.fixture
    def space(self) -> SearchSpace:
        return RecurrentCell()

    def test_samples_reach_every_choice(self, space: SearchSpace) -> None:
        sampled = space.sample(2_000, np.random.default_rng(0))
        nodes = sampled[:, :NODE_DECISIONS].reshape(len(sampled), 24, 4)
        assert [len(np.unique(node[:, 0])) for node in (nodes[:, 0], nodes[:, 4])] == [4, 8]
        assert (nodes[:, :, 0] > 0).sum(axis=1).max() >= 16  # large ones are rare: dead nodes are taken out
        np.testing.assert_array_equal(np.unique((sampled[:, NODE_DECISIONS:] > 0).sum(axis=1)), [1, 2, 3])


def test_the_space_is_known_by_its_name_and_too_large_to_number(space: RecurrentCell) -> None:
    assert isinstance(space_named("recurrent_cell"), RecurrentCell)
    assert not space.numbered
    assert space.num_architectures > 2**63


def test_counts_cells_as_its_rules_allow_them(space: RecurrentCell) -> None:
    small = np.zeros((8 * 5**3 * 2, 99), np.int8)
    grid = np.stack(np.meshgrid(range(8), *[range(5)] * 3, range(2), indexing="ij"), -1).reshape(-1, 5)
    small[:, [0, 1, 2, 3, NODE_DECISIONS]] = grid
    assert space.allowed(small).sum() == 5  # an activation of h, or a linear node of x and h in either order


@pytest.mark.parametrize("name", ["nasbench-nlp/recepies_example.json"])
def test_reads_the_authors_examples(space: RecurrentCell, shared: Path, name: str) -> None:
    recipes = json.loads((shared / "benchmarks" / name).read_text())
    rows = cells(space, *recipes)
    np.testing.assert_array_equal(rows[:2], cells(space, RNN, LSTM))
    assert [len(json.loads(text)) for text in space.to_strings(rows)] == [len(recipe) for recipe in recipes]
    assert len(np.unique(space.keys(rows))) == 9  # the fourth is the first with x and h_prev_0 swapped


def test_the_trained_cells_are_fewer_than_the_logs_say(space: RecurrentCell, shared: Path) -> None:
    with zipfile.ZipFile(shared / "benchmarks/nasbench-nlp/train_logs_wikitext-2_logs.zip") as logs:
        recipes = [json.loads(logs.read(name))["recepie"] for name in logs.namelist()]
    rows = space.from_strings(recipes)
    np.testing.assert_array_equal(space.from_strings(space.to_strings(rows)), rows)
    assert [len(recipes), len(set(recipes))] == [345, 291]
    assert [len(np.unique(rows, axis=0)), len(np.unique(space.keys(rows)))] == [277, 260]


def test_renumbering_a_cell_does_not_change_its_canonical_form(space: RecurrentCell) -> None:
    rng = random.Random(1)
    for row in space.sample(150, np.random.default_rng(1)):
        expected = canonical_cell(Cell.of(row)).row()
        for _ in range(3):
            np.testing.assert_array_equal(canonical_cell(renumbered(Cell.of(row), rng)).row(), expected)


def test_cells_of_many_alike_nodes_are_told_in_time() -> None:
    rng, tree = random.Random(2), Cell([1] * 12, [[1, 2] for _ in range(12)])
    waiting = [NODE + node for node in range(12)]
    while len(waiting) > 1:  # 12 linear nodes that only the tree of sums tells apart, or does not
        tree.sources.append([waiting.pop(0), waiting.pop(0)])
        tree.operations.append(SUM)
        waiting.append(NODE + len(tree.operations) - 1)
    tree.outputs = [len(tree.operations) - 1]
    forms = [canonical_cell(renumbered(tree, rng)).row() for _ in range(4)]
    np.testing.assert_array_equal(forms[1:], forms[:-1])


def test_a_cell_that_only_colours_confuse_is_told_by_trying() -> None:
    """Two cells of equal colours: sums over a ring of six alike nodes, or over two rings of three."""
    forms = []
    for ring in (
        [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0)],
        [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)],
    ):
        cell = Cell([1] * 6, [[1, 2] for _ in range(6)])
        for a, b in ring:
            cell.operations.append(SUM)
            cell.sources.append([NODE + a, NODE + b])
        sums = [NODE + 6 + i for i in range(6)]
        cell.operations += [BLEND, BLEND, SUM]
        cell.sources += [sums[:3], sums[3:], [NODE + 12, NODE + 13]]
        cell.outputs = [14]
        forms.append([canonical_cell(renumbered(cell, random.Random(seed))).row() for seed in range(5)])
        np.testing.assert_array_equal(forms[-1][1:], forms[-1][:-1])
    assert (forms[0][0] != forms[1][0]).any()


def test_what_counts_in_order_is_not_swapped(space: RecurrentCell) -> None:
    gates = [["f", "h_prev_0", "g"], ["f", "g", "h_prev_0"]]
    acts = {"f": {"op": "activation_sigm", "input": ["a"]}, "g": {"op": "activation_tanh", "input": ["a"]}}
    gru = [{"a": LINEAR, **acts, "h_new_0": {"op": "blend", "input": gate}} for gate in gates]
    assert len(np.unique(space.keys(cells(space, *gru)))) == 2


def test_nodes_that_no_step_needs_are_dead(space: RecurrentCell) -> None:
    useless = {"op": "activation_sigm", "input": ["f"]}
    lone_state = {"op": "elementwise_prod", "input": ["f", "h_prev_1"]}  # read by itself alone
    twins = cells(space, RNN, RNN | {"n": useless}, RNN | {"h_new_1": lone_state})
    assert len(np.unique(space.keys(twins))) == 1
    live = space.live(twins)
    np.testing.assert_array_equal(live[:, :7].all(axis=1), [False] * 3)  # the third source is not there
    assert live.sum(axis=1).tolist() == [6, 6, 6]
    later = RNN | {"h_new_1": useless, "h_new_0": {"op": "elementwise_sum", "input": ["f", "h_prev_1"]}}
    assert space.live(cells(space, later)).sum() == 10  # h_new_1 counts at the next step


def test_neighbors_change_a_wire_an_operation_or_a_node(space: RecurrentCell) -> None:
    near = [json.loads(text) for text in space.to_strings(space.neighbors(cells(space, RNN)))]
    sizes = [len(recipe) for recipe in near]
    assert {min(sizes), max(sizes)} == {1, 3}
    sigm = {"node_0": LINEAR, "h_new_0": {"op": "activation_sigm", "input": ["node_0"]}}
    longer = {
        "node_0": LINEAR,
        "node_1": {"op": "activation_leaky_relu", "input": ["node_0"]},
        "h_new_0": {"op": "activation_tanh", "input": ["node_1"]},
    }
    assert all(recipe in near for recipe in (sigm, longer, {"h_new_0": LINEAR}))


def test_a_node_put_on_a_wire_can_be_taken_out_again(space: RecurrentCell) -> None:
    row = cells(space, LSTM)
    for grown in space.neighbors(row)[::17]:
        if (grown[:NODE_DECISIONS:4] > 0).sum() == 14:
            assert (space.keys(space.neighbors(grown)) == space.keys(row)).any()


def test_the_largest_cells_have_neighbors(space: RecurrentCell) -> None:
    cell = Cell([1], [[1, 2]], [23])
    for node in range(1, 24):
        cell.operations.append(5)
        cell.sources.append([NODE + node - 1])
    neighbors = space.neighbors(cell.row())
    assert (neighbors[:, :NODE_DECISIONS:4] > 0).sum(axis=1).max() == 24
    np.testing.assert_array_equal(space.validate(neighbors), neighbors)


def test_the_graph_has_operations_on_its_nodes(space: RecurrentCell) -> None:
    graph = space.graph(cells(space, RNN))
    assert graph.node_operations == (
        "input", "x", "h_prev_0", "linear", "activation_tanh", "h_new_0", "output"
    )  # fmt: skip
    wires = [(source, target) for source, target, _ in graph.edges]
    assert wires == [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4), (4, 5), (5, 6)]
    assert space.graph(cells(space, LSTM)).live_edges() == space.graph(cells(space, LSTM)).edges


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ("{", "malformed recipe .*JSONDecodeError"),
        ("[1]", "malformed recipe .*AttributeError"),
        ('{"h_new_0": {"op": "linear"}}', "malformed recipe .*KeyError"),
        ('{"f": {}, "f": {}}', "malformed recipe .* a name twice"),
        (RNN | {"f": {"op": "conv", "input": ["x"]}}, "unknown operation 'conv' at node 'f'"),
        (RNN | {"f": {"op": "linear", "input": ["x", "y"]}}, "node 'f' reads .* expected a list of x"),
        (RNN | {"f": {"op": "linear", "input": "x"}}, "node 'f' reads 'x'; expected a list"),
        (RNN | {"x": LINEAR}, "node 'x' reads .* names of their own"),
        (RNN | {"f": {"op": "linear", "input": ["x"]}}, "expected 2 to 3 distinct sources for linear"),
        (RNN | {"f": {"op": "linear", "input": ["x", "x"]}}, "expected 2 to 3 distinct sources for linear"),
        ({"f": LINEAR}, r"expected a cell .* got 1 nodes and states \[\]"),
        (RNN | {"h_new_2": LINEAR}, r"expected a cell .* got 3 nodes and states \[0, 2\]"),
        (RNN | {f"n{i}": LINEAR for i in range(23)}, "expected a cell of at most 24 nodes.* got 25 nodes"),
        (RNN | {"f": {"op": "linear", "input": ["x", "h_new_0"]}}, "read each other in a loop"),
        (RNN | {"f": {"op": "linear", "input": ["x", "h_prev_1"]}}, "row 0 is no architecture"),
        (RNN | {"f": {"op": "elementwise_sum", "input": ["x", "h_prev_0"]}}, "row 0 is no architecture"),
    ],
)  # fmt: skip
def test_what_is_no_recipe_of_a_cell_is_refused(space: RecurrentCell, recipe: object, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        space.from_strings([recipe if isinstance(recipe, str) else json.dumps(recipe)])


def test_nodes_may_come_before_what_they_read(space: RecurrentCell) -> None:
    backwards = dict(reversed(LSTM.items()))
    assert len(np.unique(space.keys(cells(space, LSTM, backwards)))) == 1
