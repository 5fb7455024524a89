"""Downloads: from a real server on this machine; what is not the known file is refused."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from surronas.errors import FetchError, InputError, MissingPackageError
from surronas.store.importers import IMPORTER_MODULES
from surronas.store.importers.downloads import DOWNLOADS, Download, fetch

CONTENT = b"22212220 93.1267\n"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a server of one file, table.txt."""
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "table.txt").write_bytes(CONTENT)
    handler = partial(_Quiet, directory=str(tmp_path / "www"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def offer(monkeypatch: pytest.MonkeyPatch, url: str, content: bytes = CONTENT) -> None:
    file = Download(url, hashlib.sha256(content).hexdigest(), "below/table.txt")
    monkeypatch.setitem(DOWNLOADS, "toy", (file,))


def test_a_file_is_fetched_once_and_kept(monkeypatch, server: str, tmp_path: Path) -> None:
    offer(monkeypatch, f"{server}/table.txt")
    lines: list[str] = []
    (path,) = fetch("toy", tmp_path / "downloads", progress=lines.append)
    assert path == tmp_path / "downloads" / "below" / "table.txt"
    assert path.read_bytes() == CONTENT
    assert lines == [f"{server}/table.txt -> {path}"]
    (tmp_path / "www" / "table.txt").unlink()
    assert fetch("toy", tmp_path / "downloads") == [path]


def test_another_file_than_the_known_one_is_refused(monkeypatch, server: str, tmp_path: Path) -> None:
    offer(monkeypatch, f"{server}/table.txt", b"what was published")
    with pytest.raises(FetchError, match=r"can't fetch .*table.txt: .*; download it by hand to .*SHA-256"):
        fetch("toy", tmp_path)
    assert not (tmp_path / "below" / "table.txt").exists()


def test_a_dead_address_is_told(monkeypatch, server: str, tmp_path: Path) -> None:
    offer(monkeypatch, f"{server}/gone.txt")
    with pytest.raises(FetchError, match=r"can't fetch .*gone.txt: 404"):
        fetch("toy", tmp_path)


def test_formats_without_an_address_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no download of 'runs' is known; those known are nasbench101"):
        fetch("runs", tmp_path)


def test_pooch_is_asked_for(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'surronas\[fetch\]'"):
        fetch("nasbench101", tmp_path)


@pytest.mark.parametrize("name", sorted(DOWNLOADS))
def test_every_download_is_of_a_format_and_has_a_hash(name: str) -> None:
    assert name.removesuffix("-full") in IMPORTER_MODULES
    for file in DOWNLOADS[name]:
        assert file.url.startswith("https://")
        assert len(bytes.fromhex(file.sha256)) == 32
        assert "HEAD" not in file.url or name == "nasbench-macro"


KNOWN_COPIES = {
    "nasbench-macro": "benchmarks/nasbench-macro",
    "accel-nasbench": "benchmarks/accel-nasbench",
    "hw-nas-bench": "benchmarks/hw-nas-bench",
    "hat-latency": "benchmarks/hat-latency",
}


@pytest.mark.parametrize("name", sorted(KNOWN_COPIES))
def test_the_hashes_are_those_of_the_copies_at_hand(shared: Path, name: str) -> None:
    for file in DOWNLOADS[name]:
        content = (shared / KNOWN_COPIES[name] / file.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file.sha256
