"""Values in what a citizen wrote, by the kind of parameter: found, impossible, or not there.

`read` never guesses: what is no day of the calendar, lies in the past or has too few digits is reported with
the name of the fault, which is a key of `data/persona.yml` (`service_…`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.content.hours import DAYS, named_day
from bot.services.models import Parameter
from bot.text.calendar import safe_date
from bot.text.dates import find_dates
from bot.text.expressions import Expressions
from bot.text.found import Found
from bot.text.normalise import normalise
from bot.text.numbers import COUNT, read_number

_RECEIPT = re.compile(r"(?<!\d)(\d{4})\s*[-–—‐.]?\s*(\d{6})(?!\d)")
_NEARLY_RECEIPT = re.compile(r"\d{4}\D{0,3}\d")
_PHONE = re.compile(r"(?<!\d)(0\d{1,2})[ .)-]*(\d{3,4})[ .-]*(\d{4})(?!\d)")
_PLATE = re.compile(r"(?<!\d)(\d{2,3})\s*([가-힣])\s*(\d{4})(?!\d)")
_DAY = re.compile(r"(?<![\d.-])(?:(\d{4})\s?[년./-]\s?)?(\d{1,2})\s?[월/.-]\s?(\d{1,2})(?:\s?일)?(?![\d-])")
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.?(?![\d.])")
_DONG = re.compile(r"(?<![가-힣0-9])([가-힣]{1,5}[0-9]{0,2}[동읍면])(?![가-힣]*[길로])")
_ORDINAL = re.compile(r"(?<!\d)(\d{1,2})\s?번째?(?!\d)")
_ORDINALS = ("첫", "두", "세", "네", "다섯")
_NUMBER = re.compile(COUNT)
_DIGITS = re.compile(r"\d")
_PARTS = {"오전": ("00:00", "12:00"), "아침": ("00:00", "12:00"), "오후": ("12:00", "18:00"),
          "낮": ("11:00", "17:00"), "저녁": ("17:00", "24:00"), "밤": ("18:00", "24:00")}  # fmt: skip


@dataclass(frozen=True)
class Read:
    """What a text holds for one parameter: a value, or what is wrong with it."""

    value: str = ""
    """2026-12-03, 2026-12-03/2026-12-05, 15:00, 2026-000123, 12가3456, 010-1234-5678, a choice's key …"""
    problem: str = ""
    """Ending of a persona key: `past_date` for `service_past_date`."""
    given: str = ""
    """What was read, as the citizen would say it."""
    start: int = 0
    end: int = 0
    """Where it stands in the normalised text."""


@dataclass(frozen=True)
class Options:
    """What there is to choose from: key → label and other words for it."""

    words: Mapping[str, Sequence[str]]

    def label(self, key: str) -> str:
        """What the citizen reads for a choice."""
        return next(iter(self.words.get(key, ())), key)


def options_of(parameter: Parameter, offered: Mapping[str, str] | None = None) -> Options:
    """The choices written in the file, or those that were offered (key → label)."""
    if offered is not None:
        return Options({key: (label,) for key, label in offered.items()})
    return Options(parameter.choices)


def read(parameter: Parameter, text: str, today: date, options: Options | None = None) -> Read | None:
    """The parameter's value in a text; None when nothing there is meant as one."""
    plain = normalise(text)
    if parameter.type == "choice":
        return _choice(options or options_of(parameter), plain, today)
    return _READERS[parameter.type](parameter, plain, today)


def rest(text: str, found: Read) -> int:
    """How many letters a text has beside the value."""
    plain = normalise(text)
    outside = plain[: found.start] + plain[found.end :]
    return sum(letter.isalnum() for letter in outside)


def part_of_day(text: str) -> tuple[str, str] | None:
    """From when until when: 오후 without an hour means 12:00 to 18:00."""
    plain = normalise(text)
    if any(found.entity == "time" for found in find_dates(plain, date.min.replace(year=2000))):
        return None
    return next((span for word, span in _PARTS.items() if re.search(rf"(?<![가-힣]){word}", plain)), None)


