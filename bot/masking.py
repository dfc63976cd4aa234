"""Personal data is masked before anything is written: log, tracker, training data.

A value is replaced by a typed token (`[주민등록번호]`), never by asterisks of its own length. What is
found and why follows the formats in 주민등록법 시행규칙 제2조 (amended 2020-10-05: the last six digits
are random, so a check digit proves nothing), the passport numbers issued since 2021-12-21, Luhn for
cards, and labels for numbers that have no form of their own (accounts, bare dates of birth).
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

TOKENS = {
    "rrn": "주민등록번호",
    "card": "카드번호",
    "driver": "운전면허번호",
    "passport": "여권번호",
    "mobile": "휴대전화",
    "phone": "전화번호",
    "email": "이메일",
    "account": "계좌번호",
    "vehicle": "차량번호",
    "birth": "생년월일",
}
"""Kind → the word that stands in its place."""
LABEL = re.compile(r"\[(" + "|".join(TOKENS.values()) + r")\]")
"""What stands in a masked text."""

_DASHES = frozenset("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u30fc\u3161")
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad")
_CENTURY = {
    "1": 1900, "2": 1900, "5": 1900, "6": 1900,
    "3": 2000, "4": 2000, "7": 2000, "8": 2000, "9": 1800, "0": 1800,
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """Personal data at `start:end` of the text as it was written."""

    kind: str
    start: int
    end: int


def _canonical(text: str) -> tuple[str, list[int]]:
    """The text with look-alikes made plain, and each character's place in the original."""
    out: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character in _INVISIBLE:
            continue
        plain = "-" if character in _DASHES else unicodedata.normalize("NFKC", character)
        for piece in plain:
            if piece.isdecimal() and not piece.isascii():
                piece = str(unicodedata.decimal(piece))  # other scripts' digits, such as ٣
            out.append(piece)
            places.append(place)
    return "".join(out), places


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _luhn(match: re.Match[str]) -> bool:
    total = 0
    for place, digit in enumerate(reversed(_digits(match.group()))):
        value = int(digit)
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def _born(match: re.Match[str]) -> bool:
    """Whether the date and century digit can be somebody's; the check digit is never asked."""
    birth = match["birth"]
    try:
        datetime.date(_CENTURY[match["century"]] + int(birth[:2]), int(birth[2:4]), int(birth[4:]))
    except ValueError:
        return False
    return True


def _near(pattern: str) -> Callable[[re.Match[str]], bool]:
    """True when a label stands within 12 characters before the match, or just behind it."""
    label = re.compile(pattern)

    def check(match: re.Match[str]) -> bool:
        before = match.string[max(0, match.start() - 12) : match.start()]
        behind = match.string[match.end() : match.end() + 6]
        return bool(label.search(before) or label.search(behind))

    return check


def _always(_: re.Match[str]) -> bool:
    return True


_BANK = r"은행|계좌|통장|입금|송금|예금주|환불|농협|신한카드|카카오뱅크|토스뱅크"
_BIRTH = r"생년월일|생일|출생|년생|태어|주민(?:등록)?번호|민번"
_DATE = (
    r"(?:19|20)\d{2}[-./년]\s?(?:0?[1-9]|1[0-2])[-./월]\s?(?:0?[1-9]|[12]\d|3[01])일?"
    r"|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)
_SHORT_DATE = r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_REGION = "서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주"
_PLATE = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자배허하호"
"""Letters on number plates (자동차등록번호판 등의 기준에 관한 고시)."""
_LEFT, _RIGHT = r"(?<!\d)", r"(?!\d)"

_RULES: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
    (
        "rrn",
        re.compile(
            _LEFT + r"(?P<birth>" + _SHORT_DATE + r")\s?[-.]?\s?(?P<century>\d)(?:\d{6}|[*xX●○]{6})" + _RIGHT
        ),
        _born,
    ),
    (
        "card",
        re.compile(_LEFT + r"(?:\d{4}([ -]?)\d{4}\1\d{4}\1\d{4}|3[47]\d{2}([ -]?)\d{6}\2\d{5})" + _RIGHT),
        _luhn,
    ),
    (
        "driver",
        re.compile(
            r"(?<![\d-])(?:(?:1[1-9]|2[0-8])-\d{2}-\d{6}-\d{2}|"
            rf"(?:{_REGION}) ?\d{{2}}-\d{{6}}-\d{{2}})(?![\d-])"
        ),
        _always,
    ),
    ("passport", re.compile(r"(?<![A-Za-z0-9])[MSRODG](?:\d{3}[A-Z]\d{4}|\d{8})(?![A-Za-z0-9])"), _always),
    (
        "mobile",
        re.compile(_LEFT + r"(?:\+?82[ .-]?(?:\(0\)|0)?|0)1[016789][ .)-]{0,2}\d{3,4}[ .-]?\d{4}" + _RIGHT),
        _always,
    ),
    (
        "phone",
        re.compile(
            r"(?<![\d-])\(?0(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|80|50\d)\)?[ .-]?\d{3,4}[ .-]\d{4}(?![\d-])"
        ),
        _always,
    ),
    (
        "email",
        re.compile(
            r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}"
            r"(?!(?:png|jpe?g|gif|svg|webp|css|js)\b)[A-Za-z]{2,24}(?![A-Za-z0-9])",
            re.IGNORECASE,
        ),
        _always,
    ),
    (
        "account",
        re.compile(r"(?<![\d-])\d{2,6}(?:-\d{2,7}){1,3}(?![\d-])|(?<![\d-])\d{10,14}(?![\d-])"),
        _near(_BANK),
    ),
    ("birth", re.compile(f"{_LEFT}(?:{_DATE}|{_SHORT_DATE}){_RIGHT}"), _near(_BIRTH)),
    # the first half of a resident number whose second half is still to come
    ("birth", re.compile(rf"\A\s*(?P<value>{_SHORT_DATE})\s*\Z"), _always),
    ("birth", re.compile(rf"{_LEFT}(?<![-.,])(?P<value>{_SHORT_DATE})\s?-\s*\Z"), _always),
    (
        "vehicle",
        re.compile(rf"(?<![\d가-힣])(?:(?:{_REGION}) ?)?\d{{2,3}}[{_PLATE}] ?\d{{4}}(?!\d)"),
        _always,
    ),
)
"""In order of priority: the first rule that takes a span keeps it. Of a match only `value` counts, if any."""

