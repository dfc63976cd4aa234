"""Times of day in Korean sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.text.found import Found
from bot.text.numbers import read_number

_MORNING = 7
_AFTER_NOON = ("오후", "저녁", "밤", "낮")
_NATIVE = "열한|열두|열|한|두|세|네|다섯|여섯|일곱|여덟|아홉"
_PART = "오전|오후|새벽|아침|낮|저녁|밤"
_NO_TIME = "장|청|민|설|험|간"
"""시장, 시청, 2시간 …"""
_PATTERNS = (
    re.compile(
        rf"(?:(?P<part>{_PART})\s?)?(?<!\d)(?P<hour>\d{{1,2}}|{_NATIVE})\s?시(?![가-힣]*(?:{_NO_TIME}))"
        r"(?:\s?(?:(?P<half>반)|(?P<minute>\d{1,2})\s?분))?"
    ),
    re.compile(
        rf"(?:(?P<part>{_PART})\s?)?(?<![\d:])(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})(?![\d:])(?P<half>)?"
    ),
)


def find_times(text: str) -> Iterator[Found]:
    """오후 3시 반, 14시 30분, 9:30; 3시 alone is in the afternoon, as office hours are."""
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if value := _value(match):
                yield Found(match.start(), match.end(), "time", value)


def _value(match: re.Match[str]) -> str | None:
    hour = read_number(match["hour"])
    minute = 30 if match["half"] else read_number(match["minute"]) if match["minute"] else 0
    if hour is None or minute is None or hour > 24 or minute > 59:
        return None
    return f"{_of_day(hour, match['part'], match['hour']) % 24:02d}:{minute:02d}"


def _of_day(hour: int, part: str | None, written: str) -> int:
    if part is None:
        afternoon = 1 <= hour < _MORNING and not written.startswith("0")
        return hour + 12 if afternoon else hour
    if part in _AFTER_NOON and 1 <= hour < 12 and (part, hour) != ("낮", 11):
        return hour + 12
    return 0 if part not in ("오후", "저녁", "낮") and hour == 12 else hour
