"""How fast one citizen may write."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class Pace:
    """At most `most` messages in `seconds`, counted for each citizen apart; `clock` counts seconds.

    Kept in memory: it protects this process. Ten messages in one second are a citizen in a hurry and pass.
    """

    def __init__(self, clock: Callable[[], float], most: int = 20, seconds: float = 10.0) -> None:
        self._clock = clock
        self._most = most
        self._seconds = seconds
        self._sent: dict[str, deque[float]] = {}

    def wait(self, user_id: str) -> float:
        """0 and counted when the citizen may write now, else the seconds until they may."""
        now = self._clock()
        if len(self._sent) > 10_000:
            self._forget(now)
        times = self._sent.setdefault(user_id, deque())
        while times and times[0] <= now - self._seconds:
            times.popleft()
        if len(times) >= self._most:
            return times[0] + self._seconds - now
        times.append(now)
        return 0.0

    def _forget(self, now: float) -> None:
        """Drop citizens who have not written for a while."""
        for user_id in [user for user, times in self._sent.items() if times[-1] <= now - self._seconds]:
            del self._sent[user_id]
