import numpy as np
import pytest
from contracts.space_contract import SpaceContract
from hypothesis import given
from hypothesis import strategies as st

from surronas import spaces
from surronas.errors import InputError
from surronas.spaces import SPACE_CLASSES, Architectures, Cell201, Graph, SearchSpace, space_named


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


class TestContractWithTooManyArchitecturesToNumber(SpaceContract):
    ENUMERABLE = False

    @pytest.fixture
    def space(self) -> SearchSpace:
        return Chain(*[5] * 40)


class RisingChain(Chain):
    """A chain of two stages in which the second operation is never below the first."""

    constrained = True

    def allowed(self, architectures: Architectures) -> np.ndarray:
        return architectures[:, 0] <= architectures[:, 1]

    @property
    def num_architectures(self) -> int:
        return 5 * 6 // 2 * 3


class TestContractWithForbiddenCombinations(SpaceContract):
    @pytest.fixture
    def space(self) -> SearchSpace:
        return RisingChain(5, 5, 3)


def test_an_architecture_without_neighbors_stays_as_it_is() -> None:
    class Lonely(RisingChain):
        def allowed(self, architectures: Architectures) -> np.ndarray:
            return (architectures == 1).all(axis=1)

    one = np.ones((3, 2), np.int8)
    np.testing.assert_array_equal(Lonely(2, 2).mutate(one, np.random.default_rng(0)), one)


def test_a_space_in_which_nothing_is_allowed_says_so() -> None:
    class Empty(RisingChain):
        def allowed(self, architectures: Architectures) -> np.ndarray:
            return np.zeros(len(architectures), bool)

    with pytest.raises(InputError, match="1000 draws gave no 2 architectures; too few allowed"):
        Empty(2, 2).sample(2, np.random.default_rng(0))


def test_a_large_constrained_space_is_not_enumerated() -> None:
    with pytest.raises(InputError, match="too many to go through"):
        RisingChain(*[5] * 12).enumerate()


def test_spaces_are_found_by_name() -> None:
    assert isinstance(space_named("cell201"), Cell201)
    with pytest.raises(InputError, match="unknown search space 'cell2001'; known are cell"):
        space_named("cell2001")


@pytest.mark.parametrize("name", sorted(SPACE_CLASSES))
def test_every_known_space_bears_its_name(name: str) -> None:
    assert space_named(name).name == name


def test_every_exported_space_is_a_class_and_found() -> None:
    classes = [getattr(spaces, name) for name in spaces.__all__ if name[0].isupper() and not name.isupper()]
    found = {cls for cls in classes if isinstance(cls, type) and issubclass(cls, SearchSpace)}
    assert {type(space_named(name)) for name in SPACE_CLASSES} <= found
    with pytest.raises(AttributeError, match="has no attribute 'Cell301'"):
        spaces.Cell301  # noqa: B018
