import builtins
import collections
import copyreg
import io
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from surronas.errors import InputError
from surronas.store.importers.pickle_scan import scan_pickle
from surronas.store.importers.restricted import load_pickle
from surronas.store.importers.stand_ins import NUMPY_AND_CONTAINERS, StandIn

PLAIN = {
    "numbers": [1, -(2**70), 2.5, 1 + 2j, True, None],
    "text": ["", "\u00e4\u4e2d", b"\x00\xff", bytearray(b"q")],
    "containers": [(1, (2,)), {1, 2}, frozenset([3]), slice(1, None, 2), {"a": {"b": []}}],
    "ordered": collections.OrderedDict(b=1, a=2),
    "default": collections.defaultdict(list, {"a": [1]}),
    "scalars": [np.float64(0.1), np.int64(-3), np.float32(1.5), np.bool_(True), np.str_("abc")],
}
ARRAYS = {
    "matrix": np.arange(6.0).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "big endian": np.arange(4, dtype=">i4"),
    "empty": np.zeros((0, 3)),
    "zero-dimensional": np.array(3.5),
    "text": np.array(["ab", "c"]),
    "bytes": np.array([b"ab", b"c"]),
    "bool": np.array([True, False]),
    "complex": np.array([1j]),
    "half": np.arange(3, dtype=np.float16),
    "objects": np.array(["a", [1, 2], None], object),
    "nested": np.array([[1, "a"], [2, "b"]], object),
}


def load(content: bytes) -> object:
    return load_pickle(io.BytesIO(content))


@pytest.mark.parametrize("protocol", range(6))
def test_plain_things_come_back_as_they_were(protocol: int) -> None:
    back = load(pickle.dumps(PLAIN, protocol))
    assert back == PLAIN
    assert repr(back) == repr(PLAIN)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_come_back_as_they_were(kind: str, protocol: int) -> None:
    back = load(pickle.dumps(ARRAYS[kind], protocol))
    assert isinstance(back, np.ndarray)
    assert back.dtype.kind == ARRAYS[kind].dtype.kind
    assert back.shape == ARRAYS[kind].shape
    assert back.tolist() == ARRAYS[kind].tolist()


@pytest.mark.parametrize("core", ["core", "_core"])
def test_old_and_new_numpy_are_read(core: str) -> None:
    old = pickle.dumps(np.arange(3), 0)
    for name in (b"numpy._core.", b"numpy.core."):
        old = old.replace(name, f"numpy.{core}.".encode())
    assert load(old).tolist() == [0, 1, 2]


def test_a_shared_object_stays_shared() -> None:
    one = [1]
    back = load(pickle.dumps([one, one]))
    assert back[0] is back[1]


