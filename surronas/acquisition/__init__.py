"""Acquisition: how much it is worth to measure a point next, and which points make a batch. All maximise."""

from surronas.acquisition.beliefs import Acquisition, Array, Chooser, JointModel, Model, SamplingModel
from surronas.acquisition.choosers import Believer, Greedy, KnowledgeGradient, ThompsonBatch
from surronas.acquisition.improvement import (
    expected_improvement,
    log_expected_improvement,
    probability_of_improvement,
    upper_confidence_bound,
)
from surronas.acquisition.information import knowledge_gradient, log_knowledge_gradient
from surronas.acquisition.local_penalization import LocalPenalization, log_softplus
from surronas.acquisition.thompson import joint_thompson_sample, thompson_sample

__all__ = [
    "Acquisition",
    "Array",
    "Believer",
    "Chooser",
    "Greedy",
    "JointModel",
    "KnowledgeGradient",
    "LocalPenalization",
    "Model",
    "SamplingModel",
    "ThompsonBatch",
    "expected_improvement",
    "joint_thompson_sample",
    "knowledge_gradient",
    "log_expected_improvement",
    "log_knowledge_gradient",
    "log_softplus",
    "probability_of_improvement",
    "thompson_sample",
    "upper_confidence_bound",
]
