"""Durations as counts by buckets, each a tenth wider than the one before: added up without the single values,
quantiles within five percent.

After C. Masson and others, DDSketch, https://arxiv.org/abs/1908.10693, with buckets of fixed bounds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

_GROWTH = 1.1
_LOG = math.log(_GROWTH)


def bucket(milliseconds: float) -> int:
    """The bucket of a duration; 0 is everything up to a millisecond."""
    return max(0, math.ceil(math.log(milliseconds) / _LOG - 1e-9)) if milliseconds > 1 else 0


def middle(number: int) -> float:
    """Milliseconds that stand for a bucket: no value in it is more than five percent away."""
    return 2 * _GROWTH**number / (_GROWTH + 1) if number > 0 else 1.0


def quantile(buckets: Mapping[int, int], share: float) -> float | None:
    """Milliseconds that this share of the durations does not exceed; None where there are none."""
    total = sum(buckets.values())
    if total <= 0:
        return None
    left = max(1, math.ceil(share * total))
    for number in sorted(buckets):
        left -= buckets[number]
        if left <= 0:
            return middle(number)
    return middle(max(buckets))


def over(buckets: Mapping[int, int], milliseconds: float) -> int:
    """How many durations are longer than this, as exactly as the buckets are."""
    last = bucket(milliseconds)
    return sum(count for number, count in buckets.items() if number > last)
