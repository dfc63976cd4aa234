"""The desk: conversations that wait for a person, and who has which.

    BOT ──request──▶ WAITING ──claim──▶ OPERATOR ──release──▶ BOT
     ├──────────────claim──────────────────▲ │ ▲ └──close──▶ CLOSED ──a new message──▶ BOT
     └◀─withdraw── WAITING ◀─transfer, lapse─┘ └───reopen─────┘

Every change is one UPDATE that names the state it starts from, so of two that collide exactly one happens.
`ConversationLog.receive` gives a closed conversation back to the bot, and `bot.log.outgoing.append` lets
nobody speak but the owner. A person may sleep on what they have (`snooze`): it stays theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bot.handoff.notes import write_note
from bot.handoff.queue import Queue, queue_of
from bot.log.engine import looking, reading, writing
from bot.log.tables import Conversation, Handoff
from bot.messages import utc_now

_STATE = select(Conversation.state).where(Conversation.id == bindparam("conversation"))
_NOBODY: dict[str, Any] = {
    "operator_id": None,
    "department_id": None,
    "wanted_operator_id": None,
    "waiting_since": None,
    "snoozed_until": None,
    "owed_since": None,
}
"""Nobody has it, nobody is waited for."""


class HandoffDesk:
    """Who owns a conversation. Safe to use from several processes at once."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def request(self, conversation_id: int, reason: str) -> Queue:
        """Put a conversation into the queue; asking again keeps its place.

        Raises `LookupError` if there is no such conversation.
        """
        now = self._clock()
        async with writing(self._engine) as session:
            values = _NOBODY | {"state": "waiting", "waiting_since": now, "handoff_reason": reason}
            if await _change(session, conversation_id, _in("bot", "closed"), values):
                session.add(Handoff(conversation_id=conversation_id, reason=reason, requested_at=now))
                await session.flush()
            return await queue_of(session, conversation_id, now)

    async def queue(self, conversation_id: int) -> Queue:
        """Where a citizen stands now. Raises `LookupError` if there is no such conversation."""
        async with reading(self._engine) as session:
            return await queue_of(session, conversation_id, self._clock())

    async def withdraw(self, conversation_id: int) -> bool:
        """The citizen goes back to the bot instead of waiting; False if they were not waiting."""
        async with writing(self._engine) as session:
            values = _NOBODY | {"state": "bot", "handoff_reason": None}
            if not await _change(session, conversation_id, _in("waiting"), values):
                return False
            await self._end(session, conversation_id, "withdrawn")
            return True

    async def claim(self, conversation_id: int, operator_id: int) -> bool:
        """Take a conversation that no operator has, waiting or not; False if another was faster."""
        return await self._take(conversation_id, operator_id, _in("bot", "waiting"), "stepped_in")

    async def reopen(self, conversation_id: int, operator_id: int) -> bool:
        """Take up a conversation again that was closed; False unless it still is."""
        return await self._take(conversation_id, operator_id, _in("closed"), "reopened")

    async def release(self, conversation_id: int, operator_id: int) -> bool:
        """Give a conversation back to the bot; False unless this operator has it."""
        return await self._leave(conversation_id, operator_id, "bot", "released")

    async def close(self, conversation_id: int, operator_id: int, category: str | None = None) -> bool:
        """End a conversation until the citizen writes again; False unless this operator has it."""
        return await self._leave(conversation_id, operator_id, "closed", "closed", category)

    async def transfer(
        self,
        conversation_id: int,
        operator_id: int,
        name: str,
        note: str = "",
        *,
        department_id: str | None = None,
        to_operator_id: int | None = None,
    ) -> list[int] | None:
        """Let it wait for a department's people, or for one person, by `name`, with a note for them.

        Both happen or neither. Returns whom the note calls; None unless this operator has it.
        """
        now = self._clock()
        to = {"department_id": department_id, "wanted_operator_id": to_operator_id}
        async with writing(self._engine) as session:
            held = _held_by(operator_id)
            if not await self._back_into_queue(session, conversation_id, held, now, "transferred", to):
                return None
            calls = () if to_operator_id is None else (to_operator_id,)
            return await write_note(
                session, conversation_id, operator_id, note, now, calls=calls, passed_to=name
            )

    async def snooze(self, conversation_id: int, operator_id: int, until: datetime) -> bool:
        """Sleep on it until a moment or the citizen's next message; False unless this operator has it."""
        values = {"snoozed_until": until, "owed_since": None}
        async with writing(self._engine) as session:
            return await _change(session, conversation_id, _held_by(operator_id), values)

    async def wake(self, conversation_id: int, operator_id: int) -> bool:
        """Go on with what was slept on; False unless this operator sleeps on it."""
        sleeping = _held_by(operator_id) & Conversation.snoozed_until.is_not(None)
        owed = case((Conversation.last_author == "citizen", self._clock()), else_=None)
        async with writing(self._engine) as session:
            values = {"snoozed_until": None, "owed_since": owed}
            return await _change(session, conversation_id, sleeping, values)

    async def wake_due(self) -> list[tuple[int, int]]:
        """End the sleeps whose time has come: conversations, and who has them."""
        now = self._clock()
        async with writing(self._engine) as session:
            woken = await session.execute(
                update(Conversation)
                .where(_in("operator"), Conversation.snoozed_until <= now)
                .values(snoozed_until=None, owed_since=now)
                .returning(Conversation.id, Conversation.operator_id)
            )
            return [(number, operator_id) for number, operator_id in woken if operator_id is not None]

    async def lapse(self, after: timedelta) -> list[tuple[int, int]]:
        """Put what a person has left without a word for so long back into the queue: which, and whose it was.

        They keep the time since when they wait.
        """
        now, lapsed = self._clock(), []
        silent = (
            _in("operator") & Conversation.snoozed_until.is_(None) & (Conversation.owed_since < now - after)
        )
        query = select(Conversation.id, Conversation.operator_id, Conversation.owed_since).where(silent)
        async with reading(self._engine) as session:
            found = (await session.execute(query)).all()
        for number, operator_id, since in found:
            if operator_id is None or since is None:
                continue
            still = _held_by(operator_id) & (Conversation.owed_since == since)
            async with writing(self._engine) as session:
                if await self._back_into_queue(session, number, still, since, "left_alone", {}):
                    lapsed.append((number, operator_id))
        return lapsed

    async def holds(self, conversation_id: int, operator_id: int) -> bool:
        """Whether an operator has a conversation."""
        query = select(Conversation.id).where(Conversation.id == conversation_id, _held_by(operator_id))
        async with looking(self._engine) as connection:
            return await connection.scalar(query) is not None

    async def state(self, conversation_id: int) -> str:
        """bot, waiting, operator or closed. Raises `LookupError` if there is no such conversation."""
        async with looking(self._engine) as connection:
            state = await connection.scalar(_STATE, {"conversation": conversation_id})
        if state is None:
            raise LookupError(f"no conversation {conversation_id}")
        return state

    async def _take(
        self, conversation_id: int, operator_id: int, free: ColumnElement[bool], unasked: str
    ) -> bool:
        now = self._clock()
        async with writing(self._engine) as session:
            values = _NOBODY | {"state": "operator", "operator_id": operator_id, "owed_since": now}
            if not await _change(session, conversation_id, free, values):
                return False
            taken = await session.scalar(
                update(Handoff)
                .where(Handoff.conversation_id == conversation_id, Handoff.ended_at.is_(None))
                .values(operator_id=operator_id, claimed_at=now)
                .returning(Handoff.id)
            )
            if taken is None:  # nobody had asked: the operator stepped in, no waiting time to count
                session.add(
                    Handoff(
                        conversation_id=conversation_id,
                        operator_id=operator_id,
                        reason=unasked,
                        requested_at=now,
                        claimed_at=now,
                    )
                )
            return True

    async def _leave(
        self, conversation_id: int, operator_id: int, state: str, how: str, category: str | None = None
    ) -> bool:
        async with writing(self._engine) as session:
            values = _NOBODY | {"state": state, "handoff_reason": None}
            if not await _change(session, conversation_id, _held_by(operator_id), values):
                return False
            await self._end(session, conversation_id, how, category=category, remembered=False)
            return True

    async def _back_into_queue(
        self,
        session: AsyncSession,
        conversation_id: int,
        held: ColumnElement[bool],
        since: datetime,
        reason: str,
        to: dict[str, Any],
    ) -> bool:
        values = _NOBODY | {"state": "waiting", "waiting_since": since, "handoff_reason": reason} | to
        if not await _change(session, conversation_id, held, values):
            return False
        how = "transferred" if to else "lapsed"
        await self._end(session, conversation_id, how, remembered=False)
        again = Handoff(conversation_id=conversation_id, reason=reason, requested_at=since)
        again.department_id = to.get("department_id")
        session.add(again)
        await session.flush()
        return True

    async def _end(self, session: AsyncSession, conversation_id: int, how: str, **values: Any) -> None:
        await session.execute(
            update(Handoff)
            .where(Handoff.conversation_id == conversation_id, Handoff.ended_at.is_(None))
            .values(ended_at=self._clock(), ended_how=how, **values)
        )


async def _change(
    session: AsyncSession, conversation_id: int, only: ColumnElement[bool], values: dict[str, Any]
) -> bool:
    """The one UPDATE; False when the conversation is not in the state that it starts from."""
    changed = await session.scalar(
        update(Conversation)
        .where(Conversation.id == conversation_id, only)
        .values(values)
        .returning(Conversation.id)
    )
    return changed is not None


def _in(*states: str) -> ColumnElement[bool]:
    return Conversation.state.in_(states)


def _held_by(operator_id: int) -> ColumnElement[bool]:
    return (Conversation.state == "operator") & (Conversation.operator_id == operator_id)
