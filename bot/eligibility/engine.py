"""For which services a citizen qualifies: all of the catalogue at once, as bit masks.

The marks are read as follows; the office publishes no rule. Marks of one group are alternatives, all groups
must hold. Both sexes, all five incomes, 0 to 100 years and older, a group without a mark and a group that
welcomes those with nothing special limit nobody. A service for businesses only is for who has one; what one
for businesses and persons asks of a business is not asked of a person who has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bot.eligibility.codes import CODES, GROUP_OF, KIND_OF, NAMES, NOTHING_SPECIAL, ONE_ONLY, Group
from bot.eligibility.conditions import Conditions
from bot.eligibility.facts import Facts

ALL_AGES = 100
"""A service for everyone from 0 to this or more limits no age."""
NOTHING = "해당 없음"
"""What is known of a citizen of whom nothing in a group holds."""
_ENDLESS = 999
_BIT = {code: 1 << place for place, code in enumerate(sorted(GROUP_OF))}
_PERSONS = ("개인", "가구")
_FOUNDER = "JA1101"
"""Not yet in business: a person."""
_OF_BUSINESS = frozenset({*KIND_OF, *KIND_OF.values()})
_MARKED: tuple[Group, ...] = tuple(group for group in Group if group is not Group.AGE)


class Verdict(StrEnum):
    """Whether the conditions hold, as far as is known."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class State(StrEnum):
    """Of one condition."""

    HOLDS = "holds"
    FAILS = "fails"
    OPEN = "open"


@dataclass(frozen=True)
class Reason:
    """One condition of a service, and what it made of the facts."""

    group: Group
    needed: tuple[str, ...]
    """Names of which one is enough."""
    given: tuple[str, ...]
    """What is known of the citizen there; empty when nothing is."""
    state: State


class Rules:
    """The conditions of many services, ready to be evaluated; `users` are their 사용자구분."""

    def __init__(
        self, conditions: Sequence[Conditions], users: Sequence[Sequence[str]] | None = None
    ) -> None:
        """ValueError when `users` are not as many as the services."""
        stated = [()] * len(conditions) if users is None else users
        if len(stated) != len(conditions):
            raise ValueError(f"{len(conditions)} services, but users of {len(stated)}")
        flags = np.array([_mask(each.flags) for each in conditions], dtype=np.int64)
        self.size = len(conditions)
        self._low = np.array([each.age_from or 0 for each in conditions], dtype=np.int64)
        self._high = np.array([_last_age(each) for each in conditions], dtype=np.int64)
        self._aged = ~((self._low <= 0) & (self._high >= ALL_AGES))
        self.for_persons = np.array([_for_persons(each) for each in stated], dtype=bool)
        """For each service whether persons may ask for it, and not businesses alone."""
        businesses = np.array([_for_businesses(each) for each in stated], dtype=bool)
        self._needs: dict[Group, NDArray[np.int64]] = {group: _limits(group, flags) for group in _MARKED}
        self._both = self.for_persons & businesses & (flags & _BIT[_FOUNDER] == 0)
        self._owners = _owners(stated)

    def evaluate(self, facts: Facts) -> Evaluation:
        """What follows from the facts for every service; 10,000 take less than 20 ms."""
        return Evaluation(self, facts)

    def limits(self, group: Group) -> NDArray[np.bool_]:
        """For each service whether it makes a condition in a group."""
        limited: NDArray[np.bool_] = self._aged if group is Group.AGE else self._need(group) != 0
        return limited

    def limited(self, place: int) -> tuple[Group, ...]:
        """The groups in which a service makes a condition."""
        aged = (Group.AGE,) if self._aged[place] else ()
        return (*aged, *(group for group in _MARKED if self._needed(place, group)))

    def needed(self, place: int, group: Group) -> tuple[str, ...]:
        """The names of what a service asks for in a group, of which one is enough."""
        if group is Group.AGE:
            return (_years(int(self._low[place]), int(self._high[place])),)
        need = self._needed(place, group)
        return tuple(NAMES[code] for code in CODES[group] if need & _BIT[code])

    def share(self, group: Group) -> NDArray[np.float64]:
        """For each service the part of all possible answers to a group's question that would do."""
        if group is Group.AGE:
            years = np.minimum(self._high, ALL_AGES) - np.maximum(self._low, 0) + 1.0
            return np.clip(years / (ALL_AGES + 1), 0.0, 1.0)
        need = self._need(group)
        marks: NDArray[np.float64] = np.bitwise_count(need & _group_mask(group)).astype(np.float64)
        return marks / (len(CODES[group]) + (group not in ONE_ONLY))

    def states(self, group: Group, facts: Facts) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """For each service whether the group's condition holds, and whether it fails; open is neither."""
        if group is Group.AGE:
            return self._age_states(facts)
        has, lacks = _mask(facts.has), _mask(facts.lacks)
        need = self._needs[group]
        holds, fails = (need == 0) | ((need & has) != 0), (need != 0) & ((need & ~lacks) == 0)
        if group in _OF_BUSINESS:
            business = _group_mask(KIND_OF.get(group, group))
            if not business & ~lacks:
                holds, fails = holds | self._both, fails & ~self._both
            elif not business & has:
                fails &= ~self._both  # perhaps there is none
            owner = self._owner(group)
            holds &= (owner == 0) | ((owner & has) != 0)
            fails |= (owner != 0) & ((owner & ~lacks) == 0)
        return holds, fails

    def _age_states(self, facts: Facts) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        if facts.age is None:
            return ~self._aged, np.zeros(self.size, dtype=bool)
        low, high = facts.age
        fails = self._aged & ((high < self._low) | (low > self._high)) & (self._low <= self._high)
        return ~self._aged | ((self._low <= low) & (high <= self._high)), fails

    def _need(self, group: Group) -> NDArray[np.int64]:
        return np.bitwise_or(self._needs[group], self._owner(group))

    def _needed(self, place: int, group: Group) -> int:
        return int(self._needs[group][place]) or int(
            self._owners[group][place] if group in self._owners else 0
        )

    def _owner(self, group: Group) -> NDArray[np.int64] | np.int64:
        return self._owners.get(group, np.int64(0))


