"""Texts: characters and sentences, of tiny files made here and of the real ones."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from surronas.errors import InputError
from surronas.training import Task
from surronas.training.tasks import sentence_polarity, sst2, subjectivity, tiny_shakespeare

shakespeare = __import__("surronas.training.tasks.tiny_shakespeare", fromlist=["MD5"])
TEXT = bytes(np.random.default_rng(0).choice(list(b"\n ABCabc"), 2_000).tolist())


@pytest.fixture
def text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    (tmp_path / "input.txt").write_bytes(TEXT)
    monkeypatch.setattr(shakespeare, "MD5", hashlib.md5(TEXT).hexdigest())
    return tmp_path


def written(tokens: np.ndarray) -> bytes:
    return bytes(np.array(sorted(set(TEXT)), np.uint8)[tokens])


def test_labels_are_the_next_characters(text: Path) -> None:
    task = tiny_shakespeare(text, context=10)
    assert (task.name, task.vocabulary, task.num_classes) == ("tiny-shakespeare-10", 8, 8)
    assert task.signature.each_position
    assert task.padding == -1
    for split, start, end in ((task.train, 0, 1800), (task.valid, 1800, 1900), (task.test, 1900, 2000)):
        whole = (end - start - 1) // 10 * 10
        assert written(split.inputs.ravel()) == TEXT[start : start + whole]
        assert written(split.labels.ravel()) == TEXT[start + 1 : start + whole + 1]


def test_train_windows_may_overlap(text: Path) -> None:
    task, plain = tiny_shakespeare(text, context=10, stride=3), tiny_shakespeare(text, context=10)
    assert task.name == "tiny-shakespeare-10-stride-3"
    assert written(task.train.inputs[1]) == TEXT[3:13]
    assert written(task.train.labels[-1]) == TEXT[1789:1799]
    np.testing.assert_array_equal(task.valid.inputs, plain.valid.inputs)


@pytest.mark.parametrize(("context", "stride"), [(0, None), (100, None), (10, 0)])
def test_windows_that_cannot_be_are_refused(text: Path, context: int, stride: int | None) -> None:
    with pytest.raises(InputError, match="expected a context of 1 to 99 and a stride of at least 1, got"):
        tiny_shakespeare(text, context=context, stride=stride)


def test_another_text_is_refused(text: Path) -> None:
    (text / "input.txt").write_bytes(TEXT[:-1])
    with pytest.raises(
        InputError, match=r"is not the known text: expected MD5 .*, got .*; get it from https"
    ):
        tiny_shakespeare(text)
    (text / "input.txt").unlink()
    with pytest.raises(InputError, match=r"expected tiny Shakespeare's input\.txt in"):
        tiny_shakespeare(text)


def test_the_real_text_has_65_characters(shared: Path) -> None:
    task = tiny_shakespeare(shared / "datasets" / "tinyshakespeare")
    assert (task.name, task.vocabulary) == ("tiny-shakespeare-64", 65)
    assert [len(split.inputs) for split in (task.train, task.valid, task.test)] == [15_685, 871, 871]
    letters = np.array(sorted(set((shared / "datasets/tinyshakespeare/input.txt").read_text())))
    assert (
        "".join(letters[task.train.inputs[0]])
        == ("First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll"[:64])
    )
    assert hashlib.md5(task.test.inputs.tobytes()).hexdigest() == "23ebdd32909e881dfe05851589850c93"


def write_sst2(folder: Path, **parts: str) -> Path:
    texts = {"train": "1\ta good film\n0\ta bad , bad film\n", "dev": "1\tgood\n", "test": "0\tbad taste\n"}
    for name, text in (texts | parts).items():
        (folder / f"{name}.tsv").write_text("label\tsentence\n" + text)
    return folder


def test_words_are_numbered_by_how_often_train_has_them(tmp_path: Path) -> None:
    task = sst2(write_sst2(tmp_path), length=4, min_count=1)
    # 0 padding, 1 unknown, then a, bad, film (twice each, by alphabet), then "," and good (once)
    np.testing.assert_array_equal(task.train.inputs, [[2, 6, 4, 0], [2, 3, 5, 3]])
    np.testing.assert_array_equal(task.test.inputs, [[3, 1, 0, 0]])
    assert task.train.labels.tolist() == [1, 0]
    assert (task.vocabulary, task.padding, task.num_classes) == (7, 0, 2)
    assert (task.name, task.signature.each_position) == ("sst2-length-4-min-1", False)


def test_rare_words_are_unknown(tmp_path: Path) -> None:
    task = sst2(write_sst2(tmp_path))
    assert task.name == "sst2"
    assert task.vocabulary == 5
    np.testing.assert_array_equal(task.train.inputs[:, :6], [[2, 1, 4, 0, 0, 0], [2, 3, 1, 3, 4, 0]])


@pytest.mark.parametrize("line", ["positive\tgood\n", "a sentence without label\n", "2\tgood\n", "1 good\n"])
def test_lines_of_another_form_are_refused(tmp_path: Path, line: str) -> None:
    write_sst2(tmp_path, test="1\tfine\n" + line)
    with pytest.raises(InputError, match=r"test.tsv, line 3: expected 0 or 1, a tab and a sentence, got '"):
        sst2(tmp_path)


def test_missing_files_of_sst2_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected a folder with train.tsv, dev.tsv and test.tsv"):
        sst2(tmp_path / "gone")
    with pytest.raises(
        InputError, match=r"expected a file .*train.tsv of lines label<TAB>text, there is none"
    ):
        sst2(tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    write_sst2(tmp_path)
    (tmp_path / "dev.tsv").write_bytes(b"label\tsentence\n1\t\xff\xfe\n")
    with pytest.raises(
        InputError, match=r"can't read .*dev.tsv \(UnicodeDecodeError.*expected a text in UTF-8"
    ):
        sst2(tmp_path)


@pytest.mark.parametrize("wrong", [{"length": 0}, {"min_count": 0}])
def test_lengths_and_counts_below_one_are_refused(tmp_path: Path, wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match="expected length and min_count of at least 1, got"):
        sst2(write_sst2(tmp_path), **wrong)


def test_sentences_of_a_zip_file_are_split_by_seed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "sentence_polarity.zip", "w") as archive:
        for name in ("neg", "pos"):
            lines = "".join(f"a {name} film w{i}\n" for i in range(20))
            archive.writestr(f"sentence_polarity/rt-polarity.{name}", lines)
    task = sentence_polarity(tmp_path, length=5)
    order = np.random.default_rng(0).permutation(40)
    assert task.valid.labels.tolist() == (order[:4] >= 20).astype(int).tolist()
    assert task.test.labels.tolist() == (order[4:8] >= 20).astype(int).tolist()
    assert len(task.train.labels) == 32
    (tmp_path / "sentence_polarity.zip").write_bytes(b"PK nothing")
    with pytest.raises(InputError, match=r"can't read .*sentence_polarity.zip \(BadZipFile"):
        sentence_polarity(tmp_path)
    with pytest.raises(InputError, match=r"subjectivity: expected subjectivity.zip in .*get it from https"):
        subjectivity(tmp_path)


@pytest.mark.parametrize(
    ("make", "folder", "sizes", "positive", "vocabulary"),
    [
        (sst2, "sst2", (67_349, 872, 1_821), (37_569, 444, 909), 14_311),
        (sentence_polarity, "nltk-text", (8_530, 1_066, 1_066), (4_271, 523, 537), 9_036),
        (subjectivity, "nltk-text", (8_000, 1_000, 1_000), (4_012, 501, 487), 10_126),
    ],
)
def test_the_real_sentences_have_the_known_splits(
    shared: Path, make: Callable[[Path], Task], folder: str, sizes, positive, vocabulary: int
) -> None:
    task = make(shared / "datasets" / folder)
    splits = (task.train, task.valid, task.test)
    assert tuple(len(split.labels) for split in splits) == sizes
    assert tuple(int(split.labels.sum()) for split in splits) == positive
    assert (task.vocabulary, task.padding) == (vocabulary, 0)
    assert len(np.unique(task.train.inputs)) >= vocabulary - 40  # but for words beyond the 32nd
    known = (task.valid.inputs > 1).sum() / (task.valid.inputs > 0).sum()
    assert 0.9 < known < 0.95
