"""Shapley values of decisions (Shapley 1953; for predictions, Lundberg and Lee 2017), exact where possible.

Notation:

    x (d,)      the architecture to explain        b (d,)   one of m background architectures
    S           a coalition: decisions taken from x, the others from b
    v(S)        mean over the background of the prediction for that mixture
    phi_i       sum over S without i of  |S|! (d - |S| - 1)! / d!  (v(S + i) - v(S))

The phi sum to the prediction for x minus the background's mean. Decisions of x that are dead though an
operation stands there take no part, where the encoding does not see them either: mixtures have the
background's choice at them, and their phi is 0. (A decision whose choice is never live, such as ``none``,
takes part: that nothing stands there may be what kills others.)
"""

from math import factorial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.encodings import Encoding
from surronas.encodings.live_graphs import typical
from surronas.errors import InputError
from surronas.explanation.decisions import decisions_of
from surronas.explanation.explained import Explanation
from surronas.explanation.predictions import Model
from surronas.spaces import Architectures, SearchSpace
from surronas.surrogates import Surrogate

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
MOST_EXACT = 8  # decisions whose 2**d coalitions are all looked at
_MIXTURES = 2**20  # mixtures at once: 100 MB of their predictions and places


def explain(
    surrogate: Surrogate,
    encoding: Encoding,
    space: SearchSpace,
    architectures: ArrayLike,
    background: ArrayLike,
    rng: np.random.Generator | None = None,
    *,
    num_rounds: int = 4,
) -> Explanation:
    """Return how far each decision of n architectures lifts its prediction over a background's mean.

    Exact, by all coalitions, in spaces of up to 8 decisions in which everything is allowed. In others by
    permutations, with standard errors: in each of ``num_rounds`` rounds every background architecture is
    changed into the one explained, decision by decision in an order drawn by ``rng`` and in its reverse. A
    mixture that is no architecture is passed over: the next that is one has the change since the last. An
    edge and its like then share what neither has alone.

    Raises:
        ArchitectureError: the rows are not architectures of ``space``.
        InputError: no architectures, no background, or no ``rng`` or rounds where they are needed.
    """
    rows, others = space.validate(architectures), space.validate(background)
    if not len(rows) or not len(others):
        raise InputError(f"expected architectures and a background, got {len(rows)} and {len(others)}")
    model = Model(surrogate, encoding, space)
    players = ~_idle(model, rows, others)
    exact = space.num_decisions <= MOST_EXACT and not space.constrained
    if exact:
        values, errors = _exact(model, rows, others, players), np.zeros(rows.shape)
    else:
        if rng is None or num_rounds < 1:
            raise InputError(
                f"space {space.name!r} has {space.num_decisions} decisions: its Shapley values are sampled, "
                f"expected rng=np.random.default_rng(seed) and num_rounds >= 1, got {rng} and {num_rounds}"
            )
        orders = _orders(space.num_decisions, len(others), num_rounds, rng)
        sampled = [_sampled(model, x, others, some, orders) for x, some in zip(rows, players, strict=True)]
        values, errors = (np.array(part) for part in zip(*sampled, strict=True))
    base = float(model.predictions(others).mean())
    return Explanation(space, decisions_of(space), rows, model.predictions(rows), base, values, errors, exact)


def _idle(model: Model, rows: Architectures, others: Architectures) -> Flags:
    """Return (n, d): decisions that are dead, hold what could be live, and that the encoding does not see."""
    space, decision = model.space, np.arange(rows.shape[1])
    samples = typical(space)
    ever_live = np.zeros((rows.shape[1], int(space.num_choices.max())), bool)
    live = space.live(samples)
    for i in decision:
        ever_live[i, samples[live[:, i], i]] = True
    idle: Flags = ~space.live(rows) & ever_live[decision, rows]
    own = model.features(rows)
    for row in np.flatnonzero(idle.any(axis=1)):
        mixtures = np.where(idle[row], others, rows[row])
        if not space.allowed(mixtures).all() or not (model.features(mixtures) == own[row]).all():
            idle[row] = False
    return idle


def _exact(model: Model, rows: Architectures, others: Architectures, players: Flags) -> Array:
    """Return (n, d) Shapley values from all 2**d coalitions."""
    d = rows.shape[1]
    coalitions = np.arange(2**d)
    inside = (coalitions[:, None] >> np.arange(d)) & 1 == 1  # (2**d, d)
    step = max(_MIXTURES // (len(coalitions) * len(others)), 1)
    worth = []
    for at in range(0, len(rows), step):
        some = rows[at : at + step, None, None, :]
        mixtures = np.where(inside[:, None, :], some, others)  # (n, 2**d, m, d)
        predicted = model.predictions(mixtures.reshape(-1, d)).reshape(mixtures.shape[:-1])
        worth.append(predicted.mean(axis=2))
    taking_part = players.astype(np.int64) @ (1 << np.arange(d))  # (n,) as a coalition
    seen: NDArray[np.int64] = np.bitwise_and(coalitions, taking_part[:, None], dtype=np.int64)
    v = np.take_along_axis(np.concatenate(worth), seen, axis=1)
    size = inside.sum(axis=1)
    weight = np.array([factorial(k) * factorial(d - k - 1) / factorial(d) for k in range(d)])
    values = np.empty(rows.shape)
    for i in range(d):
        without = coalitions[~inside[:, i]]
        values[:, i] = (v[:, without | (1 << i)] - v[:, without]) @ weight[size[without]]
    return values


def _orders(d: int, num_others: int, num_rounds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return (rounds, m, 2, d): the place of each decision in an order, and in its reverse."""
    forth = rng.permuted(np.broadcast_to(np.arange(d), (num_rounds, num_others, d)), axis=2)
    return np.stack([forth, d - 1 - forth], axis=2)


def _sampled(
    model: Model, x: NDArray[np.int8], others: Architectures, players: Flags, orders: NDArray[np.int64]
) -> tuple[Array, Array]:
    """Return (d,) Shapley values of one architecture, and their standard errors (d,)."""
    d = len(x)
    step = max(_MIXTURES // (2 * len(others) * (d + 1)), 1)
    parts = []
    for at in range(0, len(orders), step):
        order = orders[at : at + step]
        taken = order[..., None, :] < np.arange(d + 1)[:, None]  # (rounds, m, 2, d + 1, d)
        mixtures = np.where(taken & players, x, others[:, None, None, :])
        value = _passed_over(model, mixtures.reshape(-1, d)).reshape(mixtures.shape[:-1])
        parts.append(np.take_along_axis(np.diff(value, axis=3), order, axis=3).mean(axis=2))
    pairs = np.concatenate(parts).reshape(-1, d)  # an order and its reverse are one sample
    errors = pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs)) if len(pairs) > 1 else np.full(d, np.inf)
    return pairs.mean(axis=0), errors


def _passed_over(model: Model, mixtures: Architectures) -> Array:
    """Return (k,) predictions; what is no architecture has that of the last before it that is one."""
    allowed = model.space.allowed(mixtures)
    predicted = model.predictions(mixtures[allowed])
    carried: Array = predicted[np.cumsum(allowed) - 1]  # every walk begins at a background architecture
    return carried
