"""surronas: benchmark-backed surrogate neural architecture search.

Here is what is light; surrogates, searchers, training and the loop are imported from their own modules.
"""

from surronas.errors import SurronasError
from surronas.spaces import Cell201, SearchSpace
from surronas.store import BenchmarkStore

__version__ = "0.1.0"

__all__ = ["BenchmarkStore", "Cell201", "SearchSpace", "SurronasError", "__version__"]
