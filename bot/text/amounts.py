"""Money, ages and numbers of people in Korean sentences, as plain numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

from bot.text.found import Found, apart
from bot.text.numbers import COUNT, LARGE, read_number

_MOST_WON = 10**14
_OLDEST = 120
_CHILD = r"(?:아이|애기|애들|애|아기|자녀|아들|딸|자식|아이들)"
_PERSON = r"(?:명|인(?!\s?승)|식구(?=\b|[^가-힣]|인|예|이|에))"
_ROUGH = {"쌍둥이": 2, "세쌍둥이": 3, "외동": 1, "외동딸": 1, "외아들": 1}

Reader = Callable[["re.Match[str]", date], "int | str | None"]


def find_amounts(text: str, today: date) -> list[Found]:
    """`money` in won, `age` in years, `birth_year`, `children` and `household_size` in people, in order.

    `age` may be given by months (18개월 된 아기): then the value is a duration, `P18M`.
    """
    return apart(_candidates(text, today))


def _candidates(text: str, today: date) -> Iterator[Found]:
    for entity, pattern, read in _READERS:
        for match in pattern.finditer(text):
            value = read(match, today)
            if value is not None:
                yield Found(match.start(), match.end(), entity, str(value))


def _won(match: re.Match[str], today: date) -> int | None:
    number = read_number(match["number"])
    return number if number is not None and 0 < number <= _MOST_WON else None


def _years(match: re.Match[str], today: date) -> int | None:
    number = read_number(match["number"])
    return number if number is not None and 0 <= number <= _OLDEST else None


def _months(match: re.Match[str], today: date) -> str | None:
    number = read_number(match["number"])
    return f"P{number}M" if number is not None and 0 < number <= 12 * _OLDEST else None


def _born(match: re.Match[str], today: date) -> int | None:
    year = int(match["year"])
    if year < 100:
        year += 2000 if year <= today.year % 100 else 1900
    return year if today.year - _OLDEST <= year <= today.year else None


def _decade(match: re.Match[str], today: date) -> str | None:
    return f"{match['tens']}-{int(match['tens']) + 9}"


def _people(match: re.Match[str], today: date) -> int | None:
    number = read_number(match["number"])
    return number if number is not None and 0 < number <= 20 else None


def _rough(match: re.Match[str], today: date) -> int | None:
    return _ROUGH[match["word"]]


def _alone(match: re.Match[str], today: date) -> int | None:
    return 1


_READERS: tuple[tuple[str, re.Pattern[str], Reader], ...] = tuple(
    (entity, re.compile(pattern), read)
    for entity, pattern, read in (
        ("money", rf"(?<![\d.])(?P<number>{LARGE})\s?원(?!장|룸|서|본|칙|어민)", _won),
        (
            "age",
            rf"(?:만\s?)?(?<![\d,.가-힣])(?P<number>{COUNT})\s?(?:세|살|짜리(?=\s?(?:애|아이|아기|아들|딸)))(?!대|금|무|탁|입)",
            _years,
        ),
        (
            "age",
            rf"(?<![\d,.])(?P<number>{COUNT})\s?개월\s?(?:된\s?|짜리\s?|인\s?)?(?=아기|애기|아이|애|아들|딸|됐|됩|예요|이에요)",
            _months,
        ),
        ("age", r"(?<!\d)(?P<tens>[1-9]0)대(?!수|금|기|표)", _decade),
        ("birth_year", r"(?<!\d)(?P<year>(?:19|20)\d{2}|\d{2})\s?년\s?생", _born),
        (
            "children",
            rf"{_CHILD}(?:[이가은는도만]|들이|를|을)?\s?(?P<number>{COUNT})(?:\s?{_PERSON})?(?=$|[^가-힣\d]|이|인|있|을|를|예|에|키|데|고|둔|입)",
            _people,
        ),
        (
            "children",
            rf"(?<![\d가-힣])(?P<number>{COUNT})\s?(?:명의\s?|\s)?(?:자녀|아이(?=를|를|의|가|들))",
            _people,
        ),
        ("children", r"(?<![가-힣])(?P<word>세쌍둥이|쌍둥이|외동딸|외아들|외동)", _rough),
        (
            "household_size",
            rf"(?<![\d가-힣])(?P<number>{COUNT})\s?(?:인\s?가구|인\s?가족|식구|명\s?가족|가족)",
            _people,
        ),
        ("household_size", r"(?P<alone>(?:혼자|나 ?홀로)\s?(?:산|살|사는)|독거|자취)", _alone),
    )
)
