"""A value of the database that every message asks for: looked at again now and then, not every time."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")

EVERY = 0.4
"""Seconds between two looks, however many messages there are: a change is known everywhere within them."""


class Looked(Generic[T]):
    """Asks `look` at most once in `every` seconds."""

    def __init__(self, look: Callable[[], Awaitable[T]], every: float = EVERY) -> None:
        self._look = look
        self._every = every
        self._looked_at = -math.inf
        self._known: tuple[T] | None = None

    async def now(self) -> T:
        """The value, at most `every` seconds old. Raises what `look` raises."""
        moment = time.monotonic()
        if self._known is None or moment - self._looked_at >= self._every:
            self._looked_at = moment  # whoever comes meanwhile does with what is known
            try:
                self._known = (await self._look(),)
            except BaseException:
                self._looked_at = -math.inf
                raise
        return self._known[0]

    def again(self) -> None:
        """Something was just changed here: the next who asks looks."""
        self._looked_at = -math.inf