def preferred(options: Options, text: str) -> Options:
    """Of times to choose from those in the part of the day that a text names; all where it names none."""
    span = part_of_day(text)
    fitting = {key: words for key, words in options.words.items() if span and _within_span(key, span)}
    return Options(fitting) if fitting else options


def _receipt(_: Parameter, text: str, __: date) -> Read | None:
    if found := _RECEIPT.search(text):
        return Read(f"{found[1]}-{found[2]}", start=found.start(), end=found.end())
    nearly = _NEARLY_RECEIPT.search(text) or re.fullmatch(r"[\d\s-]+", text)
    return Read(problem="bad_receipt_number") if nearly else None


def _date(parameter: Parameter, text: str, today: date) -> Read | None:
    days = [found for found in find_dates(text, today) if found.entity in ("date", "period")]
    for found in days:
        if found.entity == "date":
            return _within(parameter, found, today, said=text[found.start : found.end])
    if impossible := _impossible(text):
        return Read(problem="no_such_date", given=impossible)
    if dotted := _DOTTED.search(text):
        for said in find_dates(f"{dotted[1]}월 {dotted[2]}일", today):
            return _within(parameter, Found(dotted.start(), dotted.end(), "date", said.value), today)
    if days:  # a week or a month
        return Read(problem="not_one_day", given=text[days[0].start : days[0].end])
    return Read(problem="unreadable") if _DIGITS.search(text) else None


def _within(parameter: Parameter, found: Found, today: date, said: str = "") -> Read:
    day = date.fromisoformat(found.value)
    problem = _outside(parameter, day, today)
    last_year = safe_date(day.year - 1, day.month, day.day)
    if problem == "too_late" and "년" not in said and last_year and today - last_year < day - today:
        problem, day = "past_date", last_year  # a day without a year that has just gone by
    value = "" if problem else found.value
    return Read(value, problem=problem, given=named_day(day), start=found.start, end=found.end)


def _outside(parameter: Parameter, day: date, today: date) -> str:
    earliest, latest = parameter.earliest, parameter.latest
    if earliest is not None and day < today + timedelta(days=earliest):
        return "past_date" if day < today else "too_early"
    if latest is not None and day > today + timedelta(days=latest):
        return "future_date" if latest <= 0 else "too_late"
    return "closed_day" if DAYS[day.weekday()] in parameter.closed else ""


def _impossible(text: str) -> str:
    """A day that no calendar has, as it was written: 2월 30일."""
    for found in _DAY.finditer(text):
        year, month, day = found[1], int(found[2]), int(found[3])
        if safe_date(int(year) if year else 2000, month, day) is None or (
            not year and (month, day) == (2, 29)
        ):
            return found[0].strip()
    return ""


def _date_range(parameter: Parameter, text: str, today: date) -> Read | None:
    days = [found for found in find_dates(text, today) if found.entity in ("date", "period")]
    if not days:
        impossible = _impossible(text)
        if impossible:
            return Read(problem="no_such_date", given=impossible)
        return Read(problem="unreadable") if _DIGITS.search(text) else None
    first, last = days[0].value.split("/")[0], days[-1].value.split("/")[-1]
    if first > last:
        return Read(problem="wrong_order")
    place = (days[0].start, days[-1].end)
    for iso in (first, last):
        if problem := _outside(parameter, date.fromisoformat(iso), today):
            given = named_day(date.fromisoformat(iso))
            return Read(problem=problem, given=given, start=place[0], end=place[1])
    return Read(f"{first}/{last}", start=place[0], end=place[1])


def _time(_: Parameter, text: str, today: date) -> Read | None:
    for found in find_dates(text, today):
        if found.entity == "time":
            return Read(found.value, given=found.value, start=found.start, end=found.end)
    if found_number := re.fullmatch(r"\D{0,3}(\d{1,2})\D{0,3}", text):
        hour = int(found_number[1])
        return Read(f"{hour:02d}:00", end=len(text)) if hour < 24 else Read(problem="unreadable")
    return Read(problem="unreadable") if _DIGITS.search(text) else None


