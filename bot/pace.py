"""How fast one citizen, or one address, may go."""

from __future__ import annotations

from collections.abc import Callable

_KEPT = 10_000
"""So many names are kept before those that are at rest are dropped."""
_INSTANT = 1e-6
"""Seconds below which nobody waits: sums of fractions are not exact."""


class Pace:
    """A token bucket for each name: `most` at once, refilled in `seconds`; `clock` counts seconds.

    Kept in memory: it protects this process. Ten messages in one second are a citizen in a hurry and pass.
    """

    def __init__(self, clock: Callable[[], float], most: float = 20, seconds: float = 10.0) -> None:
        self._clock = clock
        self._each = seconds / most
        self._seconds = seconds
        self._full: dict[str, float] = {}
        """When the bucket of a name will be full again."""
        self._room = _KEPT

    def wait(self, name: str) -> float:
        """0 and counted when it may happen now, else the seconds until it may."""
        seconds = self.left(name)
        if seconds <= 0:
            now = self._clock()
            if len(self._full) > self._room:
                self._forget(now)
            self._full[name] = max(self._full.get(name, now), now) + self._each
        return seconds

    def left(self, name: str) -> float:
        """0 when it may happen now, else the seconds until it may; nothing is counted."""
        now = self._clock()
        seconds = self._full.get(name, now) + self._each - self._seconds - now
        return seconds if seconds > _INSTANT else 0.0

    def _forget(self, now: float) -> None:
        """Drop the names at rest. Where few are, as many again may come before the next look."""
        self._full = {name: full for name, full in self._full.items() if full > now}
        self._room = max(_KEPT, 2 * len(self._full))
