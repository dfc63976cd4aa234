"""A kept value as it may be shown back to the citizen, and written down: enough to know it again."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"\d")


def hint(kind: str, value: str) -> str:
    """`010-****-5678`, `1990년`, `ho***@example.go.kr`, `12가****`, `123***`."""
    value = value.strip()
    if kind in ("mobile", "phone"):
        return _number(value)
    if kind == "email":
        name, _, host = value.partition("@")
        return f"{name[:2]}***@{host}"
    if kind == "birth":
        return _year(value)
    if kind == "vehicle":
        return f"{value[:-4]}****"
    return f"{value[:3]}***"


def _number(value: str) -> str:
    digits = "".join(_DIGITS.findall(value))
    return f"{digits[:3]}-****-{digits[-4:]}" if len(digits) >= 9 else "****"


def _year(value: str) -> str:
    """The year alone: day and month with it would be a birth date."""
    first = re.match(r"\d+", value)
    if first is None:
        return "****"
    digits = first[0]
    return f"{digits[:4]}년" if len(digits) in (4, 8) else f"{digits[:2]}년"
