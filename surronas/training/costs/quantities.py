"""What is measured of an architecture's network: the metrics, with units and what each of them counts."""

from surronas.store import TRAINING_METRICS, Metric


def _measured(name: str, unit: str, description: str) -> Metric:
    return Metric(name, None, unit, "minimize", description, "measured by surronas", per="architecture")


COUNTS = tuple(metric for metric in TRAINING_METRICS if metric.name in ("params", "flops"))
ON_DEVICE = (
    _measured(
        "latency_ms", "ms", "median time of a forward pass of the batch, after warm-up, inputs on the device"
    ),
    _measured("latency_p95_ms", "ms", "95th percentile of the times behind latency_ms"),
    # measured once more, on a machine with three times more work than cores, it changed by 0.6 to 21 % where
    # the median changed by 5 to 56 % (see reproduce/measured_cost.py)
    _measured(
        "latency_min_ms", "ms", "shortest of the times behind latency_ms, which other work disturbs least"
    ),
    _measured(
        "peak_memory_mb",
        "MB of 10^6 bytes",
        "most memory during a forward pass of the batch: weights, inputs, activations (CPU: all live torch "
        "tensors, without kernels' scratch space; GPU: torch's allocator, scratch space included)",
    ),
    _measured(
        "train_peak_memory_mb",
        "MB of 10^6 bytes",
        "the same during a training step of the recipe's batch: gradients and optimizer state too, without "
        "the data set",
    ),
    _measured(
        "energy_mj",
        "mJ",
        "of a forward pass of the batch, by the hardware's own counter; idle power, and whatever else runs "
        "there meanwhile, included",
    ),
)
COST_METRICS = (*ON_DEVICE, *COUNTS)  # the former hang on the device, the latter do not
