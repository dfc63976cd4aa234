"""How old something is, in words."""

from __future__ import annotations

from datetime import timedelta


def age(old: timedelta) -> str:
    """`3분`, `2시간`, `1일`: how long ago, rounded down."""
    minutes = max(1, int(old.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes}분"
    hours = minutes // 60
    return f"{hours}시간" if hours < 24 else f"{hours // 24}일"
