"""The log that every message goes through: the truth about what was said and what is still to do."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Executable, case, insert, select, union, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.deliveries import Deliveries
from bot.log.engine import reading, writing
from bot.log.erasure import forget_when_done, purge, wipe
from bot.log.outgoing import append
from bot.log.records import (
    PREVIEW,
    RETRACTED,
    RETRACTED_TEXT,
    OutboxRow,
    StoredButton,
    StoredInbound,
    asked,
    readable,
)
from bot.log.tables import ButtonRow, Conversation, Message, Words
from bot.messages import Inbound, Outbound, Reply, utc_now


class ConversationLog(Deliveries):
    """Writes and reads the log. Every method is one transaction; any of them may be interrupted."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__(engine)
        self._clock = clock

    async def receive(self, inbound: Inbound) -> StoredInbound | None:
        """Write down a citizen's (masked) message; None if its channel and id were seen before.

        A closed conversation belongs to the bot again.
        """
        now = self._clock()
        async with writing(self._engine) as session:
            # Takes the conversation's row, so that what follows is alone with it also on PostgreSQL.
            await session.execute(_upsert(self._engine.dialect.name, inbound, now))
            seen = select(Message.id).where(
                Message.channel == inbound.channel, Message.platform_id == inbound.message_id
            )
            if await session.scalar(seen) is not None:
                return None
            text = readable(inbound)
            if inbound.payload and not text:
                tapped = select(ButtonRow.label).where(ButtonRow.id == inbound.payload)
                text = await session.scalar(tapped) or ""
            text = unicodedata.normalize("NFC", text)
            conversation = (
                await session.execute(
                    update(Conversation)
                    .where(Conversation.channel == inbound.channel, Conversation.user_id == inbound.user_id)
                    .values(
                        last_seq=Conversation.last_seq + 1,
                        last_at=now,
                        heard_at=now,
                        left_at=None,
                        last_text=text[:PREVIEW],
                        last_author="citizen",
                        state=case((Conversation.state == "closed", "bot"), else_=Conversation.state),
                        erasing=False,
                    )
                    .returning(Conversation.id, Conversation.last_seq, Conversation.state)
                )
            ).one()
            row_id = (
                await session.execute(
                    insert(Message)
                    .values(
                        conversation_id=conversation.id,
                        seq=conversation.last_seq,
                        direction="in",
                        author="citizen",
                        content=inbound.model_dump(mode="json"),
                        at=now,
                        channel=inbound.channel,
                        platform_id=inbound.message_id,
                        turn_state="open",
                        asked=None if inbound.public else asked(inbound.text),
                    )
                    .returning(Message.id)
                )
            ).scalar_one()
            await session.execute(insert(Words).values(message_id=row_id, text=text))
        return StoredInbound(
            id=row_id,
            conversation_id=conversation.id,
            seq=conversation.last_seq,
            channel=inbound.channel,
            user_id=inbound.user_id,
            inbound=inbound,
            state=conversation.state,
            received_at=now,
        )

    async def pending(self) -> list[int]:
        """Conversations with an unfinished turn or an undelivered message: the work after a restart."""
        query = union(
            select(Message.conversation_id).where(Message.turn_state == "open"),
            select(Message.conversation_id).where(Message.delivery.in_(["pending", "sending"])),
        )
        async with reading(self._engine) as session:
            return sorted(await session.scalars(query))

    async def next_turn(self, conversation_id: int) -> StoredInbound | None:
        """The oldest message of a conversation whose turn is not finished."""
        query = (
            select(Message, Conversation)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(Message.conversation_id == conversation_id, Message.turn_state == "open")
            .order_by(Message.seq)
            .limit(1)
        )
        async with reading(self._engine) as session:
            row = (await session.execute(query)).one_or_none()
        if row is None:
            return None
        message, conversation = row
        return StoredInbound(
            id=message.id,
            conversation_id=conversation.id,
            seq=message.seq,
            channel=conversation.channel,
            user_id=conversation.user_id,
            inbound=Inbound.model_validate(message.content),
            state=conversation.state,
            received_at=message.at,
        )

    async def finish_turn(
        self, inbound_row_id: int, reply: Reply, latency_ms: int, author: str = "bot"
    ) -> list[OutboxRow]:
        """Commit a turn's outcome and its messages together; [] if it was finished before.

        With `reply.erase` everything said before goes in the same transaction (see `erase`).
        """
        async with writing(self._engine) as session:
            conversation_id = await session.scalar(
                update(Message)
                .where(Message.id == inbound_row_id, Message.turn_state == "open")
                .values(
                    turn_state="done",
                    outcome=reply.outcome,
                    intent=reply.intent,
                    confidence=reply.confidence,
                    candidates=[candidate.model_dump(mode="json") for candidate in reply.candidates],
                    latency_ms=latency_ms,
                )
                .returning(Message.conversation_id)
            )
            if conversation_id is None:
                return []
            rows = await append(
                session,
                conversation_id,
                reply.messages,
                now=self._clock(),
                author=author,
                turn_id=inbound_row_id,
            )
            if reply.erase:
                await wipe(session, conversation_id, now=self._clock(), operator_id=None)
            elif not rows:
                await forget_when_done(session, conversation_id)
            return rows

    async def say(
        self,
        conversation_id: int,
        messages: Sequence[Outbound],
        author: str,
        operator_id: int | None = None,
        delivered: bool = False,
    ) -> list[OutboxRow]:
        """Say something outside a turn: an acknowledgement, an operator's words, a notice.

        `delivered`: it is on its way already. Raises `LookupError` if the conversation does not exist.
        """
        async with writing(self._engine) as session:
            return await append(
                session,
                conversation_id,
                messages,
                now=self._clock(),
                author=author,
                operator_id=operator_id,
                delivery="delivered" if delivered else "pending",
            )

    async def left(self, channel: str, user_id: str) -> int | None:
        """The citizen blocked or left us: what waits for them fails. The conversation, if there is one."""
        async with writing(self._engine) as session:
            conversation_id = await session.scalar(
                update(Conversation)
                .where(Conversation.channel == channel, Conversation.user_id == user_id)
                .values(left_at=self._clock())
                .returning(Conversation.id)
            )
            if conversation_id is not None:
                await session.execute(
                    update(Message)
                    .where(Message.conversation_id == conversation_id, Message.delivery == "pending")
                    .values(delivery="failed", error="the citizen has left")
                )
                await forget_when_done(session, conversation_id)
            return conversation_id

    async def retract(self, channel: str, message_id: str) -> int | None:
        """A citizen took a message back: what it said goes. The conversation, if the message is there."""
        async with writing(self._engine) as session:
            row = (
                await session.execute(
                    select(Message).where(Message.channel == channel, Message.platform_id == message_id)
                )
            ).scalar_one_or_none()
            if row is None:
                return None
            kept = Inbound.model_validate(row.content).model_copy(update=RETRACTED)
            row.content, row.asked = kept.model_dump(mode="json"), None
            await session.execute(update(Words).where(Words.message_id == row.id).values(text=RETRACTED_TEXT))
            await session.execute(
                update(Conversation)
                .where(Conversation.id == row.conversation_id, Conversation.last_seq == row.seq)
                .values(last_text=RETRACTED_TEXT)
            )
            return row.conversation_id

    async def button(self, conversation_id: int, button_id: str) -> StoredButton | None:
        """What a button means, if it was shown in this very conversation."""
        query = select(ButtonRow.payload, ButtonRow.label).where(
            ButtonRow.id == button_id, ButtonRow.conversation_id == conversation_id
        )
        async with reading(self._engine) as session:
            row = (await session.execute(query)).one_or_none()
        return StoredButton(row.payload, row.label) if row else None

    async def erase(self, conversation_id: int, operator_id: int | None = None) -> int:
        """Remove all that a citizen and we said, and who they are; returns the rows removed.

        What is not yet delivered (the confirmation) still goes out, and a message that came
        meanwhile still gets its turn; the conversation itself disappears right after that. An
        audit row without content stays.
        """
        async with writing(self._engine) as session:
            return await wipe(session, conversation_id, now=self._clock(), operator_id=operator_id)

    async def purge(self, before: datetime) -> int:
        """Remove what was said before a moment; returns the messages removed."""
        async with writing(self._engine) as session:
            return await purge(session, before)


def _upsert(dialect: str, inbound: Inbound, now: datetime) -> Executable:
    """Make the conversation if there is none, and take hold of its row either way."""
    values = {
        "channel": inbound.channel,
        "user_id": inbound.user_id,
        "state": "bot",
        "created_at": now,
        "last_at": now,
        "last_seq": 0,
        "last_text": "",
        "last_author": "citizen",
        "erasing": False,
    }
    dialect_insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    new = dialect_insert(Conversation).values(values)
    return new.on_conflict_do_update(index_elements=["channel", "user_id"], set_={"channel": inbound.channel})
