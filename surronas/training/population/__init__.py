"""Hundreds of cell networks trained as one torch program."""

from surronas.training.population.trainer import PopulationTrainer

__all__ = ["PopulationTrainer"]
