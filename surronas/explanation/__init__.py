"""Explanation: which operations on which edges, which paths and substructures, drive what is predicted."""

from surronas.explanation.decisions import Decisions, decisions_of
from surronas.explanation.explained import Explanation
from surronas.explanation.features import (
    PathEffects,
    TreeContributions,
    decision_of_each_feature,
    path_effects,
    tree_contributions,
)
from surronas.explanation.shapley import explain
from surronas.explanation.structures import (
    StructureEffects,
    network_paths,
    structure_effects,
    substructures,
)

__all__ = [
    "Decisions",
    "Explanation",
    "PathEffects",
    "StructureEffects",
    "TreeContributions",
    "decision_of_each_feature",
    "decisions_of",
    "explain",
    "network_paths",
    "path_effects",
    "structure_effects",
    "substructures",
    "tree_contributions",
]