class Evaluation:
    """Verdicts for all services under the same facts."""

    def __init__(self, rules: Rules, facts: Facts) -> None:
        self.rules = rules
        self.facts = facts
        self.states = {group: rules.states(group, facts) for group in Group}
        """Of each group: where it holds, where it fails."""
        self.no: NDArray[np.bool_] = np.any([fails for _, fails in self.states.values()], axis=0)
        self.yes: NDArray[np.bool_] = ~self.no & np.all([holds for holds, _ in self.states.values()], axis=0)
        self.unknown: NDArray[np.bool_] = ~(self.no | self.yes)

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """One verdict for each service, in their order."""
        names = np.array([Verdict.UNKNOWN, Verdict.YES, Verdict.NO], dtype=object)
        return list(names[self.yes.astype(np.int8) + 2 * self.no.astype(np.int8)])

    def reasons(self, place: int) -> tuple[Reason, ...]:
        """Each condition of one service."""
        return tuple(
            Reason(
                group, self.rules.needed(place, group), given(self.facts, group), self._state(place, group)
            )
            for group in self.rules.limited(place)
        )

    def _state(self, place: int, group: Group) -> State:
        holds, fails = self.states[group]
        return State.FAILS if fails[place] else State.HOLDS if holds[place] else State.OPEN


def given(facts: Facts, group: Group) -> tuple[str, ...]:
    """What is known of a citizen in a group, in words; `NOTHING` when nothing of it holds."""
    if group is Group.AGE:
        return () if facts.age is None else (_years(*facts.age),)
    holding = facts.holding(group)
    if holding:
        return tuple(NAMES[code] for code in holding)
    return (NOTHING,) if facts.knows(group) else ()


def _mask(codes: Sequence[str] | frozenset[str]) -> int:
    return sum(_BIT.get(code, 0) for code in set(codes))


def _group_mask(group: Group) -> int:
    return _mask([code for code, its in GROUP_OF.items() if its is group])


def _limits(group: Group, flags: NDArray[np.int64]) -> NDArray[np.int64]:
    """The marks of a group where they limit somebody, else 0."""
    need = flags & _group_mask(group)
    if group in ONE_ONLY:
        return np.where(need == _group_mask(group), 0, need)
    none = NOTHING_SPECIAL.get(group)
    return need if none is None else np.where(need & _BIT[none], 0, need)


def _last_age(conditions: Conditions) -> int:
    """Offices also write 0 where they mean that there is no last year."""
    last = conditions.age_to
    if last is None or last >= ALL_AGES or (last == 0 and (conditions.age_from or 0) > 0):
        return _ENDLESS
    return last


def _for_persons(users: Sequence[str]) -> bool:
    return not any(users) or any(user.startswith(_PERSONS) for user in users)


def _for_businesses(users: Sequence[str]) -> bool:
    return any(user and not user.startswith(_PERSONS) for user in users)


def _owners(users: Sequence[Sequence[str]]) -> dict[Group, NDArray[np.int64]]:
    """What users have who are no persons, for the services that are for them only.

    Where small businesses and organisations are welcome, either will do.
    """
    small = np.array([any(user.startswith("소상공인") for user in each) for each in users], dtype=bool)
    large = np.array([any(user.startswith("법인") for user in each) for each in users], dtype=bool)
    alone = np.array([not _for_persons(each) for each in users], dtype=bool)
    business, organisation = _group_mask(Group.BUSINESS), _group_mask(Group.ORGANISATION)
    return {
        Group.BUSINESS: np.where(alone & small, business | np.where(large, organisation, 0), 0),
        Group.ORGANISATION: np.where(alone & large & ~small, organisation, 0),
    }


def _years(low: int, high: int) -> str:
    if low == high:
        return f"{low}세"
    if high >= ALL_AGES:
        return f"{low}세 이상"
    return f"{high}세 이하" if low <= 0 else f"{low}~{high}세"
