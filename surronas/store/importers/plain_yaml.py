"""A strict reader of the plainest YAML: a flat mapping with lists or flat mappings in it."""

import re

from surronas.errors import InputError

Scalar = str | int | float | bool | None
Plain = Scalar | list[Scalar] | dict[str, Scalar]

_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None, "''": ""}
_LINE = re.compile(
    r"(?P<indent>  )?(?:- (?P<item>\S.*)|(?P<key>[A-Za-z_][A-Za-z0-9_]*):(?: (?P<value>\S.*))?)"
)
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]*(e[+-]?[0-9]{1,3})?")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


def read_plain_yaml(text: str) -> dict[str, Plain]:
    """Return the mapping of a text of lines ``key: value``, lists of ``- value`` and ``  key: value`` below.

    Values are whole numbers, numbers with a point, true, false, null, '' and bare words. All else of YAML
    (tags, anchors, quotes, flow style, deeper nesting) is refused.

    Raises:
        InputError: a line that is none of these, or a key given twice.
    """
    whole: dict[str, Plain] = {}
    last = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line:
            continue
        found = _LINE.fullmatch(line)
        if found is None or ((found["item"] or found["indent"]) and not last):
            raise _refused(number, line)
        if found["item"]:
            _append(whole, last, _scalar(found["item"], number), number, line)
        elif found["indent"]:
            _enter(whole, last, found["key"], _scalar(found["value"], number), number, line)
        elif found["key"] in whole:
            raise InputError(f"line {number}: the key {found['key']} is given twice")
        else:
            last = found["key"]
            whole[last] = None if found["value"] is None else _scalar(found["value"], number)
    return whole


def _append(whole: dict[str, Plain], key: str, item: Scalar, number: int, line: str) -> None:
    """Add an item to the list of a key that had no value yet."""
    if whole[key] is None:
        whole[key] = []
    items = whole[key]
    if not isinstance(items, list):
        raise _refused(number, line)
    items.append(item)


def _enter(whole: dict[str, Plain], key: str, name: str, value: Scalar, number: int, line: str) -> None:
    """Add an entry to the mapping of a key that had no value yet."""
    if whole[key] is None:
        whole[key] = {}
    entries = whole[key]
    if not isinstance(entries, dict) or name in entries:
        raise _refused(number, line)
    entries[name] = value


def _scalar(text: str | None, number: int) -> Scalar:
    """Return the value that a word or number stands for."""
    if text is None:
        return None
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _WORD.fullmatch(text):
        return text
    raise _refused(number, text)


def _refused(number: int, line: str) -> InputError:
    return InputError(
        f"line {number} is no plain YAML: {line[:100]!r}; "
        f"expected 'key: value', '- item' or an indented 'key: value'"
    )
