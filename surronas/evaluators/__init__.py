"""Evaluators: the answers to a search. Real training, which needs torch, is in `surronas.training`."""

from surronas.evaluators.base import Axes, Evaluator, StreamingEvaluator
from surronas.evaluators.scores import mean_scores, search_metric
from surronas.evaluators.tabular import TabularEvaluator

__all__ = ["Axes", "Evaluator", "StreamingEvaluator", "TabularEvaluator", "mean_scores", "search_metric"]
