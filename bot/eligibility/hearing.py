"""What a citizen says of their own situation, in their own words: 27살이고 혼자 살아요, 지금 백수예요."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, field_validator

from bot.eligibility.codes import GROUP_OF, Group
from bot.eligibility.facts import OLDEST, FactError, bracket
from bot.eligibility.income import LARGEST
from bot.text.amounts import find_amounts
from bot.text.expressions import Expressions
from bot.text.normalise import normalise
from bot.text.numbers import COUNT, LARGE, read_number

_LONGEST = 1000
"""Characters that are read; nobody tells of themselves in more."""
_NEAR = 8
"""Letters before an age in which the person it is of is named."""
_ENDINGS = 3
"""Letters that a short answer has besides: 예요, 인데."""
_MANY = 2
"""Children that most offices call many (다자녀)."""
_NOT = re.compile(
    r"(?:[은는이가도을를]|지는?|지도|인\s?(?:건|것은))?\s?(?:안\s?(?:해|하|함)|없|아니|아닌|아님|아녜|않)"
)
_AGE = re.compile(r"(-?)(\d+)\s?(?:세|살)(?!대|금|무|탁|입)")
_AGED = re.compile(r"(\d[세살])(?=[가-힣])")
_BARE_SEX = re.compile(r"(남|여)(?:요|자요|성|자)?")
_BORN = re.compile(r"(?<!\d)(\d{4})\s?년\s?생")
_PEOPLE = re.compile(r"(?<!\d)(\d+)\s?(?:인\s?가구|인\s?가족|식구|명\s?가족)")
_BARE = re.compile(rf"(?:만\s?)?({COUNT})\s?(?:이?요|이에요|예요|입니다|임)?")
_BARE_WON = re.compile(rf"(?P<number>{LARGE}(?<=[만천억]))(?!\s?원)")
_BARE_TEN_THOUSANDS = re.compile(
    r"(?:한\s?달에?|월)?\s?(\d{2,4})\s?(?:만)?\s?(?:정도|쯤)?\s?(?:이?요|이에요|예요|벌어요|받아요)?"
)
"""월 250: what people mean by that is 만 원."""
_NO_INCOME = re.compile(
    r"(?:지금\s?)?(?:소득|수입|벌이|월급|돈)?[은이도]?\s?(?:하나도\s?|아예\s?)?없(?:어요?|습니다|음|는데요?|네요)"
)
_PERCENT = re.compile(r"(\d{1,4}(?:\.\d+)?)\s?(?:%|퍼센트|프로)")
_YEARLY = re.compile(r"(?:연봉|연소득|연수입|연\s|일\s?년에|1\s?년에|년에)[^0-9가-힣]*[가-힣]{0,4}\s?$")
_OF_INCOME = re.compile(
    r"월급|월수입|소득|연봉|연소득|벌어|버는|벌고|수입|세전|세후|급여가|한\s?달에|월에|월\s?$"
)
_ASKING = re.compile(
    r"[?？]|나요|까요|가요(?![가-힣])|은가|는지|인지|얼마|어떻게|어디|언제|뭐|뭔|무엇|무슨|왜|어떤|몇\s|되냐|되니|알려|방법|궁금"
)


class Wish(StrEnum):
    """What is said in place of an answer; the values are the keys of `words.yml`."""

    SKIP = "skip"
    NONE = "none"
    BACK = "back"
    FINISH = "finish"
    RESTART = "restart"


class Words(BaseModel):
    """`data/eligibility/words.yml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    codes: Mapping[str, tuple[str, ...]]
    ignore: tuple[str, ...]
    children: tuple[str, ...]
    others: tuple[str, ...]
    skip: tuple[str, ...]
    none: tuple[str, ...]
    back: tuple[str, ...]
    finish: tuple[str, ...]
    restart: tuple[str, ...]
    generic: tuple[str, ...]

    @field_validator("codes")
    @classmethod
    def _known(cls, codes: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        if unknown := sorted(set(codes) - set(GROUP_OF)):
            raise ValueError(f"없는 코드예요: {', '.join(unknown)}")
        return codes


@dataclass(frozen=True)
class Heard:
    """What one message says."""

    age: tuple[int, int] | None = None
    has: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    people: int | None = None
    """In the household."""
    won: int | None = None
    """Income of a month."""
    wish: Wish | None = None
    bare: bool = False
    """Nothing else is in the message."""
    other: bool = False
    """It is about somebody else: a mother, a friend."""
    wrong: FactError | None = None
    """Something that cannot be."""

    @property
    def says(self) -> bool:
        """Whether anything was said of the situation."""
        return bool(self.age or self.has or self.lacks or self.people or self.won or self.wrong)


class Hearing:
    """Reads messages by the words of staff."""

    def __init__(self, words: Words) -> None:
        self._code = {phrase: code for code, phrases in words.codes.items() for phrase in phrases}
        self._expressions = Expressions((*self._code, *words.ignore))
        self._wishes = {_squeezed(phrase): wish for wish in Wish for phrase in getattr(words, wish)}
        self._child = re.compile("|".join(map(re.escape, words.children)))
        self._other = re.compile(rf"(?:^|\s)(?:우리|저희)?(?:{'|'.join(map(re.escape, words.others))})")

    def hear(self, text: str, today: date, expected: Group | None = None) -> Heard:
        """What a message says; `expected` is the group asked about, where a bare number may be the answer."""
        plain = normalise(text[:_LONGEST])
        if expected is Group.INCOME and _NO_INCOME.fullmatch(plain.rstrip(" .!~")):
            return Heard(has=frozenset({"JA0201"}), bare=True)
        wish = self._wishes.get(_squeezed(plain))
        if wish:
            return Heard(wish=wish, bare=True)
        other = bool(self._other.search(plain[: _NEAR * 2]))
        try:
            has, lacks = self._codes(_parted(plain))
            if expected is Group.SEX and (sex := _BARE_SEX.fullmatch(plain)):
                has.add("JA0101" if sex[1] == "남" else "JA0102")
            age, people, won, many = self._amounts(plain, today, expected)
            if many:
                has.add("JA0411")
            if expected is Group.INCOME and (percent := _PERCENT.search(plain)):
                has |= {bracket(float(percent[1]))}
        except FactError as error:
            return Heard(wrong=error)
        if people is not None:
            (has if people == 1 else lacks).add("JA0404")
        heard = Heard(age, frozenset(has), frozenset(lacks - has), people, won, other=other)
        return replace(heard, bare=heard.says and self._left(plain, today) <= _ENDINGS)

    def _left(self, plain: str, today: date) -> int:
        """Letters of a message that are not of what was found."""
        parted = _parted(plain)
        told = [parted[each.start : each.end] for each in self._expressions.find(parted)]
        told += [plain[each.start : each.end] for each in find_amounts(plain, today)]
        return sum(map(str.isalnum, plain)) - sum(char.isalnum() for each in told for char in each)

    def _codes(self, plain: str) -> tuple[set[str], set[str]]:
        has: set[str] = set()
        lacks: set[str] = set()
        for found in self._expressions.find(plain):
            code = self._code.get(found.expression)
            if code:
                (lacks if _NOT.match(plain, found.end) else has).add(code)
        return has, lacks - has

    def _amounts(
        self, plain: str, today: date, expected: Group | None
    ) -> tuple[tuple[int, int] | None, int | None, int | None, bool]:
        _refuse(plain, today)
        age: tuple[int, int] | None = None
        people = won = None
        many = False
        for found in find_amounts(plain, today):
            before = plain[max(0, found.start - _NEAR) : found.start]
            if found.entity == "age" and not found.value.startswith("P") and not self._child.search(before):
                age = _span(found.value)
            elif found.entity == "birth_year" and not self._child.search(before):
                age = max(0, today.year - int(found.value) - 1), today.year - int(found.value)
            elif found.entity == "household_size":
                people = int(found.value)
            elif found.entity == "children" and int(found.value) >= _MANY:
                many = True
            elif found.entity == "money" and (
                expected is Group.INCOME or _of_income(plain, found.start, found.end)
            ):
                won = int(found.value) // (12 if _YEARLY.search(plain[: found.start]) else 1)
        if expected is Group.AGE and age is None:
            age = _bare_age(plain)
        if won is None and (bare := _BARE_WON.search(plain)):
            number = read_number(bare["number"])
            if number and (expected is Group.INCOME or _of_income(plain, *bare.span())):
                won = number // (12 if _YEARLY.search(plain[: bare.start()]) else 1)
        if won is None and expected is Group.INCOME:
            short = _BARE_TEN_THOUSANDS.fullmatch(plain.rstrip(" .!~"))
            won = int(short[1]) * 10_000 if short else None
        return age, people, won, many


def asks(text: str) -> bool:
    """Whether a message looks like a question rather than a statement."""
    return _ASKING.search(normalise(text[:_LONGEST])) is not None


def _refuse(plain: str, today: date) -> None:
    """FactError for an age, a birth year or a household that cannot be."""
    for match in _AGE.finditer(plain):
        if match[1] or int(match[2][:9]) > OLDEST:
            raise FactError("age", f"{match[1]}{match[2]}")
    for match in _BORN.finditer(plain):
        if not today.year - OLDEST <= int(match[1]) <= today.year:
            raise FactError("birth_year", match[1])
    for match in _PEOPLE.finditer(plain):
        if not 1 <= int(match[1][:9]) <= LARGEST:
            raise FactError("household_size", match[1])


def _bare_age(plain: str) -> tuple[int, int] | None:
    match = _BARE.fullmatch(plain.rstrip(" .!~"))
    number = read_number(match[1]) if match else None
    if match is None or number is None or (number < 10 and not match[1].isdecimal()):
        return None  # 네 is a yes
    if number > OLDEST:
        raise FactError("age", match[1])
    return number, number


def _span(value: str) -> tuple[int, int]:
    low, _, high = value.partition("-")
    return int(low), int(high or low)


def _of_income(plain: str, start: int, end: int) -> bool:
    around = plain[max(0, start - 2 * _NEAR) : start], plain[end : end + _NEAR]
    return any(_OF_INCOME.search(part) for part in around)


def _parted(plain: str) -> str:
    """`27살백수` as two words."""
    return _AGED.sub(r"\1 ", plain)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s.!~,]", "", text)
