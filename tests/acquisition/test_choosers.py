import re
from functools import partial

import numpy as np
import pytest
from acquisition.beliefs_of_a_process import OnlyJoint, Plain, Process, task

from surronas.acquisition import (
    Believer,
    Chooser,
    Greedy,
    KnowledgeGradient,
    LocalPenalization,
    ThompsonBatch,
    expected_improvement,
    knowledge_gradient,
    log_expected_improvement,
    log_softplus,
    upper_confidence_bound,
)
from surronas.errors import InputError


def without_address(chooser: object) -> str:
    """Its text, the same in every process: functions are named, not where they lie."""
    return re.sub(r" at 0x\w+", "", repr(chooser))


CHOOSERS = [
    Greedy(),
    Greedy(upper_confidence_bound),
    Believer(),
    ThompsonBatch(),
    ThompsonBatch(joint=False),
    LocalPenalization(),
    LocalPenalization(expected_improvement, to_log=np.log),
    LocalPenalization(partial(upper_confidence_bound, beta=1.0), to_log=log_softplus),
    KnowledgeGradient(num_considered=60),
]


def choose(chooser: Chooser, n: int, seed: int = 0) -> np.ndarray:
    process, features, _, best = task()
    return chooser.choose(process, features, best, n, np.random.default_rng(seed))


@pytest.mark.parametrize("chooser", CHOOSERS, ids=without_address)
@pytest.mark.filterwarnings("ignore:divide by zero")  # the logarithm of an improvement of 0
class TestChooserContract:
    @pytest.mark.parametrize("n", [1, 7])
    def test_chooses_n_distinct_candidates(self, chooser: Chooser, n: int) -> None:
        chosen = choose(chooser, n)
        assert chosen.shape == (n,)
        assert len(set(chosen.tolist())) == n
        assert chosen.dtype == np.int64

    def test_the_same_random_numbers_give_the_same_choice(self, chooser: Chooser) -> None:
        np.testing.assert_array_equal(choose(chooser, 4, seed=3), choose(chooser, 4, seed=3))

    def test_the_model_stays_as_it_is(self, chooser: Chooser) -> None:
        process, features, _, best = task()
        before = process.predict(features)
        chooser.choose(process, features, best, 3, np.random.default_rng(0))
        np.testing.assert_array_equal(process.predict(features), before)

    def test_chooses_better_than_chance(self, chooser: Chooser) -> None:
        _, _, y, _ = task()
        chosen = np.concatenate([choose(chooser, 6, seed) for seed in range(3)])
        assert y[chosen].mean() > y.mean() + 0.5 * y.std()

    def test_all_candidates_can_be_chosen_even_if_they_are_all_alike(self, chooser: Chooser) -> None:
        process, features, _, best = task()
        alike = np.repeat(features[:1], 5, axis=0)
        chosen = chooser.choose(process, alike, best, 5, np.random.default_rng(0))
        assert sorted(chosen.tolist()) == [0, 1, 2, 3, 4]

    @pytest.mark.parametrize("n", [0, 4])
    def test_more_than_there_are_or_none_are_refused(self, chooser: Chooser, n: int) -> None:
        process, features, _, best = task()
        with pytest.raises(InputError, match=f"expected to choose 1 to 3 candidates, got n = {n}"):
            chooser.choose(process, features[:3], best, n, np.random.default_rng(0))


@pytest.mark.parametrize("chooser", [Greedy(), Believer(), LocalPenalization()], ids=without_address)
def test_the_first_of_a_batch_maximises_the_acquisition(chooser: Chooser) -> None:
    process, features, _, best = task()
    values = log_expected_improvement(*process.predict(features), best)
    for n in (1, 5):
        assert choose(chooser, n)[0] == values.argmax()


def test_greedy_takes_the_top_n() -> None:
    process, features, _, best = task()
    values = log_expected_improvement(*process.predict(features), best)
    np.testing.assert_array_equal(values[choose(Greedy(), 6)], np.sort(values)[::-1][:6])


@pytest.mark.parametrize("chooser", [Greedy(), Believer(), LocalPenalization()], ids=without_address)
def test_ties_are_broken_at_random(chooser: Chooser) -> None:
    features = np.column_stack([np.ones(30), np.ones(30)])
    first = {int(chooser.choose(Plain(), features, 0.0, 1, np.random.default_rng(i))[0]) for i in range(30)}
    assert len(first) > 10


