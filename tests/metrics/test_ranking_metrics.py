import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from surronas.errors import InputError
from surronas.metrics import kendall_tau, precision_at_k, regret_at_k, sparse_kendall_tau

pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), min_size=2, max_size=8)


def test_sparse_kendall_tau_is_that_of_nas_bench_301(rng: np.random.Generator) -> None:
    y = rng.uniform(0.9, 0.94, 300)
    predicted = y + rng.normal(0, 0.002, 300)
    published = kendalltau(100 * y, np.round(100 * predicted, 1)).statistic  # in percent, to one decimal
    assert sparse_kendall_tau(y, predicted) == pytest.approx(published)
    assert published != pytest.approx(kendall_tau(y, predicted), abs=1e-4)


def test_sparse_kendall_tau_does_not_see_small_differences() -> None:
    assert sparse_kendall_tau([0.1, 0.2], [0.5001, 0.5002]) == 0.0
    assert sparse_kendall_tau([0.1, 0.2], [0.5001, 0.5002], step=1e-5) == pytest.approx(1.0)
    with pytest.raises(InputError, match="expected a step above 0"):
        sparse_kendall_tau([0.1, 0.2], [0.1, 0.2], step=0)


def test_precision_and_regret_golden() -> None:
    targets, predicted = [1.0, 2.0, 3.0, 4.0, 5.0], [5.0, 1.0, 4.0, 3.0, 2.0]  # 1.0 and 3.0 look best
    assert precision_at_k(targets, predicted, 2) == 0.0
    assert precision_at_k(targets, predicted, 3) == pytest.approx(2 / 3)
    assert regret_at_k(targets, predicted, 2) == 2.0
    assert regret_at_k(targets, predicted, 4) == 0.0


@given(pairs, st.integers(1, 8))
def test_ties_give_the_expectation_over_all_ways_to_break_them(rows, k) -> None:
    y, predicted = np.array(rows, dtype=float).T
    k = min(k, len(y))
    best, limit = y.max(), np.sort(y)[-k]
    limit_predicted = np.sort(predicted)[-k]
    above = np.flatnonzero(predicted > limit_predicted).tolist()
    tied = np.flatnonzero(predicted == limit_predicted).tolist()
    chosen = [y[[*above, *some]] for some in itertools.combinations(tied, k - len(above))]
    assert precision_at_k(y, predicted, k) == pytest.approx(np.mean([(c >= limit).mean() for c in chosen]))
    assert regret_at_k(y, predicted, k) == pytest.approx(np.mean([best - c.max() for c in chosen]))


@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random) -> None:
    y, predicted = np.array(rows, dtype=float).T
    order = list(range(len(y)))
    random.shuffle(order)
    for metric in (precision_at_k, regret_at_k):
        assert metric(y[order], predicted[order], 2) == pytest.approx(metric(y, predicted, 2))


@given(pairs)
def test_perfect_predictions_are_perfect(rows) -> None:
    y = np.array(rows, dtype=float)[:, 0]
    assert precision_at_k(y, y, 2) == 1.0
    assert regret_at_k(y, y, 1) == 0.0
    assert regret_at_k(y, -y, len(y)) == 0.0


@pytest.mark.parametrize("metric", [precision_at_k, regret_at_k])
@pytest.mark.parametrize("k", [0, 3])
def test_k_is_at_most_the_rows(metric, k) -> None:
    with pytest.raises(InputError, match="expected k from 1 to the 2 rows"):
        metric([1.0, 2.0], [1.0, 2.0], k)
