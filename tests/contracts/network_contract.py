"""What the networks of every search space promise: inherit the class; give ``space`` and ``signature``."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from surronas.errors import InputError
from surronas.spaces import Architectures, SearchSpace
from surronas.training.counting import count_flops, count_params
from surronas.training.networks import build_for, example, initialise
from surronas.training.onnx_export import export_onnx, random_inputs
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Signature

IMAGES = Signature((3, 8, 8), 5)
TEXTS = Signature((12,), 5, vocabulary=9, padding=0)
SMALL = Recipe(
    name="small",
    channels=6,
    num_stages=2,
    cells_per_stage=1,
    epochs=1,
    batch_size=4,
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=0.0,
)
_UNTOUCHED = -12_345


class NetworkContract:
    EQUAL_PARAMS = True  # False: the test says why isomorphic architectures may differ in parameters

    @pytest.fixture
    def recipe(self) -> Recipe:
        return SMALL

    @pytest.fixture
    def even_recipe(self, recipe: Recipe) -> Recipe:
        """One by which isomorphic architectures have equally many parameters."""
        return recipe

    @pytest.fixture
    def architectures(self, space: SearchSpace) -> Architectures:
        """(4, d) canonical forms whose every parameter takes part in the logits."""
        return space.canonical(space.sample(4, np.random.default_rng(5)))

    @staticmethod
    def on_meta(space: SearchSpace, row: Architectures, signature: Signature, recipe: Recipe) -> nn.Module:
        with torch.device("meta"):
            return build_for(space)(space, tuple(row.tolist()), signature, recipe)

    def drawn(
        self, space: SearchSpace, row: Architectures, signature: Signature, recipe: Recipe, seed: int = 0
    ) -> nn.Module:
        network = self.on_meta(space, row, signature, recipe).to_empty(device="cpu")
        with torch.no_grad():
            for tensor in (*network.parameters(), *network.buffers()):
                tensor.fill_(float("nan") if tensor.is_floating_point() else _UNTOUCHED)
        initialise(network, torch.Generator().manual_seed(seed), recipe.initialisation)
        return network

    def test_a_network_is_built_on_the_meta_device_without_a_draw(
        self, space: SearchSpace, architectures: Architectures, signature: Signature, recipe: Recipe
    ) -> None:
        before = torch.get_rng_state()
        network = self.on_meta(space, architectures[0], signature, recipe)
        assert all(tensor.is_meta for tensor in (*network.parameters(), *network.buffers()))
        assert torch.equal(before, torch.get_rng_state())

    @pytest.mark.parametrize("initialisation", ["he", "torch"])
    def test_weights_and_buffers_are_filled_and_follow_from_the_generator_alone(
        self,
        space: SearchSpace,
        architectures: Architectures,
        signature: Signature,
        recipe: Recipe,
        initialisation: str,
    ) -> None:
        before, recipe = torch.get_rng_state(), replace(recipe, initialisation=initialisation)
        drawn = [self.drawn(space, architectures[0], signature, recipe, seed) for seed in (1, 1, 2)]
        states = [[*network.parameters(), *network.buffers()] for network in drawn]
        assert all(bool(torch.isfinite(t).all()) and not (t == _UNTOUCHED).any() for t in states[0])
        assert all(torch.equal(*pair) for pair in zip(*states[:2], strict=True))
        assert not all(torch.equal(*pair) for pair in zip(*states[1:], strict=True))
        assert torch.equal(before, torch.get_rng_state())

    def test_logits_have_their_shape_in_training_and_in_evaluation(
        self, space: SearchSpace, architectures: Architectures, signature: Signature, recipe: Recipe
    ) -> None:
        shape = (3, *signature.input_shape) if signature.each_position else (3,)
        for row in architectures:
            network = self.drawn(space, row, signature, recipe)
            for mode in (network.train(), network.eval()):
                logits: Tensor = mode(random_inputs(signature, 3))
                assert logits.shape == (*shape, signature.num_classes)
                assert bool(torch.isfinite(logits).all())

    def test_in_evaluation_an_input_has_its_logits_whatever_else_is_in_the_batch(
        self, space: SearchSpace, architectures: Architectures, signature: Signature, recipe: Recipe
    ) -> None:
        network = self.drawn(space, architectures[0], signature, recipe).eval()
        inputs = random_inputs(signature, 3)
        with torch.inference_mode():
            torch.testing.assert_close(network(inputs)[1:2], network(inputs[1:2]), rtol=1e-4, atol=1e-4)

    def test_every_parameter_gets_a_gradient(
        self, space: SearchSpace, architectures: Architectures, signature: Signature, recipe: Recipe
    ) -> None:
        for row in architectures:
            network = self.drawn(space, row, signature, recipe).train()
            network(random_inputs(signature, 4)).square().sum().backward()
            without = [name for name, parameter in network.named_parameters() if parameter.grad is None]
            assert not without

    def test_isomorphic_architectures_have_equally_many_parameters(
        self, space: SearchSpace, signature: Signature, even_recipe: Recipe
    ) -> None:
        if not self.EQUAL_PARAMS:
            pytest.skip("isomorphic architectures of this space may differ in parameters")
        rows = space.sample(60, np.random.default_rng(6))
        for row, canonical in zip(rows, space.canonical(rows), strict=True):
            if (row == canonical).all():
                continue
            ours, theirs = (self.on_meta(space, r, signature, even_recipe) for r in (row, canonical))
            assert count_params(ours) == count_params(theirs)

    def test_a_task_of_the_wrong_kind_is_refused(
        self, space: SearchSpace, architectures: Architectures, signature: Signature, recipe: Recipe
    ) -> None:
        foreign, kind = (IMAGES, "texts") if signature.vocabulary else (TEXTS, "images")
        with pytest.raises(InputError, match=f"take {kind}"):
            self.on_meta(space, architectures[0], foreign, recipe)

    def test_a_hundred_random_architectures_are_built(
        self, space: SearchSpace, signature: Signature, recipe: Recipe
    ) -> None:
        rows = space.canonical(space.sample(100, np.random.default_rng(7)))
        networks = [self.on_meta(space, row, signature, recipe) for row in rows]
        assert min(count_params(network) for network in networks) > 0
        assert len({count_params(network) for network in networks}) > 1
        for network in networks[::40]:
            assert network(example(signature, 2)).shape[-1] == signature.num_classes
            assert count_flops(network, signature) > 0

    def test_onnxruntime_gives_the_same_logits(
        self,
        space: SearchSpace,
        architectures: Architectures,
        signature: Signature,
        recipe: Recipe,
        tmp_path: Path,
    ) -> None:
        from onnxruntime import InferenceSession

        for number, row in enumerate(architectures):
            network, path = self.drawn(space, row, signature, recipe), tmp_path / f"{number}.onnx"
            for _ in range(3):  # so that running statistics are not those of the start
                network.train()(random_inputs(signature, 4, seed=number))
            export_onnx(network, signature, path)
            session = InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
            for n in (1, 5):
                inputs = random_inputs(signature, n, seed=9)
                (found,) = session.run(None, {"input": inputs.numpy()})
                with torch.inference_mode():
                    expected = network.eval()(inputs).numpy()
                scale = float(np.abs(expected).max())
                np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * scale + 1e-7)
