"""What is known of a citizen, as far as it matters for public services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.content.problem import did_you_mean
from bot.eligibility.codes import CODES, GROUP_OF, KIND_OF, NAMES, NOTHING_SPECIAL, ONE_ONLY, Group

OLDEST = 120
"""Years; nobody is older."""
SEXES = {"male": "JA0101", "female": "JA0102"}
_UP_TO = ((50.0, "JA0201"), (75.0, "JA0202"), (100.0, "JA0203"), (200.0, "JA0204"))
_MOST_PERCENT = 100_000


class FactError(ValueError):
    """A fact that cannot be; `field` is its name in JSON, the message says what was wrong with it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


@dataclass(frozen=True)
class Facts:
    """Codes that hold, codes that do not, and the age; of the rest nothing is known.

    Raises FactError for an age nobody has, an unknown code and a code that both holds and does not.
    """

    age: tuple[int, int] | None = None
    """Years, from and to: of a birth year without a birthday either of two is possible."""
    has: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.age is not None:
            low, high = self.age
            if not 0 <= low <= high <= OLDEST:
                raise FactError(
                    "age", f"{low if low == high else f'{low}~{high}'}세는 있을 수 없는 나이예요."
                )
        for code in self.has | self.lacks:
            if code not in GROUP_OF or code in NOTHING_SPECIAL.values():
                raise FactError("codes", f"{code}는 시민에 대한 코드가 아니에요.")
        for code in self.has & self.lacks:
            raise FactError(GROUP_OF[code], f"{NAMES[code]}에 해당하면서 해당하지 않을 수는 없어요.")

    def knows(self, group: Group) -> bool:
        """Whether nothing of a group is left to ask."""
        if group is Group.AGE:
            return self.age is not None and self.age[0] == self.age[1]
        return not set(CODES[group]) - self.has - self.lacks

    def holding(self, group: Group) -> tuple[str, ...]:
        """The codes of a group that hold."""
        return tuple(code for code in CODES.get(group, ()) if code in self.has)

    def aged(self, low: int, high: int | None = None) -> Facts:
        """The same with this age in place of any other."""
        return replace(self, age=(low, low if high is None else high))

    def whole(self, group: Group, codes: Iterable[str]) -> Facts:
        """The same with these codes, and no others, of a group."""
        return self.forget(group)._with(holds := set(codes), set(CODES[group]) - holds)

    def hearing(self, has: Iterable[str] = (), lacks: Iterable[str] = ()) -> Facts:
        """The same with what was just said; it replaces what it contradicts. The rest stays open."""
        facts = self
        for code in sorted(has):
            group = GROUP_OF[code]
            if group in ONE_ONLY:
                facts = facts.whole(group, (code,))
            else:
                facts = replace(facts, lacks=facts.lacks - {code})._with({code}, ())
                if group in KIND_OF and not facts.holding(KIND_OF[group]):
                    owners = set(CODES[KIND_OF[group]])
                    facts = replace(facts, lacks=facts.lacks - owners)
        for code in lacks:
            facts = replace(facts, has=facts.has - {code})._with((), {code})
        return facts

    def forget(self, group: Group) -> Facts:
        """The same without anything about a group."""
        if group is Group.AGE:
            return replace(self, age=None)
        gone = set(CODES[group])
        return replace(self, has=self.has - gone, lacks=self.lacks - gone)

    def _with(self, has: Iterable[str], lacks: Iterable[str]) -> Facts:
        facts = replace(self, has=self.has | set(has), lacks=self.lacks | set(lacks))
        for kind, owner in KIND_OF.items():
            if facts.lacks >= set(CODES[owner]):
                kinds = set(CODES[kind])
                facts = replace(facts, has=facts.has - kinds, lacks=facts.lacks | kinds)
        return facts

    @property
    def json(self) -> dict[str, Any]:
        """For a slot; `from_slot` reads it."""
        return {
            "age": list(self.age) if self.age else None,
            "has": sorted(self.has),
            "lacks": sorted(self.lacks),
        }


def from_slot(value: Mapping[str, Any] | None) -> Facts:
    """What `Facts.json` wrote; nothing is known without it."""
    if not value:
        return Facts()
    age = value["age"]
    return Facts((age[0], age[1]) if age else None, frozenset(value["has"]), frozenset(value["lacks"]))


def from_json(value: object) -> Facts:
    """`{"age": 27, "sex": "female", "income_percent": 60, "traits": ["JA0327"], "household": []}`.

    A list is the whole of its group, `[]` means "none of these"; what is absent or null is not known. Also
    `business`, `business_kind`, `organisation` and `organisation_kind`. Raises FactError.
    """
    if not isinstance(value, Mapping):
        raise FactError("facts", '{"age": 27, "sex": "female"}처럼 적은 JSON 객체여야 해요.')
    facts = Facts()
    fields = [str(group) for group in Group]
    for field in sorted(value, key=str):
        if field not in fields:
            known = f"쓸 수 있는 것: {', '.join(fields)}"
            raise FactError(str(field), f"없는 항목이에요.{did_you_mean(str(field), fields)} {known}")
        given = value[field]
        if given is not None:
            facts = _read(facts, Group(field), given)
    return facts


def _read(facts: Facts, group: Group, given: object) -> Facts:
    if group is Group.AGE:
        if isinstance(given, bool) or not isinstance(given, int):
            raise FactError(group, f"{given!r} 대신 만 나이를 0부터 {OLDEST}까지의 정수로 적어 주세요.")
        return facts.aged(given)
    if group is Group.SEX:
        if given not in SEXES:
            raise FactError(group, f"{given!r} 대신 male(남성)이나 female(여성)을 적어 주세요.")
        return facts.whole(group, (SEXES[str(given)],))
    if group is Group.INCOME:
        return facts.whole(group, (bracket(given),))
    return _codes(facts, group, given)


def bracket(percent: object) -> str:
    """The income code of a share of 기준 중위소득 in percent. FactError when it is none."""
    if isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 <= percent <= _MOST_PERCENT:
        raise FactError(Group.INCOME, f"{percent!r} 대신 기준 중위소득의 몇 %인지 0 이상의 수로 적어 주세요.")
    return next((code for limit, code in _UP_TO if percent <= limit), "JA0205")


def _codes(facts: Facts, group: Group, given: object) -> Facts:
    if isinstance(given, str) or not isinstance(given, list | tuple):
        raise FactError(group, f'{given!r} 대신 ["{CODES[group][0]}"]처럼 코드의 목록을 적어 주세요.')
    codes = set()
    for code in given:
        if not isinstance(code, str) or code not in GROUP_OF:
            raise FactError(group, f"{code!r}는 없는 코드예요.{did_you_mean(str(code), CODES[group])}")
        if GROUP_OF[code] is not group:
            raise FactError(group, f"{code}({NAMES[code]})는 {GROUP_OF[code]}에 적는 코드예요.")
        codes.add(code)
    none = NOTHING_SPECIAL.get(group)
    if none in codes and len(codes) > 1:
        raise FactError(group, f"{none}(해당사항 없음)은 다른 코드와 함께 적을 수 없어요.")
    told = facts.whole(group, codes - {none})
    if codes and group in KIND_OF and not told.holding(group):
        raise FactError(group, f"{KIND_OF[group]}가 없는데 업종이 있을 수는 없어요.")
    return told
