"""ONNX files of networks, each checked against torch before it appears."""

import io
import warnings
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from surronas.errors import ArchitectureError, InputError, MissingPackageError
from surronas.spaces import SearchSpace
from surronas.store.files import write_aside
from surronas.training.networks import Build, build_for, initialise
from surronas.training.recipe import Recipe
from surronas.training.tasks.base import Signature

OPSET = 17  # the first with layer normalisation; read by every onnxruntime since 1.13
TOLERANCE = 1e-4  # of the largest logit; those of an untrained network may be thousandths, or thousands
INPUT, LOGITS, BATCH = "input", "logits", "batch"
_TRACED, _OTHER = 2, 3  # inputs at once: while the network is traced, and while the file is checked


def export_onnx(network: nn.Module, signature: Signature, path: Path, *, batch: int | None = None) -> None:
    """Write a network, as it is in evaluation, to an ONNX file: ``input`` goes in, ``logits`` come out.

    Without ``batch`` the file takes any number of inputs at once. The network itself is left as it is. Before
    the file appears, onnx has checked it and onnxruntime has given torch's logits for random inputs, up to
    1e-4 of the largest, for another number of them than the network was traced with.

    The network is traced: what Python decides on the way is decided for good. (torch's newer exporter reads
    the code instead: 2 to 10 s a network where tracing takes .1 to .3 s, measured on small networks.)

    Raises:
        MissingPackageError: onnx or onnxruntime is not installed.
        InputError: a batch below 1, a network without weights, one that ONNX can't express, or whose file
            gives other numbers.
        StoreError: the file can't be written.
    """
    _check_packages()
    if batch is not None and batch < 1:
        raise InputError(f"expected a batch of at least 1 input, got {batch}")
    tensors = [*network.parameters(), *network.buffers()]
    if any(tensor.is_meta for tensor in tensors):
        raise InputError("expected a network with weights, got one on torch's meta device; initialise it")
    network = deepcopy(network).to("cpu").eval()
    content = onnx_bytes(network, random_inputs(signature, batch or _TRACED), dynamic=batch is None)
    _check(content, network, random_inputs(signature, batch or _OTHER, seed=1))
    write_aside(Path(path), [content])


def export_architecture(
    space: SearchSpace,
    architecture: ArrayLike,
    signature: Signature,
    recipe: Recipe,
    path: Path,
    *,
    seed: int = 0,
    batch: int | None = None,
    build: Build | None = None,
) -> None:
    """Write an architecture's network to an ONNX file, untrained: as a training with this seed begins.

    The network is that of the canonical form, as in training.

    Raises:
        ArchitectureError: not one architecture of the space.
        InputError: no networks of this space can be built, not for this task, or not with this memory.
        MissingPackageError, StoreError: as ``export_onnx``.
    """
    _check_packages()
    rows = space.canonical(space.validate(architecture))
    if len(rows) != 1:
        raise ArchitectureError(f"expected one architecture, got {len(rows)}")
    build = build or build_for(space)
    try:
        with torch.device("meta"):
            network = build(space, tuple(rows[0].tolist()), signature, recipe)
        network = network.to_empty(device="cpu")
        initialise(network, torch.Generator().manual_seed(seed), recipe.initialisation)
    except (RuntimeError, MemoryError) as error:
        raise InputError(f"the network can't be built here: {error}") from error
    export_onnx(network, signature, path, batch=batch)


def random_inputs(signature: Signature, n: int, *, seed: int = 0) -> Tensor:
    """Return n inputs for a task's networks: standard normal images, or texts of uniformly drawn tokens."""
    generator, shape = torch.Generator().manual_seed(seed), (n, *signature.input_shape)
    if signature.vocabulary:
        return torch.randint(signature.vocabulary, shape, generator=generator)
    return torch.randn(shape, generator=generator)


def onnx_bytes(network: nn.Module, inputs: Tensor, *, dynamic: bool = False) -> bytes:
    """Return the bytes of an ONNX file of a network in evaluation, on the CPU, unchecked.

    Any number of inputs goes in where ``dynamic``, else as many as ``inputs`` has.

    Raises:
        InputError: ONNX can't express the network.
    """
    file = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", category=DeprecationWarning
            )  # of tracing, in favour of the slower
            torch.onnx.export(
                network,
                (inputs,),
                file,  # type: ignore[arg-type]
                dynamo=False,
                opset_version=OPSET,
                input_names=[INPUT],
                output_names=[LOGITS],
                dynamic_axes={INPUT: {0: BATCH}, LOGITS: {0: BATCH}} if dynamic else None,
            )
    except (RuntimeError, ValueError, TypeError) as error:  # torch's own are RuntimeErrors
        raise InputError(f"the network can't be written as ONNX: {error}") from error
    return file.getvalue()


def _check(content: bytes, network: nn.Module, inputs: Tensor) -> None:
    """Check that an ONNX file is valid and that onnxruntime gives torch's logits.

    Raises:
        InputError: it is not, or it does not.
    """
    import onnx
    import onnxruntime

    try:
        onnx.checker.check_model(content, full_check=True)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        found: NDArray[np.float32] = session.run([LOGITS], {INPUT: inputs.numpy()})[0]
    except Exception as error:  # onnxruntime's errors have no common base of their own
        raise InputError(f"the network can't be written as ONNX: {error}") from error
    with torch.inference_mode():
        expected: NDArray[np.float32] = network(inputs).numpy()
    scale = float(np.abs(expected).max())
    apart = np.inf if found.shape != expected.shape else float(np.abs(found - expected).max())
    if not apart <= TOLERANCE * scale + 1e-7:  # nor NaN
        raise InputError(
            f"the ONNX file would not give the network's logits: they differ by {apart:.2g} where they reach "
            f"{scale:.2g}; does the network decide by its inputs or their number, or draw random numbers?"
        )


def _check_packages() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise MissingPackageError(
            f"ONNX export needs {error.name}, which is not installed; pip install 'surronas[export]'"
        ) from error
