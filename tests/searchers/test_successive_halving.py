import numpy as np
import pytest
from contracts.fidelity_searcher_contract import FidelitySearcherContract, Make, run, score
from contracts.searcher_contract import worth

from surronas.errors import InputError, SpaceExhaustedError
from surronas.searchers import SuccessiveHalving
from surronas.spaces import Cell201

SPACE = Cell201()


class TestContract(FidelitySearcherContract):
    @pytest.fixture(params=[{}, {"eta": 2, "size": 11}])
    def make(self, request: pytest.FixtureRequest) -> Make:
        return lambda space, seed=0, candidates=None: SuccessiveHalving(
            space, seed=seed, candidates=candidates, max_epochs=9, **request.param
        )


def test_a_bracket_trains_the_best_third_three_times_longer() -> None:
    searcher = SuccessiveHalving(SPACE, seed=0, max_epochs=27)
    cells, epochs = run(searcher, 27 + 9 + 3 + 1)
    assert epochs.tolist() == [1] * 27 + [3] * 9 + [9] * 3 + [27]
    members = cells[:27]
    for size, longer in ((9, 3), (3, 9), (1, 27)):
        best = members[np.argsort(-score(members, np.full(len(members), longer // 3)))][:size]
        members = cells[epochs == longer]
        np.testing.assert_array_equal(members, best)
    assert searcher.ask()[1] == 1  # the next bracket


def test_rungs_end_at_the_most_epochs_whatever_eta() -> None:
    _, epochs = run(SuccessiveHalving(SPACE, seed=0, max_epochs=10, min_epochs=2, eta=2), 7)
    assert epochs.tolist() == [3, 3, 3, 3, 5, 5, 10]


def test_a_worker_that_would_wait_for_a_rung_begins_the_next_bracket() -> None:
    searcher = SuccessiveHalving(SPACE, seed=0, max_epochs=3)
    first = searcher.ask(3)
    cells, epochs = searcher.ask(pending=first)
    assert epochs == 1
    searcher.tell(first[0][:2], score(first[0][:2], first[1][:2]), first[1][:2])
    assert searcher.ask(pending=(first[0][2:], first[1][2:]))[1] == 1
    searcher.tell(first[0][2:], score(first[0][2:], first[1][2:]), first[1][2:])
    promoted, longer = searcher.ask(pending=(cells, epochs))
    assert longer == 3
    np.testing.assert_array_equal(promoted[0], first[0][np.argmax(score(*first))])


def test_what_hangs_on_pending_scores_is_not_guessed() -> None:
    pool = SPACE.sample(60, np.random.default_rng(0))[:4]
    searcher = SuccessiveHalving(SPACE, seed=0, max_epochs=3, size=4, candidates=pool)
    pending = searcher.ask(4)
    with pytest.raises(
        SpaceExhaustedError, match=r"but 0 of 4 distinct .* with 4 pending; .* tell the scores"
    ):
        searcher.ask(pending=pending)


def test_failures_leave_their_place_to_the_next_best() -> None:
    searcher = SuccessiveHalving(SPACE, seed=0, max_epochs=3)
    cells, _ = searcher.ask(3)
    worst, middle, best = cells[np.argsort(worth(cells))]
    searcher.tell([worst, middle], [0.1, 0.2], 1)
    searcher.discard(best, 1)
    promoted, longer = searcher.ask()
    assert longer == 3
    np.testing.assert_array_equal(promoted[0], middle)


def test_finds_better_networks_than_random_ones_trained_in_full() -> None:
    found, at_random = [], []
    for seed in range(10):
        searcher = SuccessiveHalving(SPACE, seed=seed, max_epochs=27)
        cells, epochs = run(searcher, 2 * 40)  # 216 epochs with all that is trained anew: 8 full trainings
        found.append(worth(cells[epochs == 27]).max())
        at_random.append(worth(SPACE.sample(8, np.random.default_rng(seed))).max())
    assert np.mean(found) > np.mean(at_random)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"min_epochs": 0}, "expected 1 <= min_epochs <= max_epochs, got 0 and 9"),
        ({"min_epochs": 10}, "expected 1 <= min_epochs <= max_epochs, got 10 and 9"),
        ({"eta": 1.5}, "eta: expected 2 or more, of which one goes on, got 1.5"),
        ({"eta": np.nan}, "eta: expected 2 or more"),
        ({"size": 0}, "size: expected a bracket of 1 or more, got 0"),
    ],
)
def test_settings_that_can_not_be_are_refused(given: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SuccessiveHalving(SPACE, seed=0, max_epochs=9, **given)
