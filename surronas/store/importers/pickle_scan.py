"""Go through the opcodes of a pickle without executing one; refuse what would exhaust memory or the stack.

Python's own unpickler believes the numbers in a pickle: a memo index of 4 billion makes it fill 64 GB, and a
tuple nested 150,000 deep overflows the C stack when it is hashed (measured with Python 3.11: 100,000 do not).
"""

import re
import struct

from surronas.errors import InputError

_MOST_TUPLES = 100_000  # that may be nested in one another: those that are no arguments of a call
_SHORT = b"|".join(re.escape(bytes([size])) + b"." * size for size in range(33))  # a size, and as many bytes
_RUN = re.compile(  # as many opcodes that need no check as follow each other: of fixed size, or short texts
    rb"(?:[(012NQRabde}l\]osu)\x81\x88\x89\x8f-\x94\x97\x98]|[Khq\x80].|M..|[Jj].{4}|[G\x95].{8}"
    rb"|[\x8cUC](?:" + _SHORT + rb"))*+",
    re.DOTALL,
)
_SIZED = {  # opcodes followed by the size of what follows
    **dict.fromkeys(b"UC\x8c\x8a", struct.Struct("<B")),
    **dict.fromkeys(b"TBX\x8b", struct.Struct("<I")),
    **dict.fromkeys(b"\x8e\x8d\x96", struct.Struct("<Q")),
}
_LINES = {**dict.fromkeys(b"ILFSVgpP", 1), **dict.fromkeys(b"ci", 2)}  # opcodes followed by lines of text
_STOP, _LONG_BINPUT, _PUT = b".rp"
_TUPLES = frozenset(b"t\x85\x86\x87")
_CALLED = re.compile(rb"(?:\x94|q.|r.{4})?[R\x81b]", re.DOTALL)  # the tuple is used up by a call


def scan_pickle(content: bytes, start: int = 0) -> int:
    """Return where the pickle that begins at ``start`` ends.

    Raises:
        InputError: it does not end, has an unknown opcode, or would exhaust memory or the stack.
    """
    at, tuples, limit = start, 0, len(content)
    while True:
        at = _run_end(content, at)
        opcode = content[at] if at < limit else None
        at += 1
        if opcode in _TUPLES:
            tuples += not _CALLED.match(content, at)
            if tuples > _MOST_TUPLES:
                raise InputError(f"the pickle has more than {_MOST_TUPLES} tuples, which may be a trap")
        elif opcode in _SIZED:
            at = _past_sized(content, at, _SIZED[opcode])
        elif opcode in _LINES:
            at = _past_lines(content, at, opcode)
        elif opcode == _LONG_BINPUT:
            _check_memo_index(int.from_bytes(content[at : at + 4], "little"), limit)
            at += 4
        elif opcode == _STOP:
            return at
        else:
            raise InputError(f"the pickle is damaged at byte {at - 1}: {_what(opcode)}")


def _run_end(content: bytes, at: int) -> int:
    run = _RUN.match(content, at)
    return run.end() if run else at


def _past_sized(content: bytes, at: int, size: struct.Struct) -> int:
    """Return where the text or bytes end whose size stands at ``at``."""
    body = at + size.size
    if body > len(content):
        raise InputError("the pickle is truncated")
    (length,) = size.unpack_from(content, at)
    if length > len(content) - body:
        raise InputError(f"the pickle is damaged at byte {at}: it promises {length} bytes and ends before")
    return body + int(length)


def _past_lines(content: bytes, at: int, opcode: int) -> int:
    """Return where the one or two lines of text after an opcode end."""
    for _ in range(_LINES[opcode]):
        end = content.find(b"\n", at)
        if end < 0:
            raise InputError("the pickle is truncated")
        if opcode == _PUT:
            line = content[at:end]
            _check_memo_index(int(line) if line.isdigit() and len(line) < 20 else len(content), len(content))
        at = end + 1
    return at


def _check_memo_index(index: int, limit: int) -> None:
    if index >= limit:
        raise InputError(f"the pickle asks for memo place {index}, more than it has bytes; it is damaged")


def _what(opcode: int | None) -> str:
    return "it ends in the middle" if opcode is None else f"it has the opcode {bytes([opcode])!r}"
