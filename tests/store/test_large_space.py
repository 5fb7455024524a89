"""Stores of spaces too large to number: codes are hashes, and the architectures themselves are compared."""

from collections.abc import Sequence

import numpy as np
import pytest

from surronas.errors import ArchitectureError, InputError, MissingRowsError
from surronas.spaces import Architectures, Graph, SearchSpace
from surronas.store import BenchmarkStore, Metric, new_records


class Letters(SearchSpace):
    """Forty letters out of twenty; with ``bits`` the hashes are cut short, so that some collide."""

    name = "letters"
    num_choices = np.full(40, 20)
    bits = 63

    def codes(self, architectures: Architectures) -> np.ndarray:
        return super().codes(architectures) >> (63 - self.bits)

    def canonical(self, architectures: Architectures) -> Architectures:
        return np.sort(architectures, axis=1)

    def live(self, architectures: Architectures) -> np.ndarray:
        return np.ones(architectures.shape, bool)

    def to_strings(self, architectures: Architectures) -> list[str]:
        return ["".join(chr(97 + letter) for letter in row) for row in architectures]

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        return np.array([[ord(letter) - 97 for letter in text] for text in strings], np.int8).reshape(-1, 40)

    def graph(self, architecture: object) -> Graph:
        raise NotImplementedError


METRICS = (Metric("test_accuracy", "test", "fraction", "maximize"),)


@pytest.fixture
def words(rng: np.random.Generator) -> Architectures:
    return Letters().sample(50, rng)


def fill(store: BenchmarkStore, words: Architectures) -> np.ndarray:
    runs = new_records(len(words), 40, METRICS)
    runs["architecture"], runs["task"], runs["seed"] = words, "spelling", 3
    runs["test_accuracy"] = np.linspace(0, 1, len(words))
    for batch in np.array_split(runs, 3):
        store.append(batch)
    return runs["test_accuracy"]


@pytest.mark.parametrize("canonical", [False, True])
def test_rows_are_found_after_any_merge(path, words: Architectures, canonical: bool) -> None:
    store = BenchmarkStore.create(path, Letters(), metrics=METRICS, canonical=canonical)
    values = fill(store, words)
    for _ in range(2):
        np.testing.assert_array_equal(store.query(words, "test_accuracy"), values)
        np.testing.assert_array_equal(store.query(Letters().to_strings(words), "test_accuracy"), values)
        turned = words[:, ::-1].copy()
        if canonical:
            np.testing.assert_array_equal(store.query(turned, "test_accuracy"), values)
        else:
            with pytest.raises(MissingRowsError, match="50 of 50"):
                store.query(turned, "test_accuracy")
        assert sorted(map(bytes, store.architectures)) == sorted(
            map(bytes, Letters().canonical(words) if canonical else words)
        )
        store.merge()
        store = BenchmarkStore.open(path, space=Letters())
    with pytest.raises(ArchitectureError):
        store.query(np.full(40, 20, np.int8), "test_accuracy")


def test_an_architecture_with_the_hash_of_another_is_not_that_other(path, words: Architectures) -> None:
    space = Letters()
    space.bits = 12
    store = BenchmarkStore.create(path, space, metrics=METRICS)
    words = words[:15]
    fill(store, words)
    others = space.sample(20_000, np.random.default_rng(9))
    colliding = others[np.isin(space.codes(others), space.codes(words))]
    assert len(colliding) > 30
    assert np.isnan(store.query(colliding, "test_accuracy", missing="nan")).all()
    runs = new_records(1, 40, METRICS)
    runs["architecture"], runs["task"] = colliding[0], "spelling"
    with pytest.raises(InputError, match=r"row 0: .* has the 63-bit hash of another architecture"):
        store.append(runs)
