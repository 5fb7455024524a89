from itertools import combinations_with_replacement

import numpy as np
import pytest
from contracts.encoding_contract import EncodingContract

from surronas.encodings import Encoding
from surronas.encodings.default import default_encoding
from surronas.encodings.path_profile import path_bags, path_extremes, path_steps
from surronas.spaces import Cell201, space_named

CONV1, CONV3, POOL = 2, 3, 4
NAMES = ("avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3")  # the columns' order
# on edges 1<-0, 2<-0, 2<-1, 3<-0, 3<-1, 3<-2. Paths: skip; conv3-conv1 (by node 1); conv3-pool (by node 2)
CELL = [[CONV3, 0, 1, 1, CONV1, POOL]]


class TestContract(EncodingContract):
    @pytest.fixture(params=[path_bags, path_steps, path_extremes], ids=lambda f: f.__name__)
    def encoding(self, request: pytest.FixtureRequest) -> Encoding:
        return request.param


class TestDefaultContract(EncodingContract):
    one_graph_one_row = False  # its optional group tells dead operations

    @pytest.fixture
    def encoding(self) -> Encoding:
        return default_encoding


def test_bags_count_paths_by_what_is_on_them(cell201: Cell201) -> None:
    bags = [bag for size in range(4) for bag in combinations_with_replacement(NAMES, size)]
    features = path_bags(cell201, CELL)[0]
    found = {bag: count for bag, count in zip(bags, features, strict=True) if count}
    assert found == {(): 1, ("nor_conv_1x1", "nor_conv_3x3"): 1, ("avg_pool_3x3", "nor_conv_3x3"): 1}


def test_steps_count_what_follows_what(cell201: Cell201) -> None:
    features = path_steps(cell201, CELL)[0]
    np.testing.assert_array_equal(features[:3], [1, 1, 2])
    pairs = features[3:].reshape(4, 4)  # from (pool, conv1, conv3, start) to (pool, conv1, conv3, end)
    np.testing.assert_array_equal(pairs, [[0, 0, 0, 1], [0, 0, 0, 1], [1, 1, 0, 0], [0, 0, 2, 1]])


def test_extremes_of_every_set_of_operations(cell201: Cell201) -> None:
    features = path_extremes(cell201, CELL)[0]
    most, fewest, mean = features[:-2].reshape(3, 7)  # pool, conv1, conv3, pairs of these, all
    np.testing.assert_array_equal(most, [1, 1, 1, 1, 2, 2, 2])
    np.testing.assert_array_equal(fewest, 0)
    np.testing.assert_allclose(mean, np.array([1, 1, 2, 2, 3, 3, 4]) / 3)
    np.testing.assert_allclose(features[-2:], [np.log(4), 1])


def test_a_network_without_a_path_is_told_apart(cell201: Cell201) -> None:
    np.testing.assert_array_equal(path_extremes(cell201, np.zeros((1, 6), np.int8)), 0)
    np.testing.assert_array_equal(path_bags(cell201, np.zeros((1, 6), np.int8)), 0)


def test_chains_have_no_bags_to_tell() -> None:
    assert path_bags(space_named("nasbench_macro"), np.ones((1, 8), np.int8)).tolist() == [[1.0]]


def test_default_encoding_tells_its_groups(cell201: Cell201) -> None:
    features = default_encoding(cell201, cell201.enumerate())
    groups = default_encoding.groups(cell201)
    assert groups.shape == (features.shape[1],)
    for group in range(4):
        assert 2 * features[:, groups == group].var(axis=0).sum() == pytest.approx(1.0, rel=0.05)


def test_the_default_encoding_tells_dead_operations_apart_in_an_optional_group(cell201: Cell201) -> None:
    dead = np.array([[0, 0, 4, 1, 0, 0], [0, 0, 0, 1, 0, 0]], np.int8)  # 2<-1 is dead
    groups = default_encoding.groups(cell201)
    one, other = default_encoding(cell201, dead)
    assert groups.min() == -1
    np.testing.assert_array_equal(one[groups >= 0], other[groups >= 0])
    assert (one[groups < 0] != other[groups < 0]).any()
