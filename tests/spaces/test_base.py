import numpy as np
import pytest
from contracts.space_contract import SpaceContract
from hypothesis import given
from hypothesis import strategies as st

from surronas.errors import InputError
from surronas.spaces import Architectures, Graph, SearchSpace


class Chain(SearchSpace):
    """A user's own space: a chain of operations, one edge after the other, sizes to choose."""

    name = "chain"

    def __init__(self, *num_choices: int) -> None:
        self.num_choices = np.array(num_choices)

    def canonical(self, architectures: Architectures) -> Architectures:
        return architectures.copy()

    def live(self, architectures: Architectures) -> np.ndarray:
        return np.ones(architectures.shape, dtype=bool)

    def to_strings(self, architectures: Architectures) -> list[str]:
        return ["-".join(map(str, row)) for row in architectures.tolist()]

    def from_strings(self, strings: list[str]) -> Architectures:
        rows = [[int(word) for word in s.split("-")] for s in np.atleast_1d(strings)]
        return np.array(rows, dtype=np.int8).reshape(-1, self.num_decisions)

    def graph(self, architecture: Architectures) -> Graph:
        self.neighbors(architecture)  # one architecture
        row = np.ravel(architecture)
        return Graph(len(row) + 1, tuple((i, i + 1, f"operation_{op}") for i, op in enumerate(row)))


class TestContractWithDecisionsOfDifferentSizes(SpaceContract):
    @pytest.fixture
    def space(self) -> SearchSpace:
        return Chain(2, 7, 3, 5)


@given(st.lists(st.integers(2, 9), min_size=1, max_size=6), st.data())
def test_codes_count_through_decisions_of_any_sizes(sizes: list[int], data: st.DataObject) -> None:
    space = Chain(*sizes)
    row = [data.draw(st.integers(0, size - 1)) for size in sizes]
    code = space.codes(space.validate(row))
    assert 0 <= code[0] < space.num_architectures == np.prod(sizes)
    np.testing.assert_array_equal(space.from_codes(code), [row])


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6).filter(lambda sizes: max(sizes) > 1))
def test_a_decision_of_one_choice_is_never_moved(sizes: list[int]) -> None:
    space = Chain(*sizes)
    parents = np.zeros((50, len(sizes)), dtype=np.int8)
    assert len(space.neighbors(parents[0])) == sum(sizes) - len(sizes)
    mutants = space.mutate(parents, np.random.default_rng(0))
    np.testing.assert_array_equal((mutants != parents).sum(axis=1), 1)


def test_counts_architectures_beyond_64_bits() -> None:
    assert Chain(*[5] * 40).num_architectures == 5**40


def test_a_space_too_large_to_number_says_so() -> None:
    space = Chain(*[5] * 40)
    with pytest.raises(InputError, match="space 'chain' has too many architectures to number in 63 bits"):
        space.codes(space.sample(1, np.random.default_rng(0)))
