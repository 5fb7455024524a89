"""Tasks: data sets with a fixed train, validation and test split."""

from surronas.training.tasks.arrays import task_from_arrays
from surronas.training.tasks.base import Signature, Split, Task
from surronas.training.tasks.cifar import cifar10_holdout, cifar10_valid, cifar100_holdout
from surronas.training.tasks.digits import DIGITS_RECIPE, digits
from surronas.training.tasks.fashion_mnist import fashion_mnist
from surronas.training.tasks.image_folder import task_from_folder
from surronas.training.tasks.mnist1d import mnist1d
from surronas.training.tasks.parts import subset
from surronas.training.tasks.sentences import sentence_polarity, sst2, subjectivity
from surronas.training.tasks.tiny_shakespeare import tiny_shakespeare

__all__ = [
    "DIGITS_RECIPE",
    "Signature",
    "Split",
    "Task",
    "cifar10_holdout",
    "cifar10_valid",
    "cifar100_holdout",
    "digits",
    "fashion_mnist",
    "mnist1d",
    "sentence_polarity",
    "sst2",
    "subjectivity",
    "subset",
    "task_from_arrays",
    "task_from_folder",
    "tiny_shakespeare",
]
