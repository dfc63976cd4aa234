"""What can be tapped in answer to a question about benefits, and what a tap means."""

from __future__ import annotations

from dataclasses import dataclass

from bot.eligibility.codes import CODES, NAMES, Group
from bot.eligibility.consultation import CAN_BE_NONE, SEVERAL, Consultation
from bot.eligibility.hearing import Heard, Wish
from bot.eligibility.income import MedianIncome

AGES = ((0, 18), (19, 34), (35, 39), (40, 49), (50, 64), (65, 120))
"""Spans of years between which many services make a difference."""
_BUSINESS = {"JA1101": "창업을 준비해요", "JA1102": "영업하고 있어요", "JA1103": "폐업·생계곤란"}
_PEOPLE = range(1, 7)


@dataclass(frozen=True)
class Choice:
    """One button."""

    label: str
    value: str
    """What it says to `tapped`."""


def wants_people(talk: Consultation) -> bool:
    """The income is known in won, so that only the size of the household is missing."""
    return talk.open is Group.INCOME and talk.won is not None and talk.people is None


def choices(talk: Consultation, median: MedianIncome) -> tuple[Choice, ...]:
    """The buttons below the open question, in order."""
    if talk.open is None:
        return ()
    before = [group for group in talk.asked if group is not talk.open]
    ways = [Choice("잘 모르겠어요", Wish.SKIP)] if not talk.picking else []
    if talk.open in CAN_BE_NONE:
        ways.insert(0, Choice("이제 없어요" if talk.facts.holding(talk.open) else "해당 없어요", Wish.NONE))
    if before:
        ways += [Choice("이전 질문", Wish.BACK), Choice("결과 보기", Wish.FINISH)]
    return (*_answers(talk, talk.open, median), *ways)


def _answers(talk: Consultation, group: Group, median: MedianIncome) -> tuple[Choice, ...]:
    if wants_people(talk):
        return tuple(Choice(f"{people}명", f"people:{people}") for people in _PEOPLE)
    if group is Group.AGE:
        return tuple(Choice(_years(low, high), f"age:{low}-{high}") for low, high in AGES)
    codes = CODES[group]
    if group is Group.INCOME and talk.people is not None:
        labels = [f"월 {won:,}만 원 이하" for won in median.limits(talk.people)] + ["그보다 많아요"]
        return tuple(Choice(label, code) for label, code in zip(labels, codes, strict=True))
    if group in SEVERAL:
        codes = tuple(code for code in codes if code not in talk.facts.has)
    return tuple(Choice(_BUSINESS.get(code, NAMES[code]), code) for code in codes)


def tapped(talk: Consultation, value: str, median: MedianIncome) -> Consultation | None:
    """The talk after a tap; None for a value that no button has. `finish` closes the question only."""
    if value in NAMES:
        return talk.picks(value)
    if value in list(Wish):
        return talk.wishes(Wish(value))
    kind, _, number = value.partition(":")
    if kind == "age" and (span := next((each for each in AGES if number == f"{each[0]}-{each[1]}"), None)):
        return talk.aged(*span)
    if kind == "people" and number in map(str, _PEOPLE):
        return talk.hears(Heard(people=int(number)), median)
    return None


def _years(low: int, high: int) -> str:
    if low == 0:
        return f"{high}세 이하"
    return f"{low}세 이상" if high >= AGES[-1][1] else f"{low}~{high}세"
