"""Measured cost of architectures on a device: latency, memory, energy, FLOPs and parameters."""

from surronas.training.costs.attaching import attach_costs, held_costs
from surronas.training.costs.conditions import RUNTIMES, Conditions
from surronas.training.costs.measuring import measure_costs
from surronas.training.costs.quantities import COST_METRICS

__all__ = ["COST_METRICS", "RUNTIMES", "Conditions", "attach_costs", "held_costs", "measure_costs"]
