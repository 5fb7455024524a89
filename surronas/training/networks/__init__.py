"""Networks: what an architecture of each search space becomes in torch."""

from surronas.training.networks.base import Build, example, initialise
from surronas.training.networks.known import BUILDS, build_for

__all__ = ["BUILDS", "Build", "build_for", "example", "initialise"]
