"""Real training: the only room where torch lives (``pip install surronas[train]``)."""

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    from surronas.errors import MissingPackageError

    raise MissingPackageError(
        "real training needs torch, which is not installed; pip install 'surronas[train]'"
    ) from error

from surronas.training.evaluator import TrainingEvaluator
from surronas.training.job import Job
from surronas.training.recipe import Recipe
from surronas.training.result import TrainingResult
from surronas.training.tasks import DIGITS_RECIPE, Split, Task, digits
from surronas.training.trainer import Trainer

__all__ = [
    "DIGITS_RECIPE",
    "Job",
    "Recipe",
    "Split",
    "Task",
    "Trainer",
    "TrainingEvaluator",
    "TrainingResult",
    "digits",
]
