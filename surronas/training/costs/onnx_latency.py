"""A network exported to ONNX and run by onnxruntime on the CPU."""

import time
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from torch import Tensor, nn

from surronas.errors import MissingPackageError
from surronas.training.onnx_export import BATCH, INPUT, export_onnx
from surronas.training.tasks.base import Signature


def check_onnxruntime() -> None:
    """Check that networks can be exported and run.

    Raises:
        MissingPackageError: onnx or onnxruntime is not installed.
    """
    missing = [package for package in ("onnx", "onnxruntime") if find_spec(package) is None]
    if missing:
        raise MissingPackageError(
            f"runtime 'onnxruntime' needs {' and '.join(missing)}, not installed; "
            "pip install 'surronas[export]'"
        )


class OnnxRunner:
    """Runs a network's ONNX form by onnxruntime's CPU provider, its graph optimisations on as they come."""

    def __init__(self, network: nn.Module, signature: Signature, inputs: Tensor, num_threads: int) -> None:
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = num_threads, 1
        options.add_free_dimension_override_by_name(BATCH, len(inputs))  # as if exported for this batch alone
        with TemporaryDirectory() as folder:
            path = Path(folder) / "network.onnx"
            export_onnx(network, signature, path)
            self._session = InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._feed = {INPUT: inputs.contiguous().numpy()}

    def run(self) -> None:
        """Run a forward pass."""
        self._session.run(None, self._feed)

    def milliseconds(self) -> float:
        """Run a forward pass, and return its time."""
        start = time.perf_counter()
        self._session.run(None, self._feed)
        return 1000 * (time.perf_counter() - start)
