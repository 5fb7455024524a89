import bz2
from pathlib import Path

import numpy as np
import pytest
from contracts.space_contract import SpaceContract

from surronas.errors import ArchitectureError
from surronas.spaces import SearchSpace, space_named
from surronas.spaces.nats_size import NatsSize
from surronas.store.importers.restricted import load_pickle


class TestNatsSize(SpaceContract):
    @pytest.fixture
    def space(self) -> SearchSpace:
        return NatsSize()


def test_it_is_known_by_name() -> None:
    assert isinstance(space_named("nats_size"), NatsSize)


def test_strings_are_channels() -> None:
    space = NatsSize()
    assert space.from_strings("8:16:64:40:24").tolist() == [[0, 1, 7, 4, 2]]
    assert space.to_strings(np.array([[7, 0, 0, 3, 1]], np.int8)) == ["64:8:8:32:16"]


@pytest.mark.parametrize("text", ["8:8:8:8", "8:8:8:8:8:8", "8:8:8:8:12", "8:8:8:8:72", "", "a:b:c:d:e"])
def test_malformed_strings_are_refused(text: str) -> None:
    with pytest.raises(ArchitectureError, match="malformed nats_size string"):
        NatsSize().from_strings([text])


def test_the_graph_is_a_chain_of_layers() -> None:
    graph = NatsSize().graph([0, 1, 2, 3, 7])
    labels = [operation for _, _, operation in graph.edges]
    assert labels == ["cell-8", "reduction-16", "cell-24", "reduction-32", "cell-64"]
    assert graph.live_edges() == graph.edges


def test_a_graph_is_of_one_architecture() -> None:
    with pytest.raises(ArchitectureError, match="expected one architecture, got 2"):
        NatsSize().graph(np.zeros((2, 5), np.int8))


def test_the_benchmark_lists_all_of_them(shared: Path) -> None:
    sample = shared / "benchmarks/nasbench201/nats-bench-official-sample/fake_torch_dir"
    with bz2.open(sample / "NATS-sss-v1_0-50262-simple" / "meta.pickle.pbz2") as file:
        listed = load_pickle(file)["meta_archs"]
    space = NatsSize()
    codes = space.codes(space.from_strings(listed))
    assert sorted(codes.tolist()) == list(range(32768))
