"""Tasks: data sets with a fixed train, validation and test split."""

from surronas.training.tasks.base import Split, Task
from surronas.training.tasks.digits import DIGITS_RECIPE, digits

__all__ = ["DIGITS_RECIPE", "Split", "Task", "digits"]
