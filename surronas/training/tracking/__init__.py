"""Tracking: observers of trainings as they go, for TensorBoard, MLflow, a terminal or a file."""

from surronas.training.tracking.base import Observer, Observers
from surronas.training.tracking.json_lines import JsonLinesObserver
from surronas.training.tracking.mlflow_runs import MLflowObserver
from surronas.training.tracking.progress_bar import ProgressBar, ProgressObserver
from surronas.training.tracking.tensorboard_runs import TensorBoardObserver

__all__ = [
    "JsonLinesObserver",
    "MLflowObserver",
    "Observer",
    "Observers",
    "ProgressBar",
    "ProgressObserver",
    "TensorBoardObserver",
]
