import numpy as np

from surronas.store.stretches import numbered, stretches


def test_distinct_rows_are_sorted_and_numbered(rng: np.random.Generator) -> None:
    words, epochs = rng.choice(["b", "a", ""], 50), rng.integers(0, 3, 50)
    recipes = np.array([f"recipe {i % 2}" for i in range(50)], object)
    distinct, number = numbered(words, recipes, epochs)
    rows = list(zip(words.tolist(), recipes.tolist(), epochs.tolist(), strict=True))
    assert distinct == sorted(set(rows))
    assert [distinct[i] for i in number] == rows


def test_stretches_start_where_any_column_changes() -> None:
    assert stretches(np.array(["a", "a", "b", "b"]), np.array([1, 2, 2, 2])).tolist() == [0, 1, 2]


def test_no_rows() -> None:
    distinct, number = numbered(np.empty(0, "U4"), np.empty(0, object))
    assert (distinct, number.shape) == ([], (0,))
