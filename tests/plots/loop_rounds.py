import math
from collections.abc import Sequence

from surronas.journal import Agreement, Candidate, Incumbent, Measurement, Quality, Round
from surronas.metrics import Calibration
from surronas.plots import Report
from surronas.spaces import Cell201
from surronas.store import Metric

ACCURACY = Metric("valid_accuracy", "valid", "fraction", "maximize")
START = "|nor_conv_1x1~0|+|skip_connect~0|nor_conv_3x3~1|+|none~0|none~1|avg_pool_3x3~2|"
BEST = "|nor_conv_3x3~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
FAILED = "|none~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|none~1|skip_connect~2|"


def quality(tau: float, coverage: float, num_held_out: int = 200) -> Quality:
    return Quality(
        num_held_out, tau, 0.012, Calibration((0.5, 0.8, 0.9, 0.95), (0.4, 0.7, coverage, 0.99), 0.03)
    )


def candidate(text: str, proposer: str, **predicted: tuple[float, float]) -> Candidate:
    names = {"xgboost": "XGBoost", "gp": "Gaussian process"}
    return Candidate((1,) * 6, text, proposer, {names[key]: value for key, value in predicted.items()})


def incumbent(text: str, score: float) -> Incumbent:
    return Incumbent(tuple(Cell201().from_strings([text])[0].tolist()), text, score)


def two_rounds() -> list[Round]:
    """Two rounds after round 0, each with candidates of two proposers; one run of round 1 diverged."""
    a, b = "Bayesian optimization", "local search"
    middle = START.replace("none~0", "nor_conv_3x3~0")
    return [
        Round(0, 200, (), (), incumbent(START, 0.9011), _judged(0.5123, 0.6234, 0.8011, 0.8511)),
        Round(
            1,
            206,
            (
                candidate(middle, a, xgboost=(0.9123, 0.0101), gp=(0.9222, 0.0202)),
                candidate(FAILED, a, xgboost=(0.8765, 0.0303), gp=(0.8654, 0.0404)),
                candidate(START.replace("avg_pool_3x3~2", "none~2"), b, xgboost=(0.9, 0.01), gp=(0.91, 0.02)),
            ),
            (
                Measurement(0.9155, ("ok", "ok")),
                Measurement(math.nan, ("ok", "diverged")),
                Measurement(0.8877, ("ok", "ok")),
            ),
            incumbent(middle, 0.9155),
            _judged(0.5577, 0.6688, 0.8233, 0.8744),
        ),
        Round(
            2,
            208,
            (candidate(BEST, b, xgboost=(0.9321, 0.0111), gp=(0.9432, 0.0122)),),
            (Measurement(0.9366, ("ok", "ok")),),
            incumbent(BEST, 0.9366),
            _judged(0.5899, 0.7011, 0.8455, 0.8966),
        ),
    ]


def report_of(rounds: Sequence[Round], agreements: Sequence[Agreement] | None = None, **changed) -> Report:
    space = Cell201()
    best = space.from_strings([rounds[-1].incumbent.text])[0]
    given = {
        "title": "Digits, by real training",
        "command": "surronas improve benchmarks_data/digits_cell201.h5 --rounds 2 --per-round 4 --seeds 0 1",
        "versions": {"python": "3.11.9", "torch": "2.4.1"},
        "settings": {"rounds": "2", "starting architectures": "100"},
        "metric": ACCURACY,
        "seeds": (0, 1),
        "rounds": rounds,
        "agreements": agreements
        if agreements is not None
        else [
            Agreement(BEST, 0, 12, 0.936123, 0.936123, "CPU one", "CPU two"),
            Agreement(BEST, 1, 12, 0.937654, 0.931234, "CPU one", "CPU two"),
        ],
        "graph": space.graph(best),
        "incumbent_test": 0.9277,
        "space": "cell201: 4 nodes, 6 edges, 5 operations",
        "task": "digits: 8x8 images, 1,797 of them",
        "recipe": {"learning_rate": "0.1 at the first step", "epochs": "12 passes over the train split"},
    }
    return Report(**{**given, **changed})


def _judged(tau_x: float, tau_g: float, cover_x: float, cover_g: float) -> dict[str, Quality]:
    return {"XGBoost": quality(tau_x, cover_x), "Gaussian process": quality(tau_g, cover_g)}
