"""TransNAS-Bench-101: how many architectures, and the best of each of 14 tables.

    python reproduce/transnas_optima.py            # seconds, with or without --quick

Validation score of the last epoch as NAS-Bench-Suite-Zero stores it: accuracy in percent, structural
similarity of normal and autoencoder, and of room_layout the loss, negated so that more is better. [CALC] from
the table, by others; all strings count.
"""

from claims import Report, Setting, reproduce
from correlations import TRANSNAS_TASKS

CLAIM = "TransNAS-Bench-101: counts and the optimum of each task, micro and macro"
SOURCE = "Duan et al., CVPR 2021, as in NAS-Bench-Suite-Zero; calculations from the table"
DATA = ("nas-bench-suite-zero-transbench101-micro", "nas-bench-suite-zero-transbench101-macro")
MINUTES = (0.1, 0.1)

COUNTS = {"micro": 4_096, "macro": 3_256}
OPTIMA = {
    "micro": {
        "class_scene": 54.9363,
        "class_object": 45.5862,
        "jigsaw": 95.3722,
        "room_layout": -0.6010,
        "segmentsemantic": 94.6125,
        "normal": 0.5873,
        "autoencoder": 0.5772,
    },
    "macro": {
        "class_scene": 57.4144,
        "class_object": 47.4224,
        "jigsaw": 97.0193,
        "room_layout": -0.5822,
        "segmentsemantic": 94.8585,
        "normal": 0.6435,
        "autoencoder": 0.7488,
    },
}
HALF = 5e-5  # of the last of four digits


def measure(report: Report, setting: Setting) -> dict[str, object]:
    """Report counts and optima; return the best architecture of each table."""
    best: dict[str, dict[str, str]] = {}
    for name, (part, optima) in zip(DATA, OPTIMA.items(), strict=True):
        store = setting.table(name)
        where, cells = f"TransNAS {part}", store.architectures
        signs = {metric.name: metric.sign for metric in store.metrics}
        report.near(where, "architectures", len(cells), COUNTS[part])
        best[part] = {}
        for task, published in optima.items():
            metric = TRANSNAS_TASKS[task]
            scale = 100 if metric == "valid_accuracy" else signs[metric]
            scores = scale * store.query(cells, metric, task=task, seed="mean")
            report.near(where, f"{task}, best of all", scores.max(), published, HALF)
            best[part][task] = store.space.to_strings(cells[scores.argmax()][None])[0]
    return {"seeds": "none: nothing is drawn", "best": best}


if __name__ == "__main__":
    reproduce(__file__, measure)
