import pytest
from contracts.evaluator_contract import EvaluatorContract

from surronas.evaluators import Evaluator, TabularEvaluator
from surronas.store import BenchmarkStore
from surronas.training import TrainingEvaluator


class TestTabular(EvaluatorContract):
    @pytest.fixture
    def evaluator(self, store: BenchmarkStore) -> Evaluator:
        return TabularEvaluator(store)


class TestTraining(EvaluatorContract):
    @pytest.fixture
    def evaluator(self, training: TrainingEvaluator) -> Evaluator:
        return training
