"""Search spaces: what can be built."""

from surronas.spaces.base import Architectures, SearchSpace
from surronas.spaces.cell201 import Cell201
from surronas.spaces.graph import IDENTITY, Graph
from surronas.spaces.known import SPACE_CLASSES, space_named

__all__ = ["IDENTITY", "SPACE_CLASSES", "Architectures", "Cell201", "Graph", "SearchSpace", "space_named"]
