"""How a training is named and described in the words of tracking tools."""

import hashlib
from dataclasses import asdict

import numpy as np

from surronas.spaces import SearchSpace
from surronas.training.job import Job
from surronas.training.result import TrainingResult

_LONGEST = 120  # characters of a name; file systems allow 255


def run_name(job: Job) -> str:
    """Return a name that is a file name too: ``3-3-0-3-1-3_seed0``; that of many decisions is cut short."""
    decisions = "-".join(map(str, job.architecture))
    if len(decisions) > _LONGEST:
        digest = hashlib.sha256(decisions.encode()).hexdigest()[:12]
        decisions = f"{decisions[: _LONGEST - 13].rstrip('-')}_{digest}"
    return f"{decisions}_seed{job.seed}"


def hyper_parameters(job: Job, space: SearchSpace | None) -> dict[str, str | int | float]:
    """Return what makes a training what it is: architecture, seed and all of the recipe."""
    architecture = "-".join(map(str, job.architecture))
    if space is not None:
        architecture = space.to_strings(np.array([job.architecture], np.int8))[0]
    recipe = asdict(job.recipe)
    return {"architecture": architecture, "seed": job.seed, "recipe": recipe.pop("name"), **recipe}


def outcome(job: Job, result: TrainingResult) -> dict[str, float]:
    """Return what a training came to: the last values of its curves, where it has them, and its costs."""
    ends = {name: float(curve[-1]) for name, curve in result.curves.items() if len(curve)}
    values = {
        **ends,
        "train_seconds": result.train_seconds,
        "params": float(result.params),
        "flops": float(result.flops),
    }
    return {name: value for name, value in values.items() if value == value and value != -1}