class Calls:
    """A pickle of it calls a function where it is loaded by a careless reader."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[object, ...]:
        return self.call


@pytest.mark.parametrize("protocol", range(6))
def test_a_system_call_is_refused_by_name(tmp_path: Path, protocol: int) -> None:
    hostile = pickle.dumps(Calls(os.system, f"touch {tmp_path}/marker"), protocol)
    with pytest.raises(InputError, match=r"asks for (posix|nt)\.system, which is not allowed"):
        load(hostile)
    assert not (tmp_path / "marker").exists()


HOSTILE_NAMES = [
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("builtins", "getattr"),
    ("builtins", "__import__"),
    ("builtins", "open"),
    ("builtins", "type"),
    ("builtins", "object"),
    ("builtins", "list.append"),
    ("builtins", "range"),
    ("__builtin__", "compile"),
    ("os", "system"),
    ("subprocess", "Popen"),
    ("pickle", "loads"),
    ("operator", "attrgetter"),
    ("functools", "partial"),
    ("copyreg", "_reconstructor"),
    ("importlib", "import_module"),
    ("_codecs", "decode"),
    ("collections", "namedtuple"),
    ("collections", "OrderedDict.update"),
    ("collections", "abc"),
    ("numpy", "load"),
    ("numpy", "fromfile"),
    ("numpy", "frompyfunc"),
    ("numpy", "vectorize"),
    ("numpy", "save"),
    ("numpy", "ndarray.tofile"),
    ("numpy", "dtype.type"),
    ("numpy", "os"),
    ("numpy", "f2py.compile"),
    ("numpy.core", "multiarray"),
    ("numpy.core.multiarray", "ndarray.dump"),
    ("numpy.core.multiarray", "fromfile"),
    ("numpy._core.multiarray", "_reconstruct.__globals__"),
    ("numpy.testing._private.utils", "runstring"),
    ("numpy.testing", "rundocs"),
    ("numpy.lib.npyio", "load"),
    ("numpy.distutils.exec_command", "exec_command"),
    ("torch", "load"),
    ("torch._utils", "_rebuild_tensor_v2"),
    ("pandas.core.frame", "DataFrame"),
    ("surronas.store.importers.restricted", "load_pickle"),
]


@pytest.mark.parametrize(("module", "name"), HOSTILE_NAMES)
def test_every_other_name_is_refused(module: str, name: str) -> None:
    text = f"{module}.{name}".replace(".", r"\.")
    with pytest.raises(InputError, match=f"asks for {text}, which is not allowed"):
        load(b"\x80\x04" + short(module) + short(name) + b"\x93.")
    with pytest.raises(InputError, match=f"asks for {text}, which is not allowed"):
        load(f"c{module}\n{name}\n.".encode())
    with pytest.raises(InputError, match=f"asks for {text}, which is not allowed"):
        load(f"(i{module}\n{name}\n.".encode())


def short(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


def name(module: str, attribute: str) -> bytes:
    return f"c{module}\n{attribute}\n".encode()


NDARRAY, DTYPE = name("numpy", "ndarray"), name("numpy", "dtype")
RECONSTRUCT = name("numpy.core.multiarray", "_reconstruct")
SCALAR = name("numpy.core.multiarray", "scalar")
FROMBUFFER = name("numpy.core.numeric", "_frombuffer")
AN_ARRAY = RECONSTRUCT + b"(" + NDARRAY + b"(I0\ntS'b'\ntR"
FLOATS = DTYPE + b"(S'f8'\nI0\nI1\ntR"
OBJECTS = DTYPE + b"(S'O8'\nI0\nI1\ntR"
TRICKS = {
    "an array of another class": (
        RECONSTRUCT + b"(" + name("builtins", "list") + b"(I0\ntS'b'\ntR.",
        "class",
    ),
    "a structured dtype": (DTYPE + b"(S'V8'\nI0\nI1\ntR.", "plain numbers or text"),
    "fields in a dtype": (FLOATS + b"(I3\nS'|'\nN(S'a'\nt}I8\nI1\nI0\ntb.", "structured dtype"),
    "a dtype of a list": (DTYPE + b"(]I0\nI1\ntR.", "plain numbers or text"),
    "raw bytes as objects": (AN_ARRAY + b"(I1\n(I1\nt" + OBJECTS + b"I00\nS'AAAAAAAA'\ntb.", "of 1 objects"),
    "objects from a buffer": (FROMBUFFER + b"(S'AAAAAAAA'\n" + OBJECTS + b"(I1\ntS'C'\ntR.", "of order"),
    "a buffer of odd order": (FROMBUFFER + b"(S'AAAAAAAA'\n" + FLOATS + b"(I1\ntS'K'\ntR.", "of order"),
    "an object scalar": (SCALAR + b"(" + OBJECTS + b"S'AAAAAAAA'\ntR.", "numpy scalar that is an object"),
    "too few bytes": (AN_ARRAY + b"(I1\n(I9\nt" + FLOATS + b"I00\nS'AAAAAAAA'\ntb.", "9 x float64 does not"),
    "a huge array": (AN_ARRAY + b"(I1\n(I99999999999\nt" + FLOATS + b"I00\nS''\ntb.", "does not hold"),
    "a shape of text": (AN_ARRAY + b"(I1\nS'9'\n" + FLOATS + b"I00\nS''\ntb.", "array of shape '9'"),
    "a negative shape": (AN_ARRAY + b"(I1\n(I-1\nt" + FLOATS + b"I00\nS''\ntb.", r"shape \(-1,\)"),
    "no dtype": (AN_ARRAY + b"(I1\n(I1\ntN" + b"I00\nS''\ntb.", "gives NoneType where a dtype"),
    "other encodings": (name("_codecs", "encode") + b"(S'x'\nS'rot13'\ntR.", "other than Latin-1"),
    "bytes by number": (name("builtins", "bytes") + b"(I99999999999\ntR.", "other than a list"),
    "a set of a text": (name("builtins", "set") + b"(S'abc'\ntR.", "other than a list"),
    "a bytearray by number": (name("builtins", "bytearray") + b"(I99999999999\ntR.", "other than bytes"),
    "a slice of text": (name("builtins", "slice") + b"(S'a'\ntR.", "three whole numbers"),
    "a complex of text": (name("builtins", "complex") + b"(S'1'\nS'1'\ntR.", "two floats"),
    "a huge int": (name("builtins", "int") + b"(S'9'\ntR.", "may only be named"),
    "an array without content": (NDARRAY + b"(I9\ntR.", "may only be named"),
    "a factory that calls": (
        name("collections", "defaultdict") + b"(" + SCALAR + b"tR.",
        "defaultdict whose factory",
    ),
    "a changed function": (SCALAR + b"N}S'call'\nNs\x86b.", "tries to change numpy.scalar"),
    "changed entries": (SCALAR + b"}S'call'\nNsb.", "tries to change numpy.scalar"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_tricks_with_what_is_allowed_are_refused(trick: str) -> None:
    content, message = TRICKS[trick]
    with pytest.raises(InputError, match=message):
        load(content)


def test_stand_ins_can_not_be_changed() -> None:
    for stand_in in NUMPY_AND_CONTAINERS.values():
        assert isinstance(stand_in, StandIn)
        with pytest.raises(InputError, match="tries to change"):
            stand_in.call = builtins.eval  # type: ignore[method-assign]


def test_registered_extensions_are_not_followed() -> None:
    copyreg.add_extension("os", "system", 0xEE)
    try:
        with pytest.raises(InputError, match=r"damaged at byte 0: it has the opcode b'\\x82'"):
            load(b"\x82\xee(S'true'\ntR.")
    finally:
        copyreg.remove_extension("os", "system", 0xEE)


BOMBS = {
    "a memo of 4 billion places": (b"Nr\xff\xff\xff\xff.", "memo place 4294967295"),
    "a memo place in text": (b"Np999999999\n.", "memo place 999999999"),
    "no number as memo place": (b"Npx\n.", "memo place"),
    "a deep tuple as a key": (b"})" + b"\x85" * 400_000 + b"Ns.", "more than 100000 tuples"),
    "promised text": (b"X\xff\xff\xff\xff.", "promises 4294967295 bytes"),
    "promised bytes": (b"\x8e" + struct.pack("<Q", 2**60) + b".", "promises"),
    "a promised bytearray": (b"\x96" + struct.pack("<Q", 2**60) + b".", "promises"),
    "a list in itself 200,000 deep": (b"]" * 200_000 + b"a" * 199_999 + b"}h\x00.", "can't read the pickle"),
    "a persistent id": (b"Pname\n.", "can't read the pickle"),
    "nothing": (b"", "it ends in the middle"),
    "half a size": (b"X\x01\x00", "truncated"),
    "half a line": (b"cos", "truncated"),
    "no pickle": (b"hello", "damaged at byte"),
    "an empty stack": (b".", "can't read the pickle"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_and_broken_pickles_give_one_error(bomb: str) -> None:
    content, message = BOMBS[bomb]
    with pytest.raises(InputError, match=message):
        load(content)


def test_a_pickle_larger_than_expected_is_refused() -> None:
    with pytest.raises(InputError, match="more than the 10 bytes that are expected at most"):
        load_pickle(io.BytesIO(pickle.dumps("a longer text than that")), max_bytes=10)


def test_damaged_pickles_never_crash() -> None:
    rng = np.random.default_rng(0)
    for protocol in (0, 2, 4, 5):
        sound = pickle.dumps([PLAIN, ARRAYS], protocol)
        for _ in range(600):
            content = bytearray(sound)
            for at in rng.integers(len(sound), size=rng.integers(1, 4)):
                content[at] ^= 1 << int(rng.integers(8))
            try:
                load(bytes(content))
            except InputError:
                continue


def test_the_scan_tells_where_a_pickle_ends() -> None:
    first, second = pickle.dumps([PLAIN, "." * 10], 2), pickle.dumps(ARRAYS, 4)
    assert scan_pickle(first + second) == len(first)
    assert scan_pickle(first + second, len(first)) == len(first) + len(second)
