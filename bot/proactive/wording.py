"""How a wish is said back to a citizen: when, of what."""

from __future__ import annotations

import json
from datetime import date, time

from bot.content.hours import named_day
from bot.messages import Button
from bot.proactive.wish import Wish

_DAYS = dict(zip(("MO", "TU", "WE", "TH", "FR", "SA", "SU"), "월화수목금토일", strict=True))
_NTH = {"1": "첫째", "2": "둘째", "3": "셋째", "4": "넷째", "-1": "마지막"}
_SETS = {"월화수목금": "평일마다", "토일": "주말마다", "월화수목금토일": "매일"}


def button(label: str, intent: str, **entities: str) -> Button:
    """A button that stands for an intent."""
    given = json.dumps(entities, ensure_ascii=False, separators=(",", ":")) if entities else ""
    return Button(label=label, payload=f"/{intent}{given}")


def when(wish: Wish, today: date) -> str:
    """`매주 화요일 오전 9시`, `11월 24일(화) 오후 7시`, `매주 월·목요일의 전날 오후 7시`."""
    days = repeated(wish.rule) if wish.rule else _day(wish.day, today) if wish.day else ""
    eve = f"{days}의 {_before(wish.ahead)}" if wish.ahead else days
    return f"{eve} {clock(wish.at)}".strip()


def repeated(rule: str) -> str:
    """A recurrence rule of `bot.text.recurrence` in words."""
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    days = parts.get("BYDAY", "")
    if parts["FREQ"] == "DAILY":
        return "매일"
    if parts["FREQ"] == "WEEKLY":
        names = "".join(sorted((_DAYS[day] for day in days.split(",")), key="월화수목금토일".index))
        if parts.get("INTERVAL") == "2":
            return f"2주마다 {'·'.join(names)}요일"
        return _SETS.get(names) or f"매주 {'·'.join(names)}요일"
    if days:
        return f"매달 {_NTH[days[:-2]]} {_DAYS[days[-2:]]}요일"
    last = parts["BYMONTHDAY"].split(",")[-1]
    day = "말일" if last == "-1" else f"{last}일"
    return f"매년 {parts['BYMONTH']}월 {day}" if parts["FREQ"] == "YEARLY" else f"매달 {day}"


def clock(at: time) -> str:
    """`오전 9시`, `오후 8시 30분`."""
    minutes = f" {at.minute}분" if at.minute else ""
    return f"{'오전' if at.hour < 12 else '오후'} {at.hour % 12 or 12}시{minutes}"


def near(day: date, today: date) -> str:
    """A day as people say it: 오늘, 내일, `11월 26일(목)`."""
    return {0: "오늘", 1: "내일"}.get((day - today).days, named_day(day))


def _day(day: date, today: date) -> str:
    year = f"{day.year}년 " if day.year != today.year else ""
    return f"{year}{named_day(day)}"


def _before(days: int) -> str:
    return "전날" if days == 1 else f"{days}일 전"
