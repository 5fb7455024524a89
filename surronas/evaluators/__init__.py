"""Evaluators: the answers to a search. Real training, which needs torch, is in `surronas.training`."""

from surronas.evaluators.base import Evaluator, RecordAxes, StreamingEvaluator
from surronas.evaluators.scores import mean_scores, search_metric, test_counterpart
from surronas.evaluators.tabular import TabularEvaluator

__all__ = [
    "Evaluator",
    "RecordAxes",
    "StreamingEvaluator",
    "TabularEvaluator",
    "mean_scores",
    "search_metric",
    "test_counterpart",
]
