import numpy as np
import pytest
from contracts.fidelity_searcher_contract import FidelitySearcherContract, Make, run, score
from contracts.searcher_contract import worth

from surronas.encodings import one_hot
from surronas.errors import InputError
from surronas.searchers import FreezeThaw
from surronas.spaces import Cell201

SPACE = Cell201()


class TestContract(FidelitySearcherContract):
    @pytest.fixture(params=[{"min_epochs": 4}, {"min_epochs": 9}])
    def make(self, request: pytest.FixtureRequest) -> Make:
        return lambda space, seed=0, candidates=None: FreezeThaw(
            space, seed=seed, candidates=candidates, max_epochs=9, encoding=one_hot, **request.param
        )


def test_initial_trainings_are_complete_before_anything_is_learnt() -> None:
    cells, epochs = run(FreezeThaw(SPACE, seed=0, max_epochs=9, min_epochs=4, num_initial=3), 9)
    assert epochs.tolist() == 3 * [4, 8, 9]
    assert len(np.unique(SPACE.keys(cells))) == 3


def test_begins_many_trainings_and_completes_the_good_ones() -> None:
    pool = SPACE.sample(300, np.random.default_rng(0))
    searcher = FreezeThaw(SPACE, seed=0, max_epochs=9, min_epochs=3, candidates=pool)
    cells, epochs = run(searcher, 90)
    begun, complete = cells[epochs == 3], cells[epochs == 9]
    assert len(begun) > 1.5 * len(complete)
    assert worth(complete[5:]).mean() > worth(begun[5:]).mean() > worth(pool).mean()
    assert worth(complete).max() >= np.quantile(worth(pool), 0.98)


def test_continues_what_is_known_to_end_well() -> None:
    """Curves end where they are after 3 epochs; one cell is far ahead of all then."""
    pool = SPACE.sample(60, np.random.default_rng(0))
    searcher = FreezeThaw(SPACE, seed=0, max_epochs=9, min_epochs=3, candidates=pool)
    values = np.random.default_rng(1).normal(size=60)
    for epochs in (3, 6, 9):
        searcher.tell(pool[:12], values[:12], epochs)
    searcher.tell(pool[20:30], values[20:30], 3)
    searcher.tell(pool[30], [6.0], 3)
    cell, epochs = searcher.ask()
    assert epochs == 6
    assert SPACE.keys(cell)[0] == SPACE.keys(pool[30:31])[0]
    assert searcher.ask(pending=(cell, epochs))[1] in (3, 6)


def test_scores_between_looks_are_learnt_from() -> None:
    pool = SPACE.sample(60, np.random.default_rng(0))
    searcher = FreezeThaw(SPACE, seed=0, max_epochs=9, min_epochs=4, candidates=pool)
    searcher.tell(pool[:8], worth(pool[:8]), 9)  # no curve: only the ends
    for epochs in (2, 5, 7):
        searcher.tell(pool[8:16], score(pool[8:16], np.full(8, epochs)), epochs)
    keys = SPACE.keys(pool[8:16]).tolist()
    for _ in range(10):
        cell, epochs = searcher.ask()
        assert epochs == (8 if SPACE.keys(cell)[0] in keys else 4) or epochs == 9
        searcher.tell(cell, score(cell, epochs), epochs)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"min_epochs": 10}, "expected 1 <= min_epochs <= max_epochs, got 10 and 9"),
        ({"num_initial": 1}, "num_initial: expected 2 or more, got 1"),
    ],
)
def test_settings_that_can_not_be_are_refused(given: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        FreezeThaw(SPACE, seed=0, max_epochs=9, **given)
