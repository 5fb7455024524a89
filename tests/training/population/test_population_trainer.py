"""The population trainer against the single one, packing, and what goes wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.modules.module import register_module_forward_hook
from training.tiny import EMPTY, EXPLODING, GOOD, TINY, tiny_task

from surronas.errors import DeviceError, InputError
from surronas.spaces import Cell201
from surronas.training import DIGITS_RECIPE, Job, Recipe, Trainer, TrainingResult, digits
from surronas.training.population import PopulationTrainer
from surronas.training.population.network import PopulationNetwork
from surronas.training.result import CURVES

SPACE = Cell201()
CELLS = [GOOD, EMPTY, *map(tuple, SPACE.canonical(SPACE.sample(6, np.random.default_rng(5))).tolist())]


def jobs_of(recipe: Recipe = TINY, cells: list[tuple[int, ...]] = CELLS) -> list[Job]:
    return [Job(cell, 10 + i, recipe) for i, cell in enumerate(cells)]


def population(**settings: object) -> PopulationTrainer:
    settings = {"device": "cpu", "way": "grouped"} | settings
    return PopulationTrainer(SPACE, tiny_task(), **settings)


def results_of(trainer: PopulationTrainer, jobs: list[Job]) -> list[TrainingResult]:
    found = dict(trainer.train(jobs))
    assert sorted(found) == list(range(len(jobs)))
    return [found[i] for i in range(len(jobs))]


@pytest.mark.parametrize(
    "recipe",
    [
        TINY,
        replace(TINY, last_batch="keep", batch_size=24, label_smoothing=0.1, warmup_epochs=1.0),
        replace(TINY, optimizer="adamw", learning_rate=0.003, augmentation="crop-flip"),
        replace(TINY, num_stages=2, initialisation="torch"),
    ],
    ids=["sgd", "last batch kept", "adamw and crops", "two stages"],
)
def test_first_losses_are_those_of_the_single_trainer(recipe: Recipe) -> None:
    single, jobs = Trainer(SPACE, tiny_task(), device="cpu"), jobs_of(replace(recipe, epochs=1))
    for job, ours in zip(jobs, results_of(population(), jobs), strict=True):
        theirs = single.train(job)
        assert (ours.status, ours.params, ours.flops) == (theirs.status, theirs.params, theirs.flops)
        np.testing.assert_allclose(ours.curves["train_loss"], theirs.curves["train_loss"], rtol=1e-3)
        for split, images in (("train", 64), ("valid", 40), ("test", 48)):
            name = f"{split}_accuracy"
            assert abs(ours.curves[name] - theirs.curves[name]).max() <= 2 / images


def test_final_accuracies_are_those_of_the_single_trainer_within_the_noise_of_seeds() -> None:
    jobs = [Job(cell, seed, DIGITS_RECIPE) for cell in CELLS[2:5] for seed in range(2)]
    single = Trainer(SPACE, digits(), device="cpu")
    stacked = PopulationTrainer(SPACE, digits(), device="cpu", way="grouped")
    ours = np.array([r.curves["valid_accuracy"][-1] for r in results_of(stacked, jobs)])
    theirs = np.array([single.train(job).curves["valid_accuracy"][-1] for job in jobs])
    assert abs(ours - theirs).mean() < 0.02  # the mean std between seeds of the shipped table is .023


def test_packs_change_nothing_but_the_last_digits() -> None:
    jobs = jobs_of()
    whole, parts = results_of(population(), jobs), results_of(population(most=3), jobs)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one.curves["train_loss"], other.curves["train_loss"], rtol=1e-2)


def test_the_same_population_gives_the_same_digits() -> None:
    jobs = jobs_of()
    for one, other in zip(results_of(population(), jobs), results_of(population(), jobs), strict=True):
        for name in CURVES:
            np.testing.assert_array_equal(one.curves[name], other.curves[name])


def test_equal_jobs_are_trained_once_and_recipes_apart() -> None:
    other = replace(TINY, name="other", channels=3)
    jobs = [Job(GOOD, 0, TINY), Job(GOOD, 0, TINY), Job(GOOD, 0, other)]
    first, second, third = results_of(population(), jobs)
    assert first is second
    assert third.params < first.params


def test_networks_that_diverge_are_told_and_leave_the_others_alone() -> None:
    results = results_of(population(), jobs_of(EXPLODING))
    assert {result.status for result in results} == {"diverged"}
    assert all(np.isnan(result.curves["train_loss"]).all() for result in results)


@contextmanager
def full_beyond(most: int) -> Iterator[list[int]]:
    """Memory ends when more than so many networks are stacked; the list holds the sizes of all packs."""
    sizes: list[int] = []

    def fail(module: torch.nn.Module, *_: object) -> None:
        if isinstance(module, PopulationNetwork):
            sizes.append(module.num_candidates)
            if module.num_candidates > most:
                raise torch.OutOfMemoryError("CUDA out of memory")

    handle = register_module_forward_hook(fail)
    try:
        yield sizes
    finally:
        handle.remove()


def test_a_pack_that_does_not_fit_is_split_and_the_next_is_smaller() -> None:
    jobs = jobs_of()
    expected = results_of(population(most=2), jobs)
    trainer = population()
    with full_beyond(2) as sizes:
        results = results_of(trainer, jobs)
    assert [r.status for r in results] == ["ok"] * len(jobs)
    assert sizes[:3] == [8, 4, 2]
    for one, other in zip(results, expected, strict=True):
        np.testing.assert_allclose(one.curves["train_loss"], other.curves["train_loss"], rtol=1e-2)


def test_a_network_that_does_not_fit_alone_is_out_of_memory() -> None:
    with full_beyond(0):
        results = results_of(population(), jobs_of(cells=CELLS[:3]))
    assert {r.status for r in results} == {"out_of_memory"}
    assert "out of memory" in results[0].message


def test_recipes_that_clip_gradients_are_trained_one_by_one() -> None:
    recipe = replace(TINY, clip_norm=0.5)
    single = Trainer(SPACE, tiny_task(), device="cpu")
    for job, result in zip(jobs_of(recipe), results_of(population(), jobs_of(recipe)), strict=True):
        np.testing.assert_array_equal(result.curves["valid_loss"], single.train(job).curves["valid_loss"])


def test_epochs_are_told() -> None:
    told: list[tuple[Job, int, dict[str, float]]] = []
    jobs = jobs_of(cells=CELLS[:2])
    results = results_of(population(on_epoch=lambda *args: told.append(args)), jobs)
    assert sorted((job.seed, epoch) for job, epoch, _ in told) == [(10, 0), (10, 1), (11, 0), (11, 1)]
    last = {job.seed: values for job, epoch, values in told if epoch == 1}
    assert last[10] == pytest.approx({name: float(results[0].curves[name][-1]) for name in CURVES})


def test_the_users_threads_and_random_state_are_left_alone() -> None:
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    results_of(population(num_threads=threads + 1), jobs_of(cells=CELLS[:2]))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="a batch of at most the 64 train inputs"):
        results_of(population(), jobs_of(replace(TINY, batch_size=65)))
    with pytest.raises(InputError, match="expected at least one network at once, got 0"):
        population(most=0)
    with pytest.raises(InputError, match="expected a way among auto, grouped, products, shifted, got 'fast'"):
        population(way="fast")
    with pytest.raises(DeviceError):
        population(device="cuda:99")


@pytest.mark.gpu
@pytest.mark.parametrize("graphed", [False, True])
@pytest.mark.parametrize("mixed_precision", [False, True])
def test_a_population_on_a_gpu_equals_the_single_trainer(graphed: bool, mixed_precision: bool) -> None:
    settings = {"device": "cuda", "mixed_precision": mixed_precision}
    jobs = jobs_of(replace(DIGITS_RECIPE, epochs=2))
    stacked = PopulationTrainer(SPACE, digits(), graphed=graphed, **settings)
    single = Trainer(SPACE, digits(), **settings)
    for job, ours in zip(jobs, results_of(stacked, jobs), strict=True):
        theirs = single.train(job)
        tolerance = 2e-2 if mixed_precision else 1e-3
        np.testing.assert_allclose(
            ours.curves["train_loss"][0], theirs.curves["train_loss"][0], rtol=tolerance
        )


@pytest.mark.gpu
def test_the_same_population_gives_the_same_digits_on_a_gpu() -> None:
    jobs = jobs_of(replace(DIGITS_RECIPE, epochs=2))
    runs = [
        results_of(PopulationTrainer(SPACE, digits(), device="cuda", way="grouped"), jobs) for _ in range(2)
    ]
    for one, other in zip(*runs, strict=True):
        for name in CURVES:
            np.testing.assert_array_equal(one.curves[name], other.curves[name])
