from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits
from training.tiny import tiny_task

from surronas.errors import InputError
from surronas.training import Split, Task, digits

SPLITS = ("train", "valid", "test")


def pixels(split: Split) -> list[bytes]:
    return [image.tobytes() for image in split.inputs]


def changed(name: str, split: Split) -> Task:
    return replace(tiny_task(), **{name: split})


def test_digits_has_the_documented_splits() -> None:
    task = digits()
    for name, n in zip(SPLITS, (768, 512, 517), strict=True):
        split = getattr(task, name)
        assert split.inputs.shape == (n, 1, 8, 8)
        assert split.inputs.dtype == np.float32
        assert split.labels.shape == (n,)
        assert split.labels.dtype == np.int64
        assert np.bincount(split.labels, minlength=10).min() > n / 20, f"{name}: a class is nearly missing"


def test_digits_uses_every_image_once() -> None:
    # The splits keep the order of the documented permutation, so undoing it gives the original back.
    task, source = digits(), load_digits()
    order = np.random.default_rng(0).permutation(1797)
    images = np.concatenate([getattr(task, name).inputs for name in SPLITS])[:, 0]
    labels = np.concatenate([getattr(task, name).labels for name in SPLITS])
    np.testing.assert_array_equal(labels, source.target[order])
    mean, std = (f(source.images[order[:768]].astype(np.float32)) for f in (np.mean, np.std))
    np.testing.assert_allclose(images * std + mean, source.images[order], atol=1e-4)
    assert len(set(map(bytes, images))) == len(images)


def test_no_image_is_in_two_splits() -> None:
    task = digits()
    train, valid, test = (set(pixels(getattr(task, name))) for name in SPLITS)
    assert not train & valid
    assert not train & test
    assert not valid & test


def test_digits_is_standardised_by_the_train_split_alone() -> None:
    task = digits()
    assert float(task.train.inputs.mean()) == pytest.approx(0, abs=1e-5)
    assert float(task.train.inputs.std()) == pytest.approx(1, abs=1e-5)
    assert abs(float(task.valid.inputs.mean())) > 1e-4  # it has a mean of its own


def test_digits_is_the_same_every_time() -> None:
    for name in SPLITS:
        assert pixels(getattr(digits(), name)) == pixels(getattr(digits(), name))


@pytest.mark.parametrize("name", SPLITS)
def test_images_and_labels_that_disagree_are_refused(name: str) -> None:
    split = tiny_task().train
    for bad in (
        Split(split.inputs[:, 0], split.labels),
        Split(split.inputs, split.labels[:-1]),
        Split(split.inputs[:0], split.labels[:0]),
    ):
        with pytest.raises(
            InputError, match=rf"'tiny-digits', {name}: expected images \(n, channels, height"
        ):
            changed(name, bad)


def test_images_of_another_shape_than_train_are_refused() -> None:
    valid = tiny_task().valid
    with pytest.raises(
        InputError, match=r"valid: expected inputs \(1, 8, 8\) and labels as in train, got \(1, 8, 7\)"
    ):
        changed("valid", Split(valid.inputs[..., :7], valid.labels))


@pytest.mark.parametrize("name", SPLITS)
def test_other_number_types_are_refused(name: str) -> None:
    split = tiny_task().train
    for bad in (
        Split(split.inputs.astype(np.float64), split.labels),
        Split(split.inputs, split.labels.astype(np.int32)),
    ):
        with pytest.raises(
            InputError, match=f"{name}: expected float32 or uint8 inputs and int64 labels, got"
        ):
            changed(name, bad)


@pytest.mark.parametrize("label", [-1, 10])
def test_labels_outside_the_classes_are_refused(label: int) -> None:
    test = tiny_task().test
    labels = test.labels.copy()
    labels[3] = label
    with pytest.raises(InputError, match=rf"test: expected labels 0 to 9, got .*{label}"):
        changed("test", Split(test.inputs, labels))
