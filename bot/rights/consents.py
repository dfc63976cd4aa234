"""What a citizen agreed to: given to a text, for one purpose, until withdrawn.

For the other parts:
* whether something may be done: `await Consents(engine).has(conversation_id, Purpose.PUSH)`, in the gateway
  and in the action server alike;
* asking for it in chat: the text is `Wordings.consent(Purpose.PUSH)`, staff's in data/notices.yml; the yes to
  it (a `pending_offer`, see `actions.handoff`) is written down by `agree`.

Withdrawing a consent in chat ends what rests on it: `has` is False from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.contacts.tables import ContactRequest
from bot.log.engine import changing, reading
from bot.loop.tables import AnswerWait
from bot.messages import utc_now
from bot.rights.purposes import Purpose
from bot.rights.tables import ConsentRow
from bot.rights.wordings import Text, keep
from bot.voices.tables import Report

__all__ = ["Consent", "Consents", "Purpose"]


@dataclass(frozen=True)
class Consent:
    """One consent of a citizen."""

    purpose: Purpose
    version: str
    """Of the text (`bot.rights.wordings`)."""
    given_at: datetime
    withdrawn_at: datetime | None


class Consents:
    """Reads and writes consents. Every method is one transaction and bears being run again."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    async def give(self, conversation_id: int, purpose: Purpose, version: str) -> bool:
        """Write a yes down; False when it stood already. `version` names the text that was shown.

        Raises `sqlalchemy.exc.IntegrityError` if there is no such conversation.
        """
        row = {
            "conversation_id": conversation_id,
            "purpose": purpose,
            "version": version,
            "given_at": self._clock(),
        }
        try:
            async with changing(self._engine) as connection:
                await connection.execute(insert(ConsentRow).values(row))
        except IntegrityError:
            if not await self.has(conversation_id, purpose):
                raise
            return False
        return True

    async def agree(self, conversation_id: int, purpose: Purpose, text: Text) -> bool:
        """Write a yes to a text down, and the text itself; False when it stood already. Raises as `give`."""
        async with changing(self._engine) as connection:
            await keep(connection, text, self._clock())
        return await self.give(conversation_id, purpose, text.version)

    async def withdraw(self, conversation_id: int, purpose: Purpose | None = None) -> list[Purpose]:
        """End a consent, or all of them; those that ended now. A contact that was passed on is removed, and
        so is what was to be answered.
        """
        standing = _standing(conversation_id)
        if purpose is not None:
            standing = (*standing, ConsentRow.purpose == purpose)
        ending = update(ConsentRow).where(*standing).values(withdrawn_at=self._clock())
        async with changing(self._engine) as connection:
            purposes = (await connection.scalars(ending.returning(ConsentRow.purpose))).all()
            if Purpose.CONTACT in purposes:
                mine = Report.conversation_id == conversation_id
                await connection.execute(update(Report).where(mine).values(contact=None))
            if Purpose.CALLBACK in purposes:
                mine = ContactRequest.conversation_id == conversation_id
                await connection.execute(update(ContactRequest).where(mine).values(contact=None))
            if Purpose.ANSWER in purposes:
                mine = AnswerWait.conversation_id == conversation_id
                await connection.execute(delete(AnswerWait).where(mine, AnswerWait.told_at.is_(None)))
            return sorted(Purpose(each) for each in purposes)

    async def has(self, conversation_id: int, purpose: Purpose) -> bool:
        """Whether a citizen agreed and has not withdrawn it."""
        found = select(ConsentRow.id).where(*_standing(conversation_id), ConsentRow.purpose == purpose)
        async with reading(self._engine) as session:
            return await session.scalar(found) is not None

    async def of(self, conversation_id: int) -> list[Consent]:
        """Every consent a citizen ever gave here, oldest first."""
        mine = ConsentRow.conversation_id == conversation_id
        async with reading(self._engine) as session:
            rows = await session.scalars(select(ConsentRow).where(mine).order_by(ConsentRow.id))
            return [Consent(Purpose(r.purpose), r.version, r.given_at, r.withdrawn_at) for r in rows]


def _standing(conversation_id: int) -> tuple[ColumnElement[bool], ...]:
    return ConsentRow.conversation_id == conversation_id, ConsentRow.withdrawn_at.is_(None)
