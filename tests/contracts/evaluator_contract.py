"""What every evaluator promises: inherit, and give fixtures ``evaluator``, ``cells`` (n, 6) and ``seeds``."""

import numpy as np
import pytest

from surronas.errors import ArchitectureError
from surronas.evaluators import Evaluator
from surronas.spaces import Architectures
from surronas.store import STATUSES
from surronas.store.schema import KEY_FIELDS, metric_names


class EvaluatorContract:
    def test_a_row_for_each_architecture_and_seed_architecture_by_architecture(
        self, evaluator: Evaluator, cells: Architectures, seeds: list[int]
    ) -> None:
        records = evaluator.evaluate(cells, seeds)
        np.testing.assert_array_equal(records["architecture"], np.repeat(cells, len(seeds), axis=0))
        assert records["seed"].tolist() == seeds * len(cells)

    def test_rows_carry_the_metrics_that_it_names(
        self, evaluator: Evaluator, cells: Architectures, seeds: list[int]
    ) -> None:
        records = evaluator.evaluate(cells, seeds)
        assert records.dtype.names[: len(KEY_FIELDS)] == KEY_FIELDS
        assert metric_names(records.dtype) == [metric.name for metric in evaluator.metrics]
        assert all(records[metric.name].dtype == np.float64 for metric in evaluator.metrics)

    def test_rows_say_where_they_lie_and_how_they_ended(
        self, evaluator: Evaluator, cells: Architectures, seeds: list[int]
    ) -> None:
        records = evaluator.evaluate(cells, seeds)
        assert set(records["status"].tolist()) <= set(STATUSES)
        for axis in ("task", "recipe", "epochs", "device"):
            assert len(set(records[axis].tolist())) == 1
            assert records[axis][0]

    def test_the_answer_does_not_depend_on_what_else_is_asked(
        self, evaluator: Evaluator, cells: Architectures, seeds: list[int]
    ) -> None:
        whole = evaluator.evaluate(cells, seeds).reshape(len(cells), len(seeds))
        backwards = evaluator.evaluate(cells[::-1], seeds[::-1]).reshape(whole.shape)[::-1, ::-1]
        alone = evaluator.evaluate(cells[1], seeds[:1])
        for name in ("architecture", "seed", "status", "valid_accuracy", "test_loss", "params"):
            np.testing.assert_array_equal(backwards[name], whole[name])
            np.testing.assert_array_equal(alone[name], whole[name][1, :1])

    def test_repeated_architectures_give_repeated_rows(
        self, evaluator: Evaluator, cells: Architectures, seeds: list[int]
    ) -> None:
        one, again = evaluator.evaluate(cells[[0, 0]], seeds[:1])
        assert one["valid_accuracy"] == again["valid_accuracy"]

    def test_nothing_asked_nothing_answered(
        self, evaluator: Evaluator, cells: Architectures, seeds: list[int]
    ) -> None:
        dtype = evaluator.evaluate(cells[:1], seeds[:1]).dtype
        for records in (evaluator.evaluate(cells[:0], seeds), evaluator.evaluate(cells, [])):
            assert records.shape == (0,)
            assert records.dtype == dtype

    def test_architectures_of_another_space_are_refused(self, evaluator: Evaluator, seeds: list[int]) -> None:
        for foreign in (np.zeros((1, 7), dtype=np.int8), np.full((1, 6), 5, dtype=np.int8)):
            with pytest.raises(ArchitectureError, match="space 'cell201'"):
                evaluator.evaluate(foreign, seeds)
