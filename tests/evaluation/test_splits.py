import numpy as np
import pytest

from surronas.errors import InputError
from surronas.evaluation import (
    K_FOLD,
    LEAVE_ONE_OUT,
    MUTATION_CHAIN,
    RANDOM,
    TOP_HEAVY,
    Split,
    Target,
    target_of_arrays,
)
from surronas.evaluation.splits import Drawn, Wanted, draw

ALL = [RANDOM, TOP_HEAVY, MUTATION_CHAIN, LEAVE_ONE_OUT, K_FOLD]


@pytest.fixture
def of_three(target: Target) -> Target:
    """The target, from three commands."""
    names = np.array(["a", "b", "c"])[np.arange(len(target)) % 3]
    return Target(**{**vars(target), "origins": names})


def drawn(split: Split, target: Target, seed: int = 0, **changes: int) -> Drawn:
    wanted = {"num_train": 100, "num_test": 400, "num_seeds": 5, **changes}
    return draw(split, target, Wanted(**wanted), seed)


@pytest.mark.parametrize("split", ALL, ids=lambda split: split.name)
@pytest.mark.parametrize("seed", [0, 3])
def test_no_network_is_on_both_sides(split: Split, of_three: Target, seed: int) -> None:
    found = drawn(split, of_three, seed)
    assert len(np.unique(found.trained)) == len(found.trained) == 100
    assert len(np.unique(found.judged)) == len(found.judged)
    keys = of_three.space.keys(of_three.architectures)
    assert not np.isin(keys[found.judged], keys[found.trained]).any()


@pytest.mark.parametrize("split", ALL, ids=lambda split: split.name)
def test_a_seed_gives_the_same_rows_and_another_gives_others(split: Split, of_three: Target) -> None:
    first, again, other = (drawn(split, of_three, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.trained, again.trained)
    np.testing.assert_array_equal(first.judged, again.judged)
    assert set(first.trained) != set(other.trained)


@pytest.mark.parametrize("split", [RANDOM, MUTATION_CHAIN], ids=lambda split: split.name)
def test_smaller_training_sets_are_the_first_rows_of_larger_ones(split: Split, target: Target) -> None:
    few, many = drawn(split, target, num_train=20), drawn(split, target, num_train=100)
    np.testing.assert_array_equal(few.trained, many.trained[:20])


def test_twins_may_straddle_where_asked(target: Target) -> None:
    found = drawn(RANDOM, target, num_test=2000, apart=False)
    assert len(found.judged) == len(target) - 100
    assert np.isin(target.classes[found.judged], target.classes[found.trained]).any()


def test_top_heavy_learns_from_the_best_fifth(target: Target) -> None:
    limit = np.sort(target.values)[-len(target) // 5]
    found = drawn(TOP_HEAVY, target)
    assert target.values[found.trained].min() >= limit
    assert target.values[found.judged].min() < limit


def test_top_heavy_knows_that_less_can_be_more(target: Target) -> None:
    from surronas.store import Metric

    latency = Metric("latency_ms", None, "ms", "minimize", per="architecture")
    fast = target_of_arrays(target.space, target.architectures, -target.values, latency)
    np.testing.assert_array_equal(drawn(TOP_HEAVY, fast).trained, drawn(TOP_HEAVY, target).trained)


def test_a_mutation_chain_moves_in_small_steps_to_better_rows(target: Target) -> None:
    chain, random = drawn(MUTATION_CHAIN, target).trained, drawn(RANDOM, target).trained
    decisions = target.architectures[chain]
    nearest = [
        (decisions[:place] != decisions[place]).sum(axis=1).min() for place in range(1, len(decisions))
    ]
    assert np.mean(nearest) < 2.0  # of 6 decisions; the table holds a tenth of the neighbors
    assert target.values[chain].mean() > target.values[random].mean() + 0.5


def test_leave_one_out_judges_on_the_command_it_did_not_learn_from(of_three: Target) -> None:
    for seed, name in enumerate("abca"):
        found = drawn(LEAVE_ONE_OUT, of_three, seed)
        assert set(of_three.origins[found.judged]) == {name}
        assert name not in of_three.origins[found.trained]


def test_leave_one_out_needs_two_commands(target: Target) -> None:
    with pytest.raises(InputError, match="expected architectures from two commands or more"):
        drawn(LEAVE_ONE_OUT, target)


def test_folds_judge_every_row_once(target: Target) -> None:
    judged = [drawn(K_FOLD, target, seed, num_test=2000).judged for seed in range(5)]
    np.testing.assert_array_equal(np.sort(np.concatenate(judged)), np.arange(len(target)))
    with pytest.raises(InputError, match="expected two folds"):
        drawn(K_FOLD, target, num_seeds=1)


def test_some_rows_are_left_to_judge(target: Target) -> None:
    found = drawn(RANDOM, target, num_train=5000, num_test=200)
    assert len(found.trained) == len(target) - 200
    assert len(drawn(RANDOM, target, num_train=5000, num_test=9000).trained) == 0.8 * len(target)


def test_too_few_rows_to_judge_on_are_refused(target: Target) -> None:
    twins = np.repeat(target.architectures[:5], 8, axis=0)
    alike = target_of_arrays(target.space, twins, np.arange(40.0))
    with pytest.raises(InputError, match="expected 10 rows or more to judge on beside the 30"):
        drawn(RANDOM, alike, num_train=30)
