import numpy as np
import pytest
from sklearn.gaussian_process.kernels import RBF, Matern

from surronas.encodings import one_hot
from surronas.errors import InputError
from surronas.spaces import Cell201
from surronas.surrogates.covariance import Kernel, Stationary, hamming
from surronas.surrogates.kernels import Shape, matern32, matern52, squared_distances, squared_exponential

SHAPES = [matern32, matern52, squared_exponential]
KERNELS = {
    "shared": Stationary(),
    "grouped": Stationary(matern32, [0, 1, 0, 1, 2, 2]),
    "each": Stationary(squared_exponential, range(6)),
    "two groupings": Stationary(matern52, [0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2]),
    "hamming": hamming([2, 4]),
    "some columns": Stationary(matern52, columns=[4, 1]),
    "sum": Stationary(matern52, columns=slice(0, 3)) + Stationary(matern32, columns=slice(3, 6)),
    "product": Stationary(matern52, columns=slice(0, 3)) * hamming([3], columns=slice(3, 6)),
    "nested": (Stationary(columns=[0]) + Stationary(columns=[1])) * Stationary(matern32, columns=[2, 3]),
}


@pytest.fixture
def X(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((12, 6))


@pytest.mark.parametrize("shape", SHAPES)
def test_slope_of_a_shape_is_its_derivative(shape: Shape) -> None:
    t = np.linspace(0.01, 9.0, 50)
    numerical = (shape(t + 1e-6)[0] - shape(t - 1e-6)[0]) / 2e-6
    np.testing.assert_allclose(shape(t)[1], numerical, rtol=1e-6, atol=1e-9)
    assert shape(np.zeros(1))[0] == 1.0


@pytest.mark.parametrize(
    ("shape", "reference"),
    [(matern32, Matern(nu=1.5)), (matern52, Matern(nu=2.5)), (squared_exponential, RBF())],
)
def test_shapes_are_scikit_learns(shape: Shape, reference, rng: np.random.Generator) -> None:
    a, b = rng.standard_normal((20, 4)), rng.standard_normal((9, 4))
    np.testing.assert_allclose(shape(squared_distances(a, b))[0], reference(a, b), rtol=1e-10)


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
class TestEveryKernel:
    def test_is_a_covariance(self, kernel: Kernel, X: np.ndarray, rng: np.random.Generator) -> None:
        covariance = kernel.scaled(X)
        theta = rng.normal(size=len(covariance.prior.mean))
        K = covariance.between(theta, X, X)
        np.testing.assert_allclose(K, K.T)
        np.testing.assert_allclose(np.diag(K), covariance.variance(theta))
        assert np.linalg.eigvalsh(K).min() > -1e-9
        np.testing.assert_allclose(covariance.evaluate(theta, X)[0], K, rtol=1e-9)
        np.testing.assert_allclose(covariance.between(theta, X[:3], X), K[:3], rtol=1e-9)

    def test_rows_kept_for_many_theta_and_theta_for_many_rows_change_nothing(
        self, kernel: Kernel, X: np.ndarray, rng: np.random.Generator
    ) -> None:
        covariance = kernel.scaled(X)
        evaluation, lower = covariance.evaluation(X), rng.standard_normal((len(X), len(X)))
        direction = lower + lower.T
        for _ in range(3):
            theta = rng.normal(size=len(covariance.prior.mean))
            (K, back), (expected, expected_back) = evaluation(theta), covariance.evaluate(theta, X)
            np.testing.assert_allclose(K, expected, rtol=1e-9)
            np.testing.assert_allclose(back(direction), expected_back(direction), rtol=1e-8, atol=1e-10)
            np.testing.assert_array_equal(
                covariance.towards(theta, X)(X[:3]), covariance.between(theta, X[:3], X)
            )

    def test_pullback_equals_finite_differences(
        self, kernel: Kernel, X: np.ndarray, rng: np.random.Generator
    ) -> None:
        covariance = kernel.scaled(X)
        theta = rng.normal(0.0, 0.5, size=len(covariance.prior.mean))
        direction = rng.standard_normal((len(X), len(X)))
        direction += direction.T
        step = 1e-6 * np.eye(len(theta))
        numerical = [
            np.vdot(direction, covariance.between(theta + d, X, X) - covariance.between(theta - d, X, X))
            / 2e-6
            for d in step
        ]
        np.testing.assert_allclose(
            covariance.evaluate(theta, X)[1](direction), numerical, rtol=1e-5, atol=1e-6
        )

    def test_prior_is_a_proper_normal(self, kernel: Kernel, X: np.ndarray) -> None:
        prior = kernel.scaled(X).prior
        assert np.linalg.eigvalsh(prior.precision).min() > 0
        assert prior.precision.shape == (len(prior.mean), len(prior.mean))


def test_hamming_is_a_product_over_the_decisions_that_differ(rng: np.random.Generator) -> None:
    space = Cell201()
    cells = space.sample(200, rng)
    covariance = hamming(space.num_choices.tolist()).scaled(one_hot(space, cells))
    theta = rng.normal(size=6 + 5 + 1)
    edge, choice = theta[:6], np.exp(theta[6:11])
    a, b = cells[0], cells[1]
    scale = covariance.scale.reshape(6, 5)[:, 0]
    expected = np.exp(theta[-1])
    for e in np.flatnonzero(a != b):
        expected *= np.exp(-0.5 * np.exp(edge[e]) / scale[e] ** 2 * (choice[a[e]] + choice[b[e]]))
    X = one_hot(space, cells[:2])
    assert covariance.between(theta, X[:1], X[1:]).item() == pytest.approx(expected)


@pytest.mark.parametrize("groups", [[0, 0], [0, 2, 2], [-1, 0, 2]])
def test_groupings_that_do_not_number_the_features_are_refused(groups: list[int]) -> None:
    with pytest.raises(InputError, match=r"groups: expected 3 numbers .* use range\(3\)"):
        Stationary(matern52, groups).scaled(np.eye(3))
    with pytest.raises(InputError, match=r"also: expected 3 numbers"):
        Stationary(matern52, None, groups).scaled(np.eye(3))