def _phone(_: Parameter, text: str, __: date) -> Read | None:
    if found := _PHONE.search(text):
        return Read("-".join(found.groups()), start=found.start(), end=found.end())
    return Read(problem="bad_phone") if len(_DIGITS.findall(text)) >= 4 else None


def _plate(_: Parameter, text: str, __: date) -> Read | None:
    if found := _PLATE.search(text):
        return Read("".join(found.groups()), start=found.start(), end=found.end())
    return Read(problem="bad_plate") if len(_DIGITS.findall(text)) >= 2 else None


def _number(parameter: Parameter, text: str, _: date) -> Read | None:
    for found in _NUMBER.finditer(text):
        number = read_number(found[0])
        if number is None:
            continue
        least, most = parameter.least, parameter.most
        out = (least is not None and number < least) or (most is not None and number > most)
        return Read(
            "" if out else str(number),
            problem="bad_number" if out else "",
            given=str(number),
            start=found.start(),
            end=found.end(),
        )
    return None


def _dong(_: Parameter, text: str, __: date) -> Read | None:
    found = _DONG.search(text)
    return Read(found[1], given=found[1], start=found.start(), end=found.end()) if found else None


def _text(parameter: Parameter, text: str, _: date) -> Read | None:
    if len(text) > parameter.max_length:
        return Read(problem="too_long")
    return Read(text, given=text, end=len(text)) if any(map(str.isalnum, text)) else None


def _choice(options: Options, text: str, today: date) -> Read | None:
    """By its words, its number in the row, or the day or the time that it stands for."""
    called = {word: key for key, words in options.words.items() for word in words}
    if found := Expressions(called).find(text):
        keys = {called[each.expression] for each in found}
        if len(keys) == 1:
            return Read(keys.pop(), start=found[0].start, end=found[-1].end)
        return Read(problem="bad_choice")
    for value in find_dates(text, today):
        if any(_same_kind(key, value) for key in options.words):
            offered = value.value in options.words
            said = "" if offered else _said(value)
            problem = "" if offered else "not_offered"
            return Read(value.value if offered else "", problem, said, value.start, value.end)
    if (span := part_of_day(text)) and (fitting := [key for key in options.words if _within_span(key, span)]):
        return Read(fitting[0], end=len(text)) if len(fitting) == 1 else Read(problem="bad_choice")
    keys_in_order = list(options.words)
    number = _ordinal(text)
    if number is not None:
        return (
            Read(keys_in_order[number - 1], end=len(text))
            if 1 <= number <= len(keys_in_order)
            else Read(problem="bad_choice")
        )
    return None


def _same_kind(key: str, found: Found) -> bool:
    """Whether a choice stands for a day or a time, as what was found does."""
    return (found.entity == "time" and bool(re.fullmatch(r"\d\d:\d\d", key))) or (
        found.entity == "date" and bool(re.fullmatch(r"\d{4}-\d\d-\d\d", key))
    )


def _within_span(key: str, span: tuple[str, str]) -> bool:
    return bool(re.fullmatch(r"\d\d:\d\d", key)) and span[0] <= key < span[1]


def _said(found: Found) -> str:
    return named_day(date.fromisoformat(found.value)) if found.entity == "date" else found.value


def _ordinal(text: str) -> int | None:
    if found := _ORDINAL.search(text) or re.fullmatch(r"\D{0,2}(\d{1,2})\D{0,3}", text):
        return int(found[1])
    for number, word in enumerate(_ORDINALS, 1):
        if re.search(rf"(?<![가-힣]){word}\s?(?:번째|째)", text):
            return number
    return None


_READERS: Mapping[str, Callable[[Parameter, str, date], Read | None]] = {
    "receipt_number": _receipt,
    "date": _date,
    "date_range": _date_range,
    "time": _time,
    "phone": _phone,
    "plate": _plate,
    "number": _number,
    "dong": _dong,
    "text": _text,
}
