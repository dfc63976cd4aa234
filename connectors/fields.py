"""Reading a platform's JSON, in which any field may be missing or of another kind than documented."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from bot.channel import BadPayload


def json_object(body: bytes) -> dict[str, Any]:
    """A request's body, which must be a JSON object. Raises `BadPayload`."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadPayload(f"body: {type(error).__name__}") from error
    if not isinstance(data, dict):
        raise BadPayload("body: must be a JSON object")
    return data


def field(holder: Any, *path: str) -> Any:
    """What stands at a path of names; None where there is nothing."""
    for name in path:
        holder = holder.get(name) if isinstance(holder, dict) else None
    return holder


def text(holder: Any, *path: str) -> str:
    """A string, empty where there is none. Lone surrogates, which no database takes, are replaced."""
    value = field(holder, *path)
    if not isinstance(value, str):
        return ""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


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
