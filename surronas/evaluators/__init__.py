"""Evaluators: the answers to a search. Real training, which needs torch, is in `surronas.training`."""

from surronas.evaluators.base import Evaluator, RecordAxes, StreamingEvaluator
from surronas.evaluators.curves import CurveEvaluator
from surronas.evaluators.published import (
    describe_surrogate_benchmark,
    open_surrogate_benchmark,
    publish,
)
from surronas.evaluators.scores import mean_scores, test_counterpart
from surronas.evaluators.surrogate import Predicted, SurrogateEvaluator
from surronas.evaluators.tabular import TabularEvaluator
from surronas.objectives import search_metric

__all__ = [
    "CurveEvaluator",
    "Evaluator",
    "Predicted",
    "RecordAxes",
    "StreamingEvaluator",
    "SurrogateEvaluator",
    "TabularEvaluator",
    "describe_surrogate_benchmark",
    "mean_scores",
    "open_surrogate_benchmark",
    "publish",
    "search_metric",
    "test_counterpart",
]
