"""A wish as one sentence, for asking it back and for the list."""

from __future__ import annotations

from datetime import date

from bot.content.hours import named_day
from bot.content.persona import Voice
from bot.proactive.wish import CASE, CHECKLIST, COLLECTION, DEADLINE, NEWS, Wish
from bot.proactive.wording import clock, when

_EVE, _SAME_DAY = "전날", "당일"


def describe(voice: Voice, wish: Wish, today: date) -> str:
    """What is told and when: `매주 화요일 오전 9시에 ‘재활용’ 알림`."""
    if wish.kind == COLLECTION:
        day = _EVE if wish.ahead else _SAME_DAY
        return voice.say("wish_collection", dong=wish.dong, waste=wish.about, day=day, time=clock(wish.at))
    if wish.kind == DEADLINE:
        last = named_day(wish.day) if wish.day else ""
        days = _days(wish.ahead)
        return voice.say("wish_deadline", about=wish.about, day=last, days=days, time=clock(wish.at))
    if wish.kind == CASE:
        return voice.say("wish_case", number=wish.number, title=wish.about)
    if wish.kind == NEWS:
        return voice.say("wish_news", about=wish.about)
    if wish.kind == CHECKLIST:
        return voice.say("wish_checklist", event=wish.about)
    if wish.about:
        return voice.say("wish_schedule", when=when(wish, today), about=wish.about)
    return voice.say("wish_schedule_plain", when=when(wish, today))


def _days(ahead: int | None) -> str:
    if ahead is None:
        return "7일 전과 하루 전"
    return "하루 전" if ahead == 1 else f"{ahead}일 전"
