"""Named recipes: NAS-Bench-201's published one, and a small one for each task that ships."""

from dataclasses import replace

from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Task
from surronas.training.tasks.digits import DIGITS_RECIPE

# NAS-Bench-201 (Dong and Yang 2020, section 2.2 and table 1), as its code has it (D-X-Y/AutoDL-Projects):
# configs/nas-benchmark/hyper-opts/200E.config and 12E.config hold SGD, Nesterov momentum, learning rate,
# decay and batch; datasets/get_dataset_with_transform.py the flip and the crop with 4 pixels of black;
# models/cell_infers/tiny_network.py the stages, with no initialisation of its own, so that torch's holds;
# the loaders of exps/NATS-Bench/main-tss.py keep an incomplete last batch; the learning rate follows the
# cosine epoch by epoch (procedures/optimizers.py).
NASBENCH201_200 = Recipe(
    name="nasbench201-200",
    channels=16,
    num_stages=3,
    cells_per_stage=5,
    epochs=200,
    batch_size=256,
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=5e-4,
    augmentation="crop-flip",
    initialisation="torch",
    last_batch="keep",
    schedule="epoch",
)
NASBENCH201_12 = replace(NASBENCH201_200, name="nasbench201-12", epochs=12)

FASHION_MNIST_RECIPE = Recipe(
    name="fashion-mnist-small",
    channels=8,
    num_stages=3,
    cells_per_stage=1,
    epochs=1,
    batch_size=64,
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=5e-4,
)
CIFAR_RECIPE = Recipe(
    name="cifar-small",
    channels=8,
    num_stages=3,
    cells_per_stage=1,
    epochs=1,
    batch_size=64,
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=5e-4,
    augmentation="crop-flip",
)
MNIST1D_RECIPE = Recipe(
    name="mnist1d-small",
    channels=16,
    num_stages=1,  # signals are one pixel high: nothing to halve
    cells_per_stage=1,
    epochs=10,
    batch_size=50,
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=5e-4,
)
CHARACTERS_RECIPE = Recipe(
    name="characters-small",
    channels=64,
    num_stages=1,
    cells_per_stage=1,
    epochs=1,
    batch_size=32,
    learning_rate=3e-3,
    momentum=0.9,
    weight_decay=0.01,
    optimizer="adamw",
    warmup_epochs=0.2,
    clip_norm=1.0,
)
SENTENCES_RECIPE = Recipe(
    name="sentences-small",
    channels=64,
    num_stages=1,
    cells_per_stage=1,
    epochs=2,
    batch_size=64,
    learning_rate=1e-3,
    momentum=0.9,
    weight_decay=0.1,
    optimizer="adamw",
    warmup_epochs=0.3,
    clip_norm=1.0,
    dropout=0.2,
)
IMAGES_RECIPE = Recipe(
    name="images-small",
    channels=16,
    num_stages=2,
    cells_per_stage=1,
    epochs=6,
    batch_size=32,
    learning_rate=0.05,
    momentum=0.9,
    weight_decay=5e-4,
)

RECIPES = {
    recipe.name: recipe
    for recipe in (
        DIGITS_RECIPE,
        FASHION_MNIST_RECIPE,
        CIFAR_RECIPE,
        MNIST1D_RECIPE,
        CHARACTERS_RECIPE,
        SENTENCES_RECIPE,
        IMAGES_RECIPE,
        NASBENCH201_12,
        NASBENCH201_200,
    )
}

_DEFAULTS = {  # by how a task's name begins: a subset has its own recipe too
    "digits": DIGITS_RECIPE,
    "fashion-mnist": FASHION_MNIST_RECIPE,
    "cifar10": CIFAR_RECIPE,
    "mnist1d": MNIST1D_RECIPE,
}


def default_recipe(task: Task) -> Recipe:
    """Return the small recipe that a task is trained by where none is named: seconds to a minute on one core.

    A task of one's own gets the one for images, for texts of one class, or for the next token.
    """
    for beginning, recipe in _DEFAULTS.items():
        if task.name.startswith(beginning):
            return recipe
    if not task.vocabulary:
        return IMAGES_RECIPE
    return CHARACTERS_RECIPE if task.signature.each_position else SENTENCES_RECIPE
