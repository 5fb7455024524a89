import sys
from pathlib import Path

import numpy as np
import pytest
from training.tiny import EXPLODING, GOOD, POINTWISE, TINY, tiny_task

from surronas.errors import MissingPackageError
from surronas.spaces import Cell201
from surronas.training import Job, Trainer, TrainingResult
from surronas.training.result import CURVES
from surronas.training.tracking import TensorBoardObserver

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
hparams = pytest.importorskip("tensorboard.plugins.hparams.plugin_data_pb2")


def read(folder: Path):
    """The events of one run."""
    events = accumulator.EventAccumulator(str(folder))
    events.Reload()
    return events


def trained(observer: TensorBoardObserver, job: Job) -> TrainingResult:
    observer.started(job)
    result = Trainer(Cell201(), tiny_task(), device="cpu", on_epoch=observer.epoch).train(job)
    observer.finished(job, result)
    return result


def test_each_training_is_a_run_with_curves_by_split(tmp_path: Path) -> None:
    observer = TensorBoardObserver(tmp_path, space=Cell201())
    jobs = [Job(GOOD, 0, TINY), Job(POINTWISE, 0, TINY)]
    results = [trained(observer, job) for job in jobs]
    folders = ["3-3-3-3-3-3_seed0", "2-0-0-2-1-0_seed0"]
    assert {path.name for path in (tmp_path / "tiny").iterdir()} == set(folders)
    for name, result in zip(folders, results, strict=True):
        events = read(tmp_path / "tiny" / name)
        for curve in CURVES:
            split, quantity = curve.split("_")
            points = events.Scalars(f"{quantity}/{split}")
            assert [point.step for point in points] == [0, 1]
            np.testing.assert_array_equal([np.float32(point.value) for point in points], result.curves[curve])
        assert events.Scalars("end/params")[0].value == result.params


def test_hyper_parameters_are_kept_with_the_run(tmp_path: Path) -> None:
    trained(TensorBoardObserver(tmp_path, space=Cell201()), Job(GOOD, 7, TINY))
    events = read(tmp_path / "tiny" / "3-3-3-3-3-3_seed7")
    found = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    values = hparams.HParamsPluginData.FromString(found).session_start_info.hparams
    assert values["seed"].number_value == 7
    assert values["learning_rate"].number_value == pytest.approx(TINY.learning_rate)
    assert values["architecture"].string_value == Cell201().to_strings(np.array([GOOD], np.int8))[0]
    assert values["status"].string_value == "ok"


def test_a_failed_training_says_why(tmp_path: Path) -> None:
    observer = TensorBoardObserver(tmp_path)
    assert trained(observer, Job(GOOD, 0, EXPLODING)).status == "diverged"
    job = Job(GOOD, 0, TINY)
    observer.finished(job, TrainingResult("killed", "cpu", message="exit code -9"))  # never told of before
    events = read(tmp_path / "tiny" / "3-3-3-3-3-3_seed0")
    assert events.Tensors("message/text_summary")[0].tensor_proto.string_val[0] == b"exit code -9"


def test_a_training_once_more_does_not_mix_with_the_first(tmp_path: Path) -> None:
    job = Job(GOOD, 1, TINY)
    for loss in (3.0, 2.0, 1.0):
        observer = TensorBoardObserver(tmp_path)
        observer.started(job)
        observer.started(job)  # twice under way: one run
        observer.epoch(job, 0, {"valid_loss": loss})
        observer.close()
    names = sorted(path.name for path in (tmp_path / "tiny").iterdir())
    assert names == [f"3-3-3-3-3-3_seed1{again}" for again in ("", "_again1", "_again2")]
    assert [read(tmp_path / "tiny" / name).Scalars("loss/valid")[0].value for name in names] == [3, 2, 1]


def test_without_tensorboard_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    monkeypatch.delattr("torch.utils.tensorboard", raising=False)
    with pytest.raises(MissingPackageError, match=r"needs tensorboard, .*pip install 'surronas\[tracking\]'"):
        TensorBoardObserver(tmp_path)
