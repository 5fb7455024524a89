import numpy as np
import pytest

from surronas.searchers import Pool
from surronas.searchers.offspring import EachDecision, MutantsOfBest, NeighborsOfBest, one_decision
from surronas.searchers.rounds import Told, drawn
from surronas.searchers.truncated_paths import truncated_paths
from surronas.spaces import Cell201, space_named

SPACE = Cell201()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def pool() -> Pool:
    return Pool(SPACE)


def told_of(pool: Pool, places: list[int]) -> Told:
    """The lower in the list, the better."""
    keys = pool.keys[places].tolist()
    return Told(keys, np.arange(len(keys), dtype=float), frozenset(keys))


class TestEachDecision:
    def test_changes_a_quarter_of_the_decisions_of_a_cell_to_any_other(
        self, rng: np.random.Generator
    ) -> None:
        parents = SPACE.sample(20_000, rng)
        mutants = EachDecision()(SPACE, parents, rng)
        changed = mutants != parents
        assert mutants.dtype == np.int8
        assert changed.mean() == pytest.approx(0.25, abs=0.01)
        assert changed.all(axis=1).any()
        assert not changed[(mutants == parents).all(axis=1)].any()
        shift = (mutants - parents)[changed] % 5
        np.testing.assert_allclose(np.bincount(shift, minlength=5)[1:] / changed.sum(), 0.25, atol=0.01)

    @pytest.mark.parametrize("name", ["cell101", "graph_network", "transnas_macro", "nats_size"])
    def test_stays_within_the_space(self, name: str, rng: np.random.Generator) -> None:
        space = space_named(name)
        parents = space.sample(200, rng)
        mutants = EachDecision()(space, parents, rng)
        np.testing.assert_array_equal(space.validate(mutants), mutants)
        assert (mutants != parents).any()


class TestMutantsOfBest:
    def test_distinct_unseen_and_of_the_best_while_it_has_enough(
        self, pool: Pool, rng: np.random.Generator
    ) -> None:
        told = told_of(pool, [5, 900, 3000])
        keys = MutantsOfBest(num=20, mutation=one_decision, num_parents=1)(told, pool, rng)
        assert len(set(keys)) == len(keys)
        assert set(keys) <= set(pool.neighbors(told.keys[-1])) - told.seen

    def test_the_next_best_serves_where_one_parent_is_not_enough(
        self, pool: Pool, rng: np.random.Generator
    ) -> None:
        told = told_of(pool, [5, 900, 3000])
        keys = set(MutantsOfBest(num=100, mutation=one_decision)(told, pool, rng))
        assert keys & set(pool.neighbors(told.keys[1]))

    def test_a_tournament_draws_parents(self, pool: Pool, rng: np.random.Generator) -> None:
        told = told_of(pool, list(range(0, 2000, 40)))
        one = MutantsOfBest(num=5, mutation=one_decision, tournament_size=1)
        first = [set(one(told, pool, np.random.default_rng(seed))) for seed in range(8)]
        assert len({frozenset(keys) for keys in first}) > 1
        all_of_them = MutantsOfBest(num=5, mutation=one_decision, tournament_size=50)
        assert set(all_of_them(told, pool, rng)) <= set(pool.neighbors(told.keys[-1]))


def test_neighbors_of_the_best_are_all_of_them(pool: Pool, rng: np.random.Generator) -> None:
    told = told_of(pool, [5, 900, 3000])
    keys = NeighborsOfBest(2)(told, pool, rng)
    expected = {*pool.neighbors(told.keys[2]), *pool.neighbors(told.keys[1])} - told.seen
    assert set(keys) == expected
    assert len(keys) == len(expected)


def test_draws_are_uniform(rng: np.random.Generator) -> None:
    small = Pool(SPACE, SPACE.enumerate()[:4], isomorphic="keep")
    counts = np.unique(drawn(small, 8000, rng), return_counts=True)[1]
    np.testing.assert_allclose(counts / 8000, 0.25, atol=0.02)


@pytest.mark.parametrize(
    ("name", "num_columns"),
    [("cell201", 20), ("cell101", 40), ("transnas_micro", 12), ("nasbench_macro", 24), ("nats_size", 40)],
)
def test_truncated_paths_are_as_published_and_one_hot_for_chains(
    name: str, num_columns: int, rng: np.random.Generator
) -> None:
    space = space_named(name)
    features = truncated_paths(space, space.sample(300, rng))
    assert features.shape == (300, num_columns)
    assert set(np.unique(features)) == {0.0, 1.0}


@pytest.mark.parametrize("name", ["darts", "mnasnet", "hat_summary", "decoder_transformer"])
def test_truncated_paths_tell_architectures_apart_in_every_space(name: str, rng: np.random.Generator) -> None:
    space = space_named(name)
    assert len(np.unique(truncated_paths(space, space.sample(100, rng)), axis=0)) > 5
