import json
from pathlib import Path

import numpy as np
import pytest
from contracts.space_contract import SpaceContract
from hypothesis import given, settings
from hypothesis import strategies as st

from surronas.errors import ArchitectureError, InputError
from surronas.spaces import Architectures, space_named
from surronas.spaces.cell101 import OPERATIONS, Cell101
from surronas.spaces.cell101_isomorphism import EDGES

SPACE = Cell101()
seeds = st.integers(0, 2**32 - 1)
INCEPTION = (  # the example in NAS-Bench-101's README; the name is what its own code gives
    "0111010000000100000010000100000000100000010000000 input,conv1x1-bn-relu,conv3x3-bn-relu,"
    "conv3x3-bn-relu,conv3x3-bn-relu,maxpool3x3,output"
)


class TestContract(SpaceContract):
    LIVE_EDGES = False
    ENUMERABLE = False

    @pytest.fixture
    def space(self) -> Cell101:
        return SPACE


def matrix_of(cell: np.ndarray) -> np.ndarray:
    matrix = np.zeros((7, 7), int)
    matrix[tuple(np.array(EDGES).T)] = cell[:21]
    return matrix


def cell_of(matrix: np.ndarray, operations: np.ndarray) -> Architectures:
    return np.hstack([matrix[tuple(np.array(EDGES).T)], operations]).astype(np.int8)[None]


def on_paths(matrix: np.ndarray) -> set[int]:
    """The vertices between input and output, by walking: what the benchmark keeps of a cell."""

    def reached(start: int, steps: np.ndarray) -> set[int]:
        seen, front = {start}, [start]
        while front:
            new = set(np.flatnonzero(steps[front.pop()]).tolist()) - seen
            seen |= new
            front += new
        return seen

    return reached(0, matrix) & reached(6, matrix.T)


def relabelled(cell: np.ndarray, rng: np.random.Generator) -> Architectures:
    """The cell with its inner vertices in another topological order."""
    matrix, order, left = matrix_of(cell), [0], {1, 2, 3, 4, 5}
    while left:
        free = [v for v in left if not any(matrix[u, v] for u in left)]
        order.append(int(rng.choice(free)))
        left.remove(order[-1])
    order.append(6)
    return cell_of(matrix[np.ix_(order, order)], np.array([0, *cell[21:], 0])[order][1:-1])


