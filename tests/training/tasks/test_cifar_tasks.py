"""CIFAR-10 and CIFAR-100: of tiny copies in every form made here, and of the real mosaics."""

import hashlib
import io
import pickle
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from surronas.errors import InputError
from surronas.store.importers.downloads import Download
from surronas.training.tasks import cifar10_holdout, cifar10_valid, cifar100_holdout
from surronas.training.tasks.cifar import nasbench201_halves
from surronas.training.tasks.cifar_files import CIFAR10, CIFAR100, Layout, read_cifar
from surronas.training.tasks.downloads import TASK_DOWNLOADS

NUM_TRAIN, NUM_TEST = 50, 10
tasks = __import__("surronas.training.tasks.cifar", fromlist=["CIFAR10"])
files = __import__("surronas.training.tasks.cifar_files", fromlist=["CIFAR10"])


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (NUM_TRAIN + NUM_TEST, 3, 32, 32), np.uint8)


@pytest.fixture
def labels() -> np.ndarray:
    return np.random.default_rng(1).permutation(np.arange(NUM_TRAIN + NUM_TEST) % 10)


@pytest.fixture(autouse=True)
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the official number of images a small one, but for tests of the real ones."""
    if "shared" in request.fixturenames:
        return
    for name in ("CIFAR10", "CIFAR100"):
        layout = replace(getattr(files, name), num_train=NUM_TRAIN, num_test=NUM_TEST)
        monkeypatch.setattr(files, name, layout)
        monkeypatch.setattr(tasks, name, layout)


def parts(layout: Layout) -> list[tuple[str, slice]]:
    size = NUM_TRAIN // len(layout.train)
    train = [(name, slice(i * size, (i + 1) * size)) for i, name in enumerate(layout.train)]
    return [*train, (layout.test, slice(NUM_TRAIN, None))]


def pickled(layout: Layout, images: np.ndarray, labels: np.ndarray) -> dict[str, bytes]:
    return {
        name: pickle.dumps(
            {"data": images[part].reshape(-1, 3072), layout.labels: labels[part].tolist()}, protocol=2
        )
        for name, part in parts(layout)
    }


def write_archive(monkeypatch, folder: Path, layout: Layout, members: dict[str, bytes]) -> Path:
    """Write an archive, the members in another order than the images', and make it the known one."""
    path = folder / TASK_DOWNLOADS[layout.name][0].path
    with tarfile.open(path, "w:gz") as archive:
        for name in sorted(members, reverse=True):
            info = tarfile.TarInfo(f"{layout.folder}/{name}")
            info.size = len(members[name])
            archive.addfile(info, io.BytesIO(members[name]))
    known = Download("https://example.org/x", hashlib.sha256(path.read_bytes()).hexdigest(), path.name)
    monkeypatch.setitem(TASK_DOWNLOADS, layout.name, (known,))
    return path


def write_mosaics(folder: Path, images: np.ndarray, labels: np.ndarray) -> None:
    image = pytest.importorskip("PIL.Image")
    for name, part, rows in (("train", slice(0, NUM_TRAIN), 5), ("test", slice(NUM_TRAIN, None), 1)):
        np.savez(folder / f"labels_{name}.npz", y=labels[part].astype(np.uint8), approx=np.arange(2))
        tiles = images[part].reshape(rows, 10, 3, 32, 32).transpose(0, 3, 1, 4, 2)
        image.fromarray(tiles.reshape(rows * 32, 320, 3)).save(folder / f"{name}_00.webp", lossless=True)


@pytest.mark.parametrize("form", ["archive", "folder", "inside", "binary", "mosaics"])
def test_every_form_gives_the_same_images(monkeypatch, tmp_path: Path, images, labels, form: str) -> None:
    members = pickled(CIFAR10, images, labels)
    if form == "archive":
        write_archive(monkeypatch, tmp_path, CIFAR10, members)
    elif form == "mosaics":
        write_mosaics(tmp_path, images, labels)
    else:
        place = tmp_path / CIFAR10.folder if form == "inside" else tmp_path
        place.mkdir(exist_ok=True)
        for name, part in parts(CIFAR10):
            rows = np.concatenate([labels[part, None].astype(np.uint8), images[part].reshape(-1, 3072)], 1)
            content = rows.tobytes() if form == "binary" else members[name]
            (place / (f"{name}.bin" if form == "binary" else name)).write_bytes(content)
    train, test, remark = read_cifar(tmp_path, files.CIFAR10)
    np.testing.assert_array_equal(np.concatenate([train.inputs, test.inputs]), images)
    np.testing.assert_array_equal(np.concatenate([train.labels, test.labels]), labels)
    assert remark == ("; 2 train and 2 test images are JPEG-decoded stand-ins" if form == "mosaics" else "")
    assert train.inputs.flags.writeable
    assert train.labels.dtype == np.int64


