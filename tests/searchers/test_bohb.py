import numpy as np
import pytest
from contracts.fidelity_searcher_contract import FidelitySearcherContract, Make
from contracts.searcher_contract import worth

from surronas.errors import InputError
from surronas.searchers import BOHB, Pool
from surronas.searchers.bohb import Density
from surronas.spaces import Cell201, space_named

SPACE = Cell201()


class TestContract(FidelitySearcherContract):
    @pytest.fixture(params=[{}, {"min_points": 2, "eta": 2}])
    def make(self, request: pytest.FixtureRequest) -> Make:
        return lambda space, seed=0, candidates=None: BOHB(
            space, seed=seed, candidates=candidates, max_epochs=9, **request.param
        )


def proposals(num_seeds: int, epochs: int, **given: float) -> np.ndarray:
    """Return what searchers start after 100 cells were told."""
    cells = SPACE.sample(100, np.random.default_rng(0))
    started, pool = [], Pool(SPACE, SPACE.sample(1500, np.random.default_rng(1)))
    for seed in range(num_seeds):
        searcher = BOHB(SPACE, seed=seed, max_epochs=9, candidates=pool, **given)
        searcher.tell(cells, worth(cells), epochs)
        rows, _ = searcher.ask(60)  # promotions too
        started.append(rows[~np.isin(SPACE.keys(rows), SPACE.keys(cells))])
    return np.concatenate(started)


@pytest.mark.parametrize("epochs", [1, 4, 9])  # 4 is no rung: told by somebody else, it is learnt from too
def test_starts_better_networks_than_random_ones(epochs: int) -> None:
    modelled = worth(proposals(3, epochs, random_fraction=0.0))
    at_random = worth(proposals(3, epochs, random_fraction=1.0))
    assert modelled.mean() > at_random.mean() + at_random.std() / 2
    mixed = worth(proposals(3, epochs))
    assert at_random.mean() < mixed.mean() < modelled.mean()


def test_the_highest_fidelity_with_enough_scores_counts() -> None:
    """min_points + 2 scores are enough; those after 2 epochs say the contrary."""
    cells = SPACE.sample(200, np.random.default_rng(0))
    mean, pool = {}, Pool(SPACE)
    for num_high in (9, 10):
        started = []
        for seed in range(12):
            searcher = BOHB(
                SPACE, seed=seed, max_epochs=9, min_points=8, random_fraction=0.0, candidates=pool
            )
            searcher.tell(cells, -worth(cells), 2)
            order = np.argsort(worth(cells))
            extremes = cells[np.append(order[-8:], order[: num_high - 8])]
            searcher.tell(extremes, worth(extremes), 9)
            started.append(searcher.ask(3)[0])
        mean[num_high] = worth(np.concatenate(started)).mean()
    assert mean[9] < worth(pool.architectures).mean() < mean[10]


def test_density_is_that_of_the_kernels() -> None:
    rows, num_choices = np.array([[0, 1], [2, 1]], np.int8), np.array([4, 2])
    density = Density(rows, num_choices, 0.3)
    h = np.array([1.06 * 1.0 * 2 ** (-1 / 6), 0.3])  # the standard deviations are 1 and 0
    h[0] = min(h[0], 0.75)
    expected = 0.5 * ((1 - h[0]) + h[0] / 3) * np.array([1 - h[1], h[1]])
    np.testing.assert_allclose(density(np.array([[0, 1], [0, 0]], np.int8)), expected)
    everything = np.stack(np.meshgrid(np.arange(4), np.arange(2)), axis=-1).reshape(-1, 2).astype(np.int8)
    np.testing.assert_allclose(density(everything).sum(), 1.0)


def test_samples_follow_the_density_around_its_rows() -> None:
    rows, num_choices = np.array([[0, 1, 0]] * 20, np.int8), np.array([5, 5, 1])
    drawn = Density(rows, num_choices, 0.3).sample(4000, np.random.default_rng(0))
    assert (drawn < num_choices).all()
    assert abs((drawn[:, 0] == 0).mean() - (0.7 + 0.3 / 5)) < 0.03  # kept, or drawn anew and the same


def test_an_open_space_is_sampled_around_the_best() -> None:
    space = space_named("darts")
    cells = space.sample(80, np.random.default_rng(0))
    zeros = (cells == 0).sum(axis=1)
    counts = {}
    for fraction in (0.0, 1.0):
        searcher = BOHB(space, seed=0, max_epochs=9, min_points=8, random_fraction=fraction)
        searcher.tell(cells, zeros, 2)  # no rung: nothing is promoted
        counts[fraction] = (searcher.ask(9)[0] == 0).sum(axis=1).mean()
    assert counts[0.0] > counts[1.0] + 0.5


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"min_points": 0}, "min_points: expected 1 or more, got 0"),
        ({"random_fraction": 1.5}, r"random_fraction: expected a number in \[0, 1\], got 1.5"),
        ({"eta": 1}, "eta: expected 2 or more"),
    ],
)
def test_settings_that_can_not_be_are_refused(given: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        BOHB(SPACE, seed=0, max_epochs=9, **given)
