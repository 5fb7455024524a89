import pytest
from contracts.fidelity_searcher_contract import FidelitySearcherContract, Make, run

from surronas.errors import InputError
from surronas.searchers import Hyperband
from surronas.searchers.hyperband import hyperband_plans
from surronas.spaces import Cell201

SPACE = Cell201()


class TestContract(FidelitySearcherContract):
    @pytest.fixture(params=[3, 2])
    def make(self, request: pytest.FixtureRequest) -> Make:
        return lambda space, seed=0, candidates=None: Hyperband(
            space, seed=seed, candidates=candidates, max_epochs=9, eta=request.param
        )


def test_brackets_are_those_of_the_paper() -> None:
    """Li et al. 2017, Table 1: R = 81, eta = 3."""
    assert hyperband_plans(1, 81, 3) == [
        (81, [1, 3, 9, 27, 81]),
        (34, [3, 9, 27, 81]),
        (15, [9, 27, 81]),
        (8, [27, 81]),
        (5, [81]),
    ]


def test_rungs_shrink_as_in_the_paper() -> None:
    _, epochs = run(Hyperband(SPACE, seed=0, max_epochs=81), 81 + 27 + 9 + 3 + 1 + 34 + 11 + 3 + 1)
    sizes = [81, 27, 9, 3, 1, 34, 11, 3, 1]  # ibid.
    rungs = [1, 3, 9, 27, 81, 3, 9, 27, 81]
    assert epochs.tolist() == [e for e, size in zip(rungs, sizes, strict=True) for _ in range(size)]


def test_epochs_of_nas_bench_101() -> None:
    assert hyperband_plans(4, 108, 3)[0][1] == [4, 12, 36, 108]


def test_brackets_begin_again() -> None:
    _, epochs = run(Hyperband(SPACE, seed=0, max_epochs=3), 2 * (3 + 1 + 2))
    assert epochs.tolist() == 2 * [1, 1, 1, 3, 3, 3]


def test_settings_that_can_not_be_are_refused() -> None:
    with pytest.raises(InputError, match="expected 1 <= min_epochs <= max_epochs, got 0 and 9"):
        Hyperband(SPACE, seed=0, min_epochs=0, max_epochs=9)
    with pytest.raises(InputError, match="eta: expected 2 or more"):
        Hyperband(SPACE, seed=0, max_epochs=9, eta=1)
