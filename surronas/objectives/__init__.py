"""What a search optimises, in one place: from measured values to scores, of which more is better.

Directions are the metrics' own, numbers keep their unit, and a metric of the test split is refused wherever
it stands: in what is optimised and in what limits it.
"""

from surronas.objectives.base import Objective, Scored, Values, search_metric, visible_metric
from surronas.objectives.constrained import Constrained
from surronas.objectives.limits import Limits
from surronas.objectives.pareto import Pareto
from surronas.objectives.plain import Single, Weighted

__all__ = [
    "Constrained",
    "Limits",
    "Objective",
    "Pareto",
    "Scored",
    "Single",
    "Values",
    "Weighted",
    "search_metric",
    "visible_metric",
]
