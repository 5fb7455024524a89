"""Published facts of NAS-Bench-201 and NATS-Bench: data of nasbench201_facts.py, which names the sources.

Accuracies in percent. [READ] in the source that is named, [CALC] calculated from NASLib's copy of the table.
"""

NUM_CELLS, NUM_DISTINCT = 15_625, 6_466  # [READ] issue-12
CELLS = {  # index in the official files: the cell
    6111: "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|",
    1459: "|nor_conv_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|",
    9930: "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    10676: "|nor_conv_3x3~0|+|nor_conv_1x1~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    857: "|nor_conv_1x1~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    13714: "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|",
    11472: "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|",
    1462: "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
}
BY_INDEX = {name: index for index, name in CELLS.items()}
RESNET, CONVOLUTIONS = 11472, 1462  # the residual cell; all edges 3x3 convolutions
IMAGENET = "ImageNet16-120"
TASKS = {"CIFAR-10": "cifar10", "CIFAR-100": "cifar100", IMAGENET: IMAGENET}
OPTIMA = {"CIFAR-10": 94.37, "CIFAR-100": 73.51, IMAGENET: 47.31}  # [READ] MF-NAS, 200-epoch test
PRECISE = (  # [READ] nasbowl, issue-27, find-largest: data set, cell, 200-epoch test, digits' half
    ("CIFAR-100", 9930, 73.513333, 5e-6),
    (IMAGENET, 857, 47.311111, 5e-6),
    (IMAGENET, 10676, 46.20, 5e-3),
    ("CIFAR-10", CONVOLUTIONS, 93.76, 5e-3),
    ("CIFAR-100", CONVOLUTIONS, 71.107, 5e-4),
    (IMAGENET, CONVOLUTIONS, 41.444, 5e-4),
)
BEST_TEST = {"CIFAR-100": 9930, IMAGENET: 857}  # [READ] whose test accuracy is the optimum
PARAMS, FLOPS, RESNET_TEST = 0.559, 78.56, 93.97  # [READ] of the ResNet cell: millions twice, CIFAR-10
CONVOLUTIONS_12 = 82.20  # [READ] find-largest: CIFAR-10 test after 12 epochs
BEST_AT_12 = 13714  # [READ] issue-7: highest CIFAR-10 validation accuracy after 12 epochs
PEARSON_12 = 91.18  # [READ] issue-96, percent

SEED_888 = {"CIFAR-10": "cifar10-valid", "CIFAR-100": "cifar100", IMAGENET: IMAGENET}
LANDSCAPE = {  # [CALC]; the argmax is NASLib's tuple
    "CIFAR-10": {
        "max": 91.57,
        "argmax": (2, 3, 0, 2, 3, 2),
        "strict": 45,
        "weak": 52,
        "to the maximum": 19.06,
        "within .5": 57.98,
        "steps": 3.84,
        "quantile": 91.161,
        "median": 86.93,
    },
    "CIFAR-100": {
        "max": 73.26,
        "argmax": (3, 2, 0, 2, 2, 3),
        "strict": 44,
        "weak": 44,
        "to the maximum": 49.85,
        "within .5": 65.50,
        "steps": 4.85,
        "quantile": 72.655,
        "median": 65.22,
    },
    IMAGENET: {
        "max": 47.3333,
        "argmax": (3, 2, 0, 2, 2, 2),
        "strict": 47,
        "weak": 47,
        "to the maximum": 10.78,
        "within .5": 36.76,
        "steps": 4.02,
        "quantile": 46.60,
        "median": 36.30,
    },
}
HALF = 5e-3  # of the last of two digits

BESTS_PTH = (  # [READ] nasbowl, of v1_1: task, metric, cell, percent
    ("cifar10-valid", "valid_accuracy", 6111, 91.60666665),
    ("cifar10-valid", "test_accuracy", 1459, 91.523333),
    ("cifar100", "valid_accuracy", 9930, 73.493333),
    ("cifar100", "test_accuracy", 9930, 73.513333),
    (IMAGENET, "valid_accuracy", 10676, 46.766667),
    (IMAGENET, "test_accuracy", 857, 47.311111),
)
BEST_TSS = (IMAGENET, "valid_accuracy", 10676, 46.73)  # [READ] issue-27
SPOTS_TSS = (  # [READ] issue-27, find-largest: task, cell, 200-epoch validation, digits' half
    (IMAGENET, 10676, 46.73, 5e-3),
    (IMAGENET, 857, 46.38, 5e-3),
    ("cifar100", CONVOLUTIONS, 70.707, 5e-4),
    (IMAGENET, CONVOLUTIONS, 40.778, 5e-4),
)
RESNET_VALID = 90.84  # [READ] visualize.py
NUM_SIZES, MEAN_SIZES = 32_768, 91.085  # [READ] issue-11: CIFAR-10 test after 90 epochs