_NUMBER = rf"{_LEFT}(?!(?:19|20)\d{{2}}\s?[-./년])\+?\d[\d .()-]{{5,20}}\d{_RIGHT}"
"""Digits like a telephone number's; no date and no receipt number."""
_ASKED: dict[str, re.Pattern[str]] = {
    "birth": re.compile(
        rf"{_LEFT}(?:\d{{2,4}}\s?[-./년]\s?\d{{1,2}}\s?[-./월]\s?\d{{1,2}}(?:\s?일)?"
        rf"|(?<!-)\d{{8}}(?!-)|(?<!-)\d{{6}}(?!-)){_RIGHT}"
    ),
    "mobile": re.compile(_NUMBER),
    "phone": re.compile(_NUMBER),
    "account": re.compile(rf"{_LEFT}\d[\d -]{{7,24}}\d{_RIGHT}"),
    "email": re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}"),
}
"""What counts as a value of a kind that was asked for, also when it is none: a wrong one is as personal."""
_SECOND_HALF = re.compile(r"\A\s*-?\s*\d(?:\d{6}|[*xX●○]{6})\s*\Z")
_FIRST_HALF = re.compile(rf"(?:\[{TOKENS['birth']}\]|{_LEFT}{_SHORT_DATE})\W*\Z")


def find(text: str, asked: str | None = None) -> list[Found]:
    """Personal data in a text, in order, never overlapping.

    A value of the kind that was `asked` for needs neither a label nor the right form.
    """
    plain, places = _canonical(text)
    taken: list[tuple[int, int]] = []
    found: list[Found] = []
    rules = _RULES
    if asked in _ASKED:
        rules = (*_RULES, (asked, _ASKED[asked], _always))
    for kind, pattern, holds in rules:
        for match in pattern.finditer(plain):
            start, end = match.span("value" if "value" in pattern.groupindex else 0)
            if holds(match) and not any(start < other_end and other < end for other, other_end in taken):
                taken.append((start, end))
                found.append(Found(kind, places[start], places[end - 1] + 1))
    return sorted(found, key=lambda item: item.start)


def may_answer(text: str) -> bool:
    """Whether a text may hold a value that was asked for."""
    plain, _ = _canonical(text)
    return any(pattern.search(plain) for pattern in _ASKED.values())


def completes(before: str, text: str) -> bool:
    """Whether a text is the second half of a resident number that `before`, already masked, began."""
    return bool(is_second_half(text) and _FIRST_HALF.search(_canonical(before)[0]))


def is_second_half(text: str) -> bool:
    """Whether a text may be the second half of a resident number."""
    return bool(_SECOND_HALF.match(_canonical(text)[0]))


def replace(text: str, found: Iterable[Found]) -> str:
    """The text with labels in place of what was found in it."""
    pieces: list[str] = []
    place = 0
    for item in found:
        pieces += [text[place : item.start], f"[{TOKENS[item.kind]}]"]
        place = item.end
    return "".join(pieces) + text[place:]


def mask(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with personal data replaced by labels, and the words for what was replaced."""
    found = find(text)
    return replace(text, found), tuple(dict.fromkeys(TOKENS[item.kind] for item in found))
