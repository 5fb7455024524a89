"""Where a task finds its files: in a folder of the user's, or in the cache, filled by download."""

import os
from pathlib import Path

from surronas.errors import FetchError, InputError
from surronas.store.importers.downloads import Download, fetch_files

_CIFAR = "https://www.cs.toronto.edu/~kriz"
_FASHION = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion"
_CHARACTERS = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare"
_NLTK = "https://raw.githubusercontent.com/nltk/nltk_data/gh-pages/packages/corpora"

# What is published is often an MD5; these SHA-256 are of the very same files (MD5 as published):
# cifar-10-python.tar.gz c58f3010..., cifar-100-python.tar.gz eb9058c3..., train-images-idx3-ubyte.gz
# 8d4fb7e6..., train-labels 25c81989..., t10k-images bef4ecab..., t10k-labels bb300cfd...,
# input.txt 6fb458f1...
TASK_DOWNLOADS: dict[str, tuple[Download, ...]] = {
    "fashion-mnist": tuple(
        Download(f"{_FASHION}/{name}", sha256, name)
        for name, sha256 in (
            (
                "train-images-idx3-ubyte.gz",
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            (
                "train-labels-idx1-ubyte.gz",
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            (
                "t10k-images-idx3-ubyte.gz",
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            (
                "t10k-labels-idx1-ubyte.gz",
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        )
    ),
    "cifar10": (
        Download(
            f"{_CIFAR}/cifar-10-python.tar.gz",
            "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            "cifar-10-python.tar.gz",
        ),
    ),
    "cifar100": (
        Download(
            f"{_CIFAR}/cifar-100-python.tar.gz",
            "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
            "cifar-100-python.tar.gz",
        ),
    ),
    "tiny-shakespeare": (
        Download(
            f"{_CHARACTERS}/input.txt",
            "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            "input.txt",
        ),
    ),
    "sentence-polarity": (
        Download(
            f"{_NLTK}/sentence_polarity.zip",
            "6e1ed4405b65c7eabf1d199a7f7c437091ac21da0ea7467b410a74062574566b",
            "sentence_polarity.zip",
        ),
    ),
    "subjectivity": (
        Download(
            f"{_NLTK}/subjectivity.zip",
            "741f3371e1a4375051b874fd82fd55857b90975473c91c19a3101cbe17fc4d8c",
            "subjectivity.zip",
        ),
    ),
}


def cache_folder() -> Path:
    """Return where downloads are kept: ``$SURRONAS_CACHE``, else ``surronas`` in the user's cache folder."""
    if named := os.environ.get("SURRONAS_CACHE"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "surronas"


def data_folder(name: str, folder: Path | str | None) -> Path:
    """Return the folder that holds the files of a data set: the user's, or the cache, after a download.

    Raises:
        InputError: there is no such folder.
        FetchError: a file can't be downloaded, or is not the known one; the message says how to go on.
        MissingPackageError: pooch is not installed.
    """
    if folder is not None:
        if not Path(folder).is_dir():
            raise InputError(f"{name}: expected a folder with its files, there is none at {folder}")
        return Path(folder)
    cache = cache_folder() / name
    try:
        fetch_files(TASK_DOWNLOADS[name], cache)
    except FetchError as error:
        raise FetchError(f"{name}: {error}; or name a folder that holds it with folder=") from error
    return cache


def by_hand(name: str) -> str:
    """Return where to get the files of a data set by hand."""
    return "get it from " + ", ".join(file.url for file in TASK_DOWNLOADS[name])
