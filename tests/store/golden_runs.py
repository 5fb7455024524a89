"""What the golden stores in tests/data hold, number by number; neither ever changes: see make_golden.py."""

import math

NAN = math.nan
RECIPE = '{"epochs": 3, "schedule": "cosine"}'
DESCRIPTION, LICENCE = "written on 22 November 2026; later versions must read it", "CC0-1.0"
COMMAND, VERSIONS = "python tests/store/make_golden.py", {"surronas": "0.1.0"}

CELLS = (  # NAS-Bench-201 strings and their decisions
    ("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", (0, 0, 0, 0, 0, 0)),
    (
        "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|",
        (3, 1, 0, 4, 2, 0),
    ),
    (
        "|avg_pool_3x3~0|+|avg_pool_3x3~0|avg_pool_3x3~1|+|avg_pool_3x3~0|avg_pool_3x3~1|avg_pool_3x3~2|",
        (4, 4, 4, 4, 4, 4),
    ),
)

# cell, task, epochs, seed (-1: the source's own mean), device, status, origin,
# valid_accuracy (0.1 is no float32), train_loss, params, curve of valid_accuracy
RUNS = (
    (0, "cifar10", 3, 777, "gpu", "ok", "benchmark", 0.1, 2.5, 1000.0, (0.125, NAN, 0.1015625)),
    (1, "cifar10", 3, 777, "gpu", "ok", "benchmark", 0.9361, 0.25, 2000.0, (0.5, 0.75, 0.9375)),
    (1, "cifar10", 3, 888, "gpu", "ok", "benchmark", 0.9363, 0.125, 2000.0, (0.25, 0.5, 0.9375)),
    (1, "cifar10", 3, -1, "gpu", "ok", "benchmark", 0.9362, NAN, 2000.0, (NAN, NAN, NAN)),
    (2, "cifar10", 3, 777, "gpu", "diverged", "benchmark", NAN, math.inf, 3000.0, (0.0625, NAN, NAN)),
    (2, "cifar100", 1, 0, "cpu", "ok", "imported", 0.0123456789, 4.75, NAN, (0.015625, NAN, NAN)),
    (0, "cifar100", 1, 0, "cpu", "ok", "imported", 1.0, 0.0, NAN, (1.0, NAN, NAN)),
)
FIRST_BATCH = 5  # runs; the others are appended by themselves

# metric, task, device -> value of each cell
COLUMNS = {
    ("latency_ms", "", "edgegpu"): (0.5, NAN, 3.25),
    ("latency_ms", "", "raspi4"): (12.3456789, 45.5, 78.0),
    ("naswot", "cifar10", ""): (-1.5, 0.0, 1e300),
}
