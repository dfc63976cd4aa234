"""Reading a platform's JSON, in which any field may be missing or of another kind than documented."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from bot.channel import BadPayload


def json_object(body: bytes) -> dict[str, Any]:
    """A request's body, which must be a JSON object. Raises `BadPayload`.

    UTF-8 (RFC 8259, 8.1). Halves of letters, which an escape can stand for and no database takes, are
    replaced.
    """
    try:
        data = json.loads(body.decode("utf-8", "replace"))
        if b"\\u" in body:
            data = _whole(data)
    except (ValueError, RecursionError) as error:
        raise BadPayload(f"body: {type(error).__name__}") from error
    if not isinstance(data, dict):
        raise BadPayload("body: must be a JSON object")
    return data


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole(name): _whole(each) for name, each in value.items()}
    return [_whole(each) for each in value] if isinstance(value, list) else value


def field(holder: Any, *path: str) -> Any:
    """What stands at a path of names; None where there is nothing."""
    for name in path:
        holder = holder.get(name) if isinstance(holder, dict) else None
    return holder


def text(holder: Any, *path: str) -> str:
    """A string, empty where there is none."""
    value = field(holder, *path)
    return value if isinstance(value, str) else ""


def number(holder: Any, *path: str) -> float | None:
    """A finite number."""
    value = field(holder, *path)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        return None
    return float(value) if math.isfinite(value) else None


def objects(holder: Any, *path: str) -> list[dict[str, Any]]:
    """The objects of a list; none where there is no list."""
    value = field(holder, *path)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def moment(milliseconds: float | None) -> datetime:
    """A time in milliseconds since 1970; 1970 where it is none, for it is only for display."""
    try:
        return datetime.fromtimestamp((milliseconds or 0) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