def test_the_believer_refits_to_what_it_believes() -> None:
    process, features, _, best = task()
    first, second = choose(Believer(), 2)
    after = process.believing(features[[first]])
    raised = max(best, float(process.predict(features)[0][first]))
    values = log_expected_improvement(*after.predict(features), raised)
    values[first] = -np.inf
    assert second == values.argmax()


def distance_within(chosen: np.ndarray, features: np.ndarray) -> float:
    return float(np.mean([np.linalg.norm(features[i] - features[j]) for i in chosen for j in chosen]))


@pytest.mark.parametrize(
    "chooser", [Believer(), LocalPenalization(), KnowledgeGradient(60)], ids=without_address
)
def test_batches_are_more_diverse_than_the_top_n(chooser: Chooser) -> None:
    process, features, _, best = task(m=2000)
    batches = [
        one.choose(process, features, best, 8, np.random.default_rng(0)) for one in (chooser, Greedy())
    ]
    diverse, greedy = (distance_within(batch, features) for batch in batches)
    assert diverse > greedy


def test_thompson_draws_of_a_joint_model_agree_with_those_of_its_covariance() -> None:
    process, features, _, best = task(m=60)
    rng, counts = np.random.default_rng(0), np.zeros((2, len(features)))
    for row, model in enumerate((process, OnlyJoint(process))):
        for _ in range(400):
            counts[row, ThompsonBatch().choose(model, features, best, 1, rng)[0]] += 1
    shares = counts / counts.sum(axis=1, keepdims=True)
    assert np.abs(shares[0] - shares[1]).sum() < 0.4  # of 2; a warped draw against a Gaussian one, and chance


def test_joint_draws_leave_out_only_what_hardly_ever_wins(monkeypatch) -> None:
    process, features, _, best = task()
    rng = np.random.default_rng(0)
    winners = process.sample(features, 2000, rng).argmax(axis=1)
    monkeypatch.setattr("surronas.acquisition.choosers._DRAWN_JOINTLY", 100)
    chosen = [ThompsonBatch().choose(process, features, best, 1, rng)[0] for _ in range(40)]
    mean, std = process.predict(features)
    kept = np.argsort(-(mean + std))[:100]
    assert set(chosen) <= set(kept.tolist())
    assert np.isin(winners, kept).mean() > 0.97


@pytest.mark.parametrize("chooser", [ThompsonBatch(), KnowledgeGradient()], ids=without_address)
def test_models_without_joint_beliefs_are_refused(chooser: Chooser) -> None:
    with pytest.raises(InputError, match=r"joint beliefs.*got Plain; choose by Believer"):
        chooser.choose(Plain(), np.ones((3, 2)), 0.0, 1, np.random.default_rng(0))


def test_knowledge_gradient_of_all_candidates_is_the_functions() -> None:
    process, features, _, best = task(m=60)
    mean, covariance = process.joint(features)
    noise = np.maximum(process.predict(features)[1] ** 2 - np.diag(covariance), 0.0)
    expected = knowledge_gradient(mean, covariance, noise).argmax()
    chooser = KnowledgeGradient()
    assert chooser.choose(process, features, best, 1, np.random.default_rng(0))[0] == expected


def test_knowledge_gradient_may_consider_fewer_than_are_asked() -> None:
    assert len(choose(KnowledgeGradient(num_considered=2), 5)) == 5


def test_local_penalties_follow_the_paper() -> None:
    # one feature, a slope of 1 (the Lipschitz constant), std 1 everywhere: phi = Phi(|d| - best + mean_j)
    from scipy.stats import norm

    line = np.linspace(0.0, 3.0, 31)

    class Line:
        def predict(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return X[:, 0].copy(), np.ones(len(X))

    chosen = LocalPenalization().choose(Line(), line[:, None], 3.5, 2, np.random.default_rng(0))
    values = log_expected_improvement(line, np.ones(31), 3.5) + norm.logcdf(np.abs(line - 3.0) - 3.5 + 3.0)
    assert chosen.tolist() == [30, int(values[:30].argmax())]


def test_log_softplus_is_that_and_keeps_far_negative_numbers_apart() -> None:
    x = np.array([-50.0, -40.0, -3.0, 0.0, 5.0])
    np.testing.assert_allclose(log_softplus(x)[2:], np.log(np.log1p(np.exp(x[2:]))))
    np.testing.assert_allclose(log_softplus(x)[:2], x[:2])


def test_a_batch_of_a_process_grows_its_beliefs_only() -> None:
    process, features, _, best = task()
    Believer().choose(process, features, best, 3, np.random.default_rng(0))
    assert isinstance(process, Process)
    assert len(process.surrogate.posterior_.rows) == 40
