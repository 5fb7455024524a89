"""A user's own data as a task, MNIST-1D, and the first inputs of a task."""

from pathlib import Path

import numpy as np
import pytest

from surronas.errors import InputError, MissingPackageError
from surronas.training.tasks import digits, mnist1d, subset, task_from_arrays, task_from_folder
from surronas.training.tasks.parts import random_parts


@pytest.fixture
def pixels(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (40, 3, 6, 5), np.uint8)


@pytest.fixture
def labels() -> np.ndarray:
    return np.arange(40) % 4


def sizes(task) -> list[int]:
    return [len(split.labels) for split in (task.train, task.valid, task.test)]


def test_bytes_keep_and_take_mean_and_deviation_of_train(pixels, labels) -> None:
    task = task_from_arrays("mine", pixels, labels, valid=0.2, test=0.1, seed=3)
    assert sizes(task) == [28, 8, 4]
    assert (task.name, task.num_classes, task.signature.input_shape) == ("mine", 4, (3, 6, 5))
    valid, test, train = random_parts(40, [8, 4], 3)
    np.testing.assert_array_equal(task.train.inputs, pixels[train])
    np.testing.assert_array_equal(task.test.labels, labels[test])
    np.testing.assert_array_equal(task.valid.inputs, pixels[valid])
    assert task.mean == pytest.approx(pixels[train].mean((0, 2, 3)) / 255)
    assert task.std == pytest.approx(pixels[train].std((0, 2, 3)) / 255)


def test_other_numbers_are_standardised_channel_by_channel_by_train(pixels, labels) -> None:
    task = task_from_arrays("mine", pixels * [[[1.0]], [[2.0]], [[0.0]]], labels)
    assert task.train.inputs.dtype == np.float32
    assert task.mean == task.std == ()
    np.testing.assert_allclose(task.train.inputs.mean((0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(
        task.train.inputs.std((0, 2, 3)), [1, 1, 0], atol=1e-6
    )  # the last is one value
    assert abs(task.valid.inputs[:, :2].mean((0, 2, 3))).min() > 1e-4  # they have means of their own


def test_grey_images_need_no_channel(pixels, labels) -> None:
    task = task_from_arrays("grey", pixels[:, 0], labels)
    assert task.signature.input_shape == (1, 6, 5)


def test_splits_of_ones_own_are_taken_as_they_are(pixels, labels) -> None:
    task = task_from_arrays(
        "mine", pixels, labels, valid=(pixels[:5], labels[:5]), test=(pixels[5:9], labels[5:9])
    )
    assert sizes(task) == [40, 5, 4]
    np.testing.assert_array_equal(task.train.inputs, pixels)
    np.testing.assert_array_equal(task.test.inputs, pixels[5:9])
    half = task_from_arrays("mine", pixels, labels, valid=0.25, test=(pixels[5:9], labels[5:9]))
    assert sizes(half) == [30, 10, 4]


def test_texts_are_tokens(rng: np.random.Generator, labels) -> None:
    tokens = rng.integers(0, 50, (40, 7))
    tokens[0, 0] = 49
    task = task_from_arrays("text", tokens, labels, padding=0)
    assert (task.vocabulary, task.padding, task.signature.each_position) == (50, 0, False)
    assert task_from_arrays("next", tokens, tokens).signature.each_position


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda x, y: (x, y * 0.5),
            "expected numbers as inputs and whole numbers as labels, got uint8 and float64",
        ),
        (lambda x, y: (x.astype(str), y), "expected numbers as inputs"),
        (lambda x, y: (x, y - 1), "expected labels 0 to 2, got -1 to 2"),
        (lambda x, y: (x, y[:-1]), r"expected a label for each of 40 inputs, got \(39,\)"),
        (lambda x, y: (x, 3), r"expected a label for each of 40 inputs, got \(\)"),
        (lambda x, y: (x[:0], y[:0]), r"with n > 0, got uint8 \(0, 3, 6, 5\)"),
        (lambda x, y: (x.reshape(40, -1), y), r"expected images .*texts .*as int64.*got uint8 \(40, 90\)"),
        (lambda x, y: (x.reshape(40, -1) / 2, y), r"expected images .*got float64 \(40, 90\)"),
        (
            lambda x, y: (x.transpose(0, 2, 3, 1), y),
            r"channels first, got .*; give inputs.transpose\(0, 3, 1, 2\)",
        ),
        (lambda x, y: (np.where(x == x[0, 0, 0, 0], np.nan, x), y), "expected finite images, got NaN"),
        (lambda x, y: (x[:2], y[:2]), r"expected parts of at least 1 that leave something of 2 inputs"),
    ],
)
def test_arrays_that_are_no_task_are_refused(pixels, labels, change, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        task_from_arrays("mine", *change(pixels, labels))


@pytest.mark.parametrize("share", [0, 1.0, -0.1])
def test_shares_that_are_none_are_refused(pixels, labels, share: float) -> None:
    with pytest.raises(
        InputError, match=r"expected test as a share between 0 and 1 or as \(inputs, labels\)"
    ):
        task_from_arrays("mine", pixels, labels, test=share)


def write_images(folder: Path, number: int = 10) -> Path:
    """Write a folder of two classes: dark cats and bright dogs."""
    image = pytest.importorskip("PIL.Image")
    for name, value in (("cats", 10), ("dogs", 200)):
        (folder / name).mkdir(parents=True)
        for i in range(number):
            pixels = np.full((12 + i, 9, 3), value, np.uint8)
            image.fromarray(pixels).save(folder / name / f"{i}.{'png' if i % 2 else 'JPG'}", "png")
    (folder / "cats" / "notes.txt").write_text("no image")
    return folder


def test_a_folder_a_class_is_a_task(tmp_path: Path) -> None:
    task = task_from_folder(write_images(tmp_path / "pets"), size=8)
    assert (task.name, task.num_classes, sizes(task)) == ("pets-8", 2, [16, 2, 2])
    assert task.signature.input_shape == (3, 8, 8)
    values = task.train.inputs.reshape(16, -1)
    np.testing.assert_array_equal(values, np.where(task.train.labels == 0, 10, 200)[:, None].repeat(192, 1))


def test_folders_of_splits_are_taken_as_they_are(tmp_path: Path) -> None:
    write_images(tmp_path / "train", 10)
    write_images(tmp_path / "test", 3)
    task = task_from_folder(tmp_path, size=16, grey=True, valid=0.2)
    assert sizes(task) == [16, 4, 6]
    assert 0 < subset(task, test=5).test.labels.sum() < 5  # the first are of both classes
    assert task.signature.input_shape == (1, 16, 16)
    (tmp_path / "test" / "birds").mkdir()
    with pytest.raises(
        InputError, match=r"expected classes \['cats', 'dogs'\] in .*test, got also \['birds'\]"
    ):
        task_from_folder(tmp_path)


def test_folders_that_are_no_task_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"expected a folder of images and a size of at least 1, got .*gone and 32"
    ):
        task_from_folder(tmp_path / "gone")
    with pytest.raises(InputError, match=r"expected a folder for each of at least 2 classes in .*, got \[\]"):
        task_from_folder(tmp_path)
    write_images(tmp_path / "pets")
    (tmp_path / "pets" / "dogs" / "torn.png").write_bytes(b"\x89PNG")
    with pytest.raises(InputError, match=r"can't read .*torn.png \(.*; expected an image"):
        task_from_folder(tmp_path / "pets")
    (tmp_path / "pets" / "birds").mkdir()
    with pytest.raises(InputError, match=r"expected images \(.*.png.*\) in .*birds, there are none"):
        task_from_folder(tmp_path / "pets")


