"""Executors: where trainings run."""

from surronas.training.executors.base import Executor, SerialExecutor
from surronas.training.executors.choice import choose_executor
from surronas.training.executors.population import PopulationExecutor
from surronas.training.executors.processes import ProcessExecutor
from surronas.training.executors.ray_cluster import RayExecutor

__all__ = [
    "Executor",
    "PopulationExecutor",
    "ProcessExecutor",
    "RayExecutor",
    "SerialExecutor",
    "choose_executor",
]
