"""The number of a turn on its way from process to process, so that logs and traces of all can name it.

It travels as W3C baggage (https://www.w3.org/TR/baggage/), to processes of ours and the city's API alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from structlog.contextvars import bound_contextvars, get_contextvars

HEADER = "baggage"
_NAME = "sotong.turn"


def sent() -> dict[str, str]:
    """Headers that tell whom we call which turn it is for; none outside a turn."""
    turn = get_contextvars().get("turn")
    return {} if turn is None else {HEADER: f"{_NAME}={turn}"}


def heard(headers: Mapping[str, str]) -> str | None:
    """The number that a caller told us; None when it told none."""
    for part in headers.get(HEADER, "").split(","):
        name, _, value = part.partition("=")
        if name.strip() == _NAME and value.isascii() and value.isdecimal():
            return value
    return None


@contextmanager
def bound(turn: str | int | None) -> Iterator[None]:
    """Whatever is logged within, or begun there, belongs to a turn."""
    if turn is None:
        yield
        return
    with bound_contextvars(turn=int(turn)):
        yield
