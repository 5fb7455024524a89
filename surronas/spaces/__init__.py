"""Search spaces: what can be built."""

from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.cell201 import Cell201
from surronas.spaces.graph import Graph

__all__ = ["Architectures", "Cell201", "Graph", "SearchSpace"]
