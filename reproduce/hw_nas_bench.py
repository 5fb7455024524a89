"""HW-NAS-Bench on NAS-Bench-201's cells: spot values, what its chip models obey, FLOPs against latency.

    python reproduce/hw_nas_bench.py            # seconds, with or without --quick

[READ] README and notebook of GATECH-EIC/HW-NAS-Bench: all costs of one cell on CIFAR-10. [CALC] energy over
latency on the FPGA is 7.0 on every cell and data set.

FLOPs (multiply-adds, as NAS-Bench-201's authors count them) against latency, all strings: no published table
was recovered, so the correlations are shown, not asserted; asserted are laws. Latencies of a cell on two data
sets are of the same operations, so on every device they agree more with each other than with FLOPs. FPGA and
Eyeriss are models of chips, without noise of a measurement, and CIFAR-10's and CIFAR-100's networks differ in
the last layer alone: their latencies are in the same order, Spearman's correlation at least .99.

Entries that are no measurement: the source has -1 for edgetpu (missing in the store), for 4,699 cells on each
data set; latencies near 0 on pixel3 and raspi4 are all of cells without a path from input to output.
"""

from itertools import combinations

import numpy as np
from claims import READ, Report, Setting, reproduce
from numpy.typing import NDArray

from surronas.metrics import kendall_tau, spearman
from surronas.store import BenchmarkStore

CLAIM = "HW-NAS-Bench: spot values, energy and latency of the FPGA, FLOPs against latency per device"
SOURCE = "Li et al., ICLR 2021, README and notebook of the authors"
DATA = ("hw-nas-bench", "nasbench201-tables")
MINUTES = (0.1, 0.1)

TASKS = {"CIFAR-10": "cifar10", "CIFAR-100": "cifar100", "ImageNet16-120": "ImageNet16-120"}
SHORT = {"CIFAR-10": "C10", "CIFAR-100": "C100", "ImageNet16-120": "Img16"}
DEVICES = ("edgegpu", "raspi4", "edgetpu", "pixel3", "eyeriss", "fpga")
MODELLED = ("eyeriss", "fpga")
CELL_0 = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"
SPOTS = (  # of cell 0 on CIFAR-10: device, metric, value, digits' half
    ("edgegpu", "latency_ms", 5.8074, 5e-5),
    ("edgegpu", "energy_mj", 24.2266, 5e-5),
    ("raspi4", "latency_ms", 10.4820, 5e-5),
    ("edgetpu", "latency_ms", 0.95718, 5e-6),
    ("pixel3", "latency_ms", 3.60585, 5e-6),
    ("eyeriss", "latency_ms", 3.64562, 5e-6),
    ("eyeriss", "energy_mj", 0.687283, 5e-7),
    ("fpga", "latency_ms", 2.57296, 5e-6),
    ("fpga", "energy_mj", 18.01072, 5e-6),
)
FPGA_RATIO = 7.0  # mJ a ms
NUM_MISSING = {"edgetpu": 4_699}  # cells with -1 in the source; no other device has any
LEAST_MODELLED = 0.99  # Spearman
NEAR_ZERO = {"raspi4": 0.05, "pixel3": 0.05}  # ms below which nothing was computed

Scores = NDArray[np.float64]


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Report all facts; return correlations of FLOPs with latency and of data sets, by device."""
    costs, tables = (setting.table(name) for name in DATA)
    spots(report, costs)
    cells = costs.architectures
    latencies = {
        device: {
            title: costs.query(cells, "latency_ms", task=task, device=device, missing="nan")
            for title, task in TASKS.items()
        }
        for device in DEVICES
    }
    for title, task in TASKS.items():
        energy = costs.query(cells, "energy_mj", task=task, device="fpga")
        ratio = energy / latencies["fpga"][title]
        for end, value in (("lowest", ratio.min()), ("highest", ratio.max())):
            report.near(title, f"fpga, energy over latency, {end}", value, FPGA_RATIO, 1e-4)
    unmeasured(report, costs, latencies)
    flops = {title: tables.query(cells, "macs", task=task) for title, task in TASKS.items()}
    return {
        "seeds": "none: nothing is drawn",
        "flops_latency": {device: of_flops(report, device, latencies[device], flops) for device in DEVICES},
        "between_data_sets": {
            device: between(report, device, latencies[device], flops) for device in DEVICES
        },
    }


def spots(report: Report, store: BenchmarkStore) -> None:
    """Report the published costs of one cell."""
    cell = store.space.from_strings([CELL_0])
    for device, metric, published, half in SPOTS:
        ours = store.query(cell, metric, task="cifar10", device=device)[0]
        report.near("CIFAR-10", f"cell 0, {device}, {metric}", float(ours), published, half, READ)


def unmeasured(report: Report, store: BenchmarkStore, latencies: dict[str, dict[str, Scores]]) -> None:
    """Report how many entries are no measurement, and whose they are."""
    idle = ~store.space.live(store.architectures).any(axis=1)  # no path from input to output
    for device, of_device in latencies.items():
        for title, latency in of_device.items():
            num_missing, expected = int(np.isnan(latency).sum()), NUM_MISSING.get(device, 0)
            told = f"{num_missing} of {len(latency)}, {expected} are known"
            report.holds(title, f"{device}, cells without a latency", num_missing == expected, told)
            if device in NEAR_ZERO:
                near_zero = latency < NEAR_ZERO[device]
                told = f"{near_zero.sum()} cells, {(near_zero & idle).sum()} of them without a path"
                what = f"{device}, latencies near 0: nothing to compute"
                report.holds(title, what, not (near_zero & ~idle).any(), told)


def of_flops(
    report: Report, device: str, latencies: dict[str, Scores], flops: dict[str, Scores]
) -> dict[str, list[float]]:
    """Show Spearman and Kendall of FLOPs with latency on each data set, and return them."""
    found = {}
    for title, latency in latencies.items():
        known = ~np.isnan(latency)
        x, y = flops[title][known], latency[known]
        found[title] = [round(spearman(x, y), 4), round(kendall_tau(x, y), 4)]
        for kind, value in zip(("Spearman", "Kendall"), found[title], strict=True):
            report.beside(title, f"{device}, {kind}, FLOPs / latency", value, None, "none recovered")
    return found


def between(
    report: Report, device: str, latencies: dict[str, Scores], flops: dict[str, Scores]
) -> dict[str, float]:
    """Report how a device's latencies agree between data sets: more than FLOPs do; return Spearman's."""
    found = {}
    for one, other in combinations(latencies, 2):
        known = ~np.isnan(latencies[one]) & ~np.isnan(latencies[other])
        x, y = latencies[one][known], latencies[other][known]
        rho, by_flops = spearman(x, y), spearman(flops[other][known], y)
        found[f"{one} / {other}"] = round(rho, 4)
        told = f"Spearman {rho:.4f}, of FLOPs {by_flops:.4f}"
        what = f"{device}, latencies agree more than FLOPs tell"
        report.holds(SHORT[one] + " / " + SHORT[other], what, rho > by_flops, told)
    if device in MODELLED:
        least = found["CIFAR-10 / CIFAR-100"]
        why = "the same network but for the last layer, without noise"
        report.at_least("C10 / C100", f"{device}, Spearman of latencies", least, LEAST_MODELLED, why)
    return found


if __name__ == "__main__":
    reproduce(__file__, measure)
