"""What a browser calls itself, in words a person knows."""

from __future__ import annotations

_BROWSERS = (
    ("Whale/", "Naver Whale"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""In this order: most of them also name those below."""
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def browser_name(agent: str) -> str:
    """`Chrome · Windows`, from a `User-Agent` header; empty when nothing in it is known."""
    found = (next((name for mark, name in kinds if mark in agent), "") for kinds in (_BROWSERS, _SYSTEMS))
    return " · ".join(name for name in found if name)