def test_pillow_is_asked_for(monkeypatch, tmp_path: Path) -> None:
    write_images(tmp_path / "pets")
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(MissingPackageError, match=r"Pillow: pip install 'surronas\[data\]'"):
        task_from_folder(tmp_path / "pets")


def test_a_subset_is_the_first_inputs_under_a_name_of_its_own() -> None:
    whole = digits()
    task = subset(whole, train=100, test=50)
    assert task.name == "digits-first-100-512-50"
    assert sizes(task) == [100, 512, 50]
    assert "of these the first 100 train, 512 valid, 50 test" in task.description
    np.testing.assert_array_equal(task.train.inputs, whole.train.inputs[:100])
    assert subset(whole) is whole
    for wrong in (0, 769):
        with pytest.raises(InputError, match=f"'digits': expected 1 to 768 of its train inputs, got {wrong}"):
            subset(whole, train=wrong)


def test_random_parts_are_disjoint_and_leave_something() -> None:
    parts = random_parts(20, [3, 4], 0)
    assert [len(part) for part in parts] == [3, 4, 13]
    assert sorted(np.concatenate(parts)) == list(range(20))
    for wrong in ([20], [0, 3]):
        with pytest.raises(
            InputError, match="expected parts of at least 1 that leave something of 20 inputs"
        ):
            random_parts(20, wrong, 0)


def test_mnist1d_is_made_anew_the_same_and_keeps_the_global_generators() -> None:
    pytest.importorskip("mnist1d")
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    task = mnist1d()
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    assert sizes(task) == [3000, 1000, 1000]
    assert task.signature.input_shape == (1, 1, 40)
    assert np.bincount(task.train.labels).tolist() == [301, 307, 315, 305, 286, 298, 300, 294, 287, 307]
    assert np.bincount(task.test.labels).tolist() == [102, 104, 89, 106, 106, 98, 99, 96, 98, 102]
    assert task.train.inputs.mean() == pytest.approx(0, abs=1e-5)
    assert task.train.inputs.std() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(task.test.inputs[0, 0, 0, :3], [-0.08352, -0.21579, -0.09653], atol=1e-4)


def test_mnist1d_asks_for_its_package(monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mnist1d.data", None)
    with pytest.raises(
        MissingPackageError, match=r"MNIST-1D needs its package: pip install 'surronas\[data\]'"
    ):
        mnist1d()
