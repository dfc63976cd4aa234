"""A talk about benefits: what was said, what was asked, what comes next. Pure; the state fits into a slot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.eligibility.codes import CODES, GROUP_OF, NAMES, Group
from bot.eligibility.engine import given
from bot.eligibility.facts import Facts, from_slot
from bot.eligibility.hearing import Heard, Wish
from bot.eligibility.income import MedianIncome
from bot.eligibility.matching import Matching

SEVERAL = frozenset({Group.TRAITS, Group.HOUSEHOLD})
"""Of these a citizen may be several things: they are picked one after the other."""
CAN_BE_NONE = SEVERAL | {Group.BUSINESS, Group.BUSINESS_KIND, Group.ORGANISATION, Group.ORGANISATION_KIND}
"""Groups of which nothing may hold."""


@dataclass(frozen=True)
class Consultation:
    """The state of a talk; every change makes a new one."""

    facts: Facts = field(default_factory=Facts)
    asked: tuple[Group, ...] = ()
    """What was asked, in order; also what needs no question because it was said before."""
    open: Group | None = None
    """The question that waits for an answer; it is the last of `asked`."""
    picking: bool = False
    """One thing of the open group was picked; perhaps there is another."""
    only: str = ""
    """Id of the service that this is about; empty for all of them."""
    people: int | None = None
    won: int | None = None
    """A month."""
    note: str = ""
    """What is said ahead of the next question: `noted`, `wrong` and so on."""
    about: str = ""
    """What the note is about."""

    @property
    def slot(self) -> dict[str, Any]:
        """For a slot; `from_slot_value` reads it."""
        return {
            "facts": self.facts.json,
            "asked": list(self.asked),
            "open": self.open,
            "picking": self.picking,
            "only": self.only,
            "people": self.people,
            "won": self.won,
            "note": self.note,
            "about": self.about,
        }

    def hears(self, heard: Heard, median: MedianIncome) -> Consultation:
        """With what was said of one's own accord or in answer to the open question."""
        told = replace(self, note="", about="", picking=False)
        if heard.wrong:
            return replace(told, note=heard.wrong.field, about=str(heard.wrong).partition(": ")[2])
        facts = told.facts.hearing(heard.has, heard.lacks)
        if heard.age:
            facts = facts.aged(*heard.age)
        people, won = heard.people or told.people, heard.won or told.won
        if (heard.people or heard.won) and people and won:
            facts = facts.whole(Group.INCOME, (median.code(won, people),))
        said = {GROUP_OF[code] for code in heard.has | heard.lacks} | ({Group.AGE} if heard.age else set())
        if told.open in said & CAN_BE_NONE and heard.has:
            facts = facts.whole(told.open, facts.holding(told.open))
        settled = [group for group in said - SEVERAL if group not in told.asked]
        told = replace(told, facts=facts, people=people, won=won, asked=(*told.asked, *sorted(settled)))
        if aside := _said(heard, told):
            told = replace(told, note="noted", about=", ".join(aside))
        # an answer to another question leaves the open one open
        done = told.open in said or (told.open is Group.INCOME and facts.knows(Group.INCOME))
        return told.closed() if done else told

    def picks(self, code: str) -> Consultation:
        """One of the choices of the open question, or of another, was tapped."""
        group = GROUP_OF[code]
        told = replace(self, note="", about="")
        if group in SEVERAL:
            facts = told.facts.hearing({code})
            more = group is self.open and not set(CODES[group]) <= facts.has
            told = replace(told, facts=facts)
            return replace(told, picking=True) if more else told.answered(group)
        return replace(told, facts=told.facts.whole(group, (code,))).answered(group)

    def aged(self, low: int, high: int) -> Consultation:
        """A span of ages was tapped."""
        return replace(self, note="", about="", facts=self.facts.aged(low, high)).answered(Group.AGE)

    def wishes(self, wish: Wish) -> Consultation:
        """No answer, but what to do instead. `FINISH` ends the questions: `open` is None."""
        told = replace(self, note="", about="")
        if wish is Wish.RESTART:
            return Consultation(only=self.only)
        if wish is Wish.BACK:
            return told.back()
        if wish is Wish.NONE and self.open in CAN_BE_NONE:
            return replace(told, facts=told.facts.whole(self.open, told.facts.holding(self.open))).closed()
        return told.closed()

    def back(self) -> Consultation:
        """The question before, asked anew; what was said of it and of the open one is forgotten."""
        before = [group for group in self.asked if group is not self.open]
        if not before:
            return replace(self, note="first", picking=False)
        facts = self.facts.forget(before[-1])
        if self.open:
            facts = facts.forget(self.open)
        if before[-1] is Group.INCOME:
            return replace(self, facts=facts, asked=tuple(before), open=before[-1], picking=False, won=None)
        return replace(self, facts=facts, asked=tuple(before), open=before[-1], picking=False)

    def answered(self, group: Group) -> Consultation:
        """Nothing more is to be asked about a group."""
        asked = self.asked if group in self.asked else (*self.asked, group)
        told = replace(self, asked=asked)
        return told.closed() if group is self.open else told

    def closed(self) -> Consultation:
        """No question is open."""
        return replace(self, open=None, picking=False)

    def going_on(self, matching: Matching) -> Consultation:
        """With the question that decides most, where none is open; still none when the answer is clear."""
        if self.open is not None:
            return self
        talk = replace(self, only=self.only if self.only in matching.places else "")
        question = matching.question(talk.facts, talk.asked, talk.only)
        if question is None:
            return talk
        return replace(talk, open=question.group, asked=(*talk.asked, question.group))


def _said(heard: Heard, talk: Consultation) -> list[str]:
    """What was said besides the answer to the open question, in words."""
    has = [NAMES[code] for code in sorted(heard.has) if GROUP_OF[code] is not talk.open]
    lacks = [f"{NAMES[code]} 아님" for code in sorted(heard.lacks) if GROUP_OF[code] is not talk.open]
    age = [*given(talk.facts, Group.AGE)] if heard.age and talk.open is not Group.AGE else []
    return [*age, *has, *lacks]


def from_slot_value(value: Mapping[str, Any] | None) -> Consultation:
    """What `Consultation.slot` wrote; a new one without it."""
    if not value:
        return Consultation()
    return Consultation(
        from_slot(value["facts"]),
        tuple(Group(group) for group in value["asked"]),
        Group(value["open"]) if value["open"] else None,
        value["picking"],
        value["only"],
        value["people"],
        value["won"],
        value["note"],
        value["about"],
    )
