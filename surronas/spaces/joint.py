"""Architecture and hyper-parameters of the training as one search space: the recipe becomes decisions too.

Zela et al. 2018, "Towards Automated Deep Learning: Efficient Joint Neural Architecture and Hyperparameter
Search": the best learning rate depends on the network, so the two are searched together.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surronas.errors import ArchitectureError, InputError
from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.graph import Graph
from surronas.spaces.graph_batch import GraphBatch
from surronas.spaces.hyper_parameters import Value, checked, parsed, written
from surronas.spaces.known import space_named


class JointSpace(SearchSpace):
    """The decisions of a space, then one for each hyper-parameter of the recipe that has several choices.

    ``JointSpace(Cell201(), learning_rate=(0.01, 0.1), optimizer=("sgd", "adamw"))``: hyper-parameters have
    the names that a training recipe gives them, in alphabetical order, their choices in ascending order. All
    else follows the space. The name says everything, so that a store of a joint space opens by it:
    ``cell201+learning_rate:0.01,0.1+optimizer:adamw,sgd``.

    Whether a recipe knows a hyper-parameter, and takes its values, shows when a network is to be trained.

    Raises:
        InputError: a joint space, no hyper-parameter, or choices that are not 2 to 127 different numbers or
            words.
    """

    def __init__(self, space: SearchSpace, /, **hyper_parameters: Sequence[Value]) -> None:
        if isinstance(space, JointSpace):
            raise InputError(
                f"expected a space of architectures, got {space.name!r}; name all hyper-parameters at once"
            )
        if not hyper_parameters:
            raise InputError(
                "expected hyper-parameters with their choices, such as learning_rate=(0.01, 0.1)"
            )
        self.space = space
        self.hyper_parameters: dict[str, tuple[Value, ...]] = {
            name: checked(name, hyper_parameters[name]) for name in sorted(hyper_parameters)
        }
        texts = (f"{key}:{','.join(map(written, values))}" for key, values in self.hyper_parameters.items())
        self.name = "+".join([space.name, *texts])
        self.constrained = space.constrained
        self._added = np.array([len(values) for values in self.hyper_parameters.values()], dtype=np.int64)
        self.num_choices = np.concatenate([space.num_choices, self._added])

    @property
    def num_architectures(self) -> int:
        """The number of architectures, each with each recipe."""
        recipes: int = math.prod(self._added.tolist())
        return self.space.num_architectures * recipes

    def split(self, architectures: ArrayLike) -> tuple[Architectures, list[dict[str, Value]]]:
        """Return the (n, base d) architectures of the base space, and n dicts of hyper-parameters.

        Raises:
            ArchitectureError: the rows are not architectures of this space.
        """
        base, added = self._parts(self.validate(architectures))
        columns = [[values[choice] for choice in added[:, i]] for i, values in enumerate(self._values())]
        rows = zip(*columns, strict=True)
        return base, [dict(zip(self.hyper_parameters, row, strict=True)) for row in rows]

    def allowed(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n,) whether the base space allows each."""
        return self.space.allowed(self._parts(architectures)[0])

    def sample(self, n: int, rng: np.random.Generator) -> Architectures:
        """Return (n, d): architectures as the base space samples them, hyper-parameters uniformly."""
        return self._joined(self.space.sample(n, rng), rng.integers(self._added, size=(n, len(self._added))))

    def enumerate(self) -> Architectures:
        """Return all (N, d) architectures of a finite space in the order of their codes.

        Raises:
            InputError: the base space is too large.
        """
        base = self.space.enumerate()
        added = np.indices(self._added.tolist()).reshape(len(self._added), -1).T
        return self._joined(np.repeat(base, len(added), axis=0), np.tile(added, (len(base), 1)))

    def neighborhoods(self, architectures: Architectures) -> tuple[Architectures, NDArray[np.int64]]:
        """Return all neighbors of a batch, (m, d), and the (m,) row in the batch that each belongs to.

        They are those of the base space, and those with another value of one hyper-parameter.
        """
        base, added = self._parts(architectures)
        near, owner = self.space.neighborhoods(base)
        decision, shift = self._added_moves()
        other = np.repeat(np.arange(len(base)), len(decision))
        moved = self._shifted(added[other], np.tile(decision, len(base)), np.tile(shift, len(base)))
        rows = np.concatenate([self._joined(near, added[owner]), self._joined(base[other], moved)])
        owners = np.concatenate([owner, other])
        order = np.argsort(owners, kind="stable")
        return rows[order], owners[order]

    def mutate(self, architectures: Architectures, rng: np.random.Generator) -> Architectures:
        """Return (n, d): each row replaced by one of its neighbors.

        A hyper-parameter moves as often as a live decision does: were all neighbors as likely, in a space of
        many decisions the hyper-parameters would next to never change.
        """
        base, added = self._parts(architectures)
        others = np.maximum(self.space.live(base).sum(axis=1), 1)
        hyper = rng.integers(others + len(self._added)) >= others
        decision, shift = self._added_moves()
        move = rng.integers(len(decision), size=len(base))
        moved = self._shifted(added, decision[move], shift[move])
        mutated = self.space.mutate(base, rng)
        hyper |= (mutated == base).all(axis=1)  # no neighbors in the base space
        return self._joined(np.where(hyper[:, None], base, mutated), np.where(hyper[:, None], moved, added))

    def crossover(self, a: Architectures, b: Architectures, rng: np.random.Generator) -> Architectures:
        """Return (n, d): architectures crossed as in the base space, each hyper-parameter from either."""
        if a.shape != b.shape:
            raise ArchitectureError(f"expected parents of one shape, got {a.shape} and {b.shape}")
        (base_a, added_a), (base_b, added_b) = self._parts(a), self._parts(b)
        added = np.where(rng.random(added_a.shape) < 0.5, added_a, added_b)
        return self._joined(self.space.crossover(base_a, base_b, rng), added)

    def canonical(self, architectures: Architectures) -> Architectures:
        """Return (n, d): the base space's canonical forms, with the same hyper-parameters."""
        base, added = self._parts(architectures)
        return self._joined(self.space.canonical(base), added)

    def live(self, architectures: Architectures) -> NDArray[np.bool_]:
        """Return (n, d): what is live in the base space, and all hyper-parameters."""
        base, added = self._parts(architectures)
        return np.concatenate([self.space.live(base), np.ones(added.shape, bool)], axis=1)

    def to_strings(self, architectures: Architectures) -> list[str]:
        """Return n texts: the base space's, then `` @ learning_rate=0.01,optimizer=sgd``."""
        base, chosen = self.split(architectures)
        texts = [",".join(f"{name}={written(value)}" for name, value in one.items()) for one in chosen]
        return [f"{b} @ {t}" for b, t in zip(self.space.to_strings(base), texts, strict=True)]

    def from_strings(self, strings: Sequence[str]) -> Architectures:
        """Return the (n, d) architectures that texts as of ``to_strings`` describe.

        Raises:
            ArchitectureError: the base space's text is malformed, or the hyper-parameters are not all these.
        """
        if isinstance(strings, str):
            strings = [strings]
        parts = [text.rpartition(" @ ") for text in strings]
        added = [self._chosen(text) for _, _, text in parts]
        base = self.space.from_strings([text for text, _, _ in parts])
        return self._joined(base, np.array(added, np.int8).reshape(-1, len(self._added)))

    def graph(self, architecture: ArrayLike) -> Graph:
        """Return the graph of one architecture; hyper-parameters are no part of it."""
        row = self.validate(architecture)
        if len(row) != 1:
            raise ArchitectureError(f"expected one architecture, got {len(row)}")
        return self.space.graph(self._parts(row)[0])

    def graphs(self, architectures: Architectures) -> GraphBatch:
        """Return the graphs of n architectures as arrays."""
        return self.space.graphs(self._parts(architectures)[0])

    def _values(self) -> list[tuple[Value, ...]]:
        return list(self.hyper_parameters.values())

    def _parts(self, rows: Architectures) -> tuple[Architectures, Architectures]:
        """Return the columns of the base space and those of the hyper-parameters."""
        at = self.space.num_decisions
        return np.ascontiguousarray(rows[:, :at]), rows[:, at:]

    def _joined(self, base: Architectures, added: NDArray[np.integer]) -> Architectures:
        return np.concatenate([base, added], axis=1).astype(np.int8)

    def _added_moves(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the moves of hyper-parameters: which one, and by how much it is shifted."""
        which = np.repeat(np.arange(len(self._added)), self._added - 1)
        return which, np.concatenate([np.arange(1, choices) for choices in self._added])

    def _shifted(
        self, added: Architectures, which: NDArray[np.int64], shift: NDArray[np.int64]
    ) -> Architectures:
        """Return (n, h) with one hyper-parameter of each row shifted."""
        moved, rows = added.copy(), np.arange(len(added))
        moved[rows, which] = (added[rows, which] + shift) % self._added[which]
        return moved

    def _chosen(self, text: str) -> list[int]:
        """Return the choices that a text such as ``learning_rate=0.01,optimizer=sgd`` names."""
        given = [part.partition("=") for part in text.split(",")]
        found = {name: parsed(value) for name, _, value in given}
        wrong = len(found) != len(given) or found.keys() != self.hyper_parameters.keys()
        if wrong or any(found[name] not in values for name, values in self.hyper_parameters.items()):
            expected = "; ".join(
                f"{k}={' or '.join(map(written, v))}" for k, v in self.hyper_parameters.items()
            )
            raise ArchitectureError(f"expected {expected} after the last ' @ ', got {text[:100]!r}")
        return [values.index(found[name]) for name, values in self.hyper_parameters.items()]


def joint_space_named(name: str) -> JointSpace:
    """Return the joint space of a name such as ``cell201+batch_size:32,64``.

    Raises:
        InputError: no such name, or the base space is unknown.
    """
    base, *texts = name.split("+")
    parts = [text.partition(":") for text in texts]
    choices: dict[str, list[Value]] = {
        key: [parsed(value) for value in values.split(",")] for key, _, values in parts
    }
    space = JointSpace(space_named(base), **choices)
    if space.name != name:  # a hyper-parameter twice, or not in order: another name than it gives itself
        raise InputError(f"malformed name of a joint space {name!r}; expected {space.name!r}")
    return space
