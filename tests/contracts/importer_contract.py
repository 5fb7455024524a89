"""What every importer promises: inherit the class and give ``importer`` and ``source`` fixtures."""

import bz2
import gzip
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from surronas.errors import InputError, StoreError, SurronasError
from surronas.store import BenchmarkStore
from surronas.store.importers import Importer, ImportReport, import_benchmark


class Hostile:
    """A pickle of it makes a file where it is loaded by a careless reader."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.marker,)


class ImporterContract:
    CORRUPTIONS = 6  # damaged copies of the source that the fast run imports
    SLOW_CORRUPTIONS = 150

    @pytest.fixture
    def imported(self, importer: Importer, source: Path, tmp_path: Path) -> BenchmarkStore:
        import_benchmark(importer, source, tmp_path / "imported")
        return BenchmarkStore.open(tmp_path / "imported")

    def test_the_importer_says_what_it_reads_and_where_to_get_it(self, importer: Importer) -> None:
        assert importer.name == importer.name.lower().replace("_", "-")
        assert all((importer.title, importer.expects, importer.by_hand))

    def test_every_number_knows_what_it_is(self, imported: BenchmarkStore) -> None:
        info = imported.info()
        assert info["description"]
        assert info["licence"]
        for metric in info["metrics"]:
            assert metric["source"] or metric["name"] in ("train_seconds",), metric
            assert metric["licence"], metric
            assert metric["missing"] is None or metric["missing"] < 1, f"{metric['name']} has no value at all"
            words = metric["name"].split("_")
            for split in ("train", "valid", "test"):
                if split in words and words[-1] in ("accuracy", "loss", "perplexity"):
                    assert metric["split"] == split, metric
            if words[-1] == "accuracy":
                assert metric["unit"] == "fraction", metric

    def test_file_and_folder_hold_the_same(
        self, importer: Importer, source: Path, imported: BenchmarkStore, tmp_path: Path
    ) -> None:
        report = import_benchmark(importer, source, tmp_path / "imported.h5")
        assert isinstance(report, ImportReport)
        assert report.path == tmp_path / "imported.h5"
        file = BenchmarkStore.open(report.path)
        assert (len(file), len(file.architectures)) == (report.num_runs, report.num_architectures)
        assert file.check() == imported.check() == []
        for name in ("sections", "columns", "metrics", "statuses", "space"):
            assert file.info()[name] == imported.info()[name]
        assert file.info()["segments"] == 1

    def test_architectures_are_valid_and_told_by_their_strings(self, imported: BenchmarkStore) -> None:
        some = imported.architectures[:50]
        np.testing.assert_array_equal(imported.space.validate(some), some)
        np.testing.assert_array_equal(imported.space.from_strings(imported.space.to_strings(some)), some)

    def test_what_is_there_is_never_written_over(
        self, importer: Importer, source: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "mine.h5").write_text("mine")
        with pytest.raises(StoreError, match="it exists; choose another path"):
            import_benchmark(importer, source, tmp_path / "mine.h5")
        assert (tmp_path / "mine.h5").read_text() == "mine"

    def test_a_source_that_is_not_there_is_told(self, importer: Importer, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"there is nothing at .*nowhere; expected"):
            import_benchmark(importer, tmp_path / "nowhere", tmp_path / "store.h5")

    @pytest.mark.parametrize("kind", ["empty file", "text", "empty folder", "foreign folder"])
    def test_a_foreign_source_is_refused(self, importer: Importer, tmp_path: Path, kind: str) -> None:
        foreign = tmp_path / f"source{'' if 'folder' in kind else '.bin'}"
        if "folder" in kind:
            foreign.mkdir()
        if kind == "foreign folder":
            (foreign / "readme.txt").write_text("nothing of interest\n")
        if "folder" not in kind:
            foreign.write_text("" if kind == "empty file" else "to be or not to be\n" * 50)
        self._must_refuse(importer, foreign, tmp_path / "store.h5")

    def test_damaged_sources_give_a_clear_error_or_a_sound_store(
        self, importer: Importer, source: Path, tmp_path: Path
    ) -> None:
        self._import_damaged(importer, source, tmp_path, range(self.CORRUPTIONS))

    @pytest.mark.slow
    @pytest.mark.timeout(3600)
    def test_many_damaged_sources(self, importer: Importer, source: Path, tmp_path: Path) -> None:
        self._import_damaged(importer, source, tmp_path, range(1_000, 1_000 + self.SLOW_CORRUPTIONS))

    @pytest.mark.parametrize("wrap", [bytes, bz2.compress, gzip.compress])
    def test_a_hostile_pickle_runs_nothing(
        self, importer: Importer, source: Path, tmp_path: Path, wrap
    ) -> None:
        marker = tmp_path / "marker"
        for file in _files(source)[:12]:
            copy = _copy(source, tmp_path / "hostile")
            hostile = wrap(pickle.dumps(Hostile(marker)))
            (copy / file.relative_to(source) if source.is_dir() else copy).write_bytes(hostile)
            self._import_or_refuse(importer, copy, tmp_path / "store.h5")
            assert not marker.exists()

    def _import_damaged(self, importer: Importer, source: Path, tmp_path: Path, seeds: range) -> None:
        for seed in seeds:
            copy = _copy(source, tmp_path / "damaged")
            _damage(copy, np.random.default_rng(seed))
            self._import_or_refuse(importer, copy, tmp_path / "store.h5")

    def _import_or_refuse(self, importer: Importer, source: Path, dest: Path) -> None:
        """Import; whatever is wrong with the source must come as an error of ours, and leave nothing."""
        try:
            import_benchmark(importer, source, dest)
        except SurronasError:
            assert not dest.exists()
        else:
            assert BenchmarkStore.open(dest).check() == []
            dest.unlink()
        assert not list(dest.parent.glob(".*partial"))

    def _must_refuse(self, importer: Importer, source: Path, dest: Path) -> None:
        with pytest.raises(SurronasError) as caught:
            import_benchmark(importer, source, dest)
        assert len(str(caught.value)) > 20
        assert not dest.exists()
        assert not list(dest.parent.glob(".*partial"))


def _files(source: Path) -> list[Path]:
    return sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]


def _copy(source: Path, to: Path) -> Path:
    """Copy a file or folder, its name included, for importers tell formats by it."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir()
    copy = to / source.name
    shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
    return copy


def _damage(source: Path, rng: np.random.Generator) -> None:
    """Flip a bit, cut the end off, or overwrite a stretch of one of the source's files."""
    file = rng.choice(np.array(_files(source), object))
    content = bytearray(file.read_bytes())
    if not content:
        return
    kind, at = rng.integers(3), int(rng.integers(len(content)))
    if kind == 0:
        content[at] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        del content[at:]
    else:
        content[at : at + 20] = rng.bytes(len(content[at : at + 20]))
    file.write_bytes(content)
