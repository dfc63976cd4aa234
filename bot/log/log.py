"""The log that every message goes through: the truth about what was said and what is still to do."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import or_, select, union, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.log.deliveries import Deliveries
from bot.log.engine import changing, looking, reading, writing
from bot.log.erasure import Receipt, forget_when_done, wipe
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
from bot.log.statements import (
    BUTTON,
    FINISH,
    FINISH_HELD,
    LABEL,
    NEXT_TURN,
    TO_DELIVER,
    UNSAID,
    WORDS,
    heard,
    write_down,
)
from bot.log.tables import Conversation, Message, Words
from bot.messages import Inbound, Outbound, Reply, utc_now
from bot.outcomes import Outcome


class ConversationLog(Deliveries):
    """Writes and reads the log. Every method is one transaction; any of them may be interrupted."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Callable[[], datetime] = utc_now,
        live: Callable[[], int | None] = lambda: None,
        gateway: Callable[[], int | None] = lambda: None,
    ) -> None:
        """`live` is the number of the release that citizens are answered from; `gateway` as `Deliveries`."""
        super().__init__(engine, gateway)
        self._clock = clock
        self._live = live

    async def receive(self, inbound: Inbound) -> StoredInbound | None:
        """Write down a citizen's (masked) message; None if its channel and id were seen before.

        A closed conversation belongs to the bot again.
        """
        now, dialect = self._clock(), self._engine.dialect.name
        text = unicodedata.normalize("NFC", readable(inbound))
        try:
            async with changing(self._engine) as connection:
                if inbound.payload and not text:
                    text = await connection.scalar(LABEL, {"button": inbound.payload}) or ""
                wrote = {"on": inbound.channel, "by": inbound.user_id, "now": now, "preview": text[:PREVIEW]}
                conversation = (await connection.execute(heard(dialect), wrote)).one()
                message = {
                    "conversation_id": conversation.id,
                    "seq": conversation.last_seq,
                    "direction": "in",
                    "author": "citizen",
                    "content": inbound.model_dump(mode="json"),
                    "at": now,
                    "channel": inbound.channel,
                    "platform_id": inbound.message_id,
                    "turn_state": "open",
                    "asked": None if inbound.public else asked(inbound.text),
                }
                row_id = await connection.scalar(write_down(dialect), message)
                if row_id is None:
                    raise _SeenBefore
                await connection.execute(WORDS, {"message_id": row_id, "text": text})
        except _SeenBefore:
            return None
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
            select(Message.conversation_id).where(or_(Message.delivery == "sending", TO_DELIVER)),
        )
        async with reading(self._engine) as session:
            return sorted(await session.scalars(query))

    async def next_turn(self, conversation_id: int) -> StoredInbound | None:
        """The oldest message of a conversation whose turn is not finished."""
        async with looking(self._engine) as connection:
            found = await connection.execute(NEXT_TURN, {"of_conversation": conversation_id})
            row = found.one_or_none()
        if row is None:
            return None
        return StoredInbound(
            id=row.id,
            conversation_id=conversation_id,
            seq=row.seq,
            channel=row.channel,
            user_id=row.user_id,
            inbound=Inbound.model_validate(row.content),
            state=row.state,
            received_at=row.at,
        )

    async def finish_turn(
        self,
        inbound_row_id: int,
        reply: Reply,
        latency_ms: int,
        author: str = "bot",
        receipt: Receipt | None = None,
        left_to_person: bool = False,
    ) -> list[OutboxRow]:
        """Commit a turn's outcome and its messages together; [] if it was finished before.

        A person who has taken the conversation over meanwhile answers instead of the bot. `left_to_person`:
        the turn stays open unless a person has it still.

        With `reply.erase` everything said before goes in the same transaction (see `erase`); the citizen
        has been told the number of the `receipt`.
        """
        async with changing(self._engine) as connection:
            outcome = {
                "row": inbound_row_id,
                "outcome": reply.outcome,
                "intent": reply.intent,
                "confidence": reply.confidence,
                "candidates": [candidate.model_dump(mode="json") for candidate in reply.candidates],
                "latency_ms": latency_ms,
                "release": self._live(),
                "answer_id": reply.detail.get("answer_id"),
            }
            conversation_id = await connection.scalar(FINISH_HELD if left_to_person else FINISH, outcome)
            if conversation_id is None:
                return []
            rows = await append(
                connection,
                conversation_id,
                reply.messages,
                now=self._clock(),
                author=author,
                turn_id=inbound_row_id,
                beside=reply.erase,
            )
            if reply.messages and not rows:
                instead = {"row": inbound_row_id, "instead": Outcome.WITH_PERSON}
                await connection.execute(UNSAID, instead)
            if reply.erase:
                await wipe(connection, conversation_id, now=self._clock(), operator_id=None, receipt=receipt)
            elif not rows:
                await forget_when_done(connection, conversation_id)
            return rows

    async def say(
        self,
        conversation_id: int,
        messages: Sequence[Outbound],
        author: str,
        operator_id: int | None = None,
        delivery: str = "pending",
    ) -> list[OutboxRow]:
        """Say something outside a turn: an acknowledgement, an operator's words, a notice.

        `delivery` is `sending` for what goes out at once in another way than the outbox's: `taken` or
        `uncertain` are to follow. What is [], and when, says `append`; what goes out at once is written down
        all the same. Raises `LookupError` if the conversation does not exist.
        """
        async with changing(self._engine) as connection:
            return await append(
                connection,
                conversation_id,
                messages,
                now=self._clock(),
                author=author,
                operator_id=operator_id,
                delivery=delivery,
                sender=self._gateway() if delivery == "sending" else None,
                beside=delivery == "sending",
            )

    async def tell(self, conversation_id: int, messages: Sequence[Outbound], once: str) -> bool:
        """Say something unasked, and only once: False when it was said before under the id `once`.

        While a person has the conversation it is a notice, not the bot's word.
        Raises `LookupError` if the conversation does not exist.
        """
        try:
            async with changing(self._engine) as connection:
                now = self._clock()
                await append(
                    connection, conversation_id, messages, now=now, author="bot", once=once, beside=True
                )
        except IntegrityError:
            return False
        return True

    async def left(self, channel: str, user_id: str) -> int | None:
        """The citizen blocked or left us: what waits for them fails. The conversation, if there is one."""
        async with changing(self._engine) as connection:
            conversation_id = await connection.scalar(
                update(Conversation)
                .where(Conversation.channel == channel, Conversation.user_id == user_id)
                .values(left_at=self._clock())
                .returning(Conversation.id)
            )
            if conversation_id is not None:
                await connection.execute(
                    update(Message)
                    .where(Message.conversation_id == conversation_id, Message.delivery == "pending")
                    .values(delivery="failed", error="the citizen has left")
                )
                await forget_when_done(connection, conversation_id)
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
        shown = {"button": button_id, "of_conversation": conversation_id}
        async with looking(self._engine) as connection:
            row = (await connection.execute(BUTTON, shown)).one_or_none()
        return StoredButton(row.payload, row.label) if row else None

    async def erase(
        self, conversation_id: int, operator_id: int | None = None, receipt: Receipt | None = None
    ) -> int:
        """Remove all that is known of a citizen, and who they are; returns the messages removed.

        What is not yet delivered (the confirmation) still goes out, and a message that came
        meanwhile still gets its turn; the conversation itself disappears right after that. An
        audit row without content and the receipt stay.
        """
        async with changing(self._engine) as connection:
            return await wipe(
                connection, conversation_id, now=self._clock(), operator_id=operator_id, receipt=receipt
            )


class _SeenBefore(Exception):
    """Undoes the writing down of a message that is there."""