def test_the_two_conventions_of_cifar10_have_names_of_their_own(
    monkeypatch, tmp_path, images, labels
) -> None:
    write_archive(monkeypatch, tmp_path, CIFAR10, pickled(CIFAR10, images, labels))
    halves, held_out = cifar10_valid(tmp_path), cifar10_holdout(tmp_path)
    assert (halves.name, held_out.name) == ("cifar10-valid", "cifar10-holdout")
    assert [len(split.labels) for split in (halves.train, halves.valid, halves.test)] == [25, 25, 10]
    assert [len(split.labels) for split in (held_out.train, held_out.valid, held_out.test)] == [45, 5, 10]
    assert halves.train.inputs.dtype == np.uint8
    assert halves.mean == pytest.approx((0.49137, 0.48235, 0.44667), abs=1e-5)
    assert halves.std == pytest.approx((0.24706, 0.24353, 0.26157), abs=1e-5)
    for task in (halves, held_out):
        train, valid = ({image.tobytes() for image in split.inputs} for split in (task.train, task.valid))
        assert len(train | valid) == NUM_TRAIN


def test_cifar100_has_100_fine_classes(monkeypatch, tmp_path: Path, images) -> None:
    labels = np.arange(NUM_TRAIN + NUM_TEST) + 40
    write_archive(monkeypatch, tmp_path, CIFAR100, pickled(CIFAR100, images, labels))
    task = cifar100_holdout(tmp_path)
    assert (task.name, task.num_classes) == ("cifar100-holdout", 100)
    assert sorted([*task.train.labels, *task.valid.labels]) == list(range(40, 90))
    assert task.mean == pytest.approx((0.50706, 0.48667, 0.44078), abs=1e-5)


def test_another_archive_than_the_official_one_is_refused(monkeypatch, tmp_path, images, labels) -> None:
    path = write_archive(monkeypatch, tmp_path, CIFAR10, pickled(CIFAR10, images, labels))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(
        InputError, match=r"not the official archive: expected SHA-256 .*, got .*; it may be cut"
    ):
        cifar10_valid(tmp_path)


def test_an_archive_without_a_batch_is_refused(monkeypatch, tmp_path, images, labels) -> None:
    members = pickled(CIFAR10, images, labels)
    del members["data_batch_3"]
    write_archive(monkeypatch, tmp_path, CIFAR10, members)
    with pytest.raises(
        InputError, match=r"expected CIFAR-10's data_batch_3, not there; the copy is incomplete"
    ):
        cifar10_valid(tmp_path)


class _Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return eval, ("1 / 0",)


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        (_Hostile(), r"test_batch: the pickle asks for .*eval, which is not allowed"),
        ([1], r"test_batch: expected 'data' to be \(n, 3072\) bytes; not a batch of CIFAR-10"),
        ({"data": np.zeros((2, 3072)), "labels": [0, 1]}, r"expected 'data' to be \(n, 3072\) bytes"),
        ({"data": np.zeros((2, 3072), np.uint8), "labels": [0]}, "expected a list of 2 numbers in 'labels'"),
        (
            {"data": np.zeros((2, 3072), np.uint8), "labels": [0, 1]},
            "expected the 10 images of CIFAR-10, got 2",
        ),
    ],
)
def test_batches_of_another_form_are_refused(tmp_path, images, labels, batch: object, expected: str) -> None:
    for name, content in pickled(CIFAR10, images, labels).items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "test_batch").write_bytes(pickle.dumps(batch, protocol=2))
    with pytest.raises(InputError, match=expected):
        cifar10_valid(tmp_path)


