"""Published numbers of classic searches and the settings behind them: data of search_baselines.py.

Computed again by their reporters from the tables themselves, 500 seeds each; random search exactly.
NAS-Bench-201: seed 888, test accuracy after 200 epochs in percent. NAS-Bench-Macro: mean of three seeds.
"""

from collections.abc import Callable
from functools import partial

from surronas.searchers import LocalSearch, RandomSearch, RegularizedEvolution, Searcher

Make = Callable[..., Searcher]
NUM_PUBLISHED, NUM_PUBLISHED_TO_OPTIMUM = 500, 1000  # seeds behind each published mean

NODE_THEN_EDGE = (1 / 3, 1 / 6, 1 / 6, 1 / 9, 1 / 9, 1 / 9)
EVOLUTION = partial(RegularizedEvolution, repeats=True)
NASZILLA = partial(EVOLUTION, population_size=30, sample_size=10, num_initial=10, mutation="each")
NATS = partial(EVOLUTION, population_size=10, sample_size=3, num_initial=10, weights=NODE_THEN_EDGE)
NASZILLA_LOCAL = partial(LocalSearch, num_initial=10, num_restart=10, known="skip")
FIRST = partial(LocalSearch, num_initial=1, known="skip")
STEEPEST = partial(FIRST, improvement="steepest")

BUDGETS = (50, 100, 200, 300)
CURVES: dict[str, dict[str, tuple[tuple[float, float], ...]]] = {  # (mean, deviation) at the budgets
    "CIFAR-10": {
        "RS": ((90.522, 0.411), (90.753, 0.306), (90.924, 0.241), (91.006, 0.219)),
        "REA naszilla": ((90.847, 0.414), (91.167, 0.264), (91.341, 0.190), (91.407, 0.158)),
        "REA NATS-Bench": ((90.694, 0.477), (91.022, 0.362), (91.283, 0.220), (91.373, 0.163)),
        "LS naszilla": ((91.141, 0.340), (91.344, 0.185), (91.448, 0.119), (91.493, 0.101)),
    },
    "CIFAR-100": {
        "RS": ((71.118, 0.799), (71.566, 0.744), (71.991, 0.669), (72.223, 0.607)),
        "REA naszilla": ((71.947, 0.883), (72.668, 0.664), (73.089, 0.309), (73.192, 0.147)),
        "REA NATS-Bench": ((71.612, 0.936), (72.330, 0.806), (72.894, 0.505), (73.065, 0.325)),
        "LS naszilla": ((72.594, 0.806), (73.083, 0.310), (73.228, 0.114), (73.253, 0.046)),
    },
    "ImageNet16-120": {
        "RS": ((45.209, 0.831), (45.677, 0.671), (46.059, 0.566), (46.255, 0.511)),
        "REA naszilla": ((45.924, 0.753), (46.511, 0.565), (46.875, 0.369), (47.032, 0.296)),
        "REA NATS-Bench": ((45.762, 0.918), (46.354, 0.660), (46.807, 0.417), (46.965, 0.336)),
        "LS naszilla": ((46.393, 0.639), (46.789, 0.412), (47.037, 0.276), (47.141, 0.222)),
    },
}
METHODS: dict[str, Make] = {
    "RS": RandomSearch,
    "REA naszilla": NASZILLA,
    "REA NATS-Bench": NATS,
    "LS naszilla": NASZILLA_LOCAL,
}
SHARES = {  # of runs that hold the optimum after 100 and 300 queries
    "CIFAR-10": {"LS naszilla": (0.264, 0.630), "REA naszilla": (0.098, 0.384)},
    "CIFAR-100": {"LS naszilla": (0.560, 0.966), "REA naszilla": (0.088, 0.426)},
    "ImageNet16-120": {"LS naszilla": (0.150, 0.422), "REA naszilla": (0.082, 0.288)},
}
TO_OPTIMUM = {  # mean queries, 1,000 seeds: first improvement (and its median), steepest, random search
    "CIFAR-10": (306.6, 220, 466.0),
    "CIFAR-100": (111.4, 89, 205.7),
    "ImageNet16-120": (479.9, 372, 828.2),
}
RANDOM_TO_OPTIMUM = 7813
MACRO_RANDOM = {25: 92.662, 50: 92.775, 100: 92.869, 200: 92.942, 300: 92.982}
MACRO: dict[str, tuple[Make, dict[int, tuple[float, float | None]]]] = {  # best, share at the optimum
    "LS": (FIRST, {50: (93.073, None), 100: (93.104, 0.398), 200: (93.117, 0.624), 300: (93.121, 0.746)}),
    "REA 20/5": (
        partial(EVOLUTION, population_size=20, sample_size=5, num_initial=None),
        {100: (93.074, 0.378), 200: (93.117, 0.724), 300: (93.124, 0.898)},
    ),
    "REA 10/3": (
        partial(EVOLUTION, population_size=10, sample_size=3, num_initial=None),
        {300: (93.117, 0.732)},
    ),
    "REA 30/10": (
        partial(EVOLUTION, population_size=30, sample_size=10, num_initial=None),
        {300: (93.125, 0.944)},
    ),
}
