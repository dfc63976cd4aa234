"""Numbers as Koreans write them: 3천만, 1억 2천, 삼십오, 스물다섯, 두, 1,500."""

from __future__ import annotations

import re
from fractions import Fraction

_DIGITS = dict(zip("영공일이삼사오육칠팔구", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_SMALL = {"십": 10, "백": 100, "천": 1000}
_BIG = {"만": 10**4, "억": 10**8, "조": 10**12}
_TENS = {
    "열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70, "여든": 80,
    "아흔": 90,
}  # fmt: skip
_ONES = {
    "하나": 1, "한": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "석": 3, "서": 3, "넷": 4, "네": 4, "넉": 4,
    "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9,
}  # fmt: skip

_HANGUL = "일이삼사오육칠팔구십백천만억조"
LARGE = (
    rf"(?:(?<![\d.,])(?=\d)|(?<![가-힣\d])(?=[{_HANGUL}]))"
    rf"(?:[\d{_HANGUL}]|[,.](?=\d)|(?<=[십백천만억조])\s(?=[\d{_HANGUL}])){{1,40}}"
)
"""1억 2천, 삼천오백, 30,000: each character can be read in one way only, so long texts cost no time."""
NATIVE = rf"(?:{'|'.join(_TENS)})?(?:{'|'.join(sorted(_ONES, key=len, reverse=True))})|{'|'.join(_TENS)}"
"""스물다섯, 두, 열."""
COUNT = rf"(?:{LARGE}|{NATIVE})"
"""Either kind, as a pattern without groups; `read_number` reads what it finds."""

_ARABIC = r"\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:\.\d+)?"
_PIECE = re.compile(rf"{_ARABIC}|[{''.join(_DIGITS)}{''.join(_SMALL)}{''.join(_BIG)}]")


def read_number(text: str) -> int | None:
    """The whole number that `text` is, or None when it is none.

    `1억 2천` is said for 120,000,000 and read as that: thousands at the end count in the unit below 억 or 조.
    """
    squeezed = re.sub(r"[\s]", "", text)
    native = _read_native(squeezed)
    return native if native is not None else _read_sino(squeezed)


def _read_native(text: str) -> int | None:
    for ten, value in _TENS.items():
        if text.startswith(ten):
            rest = text[len(ten) :]
            return value if not rest else value + _ONES[rest] if rest in _ONES else None
    return _ONES.get(text)


def _read_sino(text: str) -> int | None:
    pieces = _PIECE.findall(text)
    if not pieces or "".join(pieces) != text:
        return None
    total, section, number, last_big = Fraction(0), Fraction(0), None, 0
    for piece in pieces:
        if piece in _SMALL:
            section += (1 if number is None else number) * _SMALL[piece]
            number = None
        elif piece in _BIG:
            section += number or 0
            last_big = _BIG[piece]
            total += (section or 1) * last_big
            section, number = Fraction(0), None
        elif piece in _DIGITS:
            number = (number or Fraction(0)) * 10 + _DIGITS[piece]
        else:
            number = Fraction(piece.replace(",", ""))
    rest = section + (number or 0)
    if last_big > 10**4 and section and rest < 10**4:
        rest *= last_big // 10**4
    total += rest
    return int(total) if total.denominator == 1 else None
