import numpy as np

from surronas.surrogates import distinct_rows as module
from surronas.surrogates.distinct_rows import distinct_rows


def test_rows_expand_to_what_was_given(rng: np.random.Generator) -> None:
    X = rng.integers(0, 2, size=(300, 6)).astype(float)
    rows, expand = distinct_rows(X)
    assert len(rows) == len(np.unique(X, axis=0)) < 65
    np.testing.assert_array_equal(rows[expand], X)


def test_rows_that_share_a_projection_are_kept_apart(monkeypatch) -> None:
    class Zeros:
        def standard_normal(self, size: int) -> np.ndarray:
            return np.zeros(size)

    monkeypatch.setattr(module.np.random, "default_rng", lambda seed: Zeros())
    X = np.array([[0.0, 1.0], [1.0, 0.0]])
    rows, expand = distinct_rows(X)
    np.testing.assert_array_equal(rows[expand], X)
