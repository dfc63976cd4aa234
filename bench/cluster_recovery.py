"""How long citizens notice a fault: from when on answers are as quick again as before it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cluster_breaking import Failover

_WINDOW = 5.0
"""Seconds of messages whose 95th percentile is looked at: sixty at twelve a second; two may be slow.
In three seconds it was the second slowest of 36: two single messages, written thirteen seconds later
(nginx tries the frozen one with a live request), read as if it had lasted until then."""
_STEP = 0.5
"""Seconds between two looks."""
_FEW = 5
"""Messages in a window below which nothing is said about it."""
_SLOWER = 1.5
_SLACK = 0.2
"""Normal is up to 1.5 times the 95th percentile without faults, and 0.2 s more: what chance makes of sixty
messages."""


@dataclass(frozen=True)
class Timed:
    """A message: when it was written (monotonic clock), and the seconds until its answer was seen."""

    at: float
    took: float
    platform: str = ""


@dataclass(frozen=True)
class Recovery:
    """What one fault meant for citizens; seconds."""

    what: str
    recovered_s: float
    """From its beginning until the 95th percentile was normal and stayed so."""
    slowest_s: float
    slow: int
    """Messages that took longer than normal."""
    slow_on: dict[str, int]
    """The same by messenger."""


def within(timed: Sequence[Timed], part: float) -> float:
    """Seconds within which so great a part of the messages was answered; infinite for none."""
    ordered = sorted(one.took for one in timed)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else math.inf


def recoveries(timed: Sequence[Timed], failovers: Sequence[Failover], end: float) -> list[Recovery]:
    """Of each fault, over the messages until the next; those before the first say what is normal."""
    normal = _SLOWER * within([one for one in timed if one.at < failovers[0].began], 0.95) + _SLACK
    found = []
    for place, fault in enumerate(failovers):
        until = failovers[place + 1].began if place + 1 < len(failovers) else end
        mine = [one for one in timed if fault.began <= one.at < until]
        slow = Counter(one.platform for one in mine if one.took > normal)
        found.append(
            Recovery(
                fault.what,
                recovered(mine, fault.began, until, normal),
                max((one.took for one in mine), default=math.inf),
                slow.total(),
                dict(slow),
            )
        )
    return found


def recovered(timed: Sequence[Timed], began: float, until: float, normal: float) -> float:
    """Seconds from `began` to the first window from which on all are normal; infinite when the last is not.

    A window counts from its beginning: a message written then was answered in normal time.
    """
    found, looks = math.inf, int((until - began - _WINDOW) / _STEP)
    for look in range(looks, -1, -1):
        since = began + look * _STEP
        window = [one for one in timed if since <= one.at < since + _WINDOW]
        if len(window) >= _FEW and within(window, 0.95) > normal:
            return found
        found = look * _STEP
    return found
