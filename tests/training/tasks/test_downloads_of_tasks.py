"""Downloads of tasks, from a real server on this machine: what is not the known file is refused."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from surronas.errors import FetchError, InputError, MissingPackageError
from surronas.store.importers.downloads import Download
from surronas.training.tasks import downloads, tiny_shakespeare

CONTENT = b"First Citizen:\nBefore we proceed any further, hear me speak.\n" * 50


class _Server(BaseHTTPRequestHandler):
    """/input.txt whole, /short.txt cut off in the middle, anything else 404."""

    def do_GET(self) -> None:
        if self.path not in ("/input.txt", "/short.txt"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if self.path == "/input.txt" else CONTENT[: len(CONTENT) // 2])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Server) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("SURRONAS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def offer(monkeypatch: pytest.MonkeyPatch, url: str, content: bytes = CONTENT) -> None:
    file = Download(url, hashlib.sha256(content).hexdigest(), "input.txt")
    monkeypatch.setitem(downloads.TASK_DOWNLOADS, "tiny-shakespeare", (file,))
    module = __import__("surronas.training.tasks.tiny_shakespeare", fromlist=["MD5"])
    monkeypatch.setattr(module, "MD5", hashlib.md5(content).hexdigest())


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_task_downloads_its_file_once(monkeypatch, server: str, cache: Path) -> None:
    offer(monkeypatch, f"{server}/input.txt")
    task = tiny_shakespeare(context=8)
    assert files(cache) == [cache / "tiny-shakespeare" / "input.txt"]
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it asks the network again"))
    assert tiny_shakespeare(context=8).description == task.description


def test_a_copy_put_into_the_cache_by_hand_is_taken(monkeypatch, cache: Path) -> None:
    offer(monkeypatch, "http://127.0.0.1:9/input.txt")
    (cache / "tiny-shakespeare").mkdir(parents=True)
    (cache / "tiny-shakespeare" / "input.txt").write_bytes(CONTENT)
    assert tiny_shakespeare(context=8).name == "tiny-shakespeare-8"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/gone.txt", "404"),
        ("/short.txt", f"{len(CONTENT) // 2} bytes read|[Ii]ncomplete|does not match"),
        ("/input.txt", "does not match the known hash: expected sha256:[0-9a-f]{64} but got [0-9a-f]{64}"),
    ],
)
def test_what_cannot_be_had_whole_and_true_is_told_and_leaves_nothing(
    monkeypatch, server: str, cache: Path, path: str, why: str
) -> None:
    offer(monkeypatch, server + path, b"another text" if path == "/input.txt" else CONTENT)
    expected = (
        rf"tiny-shakespeare: can't fetch {server}{path}: .*({why}).*by hand to {cache}.*SHA-256.*folder="
    )
    with pytest.raises(FetchError, match=expected):
        tiny_shakespeare(context=8)
    assert not files(cache)


def test_a_blocked_network_is_told(monkeypatch, cache: Path) -> None:
    with socket.socket() as closed:  # a port that nobody listens at
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    offer(monkeypatch, f"http://127.0.0.1:{port}/input.txt")
    with pytest.raises(
        FetchError, match=r"can't fetch http://127.*; download it by hand to .*or name a folder"
    ):
        tiny_shakespeare()
    assert not files(cache)


def test_pooch_is_asked_for(monkeypatch, cache: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'surronas\[fetch\]'"):
        tiny_shakespeare()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"cifar10: expected a folder with its files, there is none at .*gone"
    ):
        downloads.data_folder("cifar10", tmp_path / "gone")


def test_the_cache_is_where_the_user_keeps_caches(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SURRONAS_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert downloads.cache_folder() == tmp_path / "surronas"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert downloads.cache_folder() == Path.home() / ".cache" / "surronas"


@pytest.mark.parametrize("name", sorted(downloads.TASK_DOWNLOADS))
def test_every_download_is_over_https_with_a_hash(name: str) -> None:
    for file in downloads.TASK_DOWNLOADS[name]:
        assert file.url.startswith("https://")
        assert file.url.endswith(file.path)
        assert len(bytes.fromhex(file.sha256)) == 32


@pytest.mark.parametrize(
    ("name", "copy"),
    [
        ("tiny-shakespeare", "tinyshakespeare"),
        ("sentence-polarity", "nltk-text"),
        ("subjectivity", "nltk-text"),
    ],
)
def test_the_hashes_are_those_of_the_copies_at_hand(shared: Path, name: str, copy: str) -> None:
    for file in downloads.TASK_DOWNLOADS[name]:
        content = (shared / "datasets" / copy / file.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file.sha256