def test_labels_out_of_range_are_refused(tmp_path, images, labels) -> None:
    for name, content in pickled(CIFAR10, images, np.where(labels == 3, 10, labels)).items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="'cifar10-valid', train: expected labels 0 to 9, got 0 to 10"):
        cifar10_valid(tmp_path)


def test_files_cut_short_are_refused(tmp_path: Path, images, labels) -> None:
    (tmp_path / "test_batch.bin").write_bytes(b"\0" * 3072)
    with pytest.raises(InputError, match=r"expected a file .*data_batch_1.bin, there is none"):
        cifar10_valid(tmp_path)
    for i in range(1, 6):
        (tmp_path / f"data_batch_{i}.bin").write_bytes(b"\0" * 3073)
    with pytest.raises(InputError, match=r"test_batch.bin: expected a multiple of 3073 bytes, got 3072"):
        cifar10_valid(tmp_path)


def test_mosaics_that_are_missing_or_damaged_are_refused(tmp_path: Path, images, labels) -> None:
    write_mosaics(tmp_path, images, labels)
    mosaic = tmp_path / "train_00.webp"
    content = mosaic.read_bytes()
    mosaic.write_bytes(content[:50])
    with pytest.raises(
        InputError, match=r"can't read .*train_00.webp \(.*\); expected a mosaic of 32x32 images"
    ):
        cifar10_valid(tmp_path)
    mosaic.unlink()
    with pytest.raises(InputError, match="expected 50 train images and labels, got 0 and 50"):
        cifar10_valid(tmp_path)


def test_an_empty_folder_says_what_to_get(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"expected cifar-100-python.tar.gz or cifar-100-python .*get it from"
    ):
        cifar100_holdout(tmp_path)


def test_the_halves_are_those_of_nasbench201() -> None:
    # configs/nas-benchmark/cifar-split.txt of D-X-Y/AutoDL-Projects: its first and last numbers, those that
    # its programs assert, and its size, which the text that is made of our halves has too.
    train, valid = nasbench201_halves()
    assert train[:12].tolist() == [0, 5, 7, 11, 13, 15, 16, 17, 20, 24, 26, 28]
    assert train[2050:2063].tolist()[-6:] == [4073, 4074, 4076, 4079, 4080, 4085]
    assert valid[:10].tolist() == [1, 2, 3, 4, 6, 8, 9, 10, 12, 14]
    assert (train[111], valid[10], valid[111]) == (203, 18, 242)
    assert valid[-9:].tolist() == [49985, 49986, 49991, 49993, 49995, 49996, 49997, 49998, 49999]
    numbers = ('", "'.join(map(str, half)) for half in (train, valid))
    lines = (
        f'  "{name:<20}: ["int"   , ["{half}"]]'
        for name, half in zip(('train"', 'valid"'), numbers, strict=True)
    )
    assert len("{\n" + ",\n".join(lines) + "\n}") == 438_970
    assert not set(train) & set(valid)


def test_the_real_images_have_the_known_splits(shared: Path) -> None:
    pytest.importorskip("PIL")
    task = cifar10_valid(shared / "datasets" / "cifar10")
    assert "86 train and 25 test images are JPEG-decoded stand-ins" in task.description
    for split, counts in (
        (task.train, [2478, 2512, 2533, 2508, 2491, 2460, 2572, 2511, 2516, 2419]),
        (task.valid, [2522, 2488, 2467, 2492, 2509, 2540, 2428, 2489, 2484, 2581]),
        (task.test, [1000] * 10),
    ):
        assert np.bincount(split.labels).tolist() == counts
        assert split.inputs.shape == (sum(counts), 3, 32, 32)
    both = (
        np.stack([split.inputs.mean((0, 2, 3), np.float64) for split in (task.train, task.valid)]).mean(0)
        / 255
    )
    np.testing.assert_allclose(both, [0.4914, 0.4822, 0.4465], atol=1e-4)  # as published everywhere
    assert hashlib.md5(task.valid.labels.tobytes()).hexdigest() == "23b568f1f077feba9376bc9dfae45728"
    assert hashlib.md5(task.test.inputs.tobytes()).hexdigest() == "5238484fa1ecbfd99bc3a1f8b7a1d3a7"
