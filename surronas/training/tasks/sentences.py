"""Sentences of two classes, as words: SST-2, sentence polarity, subjectivity.

SST-2: Socher et al. 2013, as cut by GLUE. Polarity: Pang and Lee 2005; subjectivity: Pang and Lee 2004; both
CC BY 4.0, as packed by NLTK.
"""

import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from surronas.errors import InputError
from surronas.store.importers.base import reading
from surronas.training.tasks.base import Split, Task
from surronas.training.tasks.downloads import by_hand, data_folder
from surronas.training.tasks.parts import random_parts

PADDING, UNKNOWN = 0, 1  # tokens; words follow
SPLIT_SEED = 0
LENGTH, MIN_COUNT = 32, 2  # at least 4 of 5 sentences fit whole
Sentences = tuple[list[list[str]], list[int]]  # the words of each sentence, and its class


def sst2(folder: Path | str, *, length: int = LENGTH, min_count: int = MIN_COUNT) -> Task:
    """Return the task ``sst2``: is a sentence (train: also phrases) of a film review positive?

    ``folder`` holds train.tsv, dev.tsv and test.tsv: a line of headings, then ``label<TAB>text``, label 0
    or 1; 67,349, 872 and 1,821 lines. GLUE's own test file has no labels and is refused. There is no
    download. Words are as in ``sentence_polarity``.

    Raises:
        InputError: a file is missing, or a line is of another form.
    """
    if not Path(folder).is_dir():
        raise InputError(f"sst2: expected a folder with train.tsv, dev.tsv and test.tsv, none is at {folder}")
    parts = [_table(Path(folder) / f"{name}.tsv") for name in ("train", "dev", "test")]
    return _task("sst2", "SST-2, positive or not, splits as published", parts, length, min_count)


def sentence_polarity(
    folder: Path | str | None = None, *, length: int = LENGTH, min_count: int = MIN_COUNT
) -> Task:
    """Return the task ``sentence-polarity``: is a sentence of a film review positive (1) or negative (0)?

    10,662 sentences; of the permutation ``numpy.random.default_rng(0).permutation(10662)`` the first tenth is
    the validation split, the second the test. A token is a word as it stands between blanks: 0 fills short
    sentences up at the end, 1 is any word that occurs less than ``min_count`` times in the train split, the
    others follow by falling count there, then by alphabet. Of longer sentences the first ``length`` words
    are kept. ``folder`` holds sentence_polarity.zip; without it the file is downloaded once.

    Raises:
        InputError: the file is missing or damaged; a length or count below 1.
        FetchError: the file can't be downloaded.
    """
    files = ("sentence_polarity/rt-polarity.neg", "sentence_polarity/rt-polarity.pos")
    return _archived("sentence-polarity", "positive or negative", files, folder, length, min_count)


def subjectivity(
    folder: Path | str | None = None, *, length: int = LENGTH, min_count: int = MIN_COUNT
) -> Task:
    """Return the task ``subjectivity``: does a sentence tell a film's plot (0) or an opinion of it (1)?

    10,000 sentences, split and read as those of ``sentence_polarity``; ``folder`` holds subjectivity.zip.
    """
    files = ("subjectivity/plot.tok.gt9.5000", "subjectivity/quote.tok.gt9.5000")
    return _archived("subjectivity", "plot or opinion", files, folder, length, min_count)


def _archived(
    name: str, question: str, files: Iterable[str], folder: Path | str | None, length: int, min_count: int
) -> Task:
    """Return the task of a zip file with a file of sentences for each class."""
    path = data_folder(name, folder) / f"{name.replace('-', '_')}.zip"
    if not path.is_file():
        raise InputError(f"{name}: expected {path.name} in {path.parent}, it is not there; {by_hand(name)}")
    sentences: list[list[str]] = []
    labels: list[int] = []
    with reading(path, f"the zip file of {name}, whole"), zipfile.ZipFile(path) as archive:
        for label, file in enumerate(files):
            found = [line.split() for line in archive.read(file).decode().split("\n") if line.strip()]
            sentences += found
            labels += [label] * len(found)
    tenth = len(labels) // 10
    valid, test, train = random_parts(len(labels), [tenth, tenth], SPLIT_SEED)
    parts = [([sentences[i] for i in part], [labels[i] for i in part]) for part in (train, valid, test)]
    return _task(name, f"{name}, {question}, split by seed {SPLIT_SEED}", parts, length, min_count)


def _table(path: Path) -> Sentences:
    """Return the sentences and classes of a file of ``label<TAB>text`` below a line of headings."""
    if not path.is_file():
        raise InputError(f"sst2: expected a file {path} of lines label<TAB>text, there is none")
    sentences, labels = [], []
    with reading(path, "a text in UTF-8"):
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")[1:]
    for number, line in enumerate(lines, 2):
        label, tab, text = line.partition("\t")
        if label not in ("0", "1") or not tab:
            raise InputError(
                f"{path}, line {number}: expected 0 or 1, a tab and a sentence, got {line[:60]!r}; "
                "GLUE's own test file holds no labels, take one that does"
            )
        sentences.append(text.split())
        labels.append(int(label))
    return sentences, labels


def _task(name: str, title: str, parts: list[Sentences], length: int, min_count: int) -> Task:
    if length < 1 or min_count < 1:
        raise InputError(f"{name}: expected length and min_count of at least 1, got {length} and {min_count}")
    tokens = _vocabulary(parts[0][0], min_count)
    train, valid, test = (_split(*part, tokens, length) for part in parts)
    changed = "" if (length, min_count) == (LENGTH, MIN_COUNT) else f"-length-{length}-min-{min_count}"
    sizes = [len(split.labels) for split in (train, valid, test)]
    return Task(
        name=name + changed,
        description=(
            f"{title}: {sizes[0]} train, {sizes[1]} valid, {sizes[2]} test sentences; the first {length} "
            f"words, {len(tokens)} words that occur at least {min_count} times in train, 2 classes"
        ),
        num_classes=2,
        train=train,
        valid=valid,
        test=test,
        vocabulary=len(tokens) + 2,
        padding=PADDING,
    )


def _vocabulary(sentences: list[list[str]], min_count: int) -> dict[str, int]:
    """Return the token of each word that occurs often enough."""
    counts = Counter(word for sentence in sentences for word in sentence)
    words = sorted((-count, word) for word, count in counts.items() if count >= min_count)
    return {word: token for token, (_, word) in enumerate(words, UNKNOWN + 1)}


def _split(sentences: list[list[str]], labels: list[int], tokens: dict[str, int], length: int) -> Split:
    inputs = np.full((len(sentences), length), PADDING, np.int64)
    for row, sentence in zip(inputs, sentences, strict=True):
        found = [tokens.get(word, UNKNOWN) for word in sentence[:length]]
        row[: len(found)] = found
    return Split(inputs, np.array(labels, np.int64))
