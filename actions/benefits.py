"""What am I entitled to: the form that takes a citizen's situation, question by question or all at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from actions.answering import Answering
from actions.form_check import FormCheck, Slots
from actions.turn import Clock, Turn
from bot.danger import HELP
from bot.eligibility.choices import choices, tapped
from bot.eligibility.consultation import Consultation, from_slot_value
from bot.eligibility.engine import given
from bot.eligibility.hearing import Heard, Hearing, Wish, asks
from bot.eligibility.income import MedianIncome
from bot.eligibility.live import LiveMatching
from bot.eligibility.matching import Matching

FORM = "benefit_form"
SLOT = "benefit"
"""The talk (`Consultation.slot`)."""
SHOW = "benefit_show"
"""What `action_benefit` shows when the form is over: `found`, `page:3`, `answer`, `empty` or `broken`."""
TAP = "benefit"
"""Entity of a button: what was tapped."""
START = "check_benefit"
SESSION = timedelta(hours=36)
"""How long what was told is used: a talk can be gone on with the next day, and is gone after that."""
_AT = "at"
"""In the slot: when something was told last."""
_OVER: Mapping[str, Any] = {"requested_slot": None}
_SURE = 0.5
"""Probability from which an intent other than ours is believed."""
_CERTAIN = 0.8
"""The same for one that ends the questions, where something was told all the same."""
_PAGE = "page:"
_NUMBER = re.compile(r"\s*(\d{1,2})\s*번?(?:이?요|째)?[.!]?\s*")
_LEAVING = frozenset(
    {"cancel", "say_goodbye", "emergency", "crisis", "talk_to_person", "erase_my_data", "log_in", "log_out"}
)
_UNCLEAR = frozenset({"nlu_fallback", "out_of_scope", "give_dong", "give_receipt_number"})
"""Intents of words that may as well be a poor answer."""


@dataclass(frozen=True)
class Benefits:
    """What the actions share."""

    live: LiveMatching
    hearing: Hearing
    median: MedianIncome

    def urgent(self, turn: Turn) -> bool:
        """Whether help is offered before all else; a short answer to a question only looks like danger."""
        return turn.intent in HELP and not self.hearing.hear(turn.text, turn.now.date()).bare


class ValidateBenefitForm(FormCheck):
    """Decides whether a message tells of the citizen; no slots: it is meant for others."""

    form = FORM

    def __init__(self, clock: Clock, benefits: Benefits, answering: Answering) -> None:
        super().__init__(clock)
        self._benefits = benefits
        self._answering = answering

    def broken(self, turn: Turn) -> Slots:
        """`action_benefit` apologises."""
        return _end("broken")

    async def slots(self, turn: Turn) -> Slots:
        """The talk after the message, and when that was."""
        slots = await self._slots(turn, recalled(turn))
        if SLOT not in slots:
            return slots
        return {**slots, SLOT: {**slots[SLOT], _AT: turn.now.isoformat()}}

    async def _slots(self, turn: Turn, talk: Consultation) -> Slots:
        matching = await self._benefits.live.current()
        if not matching.services:
            return _end("empty")
        value = None if turn.typed else turn.entity(TAP)
        if value and value.startswith(_PAGE):
            return _end(value, replace(talk, only=""))
        if turn.begins(FORM):
            return await self._begin(turn, talk, value, matching)
        tapped_on = (self._tapped(talk, value, matching) or _again(talk)) if value else None
        told = tapped_on or await self._told(turn, talk, matching)
        if told is None:
            return {}
        finished = value == Wish.FINISH or self._hear(turn, talk).wish is Wish.FINISH
        return _end("found", told) if finished else _ahead(told, matching)

    async def _begin(self, turn: Turn, talk: Consultation, value: str | None, matching: Matching) -> Slots:
        # what was skipped in an earlier talk is asked again
        asked = tuple(group for group in talk.asked if given(talk.facts, group))
        talk = replace(talk, asked=asked, open=None, picking=False, note="", about="", only="")
        if not turn.typed:
            told = self._tapped(talk, value or "", matching)
            return _ahead(told or talk, matching)
        found = await self._answering.find(turn)
        if found.kind != "reject" and found.hits[0].score > (turn.confidence or 0):
            return _end("answer", talk)
        heard = self._hear(turn, talk)
        if heard.other:
            talk = Consultation()
        named = matching.named(turn.text)
        talk = replace(talk, only=named.id if named else "")
        return _ahead(talk.hears(heard, self._benefits.median) if heard.says else talk, matching)

    def _tapped(self, talk: Consultation, value: str, matching: Matching) -> Consultation | None:
        kind, _, id_ = value.partition(":")
        if kind == "service":
            return replace(talk.closed(), only=id_ if id_ in matching.places else "", note="")
        if kind == "more":  # what was skipped may be told after all
            return replace(talk.closed(), asked=(), only="", note="")
        return tapped(talk, value, self._benefits.median)

    async def _told(self, turn: Turn, talk: Consultation, matching: Matching) -> Consultation | None:
        """The talk after words that are an answer; None when they are meant for somebody else."""
        median = self._benefits.median
        if not turn.typed:  # a button of another part
            return _again(talk) if turn.intent in (START, "affirm") else None
        heard = self._hear(turn, talk)
        offered = turn.is_set("pending_offer") and turn.intent in ("affirm", "deny", "choose_answer")
        if offered and not heard.says:
            return None
        if heard.wish:
            return talk.wishes(heard.wish)
        if turn.intent in _LEAVING and not (heard.says and (heard.bare or (turn.confidence or 0) < _CERTAIN)):
            return None
        ours = turn.intent == START or (turn.confidence or 0) < _SURE or not asks(turn.text)
        if heard.says and ours:
            return talk.hears(heard, median)
        if turn.intent == START:
            named = matching.named(turn.text)
            return replace(talk.closed(), only=named.id) if named else _again(talk)
        picked = _picked(turn.text, talk, median)
        if picked:
            return tapped(talk, picked, median)
        if turn.intent == "deny":
            return talk.wishes(Wish.NONE)
        lost = turn.intent == "affirm" or (turn.intent in _UNCLEAR and await self._unknown(turn))
        return _again(talk) if lost else None

    async def _unknown(self, turn: Turn) -> bool:
        """Whether it is no question that could be answered either."""
        return not asks(turn.text) and (await self._answering.find(turn)).kind == "reject"

    def _hear(self, turn: Turn, talk: Consultation) -> Heard:
        return self._benefits.hearing.hear(turn.text if turn.typed else "", turn.now.date(), talk.open)


def recalled(turn: Turn) -> Consultation:
    """What the citizen told in this session; nothing once it is too long ago."""
    value = turn.mapping(SLOT)
    if value and turn.now - datetime.fromisoformat(value[_AT]) > SESSION:
        return Consultation()
    return from_slot_value(value)


def _picked(text: str, talk: Consultation, median: MedianIncome) -> str | None:
    """The value of the button whose label or number was typed: some messengers have no buttons."""
    offered = choices(talk, median)
    squeezed = re.sub(r"[\s.!?]", "", text)
    for choice in offered:
        if squeezed == re.sub(r"\s", "", choice.label):
            return choice.value
    number = _NUMBER.fullmatch(text)
    return offered[int(number[1]) - 1].value if number and 1 <= int(number[1]) <= len(offered) else None


def _again(talk: Consultation) -> Consultation:
    return replace(talk, note="again", about="")


def _ahead(talk: Consultation, matching: Matching) -> Slots:
    """The next question, or the end of the questions."""
    talk = talk.going_on(matching)
    return {SLOT: talk.slot} if talk.open else _end("found", talk)


def _end(show: str, talk: Consultation | None = None) -> Slots:
    kept = {SLOT: replace(talk, open=None, picking=False).slot} if talk else {}
    return {**kept, SHOW: show, **_OVER}
