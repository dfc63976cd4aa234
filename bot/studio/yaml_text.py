"""Values as YAML that a person would write: block style, no quotes where none are needed.

Values are what `bot.content.document` reads: texts, lists and mappings; beside them dates and truth values,
which it reads as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

_PLAIN = re.compile(r"[가-힣A-Za-z(][가-힣A-Za-z0-9 .,()/?!~·%+_-]*")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SPECIAL = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff\r]")
"""What YAML takes for a line break or does not allow as it is."""


def same(one: Any, other: Any) -> bool:
    """Whether two values mean the same: white space at the ends of a text does not count."""
    return bool(plain(one) == plain(other))


def plain(value: Any) -> Any:
    """A value as it reads back: dates and truth values as text, no white space around texts."""
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Sequence):
        return [plain(part) for part in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else value


def pair(name: str, value: Any, indent: int) -> str:
    """`name: value` in lines that end with a line break; the first is not indented."""
    head = f"{scalar(name)}:"
    if isinstance(value, str) and _is_block(value):
        return f"{head} |\n{block(value, indent + 2)}"
    if isinstance(value, Mapping) and value:
        return f"{head}\n{' ' * (indent + 2)}{mapping(value, indent + 2)}"
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        pad = " " * (indent + 2)
        return f"{head}\n" + "".join(f"{pad}- {item(part, indent + 2)}" for part in value)
    return f"{head} {flow(value, inside=False)}\n"


def mapping(value: Mapping[str, Any], indent: int) -> str:
    """The pairs of a mapping in lines; the first is not indented."""
    return (" " * indent).join(pair(name, part, indent) for name, part in value.items())


def item(value: Any, indent: int) -> str:
    """What follows the dash, at column `indent`, of an item of a list."""
    if isinstance(value, Mapping) and value:
        return mapping(value, indent + 2)
    if isinstance(value, str) and _is_block(value):
        return f"|\n{block(value, indent + 2)}"
    return f"{flow(value, inside=False)}\n"


def flow(value: Any, *, inside: bool) -> str:
    """A value on one line. `inside`: of brackets, where a comma needs quotes."""
    if isinstance(value, Mapping):
        parts = (f"{scalar(name)}: {flow(part, inside=True)}" for name, part in value.items())
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(part, inside=True) for part in value) + "]"
    if value is None:
        return "null"
    text = str(plain(value))
    return text if isinstance(value, bool) else scalar(text, inside=inside)


def scalar(text: str, *, inside: bool = False) -> str:
    """One text: as it is when it cannot be misread, else in double quotes."""
    is_plain = _PLAIN.fullmatch(text) and not text.endswith(" ") and text.casefold() not in _SPECIAL
    if (is_plain or _DAY.fullmatch(text)) and not (inside and "," in text):
        return text
    return quoted(text)


def quoted(text: str) -> str:
    """A text in double quotes."""
    return _ODD.sub(_escape, json.dumps(text, ensure_ascii=False))


def block(text: str, indent: int) -> str:
    """The lines of a text below `|`."""
    pad = " " * indent
    return "".join(f"{pad}{line}\n" if line else "\n" for line in text.strip().split("\n"))


def can_be_block(text: str) -> bool:
    """Whether a text stays what it is below `|`."""
    return bool(text.strip()) and _ODD.search(text) is None and not text.strip().startswith("\t")


def _is_block(text: str) -> bool:
    return "\n" in text.strip() and can_be_block(text)


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
