"""Another time for a wish that stands: 수요일로 바꿔줘, 8시로 옮겨줘, 전날 저녁으로 바꿔줘."""

from __future__ import annotations

import re
from datetime import datetime

from bot.proactive.understanding import said_when, understand
from bot.proactive.wish import CASE, CHECKLIST, COLLECTION, DEADLINE, NEWS, SCHEDULE, Wish
from bot.text.normalise import align
from bot.text.recurrence import find_recurrences, weekly

_WEEKDAYS = re.compile(r"([월화수목금토일])요일(?:이?랑|과|와|,|·|하고)?")
_HOUR = re.compile(
    r"\d\s?시|\d:\d\d|[두세네]\s?시|다섯\s?시|여섯\s?시|일곱\s?시|여덟\s?시|아홉\s?시|열\S?\s?시"
)
_EVE = re.compile(r"전날|하루\s?전")
_SAME_DAY = re.compile(r"당일|그날|그 날")
_DAY_PART = re.compile(r"새벽|아침|오전|점심|낮|오후|저녁|밤")


def changed(wish: Wish, text: str, now: datetime) -> Wish | None:
    """The wish with what the words change of it; None when they change nothing."""
    if wish.kind in (CASE, NEWS):
        return None
    text = align(text).text
    new = _days(wish, text, now)
    if _HOUR.search(text) or _DAY_PART.search(text):
        said = said_when(text, now).wish
        new = new.model_copy(update={"at": said.at, "chosen": said.chosen})
    if wish.kind in (SCHEDULE, COLLECTION) and (_EVE.search(text) or _SAME_DAY.search(text)):
        new = new.model_copy(update={"ahead": 1 if _EVE.search(text) else 0})
    return new if new != wish else None


def _days(wish: Wish, text: str, now: datetime) -> Wish:
    if wish.kind == DEADLINE:
        ahead = understand(f"마감 {text}", now).wish.ahead
        return wish if ahead is None else wish.model_copy(update={"ahead": ahead})
    if wish.kind == CHECKLIST:
        return wish
    repeated, weekdays = find_recurrences(text), _WEEKDAYS.findall(text)
    days: dict[str, object] = {}
    if repeated:
        days = {"rule": repeated[0].value, "day": None, "start": now.date()}
    elif weekdays and wish.rule:
        days = {"rule": weekly("".join(weekdays)), "day": None, "start": now.date()}
    elif (day := said_when(text, now).wish.day) and not wish.rule:
        days = {"day": day}
    if not days:
        return wish
    dropped = {"dong": "", "waste": ()} if wish.kind == COLLECTION else {}
    return wish.model_copy(update={"kind": SCHEDULE, **dropped, **days})
