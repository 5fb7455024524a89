import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from surronas.errors import InputError
from surronas.metrics import (
    additive_epsilon,
    front_ranks,
    hypervolume,
    inverted_generational_distance,
    pareto_front,
    running_hypervolume,
)
from surronas.metrics.boxes import dominated_boxes, undominated_boxes, volumes


@st.composite
def points(draw: st.DrawFn, least: int = 0) -> np.ndarray:
    """Up to eight points in one to five objectives on a grid, so that ties and repeats are common."""
    shape = draw(st.tuples(st.integers(least, 8), st.integers(1, 5)))
    return draw(arrays(np.float64, shape, elements=st.integers(-2, 5).map(float)))


def by_inclusion_and_exclusion(scores: np.ndarray, reference: np.ndarray) -> float:
    above = scores[(scores > reference).all(axis=1)]
    return sum(
        (-1) ** (size + 1) * np.prod(above[list(some)].min(axis=0) - reference)
        for size in range(1, len(above) + 1)
        for some in itertools.combinations(range(len(above)), size)
    )


def dominated_by(scores: np.ndarray, row: np.ndarray) -> np.ndarray:
    return (row >= scores).all(axis=1) & (row > scores).any(axis=1)


def test_hypervolume_golden() -> None:
    assert hypervolume([[3.0, 1.0], [2.0, 2.0], [1.0, 3.0]], [0.0, 0.0]) == 6.0  # a staircase of squares
    assert hypervolume([[1.0, 1.0, 2.0], [2.0, 1.0, 1.0], [1.0, 2.0, 1.0]], [0.0, 0.0, 0.0]) == 4.0
    assert hypervolume([[4.0], [7.0]], [2.0]) == 5.0
    assert hypervolume(np.empty((0, 2)), [0.0, 0.0]) == 0.0
    assert hypervolume([[1.0, -1.0]], [0.0, 0.0]) == 0.0  # not above the reference in both


@given(points())
def test_hypervolume_is_that_of_inclusion_and_exclusion(scores: np.ndarray) -> None:
    reference = np.zeros(scores.shape[1])
    assert hypervolume(scores, reference) == pytest.approx(by_inclusion_and_exclusion(scores, reference))


@given(points(least=1))
def test_hypervolume_grows_with_points_and_ignores_dominated_ones(scores: np.ndarray) -> None:
    reference = np.full(scores.shape[1], -1.0)
    volume = hypervolume(scores, reference)
    assert volume >= hypervolume(scores[1:], reference)
    assert hypervolume(scores[pareto_front(scores)], reference) == volume
    behind = np.vstack([scores, scores[:1] - 0.5])
    assert hypervolume(behind[::-1], reference) == pytest.approx(volume)
    assert hypervolume(scores, reference - 1.0) >= volume
    better = np.vstack([scores, scores.max(axis=0) + 1.0])
    assert hypervolume(better, reference) > volume or (better[-1] <= reference).any()


@given(points(), st.integers(0, 2**32 - 1))
def test_boxes_cut_space_in_two_without_overlap(scores: np.ndarray, seed: int) -> None:
    reference, top = np.zeros(scores.shape[1]), 7.0
    somewhere = np.random.default_rng(seed).uniform(0.0, top, (50, scores.shape[1]))
    dominated = (scores[None] >= somewhere[:, None]).all(axis=2).any(axis=1)
    for boxes, inside in ((dominated_boxes, dominated), (undominated_boxes, ~dominated)):
        lower, upper = boxes(scores, reference)
        held = ((somewhere[:, None] > lower) & (somewhere[:, None] <= upper)).all(axis=2).sum(axis=1)
        np.testing.assert_array_equal(held, inside)
    whole = volumes(lower, np.minimum(upper, top)).sum() + hypervolume(scores, reference)
    assert whole == pytest.approx(top ** scores.shape[1])


@given(points(least=1))
def test_ranks_are_those_of_fronts_taken_away_one_by_one(scores: np.ndarray) -> None:
    ranks = front_ranks(scores)
    np.testing.assert_array_equal(np.flatnonzero(ranks == 0), pareto_front(scores))
    for row, rank in zip(scores, ranks, strict=True):
        ahead = [other for other, his in zip(scores, ranks, strict=True) if his == rank - 1]
        assert rank == 0 or any(dominated_by(row[None], other).any() for other in ahead)
    for rank in range(ranks.max() + 1):
        level = scores[ranks == rank]
        assert not any(dominated_by(level, row).any() for row in level)


def test_many_rows_have_the_ranks_that_few_have(rng: np.random.Generator) -> None:
    scores = rng.integers(0, 300, (2_000, 2)).astype(float)
    ranks = front_ranks(scores)
    assert ranks.min() == 0
    kept = ranks >= 5  # few enough then: all are compared with all
    np.testing.assert_array_equal(front_ranks(scores[kept])[:100] + 5, ranks[kept][:100])


@settings(max_examples=30)
@given(points(least=1))
def test_a_running_hypervolume_is_that_of_the_rows_so_far(scores: np.ndarray) -> None:
    reference = np.zeros(scores.shape[1])
    failed = np.insert(scores, 1, np.nan, axis=0)
    running = running_hypervolume(failed, reference)
    kept = np.delete(failed, 1, axis=0)
    expected = [hypervolume(kept[: i + 1], reference) for i in range(len(kept))]
    np.testing.assert_allclose(running, np.insert(expected, 1, expected[0]))


def test_epsilon_and_distance_to_a_front() -> None:
    front = np.array([[0.0, 2.0], [2.0, 0.0]])
    assert additive_epsilon(front, front) == inverted_generational_distance(front, front) == 0.0
    assert additive_epsilon(front[:1], front) == 2.0
    assert inverted_generational_distance(front[:1], front) == 1.0
    assert inverted_generational_distance([[3.0, 3.0]], front) == 0.0
    assert additive_epsilon([[3.0, 3.0]], front) == -1.0  # ahead of the front by so much


@given(points(least=2))
def test_more_points_are_never_farther_from_a_front(scores: np.ndarray) -> None:
    front = scores[pareto_front(scores)]
    for distance in (additive_epsilon, inverted_generational_distance):
        assert distance(scores, front) == 0.0
        assert distance(scores[1:], front) >= 0.0
        assert distance(scores[:1], front) >= distance(scores[:2], front)


def test_bad_scores_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"expected scores of shape \(n, k\), a column an objective, got \(2,"
    ):
        hypervolume([1.0, 2.0], [0.0])
    with pytest.raises(InputError, match=r"expected finite scores, got \[1.0, nan\] at row 1"):
        front_ranks([[0.0, 0.0], [1.0, np.nan]])
    for reference in ([0.0], [0.0, np.inf]):
        with pytest.raises(InputError, match="reference: expected a finite number for each of 2 objectives"):
            running_hypervolume([[1.0, 2.0]], reference)
    with pytest.raises(InputError, match=r"expected scores \(n, k\) and a front \(m, k\), got \(1, 2\)"):
        additive_epsilon([[1.0, 2.0]], [[1.0]])
