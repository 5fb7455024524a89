from itertools import islice

import numpy as np
import pytest

from surronas.encodings import one_hot
from surronas.errors import ArchitectureError, InputError
from surronas.searchers import Pool
from surronas.searchers.pool import pool_of
from surronas.spaces import Cell201, space_named

SPACE = Cell201()
TWINS = np.array([[0, 0, 4, 1, 0, 0], [0, 0, 0, 1, 0, 0]], np.int8)  # 2<-1 is dead in the first


def test_the_whole_space_has_6466_distinct_candidates() -> None:
    pool = Pool(SPACE)
    assert pool.size == 6_466 == len(pool.keys) == len(pool.architectures)
    np.testing.assert_array_equal(pool.architectures, SPACE.canonical(pool.architectures))
    assert Pool(SPACE, isomorphic="keep").size == 15_625


def test_isomorphic_architectures_have_one_key_unless_kept_apart() -> None:
    assert len(set(Pool(SPACE).resolve(TWINS))) == 1
    assert len(set(Pool(SPACE, isomorphic="keep").resolve(TWINS))) == 2
    pool = Pool(SPACE, TWINS)
    np.testing.assert_array_equal(pool.rows(pool.resolve(TWINS[:1])), TWINS[1:])


@pytest.mark.parametrize("isomorphic", ["merge", "keep"])
def test_neighbors_are_the_distinct_candidates_one_decision_away(isomorphic: str) -> None:
    rows = SPACE.sample(3_000, np.random.default_rng(0))
    pool = Pool(SPACE, rows, isomorphic=isomorphic)
    candidates = set(pool.keys.tolist())
    for key in pool.keys[:20].tolist():
        around = SPACE.neighbors(pool.rows([key]))
        expected = (set(pool.resolve(around)) & candidates) - {key}
        assert pool.neighbors(key) == tuple(sorted(expected))


def test_neighbors_of_what_is_no_candidate_are_candidates() -> None:
    pool = Pool(SPACE, SPACE.sample(3_000, np.random.default_rng(0)))
    foreign = next(key for key in pool.resolve(SPACE.enumerate()) if key not in pool)
    assert pool.neighbors(foreign)
    assert all(key in pool for key in pool.neighbors(foreign))


@pytest.mark.parametrize("dtype", [np.int8, np.int64, list])
def test_rows_resolve_whatever_holds_them(dtype: type) -> None:
    pool, rows = Pool(SPACE), SPACE.sample(9, np.random.default_rng(0))
    expected = pool.resolve(rows)
    again = rows.tolist() if dtype is list else rows.astype(dtype)
    assert pool.resolve(again) == expected
    assert pool.resolve(rows[0]) == expected[:1]
    np.testing.assert_array_equal(SPACE.keys(pool.rows(expected)), SPACE.keys(rows))


def test_rows_of_another_space_are_refused_even_if_their_bytes_are_known() -> None:
    pool = Pool(SPACE)
    pool.resolve(SPACE.enumerate())
    for wrong in (np.full((1, 6), 5, np.int8), np.zeros((2, 3), np.int8), np.zeros((1, 12), np.int8)):
        with pytest.raises(ArchitectureError, match="space 'cell201'"):
            pool.resolve(wrong)


def test_a_space_too_large_to_enumerate_is_open() -> None:
    space = space_named("darts")
    pool = Pool(space)
    assert pool.size is None
    keys = list(islice(pool.random_order(3), 700))
    assert len(set(keys)) == 700
    assert all(key in pool for key in keys)
    assert keys == list(islice(Pool(space).random_order(3), 700))
    np.testing.assert_array_equal(space.keys(pool.rows(keys)), pool.resolve(pool.rows(keys)))
    around = pool.neighbors(keys[0])
    np.testing.assert_array_equal(space.keys(pool.rows(around)), around)


def test_features_are_computed_once_and_cannot_be_written() -> None:
    pool = Pool(SPACE, SPACE.sample(50, np.random.default_rng(0)))
    features = pool.features(one_hot)
    np.testing.assert_array_equal(features, one_hot(SPACE, pool.architectures))
    assert pool.features(one_hot) is features
    with pytest.raises(ValueError, match="read-only"):
        features[0] = 1


def test_bad_pools_are_refused() -> None:
    with pytest.raises(InputError, match="at least one architecture, got none"):
        Pool(SPACE, np.empty((0, 6), np.int8))
    with pytest.raises(InputError, match="expected 'merge' or 'keep', got 'drop'"):
        Pool(SPACE, isomorphic="drop")
    with pytest.raises(InputError, match="expected a pool of space 'darts', got one of 'cell201'"):
        pool_of(space_named("darts"), Pool(SPACE))