@given(seeds)
def test_the_order_of_inner_vertices_changes_neither_form_nor_key_nor_hash(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells = SPACE.sample(1, rng)
    twin = relabelled(cells[0], rng)
    np.testing.assert_array_equal(SPACE.canonical(twin), SPACE.canonical(cells))
    assert SPACE.keys(twin) == SPACE.keys(cells)
    assert SPACE.module_hashes(twin) == SPACE.module_hashes(cells)


@given(seeds)
def test_dead_parts_change_neither_form_nor_key_nor_hash(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cell = SPACE.sample(1, rng)[0]
    matrix, operations = matrix_of(cell), cell[21:].copy()
    alive = on_paths(matrix)
    for dead in set(range(7)) - alive:
        operations[dead - 1] = rng.integers(3)
        for other in range(7):  # feed it, or let it feed, but never both
            low, high = sorted((dead, other))
            if dead != other and other in alive:
                matrix[low, high] = rng.integers(2) if (dead % 2) == (dead == high) else 0
            elif dead != other:
                matrix[low, high] = 0
    twin = cell_of(matrix, operations)
    np.testing.assert_array_equal(SPACE.canonical(twin), SPACE.canonical(cell[None]))
    assert SPACE.module_hashes(twin) == SPACE.module_hashes(cell)


def test_keys_are_equal_exactly_when_the_benchmarks_hashes_are() -> None:
    small = SPACE.sample(4_000, np.random.default_rng(0))
    few = small[SPACE.live(small)[:, 21:].sum(axis=1) < 4][:1_500]  # few vertices: many twins
    cells = np.concatenate([few, small[:1_000]])
    keys, hashes = SPACE.keys(cells).tolist(), SPACE.module_hashes(cells)
    assert len(set(keys)) == len(set(hashes)) == len(set(zip(keys, hashes, strict=True))) < 2_000


def test_live_and_allowed_are_what_walking_the_graph_finds() -> None:
    drawn = np.random.default_rng(1).integers(SPACE.num_choices, size=(400, 26)).astype(np.int8)
    drawn[::2, :21] &= np.random.default_rng(2).integers(2, size=(200, 21), dtype=np.int8)  # sparser ones
    live, allowed = SPACE.live(drawn), SPACE.allowed(drawn)
    for cell, flags, valid in zip(drawn, live, allowed, strict=True):
        alive = on_paths(matrix_of(cell))
        edges = [bit == 1 and u in alive and v in alive for bit, (u, v) in zip(cell, EDGES, strict=False)]
        assert flags.tolist() == edges + [v in alive for v in range(1, 6)]
        assert valid == (1 <= sum(edges) <= 9)
    assert 0 < allowed.sum() < len(allowed)


def test_neighbors_are_those_of_white_et_al() -> None:
    for cell in SPACE.sample(20, np.random.default_rng(3)):
        expected, alive = set(), on_paths(matrix_of(cell))
        for vertex in alive - {0, 6}:
            for choice in {0, 1, 2} - {int(cell[20 + vertex])}:
                expected.add((*cell[: 20 + vertex].tolist(), choice, *cell[21 + vertex :].tolist()))
        for edge, (source, target) in enumerate(EDGES):
            flipped = cell.copy()
            flipped[edge] ^= 1
            ends = on_paths(matrix_of(flipped if flipped[edge] else cell))
            if source in ends and target in ends and SPACE.allowed(flipped[None])[0]:
                expected.add(tuple(flipped.tolist()))
        assert {tuple(row) for row in SPACE.neighbors(cell).tolist()} == expected


@settings(max_examples=30)
@given(seeds)
def test_neighbors_are_mutual_and_compute_something_else(seed: int) -> None:
    cell = SPACE.sample(1, np.random.default_rng(seed))
    neighbors = SPACE.neighbors(cell)
    back, owner = SPACE.neighborhoods(neighbors)
    assert set(owner[(back == cell).all(axis=1)].tolist()) == set(range(len(neighbors)))
    assert SPACE.module_hashes(cell)[0] not in SPACE.module_hashes(neighbors)


def test_from_canonical_forms_no_step_adds_a_vertex() -> None:
    forms = SPACE.canonical(SPACE.sample(200, np.random.default_rng(4)))
    neighbors, owner = SPACE.neighborhoods(forms)
    vertices = SPACE.live(forms)[:, 21:].sum(axis=1)
    assert (SPACE.live(neighbors)[:, 21:].sum(axis=1) <= vertices[owner]).all()
    assert len(SPACE.neighbors(SPACE.from_strings("0100 input,output"))) == 0  # which stays as it is:
    assert SPACE.mutate(SPACE.distinct(2), np.random.default_rng(0)).tolist() == SPACE.distinct(2).tolist()


@pytest.mark.parametrize(("vertices", "cells"), [(2, 1), (3, 7), (4, 91), (5, 2_532), (6, 64_542)])
def test_distinct_cells_are_as_many_as_are_known(vertices: int, cells: int) -> None:
    distinct = SPACE.distinct(vertices)
    assert len(distinct) == cells  # 91 and 2,532: the files of EC-NAS-Bench
    np.testing.assert_array_equal(SPACE.canonical(distinct), distinct)
    assert (np.diff(SPACE.codes(distinct)) > 0).all()
    assert SPACE.live(distinct)[:, 21:].sum(axis=1).max() == vertices - 2


@pytest.mark.slow
def test_the_space_has_423624_distinct_cells() -> None:
    assert len(SPACE.distinct()) == 423_624  # Ying et al. 2019, Section 2.2


def test_distinct_refuses_another_number_of_vertices() -> None:
    with pytest.raises(InputError, match="expected 2 to 7 vertices, got 8"):
        SPACE.distinct(8)


def test_number_of_ways_to_write_a_cell() -> None:
    valid = 0
    for bits in np.array_split(np.arange(2**21), 16):
        cells = np.zeros((len(bits), 26), np.int8)
        cells[:, :21] = bits[:, None] >> np.arange(21) & 1
        valid += int(SPACE.allowed(cells).sum())
    assert SPACE.num_architectures == valid * 3**5 == 373_754_169


@pytest.mark.parametrize("vertices", [4, 5])
def test_hashes_and_cells_are_those_of_the_authors_generator(shared: Path, vertices: int) -> None:
    path = shared / "benchmarks" / "ec-nas-bench" / f"generated_graphs_{vertices}V9E.json"
    graphs = json.loads(path.read_text())
    texts = [
        "".join(str(bit) for row in matrix for bit in row)
        + " "
        + ",".join(["input", *(OPERATIONS[label] for label in labels[1:-1]), "output"])
        for matrix, labels in graphs.values()
    ]
    cells = SPACE.from_strings(texts)
    assert SPACE.module_hashes(cells) == list(graphs)
    assert sorted(SPACE.keys(cells)) == SPACE.codes(SPACE.distinct(vertices)).tolist()


def test_an_example_of_the_authors() -> None:
    cell = SPACE.from_strings(INCEPTION)
    assert SPACE.to_strings(cell) == [INCEPTION]
    graph = SPACE.graph(cell)
    assert graph.num_nodes == 7
    assert graph.node_operations == ("input", *INCEPTION.split(",")[1:-1], "output")
    pairs = [(source, target) for source, target, _ in graph.live_edges()]
    assert pairs == [(0, 1), (0, 2), (0, 3), (0, 5), (1, 6), (2, 6), (3, 4), (4, 6), (5, 6)]
    assert {operation for *_, operation in graph.edges} == {"skip_connect"}


def test_small_cells_are_written_with_their_own_vertices() -> None:
    text = "0110001100010000 input,conv1x1-bn-relu,conv3x3-bn-relu,output"
    cell = SPACE.from_strings(text)
    assert SPACE.module_hashes(cell) == ["5529e1779433733d1145e20de5d8604e"]  # energy_4V9E.tfrecord, row 1
    assert SPACE.to_strings(cell) == [text]
    assert [len(s.split()[0]) for s in SPACE.to_strings(SPACE.distinct(3))] == [4] + [9] * 6
    wide = SPACE.from_strings("0" * 5 + "11" + "0" * 42 + " input" + ",maxpool3x3" * 5 + ",output")
    assert SPACE.keys(wide) == SPACE.keys(SPACE.from_strings("0100 input,output"))
    assert len(SPACE.to_strings(wide)[0].split()[0]) == 49


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("010 input,output", "malformed cell101 string '010 input,output'; expected the 0s and 1s"),
        ("0200 input,output", "malformed"),
        ("0 input", "malformed"),
        ("0" * 64 + " input" + ",maxpool3x3" * 6 + ",output", "v from 2 to 7"),
        ("0101 input,output", "upper triangular"),
        ("0100 output,input", "v names: input"),
        ("0100", "malformed"),
        ("010001000 input,conv,output", "unknown operation 'conv' in"),
        ("0000 input,output", "row 0 is no architecture of space 'cell101'"),
        (
            "0111111001111100011110000111000001100000010000000 input" + ",maxpool3x3" * 5 + ",output",
            "is no arch",
        ),
    ],
)
def test_malformed_strings_are_refused(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        SPACE.from_strings([text])


def test_samples_are_uniform_over_the_ways_to_write_a_cell() -> None:
    cells = SPACE.sample(20_000, np.random.default_rng(5))
    seven = (SPACE.live(cells)[:, 21:].sum(axis=1) == 5).mean()
    everything = np.random.default_rng(6).integers(SPACE.num_choices, size=(40_000, 26)).astype(np.int8)
    kept = everything[SPACE.allowed(everything)]
    assert seven == pytest.approx((SPACE.live(kept)[:, 21:].sum(axis=1) == 5).mean(), abs=0.02)


def test_is_known_by_name() -> None:
    assert isinstance(space_named("cell101"), Cell101)
