"""Emergency notices in replies: ahead of everything but help in danger, once for each citizen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.channel import Capabilities
from bot.log.engine import changing, looking
from bot.log.records import StoredInbound
from bot.messages import Outbound, Reply, utc_now
from bot.outcomes import Outcome
from bot.public import is_danger
from bot.speech import Speech
from bot.switches.districts import Districts
from bot.switches.live import Live, Notice
from bot.switches.tables import NoticeSeen

_CRISIS = "tel:109"
"""Who gets this number is not told of anything else in the same breath."""
_GENERAL = frozenset(
    {
        Outcome.ANSWERED_FAQ,
        Outcome.CLARIFIED,
        Outcome.UNANSWERED,
        Outcome.REFUSED,
        Outcome.CHATTED,
        Outcome.BOT_UNAVAILABLE,
        Outcome.SWITCHED_OFF,
    }
)
"""Outcomes of which nothing is lost when the notice is the answer: nobody is in the middle of something."""
_SEEN_IN = select(NoticeSeen.turn_id).where(
    NoticeSeen.notice_id == bindparam("notice"), NoticeSeen.conversation_id == bindparam("of_conversation")
)


class Notices:
    """The step after the bot that says them. With nothing switched it costs a look at the memory."""

    def __init__(
        self,
        engine: AsyncEngine,
        live: Live,
        districts: Districts,
        speech: Speech,
        zone: ZoneInfo,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._engine = engine
        self._live = live
        self._districts = districts
        self._speech = speech
        self._zone = zone
        self._clock = clock
        self._seen: dict[tuple[int, int], int] = {}

    async def after(self, stored: StoredInbound, reply: Reply, can: Capabilities) -> Reply:
        """The reply with what is still to be heard ahead of it; the notice alone to who asks about it.

        Where everybody reads it nothing is added: a comment stays when the emergency is over.
        """
        notices = [each for each in (await self._live.now()).notices if each.on(stored.channel)]
        if not notices:
            self._seen.clear()
            return reply
        silent = not (reply.messages or reply.handoff)
        if silent or stored.inbound.public or not can.converses or reply.erase:
            return reply
        help_first = [each for each in reply.messages if is_danger(each)]
        if any(button.url == _CRISIS for each in help_first for button in each.buttons):
            return reply
        asked = [each for each in notices if each.asked_for(stored.inbound.text)]
        due = [each for each in notices if await self._due(each, stored) or each in asked]
        if not due:
            return reply
        ahead = (*help_first, *(self.said(each) for each in due))
        if asked and reply.outcome in _GENERAL and not help_first:
            answer = {"messages": ahead, "outcome": Outcome.ANSWERED_FAQ, "candidates": (), "handoff": None}
            return reply.model_copy(update={**answer, "detail": {"notice": asked[0].id}})
        rest = [each for each in reply.messages if each not in help_first]
        return reply.model_copy(update={"messages": (*ahead, *rest)})

    def said(self, notice: Notice) -> Outbound:
        """A notice as a message."""
        until = notice.ends_at.astimezone(self._zone)
        return self._speech.say(
            "emergency_notice",
            "",
            text=notice.text,
            districts=", ".join(notice.districts),
            until=until_words(until),
        )

    async def concerns(self, notice: Notice, conversation_id: int) -> bool:
        """Whether a citizen is where it is about; who has not said where they are may be there."""
        if not notice.districts:
            return True
        there = await self._districts.of(conversation_id)
        return not there or bool(there & set(notice.districts))

    async def mark(self, notice: Notice, conversation_id: int, turn_id: int = 0) -> int:
        """Note that a citizen is shown a notice in a turn; the turn in which they were, maybe earlier."""
        values = {"notice_id": notice.id, "conversation_id": conversation_id, "turn_id": turn_id}
        async with changing(self._engine) as connection:
            new = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            row = new(NoticeSeen).values(**values, at=self._clock()).on_conflict_do_nothing()
            if (await connection.execute(row)).rowcount > 0:
                return turn_id
            found = {"notice": notice.id, "of_conversation": conversation_id}
            seen: int = (await connection.execute(_SEEN_IN, found)).scalar_one()
            return seen

    async def _due(self, notice: Notice, stored: StoredInbound) -> bool:
        key = (notice.id, stored.conversation_id)
        if key not in self._seen:
            seen = await self._seen_in(notice, stored.conversation_id)
            if seen is None:
                if not await self.concerns(notice, stored.conversation_id):
                    return False
                seen = await self.mark(notice, stored.conversation_id, stored.id)
            self._seen[key] = seen
        return self._seen[key] == stored.id

    async def _seen_in(self, notice: Notice, conversation_id: int) -> int | None:
        found = {"notice": notice.id, "of_conversation": conversation_id}
        async with looking(self._engine) as connection:
            seen: int | None = await connection.scalar(_SEEN_IN, found)
        return seen


def until_words(until: datetime) -> str:
    """A moment of the city's clock, as it is said: 11월 23일 18:00."""
    return f"{until.month}월 {until.day}일 {until:%H:%M}"
