"""Executors: where trainings run."""

from surronas.training.executors.base import Executor, SerialExecutor
from surronas.training.executors.processes import ProcessExecutor

__all__ = ["Executor", "ProcessExecutor", "SerialExecutor"]
