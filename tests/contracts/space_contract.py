"""What every search space promises: inherit the class and give a ``space`` fixture."""

import numpy as np
import pytest

from surronas.errors import ArchitectureError, InputError
from surronas.spaces import Architectures, SearchSpace


class SpaceContract:
    ONE_DECISION_AWAY = True  # False: the space's own neighbors differ in more than one decision
    MUTUAL_NEIGHBORS = True  # False: the space says why a neighbor's neighbors may lack the architecture
    LIVE_EDGES = True  # False: decisions are not edges of a cell
    ENUMERABLE = True  # False: too large to enumerate

    @pytest.fixture
    def batch(self, space: SearchSpace) -> Architectures:
        """(60, d) architectures; the last twenty repeat the first, so that some are equal."""
        sampled = space.sample(40, np.random.default_rng(7))
        return np.concatenate([sampled, sampled[:20]])

    def test_samples_are_valid_rows(self, space: SearchSpace) -> None:
        sampled = space.sample(200, np.random.default_rng(0))
        assert sampled.shape == (200, space.num_decisions)
        assert sampled.dtype == np.int8
        np.testing.assert_array_equal(space.validate(sampled), sampled)

    def test_samples_follow_from_the_generator_alone(self, space: SearchSpace) -> None:
        one, same, other = (space.sample(50, np.random.default_rng(seed)) for seed in (1, 1, 2))
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, other)

    def test_samples_reach_every_choice(self, space: SearchSpace) -> None:
        sampled = space.sample(2000, np.random.default_rng(0))
        reached = [len(np.unique(column)) for column in sampled.T]
        if space.constrained:  # then a choice may be rare, but no decision is fixed
            assert min(reached) > 1
        else:
            np.testing.assert_array_equal(reached, space.num_choices)

    def test_neighbors_are_distinct_and_one_decision_away(
        self, space: SearchSpace, batch: Architectures
    ) -> None:
        for row in batch[:10]:
            neighbors = space.neighbors(row)
            changes = (neighbors != row).sum(axis=1)
            assert (changes == 1).all() if self.ONE_DECISION_AWAY else (changes > 0).all()
            assert len(np.unique(neighbors, axis=0)) == len(neighbors) > 0
            np.testing.assert_array_equal(space.validate(neighbors), neighbors)

    def test_neighbors_are_mutual(self, space: SearchSpace, batch: Architectures) -> None:
        if not self.MUTUAL_NEIGHBORS:
            pytest.skip("the neighbors of this space are not all mutual")
        for neighbor in space.neighbors(batch[0]):
            assert (space.neighbors(neighbor) == batch[0]).all(axis=1).sum() == 1

    def test_neighborhoods_are_the_neighbors_of_each_row(
        self, space: SearchSpace, batch: Architectures
    ) -> None:
        neighbors, owner = space.neighborhoods(batch)
        assert neighbors.dtype == np.int8
        for number, row in enumerate(batch):
            np.testing.assert_array_equal(neighbors[owner == number], space.neighbors(row))

    def test_mutants_are_neighbors_and_parents_stay_as_they_were(
        self, space: SearchSpace, batch: Architectures
    ) -> None:
        before = batch.copy()
        mutants = space.mutate(batch, np.random.default_rng(3))
        assert mutants.dtype == np.int8
        for mutant, row in zip(mutants, batch, strict=True):
            assert (space.neighbors(row) == mutant).all(axis=1).any()
        np.testing.assert_array_equal(space.validate(mutants), mutants)
        np.testing.assert_array_equal(batch, before)

    def test_mutation_reaches_every_neighbor(self, space: SearchSpace, batch: Architectures) -> None:
        neighbors = space.neighbors(batch[0])
        parents = np.repeat(batch[:1], 40 * len(neighbors), axis=0)
        mutants = np.unique(space.mutate(parents, np.random.default_rng(0)), axis=0)
        np.testing.assert_array_equal(mutants, np.unique(neighbors, axis=0))

    def test_crossover_takes_each_decision_from_a_parent(
        self, space: SearchSpace, batch: Architectures
    ) -> None:
        a, b = batch[:30], batch[30:]
        before = a.copy(), b.copy()
        children = space.crossover(a, b, np.random.default_rng(4))
        assert children.dtype == np.int8
        if self.ONE_DECISION_AWAY:
            assert ((children == a) | (children == b)).all()
        assert (children != a).any()
        assert (children != b).any()
        np.testing.assert_array_equal(space.validate(children), children)
        np.testing.assert_array_equal((a, b), before)

    def test_mutation_and_crossover_follow_from_the_generator_alone(
        self, space: SearchSpace, batch: Architectures
    ) -> None:
        for act in (
            lambda rng: space.mutate(batch, rng),
            lambda rng: space.crossover(batch, batch[::-1], rng),
        ):
            one, same, other = (act(np.random.default_rng(seed)) for seed in (1, 1, 2))
            np.testing.assert_array_equal(one, same)
            assert not np.array_equal(one, other)

    def test_canonical_form_is_its_own(self, space: SearchSpace, batch: Architectures) -> None:
        before = batch.copy()
        canonical = space.canonical(batch)
        assert canonical.dtype == np.int8
        np.testing.assert_array_equal(space.validate(canonical), canonical)
        np.testing.assert_array_equal(space.canonical(canonical), canonical)
        np.testing.assert_array_equal(batch, before)

    def test_keys_are_equal_exactly_when_canonical_forms_are(
        self, space: SearchSpace, batch: Architectures
    ) -> None:
        near = np.concatenate([batch, space.neighborhoods(batch[:5])[0]])
        keys, canonical = space.keys(near), space.canonical(near)
        same_form = (canonical[:, None] == canonical[None]).all(axis=2)
        np.testing.assert_array_equal(keys[:, None] == keys[None], same_form)

    def test_codes_round_trip(self, space: SearchSpace, batch: Architectures) -> None:
        codes = space.codes(batch)
        assert codes.dtype == np.int64
        if space.numbered:
            np.testing.assert_array_equal(space.from_codes(codes), batch)
        else:
            assert (codes >= 0).all()
            assert len(np.unique(codes)) == len(np.unique(batch, axis=0))
            with pytest.raises(InputError, match="too large to number"):
                space.from_codes(codes)

    def test_codes_order_architectures_as_their_decisions_do(
        self, space: SearchSpace, batch: Architectures
    ) -> None:
        if not space.numbered:
            pytest.skip("the codes of this space are hashes")
        np.testing.assert_array_equal(
            batch[np.argsort(space.codes(batch), kind="stable")], batch[np.lexsort(batch.T[::-1])]
        )

    def test_strings_round_trip(self, space: SearchSpace, batch: Architectures) -> None:
        strings = space.to_strings(batch)
        np.testing.assert_array_equal(space.from_strings(strings), batch)
        np.testing.assert_array_equal(space.from_strings(strings[0]), batch[:1])

    def test_enumerates_every_architecture_once(self, space: SearchSpace) -> None:
        if not self.ENUMERABLE:
            pytest.skip("too large to enumerate")
        everything = space.enumerate()
        assert len(everything) == space.num_architectures
        codes = space.codes(everything)
        assert (np.diff(codes) > 0).all()
        assert space.allowed(everything).all()
        if not space.constrained:
            np.testing.assert_array_equal(codes, np.arange(len(everything)))

    def test_live_decisions_are_the_live_edges_of_the_graph(
        self, space: SearchSpace, batch: Architectures
    ) -> None:
        live = space.live(batch)
        assert live.shape == batch.shape
        assert live.dtype == bool
        if not self.LIVE_EDGES:
            pytest.skip("the decisions of this space are not the edges of a cell")
        assert live.sum(axis=1).tolist() == [len(space.graph(row).live_edges()) for row in batch]

    def test_empty_batches_stay_empty(self, space: SearchSpace) -> None:
        empty = np.empty((0, space.num_decisions), dtype=np.int8)
        rng = np.random.default_rng(0)
        for batch in (
            space.sample(0, rng),
            space.mutate(empty, rng),
            space.crossover(empty, empty, rng),
            space.canonical(empty),
            space.from_strings([]),
            space.neighborhoods(empty)[0],
        ):
            assert batch.shape == (0, space.num_decisions)
            assert batch.dtype == np.int8
        assert space.keys(empty).shape == (0,)
        assert space.to_strings(empty) == []

    def test_whole_numbers_of_any_type_are_valid(self, space: SearchSpace, batch: Architectures) -> None:
        for given in (batch.tolist(), batch.astype(np.int64), batch.astype(np.uint8), batch.astype(float)):
            validated = space.validate(given)
            np.testing.assert_array_equal(validated, batch)
            assert validated.dtype == np.int8
        np.testing.assert_array_equal(space.validate(batch[0]), batch[:1])

    def test_architectures_of_another_width_are_refused(self, space: SearchSpace) -> None:
        for shape in ((2, space.num_decisions + 1), (space.num_decisions - 1,), (0,), ()):
            with pytest.raises(ArchitectureError, match="is this an architecture of another space"):
                space.validate(np.zeros(shape, dtype=np.int8))

    def test_forbidden_combinations_are_refused(self, space: SearchSpace) -> None:
        if not space.constrained:
            pytest.skip("every combination of choices is an architecture here")
        drawn = np.random.default_rng(0).integers(space.num_choices, size=(500, space.num_decisions))
        forbidden = drawn[~space.allowed(drawn.astype(np.int8))]
        assert len(forbidden), "the space says that it is constrained"
        with pytest.raises(ArchitectureError, match="row 0 is no architecture of space"):
            space.validate(forbidden[:1])

    @pytest.mark.parametrize("value", [0.5, np.nan, True, "1"])
    def test_what_is_no_whole_number_is_refused(self, space: SearchSpace, value: object) -> None:
        with pytest.raises(ArchitectureError, match="expected whole-number decisions"):
            space.validate(np.full((2, space.num_decisions), value))

    @pytest.mark.parametrize("value", [-1, 128, 256, 2**64 - 1, 300.0, np.inf])
    def test_decisions_out_of_range_are_refused(self, space: SearchSpace, value: float) -> None:
        rows = np.zeros((3, space.num_decisions), dtype=np.asarray(value).dtype)
        rows[1, -1] = value
        with pytest.raises(ArchitectureError, match=rf"row 1 has .* at decision {space.num_decisions - 1}"):
            space.validate(rows)

    def test_questions_about_one_architecture_refuse_two(
        self, space: SearchSpace, batch: Architectures
    ) -> None:
        with pytest.raises(ArchitectureError, match=r"one architecture, got 2; use neighborhoods\(\)"):
            space.neighbors(batch[:2])
        with pytest.raises(ArchitectureError, match="expected one architecture, got 2"):
            space.graph(batch[:2])

    def test_parents_of_different_shapes_are_refused(self, space: SearchSpace, batch: Architectures) -> None:
        with pytest.raises(ArchitectureError, match="expected parents of one shape"):
            space.crossover(batch[:2], batch[:3], np.random.default_rng(0))
