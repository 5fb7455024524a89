import numpy as np
import pytest
from contracts.network_contract import IMAGES, NetworkContract

from surronas.spaces import Architectures, Cell201, SearchSpace
from surronas.training.tasks.base import Signature


class TestCell201Networks(NetworkContract):
    # NAS-Bench-201's rule compares expressions: a convolution that two paths share is for it the same as two
    # convolutions, so that some classes hold cells of which one has more weights
    EQUAL_PARAMS = False

    @pytest.fixture
    def space(self) -> SearchSpace:
        return Cell201()

    @pytest.fixture
    def signature(self) -> Signature:
        return IMAGES

    @pytest.fixture
    def architectures(self, space: SearchSpace) -> Architectures:
        rows = space.canonical(space.sample(20, np.random.default_rng(5)))
        return rows[space.live(rows).any(axis=1)][:4]  # where no path is live the stem gets no gradient
