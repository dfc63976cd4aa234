"""The outbox in the log: what is to be delivered, what was, and what nobody can know.

pending ──▶ sending ──▶ delivered ──▶ failed (the platform says so later)
▲           ├──▶ pending (again), failed, uncertain
└── resume ─┘ after a crash in mid-send: by the channel's policy, else uncertain
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.log.engine import changing, looking, reading
from bot.log.erasure import forget_when_done
from bot.log.queries import Transcripts
from bot.log.records import OutboxRow, asked
from bot.log.statements import DELIVERY, OUTBOX, SETTLE
from bot.log.tables import Message
from bot.messages import Outbound
from bot.outcomes import Outcome

_INTERRUPTED = "the program ended while this was sent"


@dataclass(frozen=True)
class Earlier:
    """What was answered when the same was asked before."""

    at: datetime
    messages: tuple[Outbound, ...]
    """Without buttons that only the other citizen's conversation knows."""


class Deliveries(Transcripts):
    """Reads and moves outbox rows. Every method is one transaction."""

    async def outbox(self, conversation_id: int) -> list[OutboxRow]:
        """What is still to be delivered, in the order it was said."""
        async with looking(self._engine) as connection:
            rows = (await connection.execute(OUTBOX, {"of_conversation": conversation_id})).all()
        return [
            OutboxRow(
                id=row.id,
                conversation_id=conversation_id,
                seq=row.seq,
                channel=row.channel,
                user_id=row.user_id,
                message=Outbound.model_validate(row.content),
                attempts=row.attempts,
                turn_id=row.turn_id,
                reply_to=(row.turn_content or {}).get("reply_to", ""),
                heard_at=row.turn_at or row.heard_at,
                parts_sent=row.parts_sent,
                interrupted=row.error == _INTERRUPTED,
            )
            for row in rows
        ]

    async def sending(self, row_ids: Sequence[int]) -> None:
        """These rows are about to be sent: from here on a crash leaves them uncertain."""
        async with changing(self._engine, single=len(row_ids) == 1) as connection:
            for row_id in row_ids:
                await connection.execute(DELIVERY, {"row": row_id, "delivery": "sending"})

    async def taken(self, parts: dict[int, int], done: Sequence[int], provider_id: str) -> None:
        """The platform took messages: `parts` by row in all so far; rows in `done` are complete."""
        async with changing(self._engine) as connection:
            for row_id, count in parts.items():
                await self._settle(
                    connection,
                    row_id,
                    parts_sent=count,
                    provider_id=provider_id,
                    error=None,
                    delivery="delivered" if row_id in done else "pending",
                )

    async def failed(self, row_ids: Sequence[int], error: str, final: bool) -> None:
        """The platform did not take them; unless `final` they stay in the outbox."""
        async with changing(self._engine) as connection:
            for row_id in row_ids:
                await self._settle(connection, row_id, delivery="failed" if final else "pending", error=error)

    async def uncertain(self, row_ids: Sequence[int], error: str) -> None:
        """The platform may have taken them: not sent again, and marked so in the console."""
        async with changing(self._engine) as connection:
            for row_id in row_ids:
                await self._settle(connection, row_id, delivery="uncertain", error=error)

    async def postponed(self, row_ids: Sequence[int]) -> None:
        """There is no way to the citizen now: they wait for the citizen's next message."""
        async with changing(self._engine) as connection:
            await connection.execute(
                update(Message).where(Message.id.in_(row_ids)).values(delivery="pending")
            )

    async def settle_interrupted(self, resend: Sequence[str]) -> int:
        """After a crash: what was being sent goes out again on the channels of `resend`, else is uncertain.

        Returns how many are uncertain. To be called before anything is sent.
        """
        under_way = Message.delivery == "sending"
        async with changing(self._engine) as connection:
            await connection.execute(
                update(Message)
                .where(under_way, Message.channel.in_(resend))
                .values(delivery="pending", error=_INTERRUPTED)
            )
            rows = await connection.scalars(select(Message.id).where(under_way))
            lost = list(rows)
            for row_id in lost:
                await self._settle(connection, row_id, delivery="uncertain", error=_INTERRUPTED)
        return len(lost)

    async def undelivered(self, channel: str, provider_id: str, reason: str) -> int | None:
        """The platform had taken a message and could not bring it. The conversation, if it is ours."""
        async with changing(self._engine) as connection:
            conversation_id: int | None = await connection.scalar(
                update(Message)
                .where(Message.channel == channel, Message.provider_id == provider_id)
                .values(delivery="failed", error=reason)
                .returning(Message.conversation_id)
            )
            return conversation_id

    async def answered_before(self, text: str, since: datetime) -> Earlier | None:
        """The last general answer to the same question, whoever asked it, given after a moment."""
        digest = asked(text)
        if digest is None:
            return None
        turn = (
            select(Message.id, Message.at)
            .where(Message.asked == digest, Message.at >= since, Message.outcome == Outcome.ANSWERED_FAQ)
            .order_by(Message.at.desc())
            .limit(1)
        )
        async with reading(self._engine) as session:
            found = (await session.execute(turn)).one_or_none()
            if found is None:
                return None
            said = await session.scalars(
                select(Message.content)
                .where(Message.turn_id == found.id, Message.author == "bot")
                .order_by(Message.seq)
            )
            return Earlier(found.at, tuple(_general(Outbound.model_validate(content)) for content in said))

    async def said(self, conversation_id: int) -> int:
        """How often the bot has said something in a conversation."""
        query = select(func.count()).where(
            Message.conversation_id == conversation_id, Message.author == "bot", Message.delivery != "failed"
        )
        async with reading(self._engine) as session:
            return (await session.execute(query)).scalar_one()

    @staticmethod
    async def _settle(connection: AsyncConnection, row_id: int, **values: Any) -> None:
        settled = (await connection.execute(SETTLE, {"row": row_id, **values})).one_or_none()
        if settled is not None and settled.erasing:
            await forget_when_done(connection, settled.conversation_id)


def _general(message: Outbound) -> Outbound:
    cards = tuple(
        card.model_copy(update={"buttons": tuple(b for b in card.buttons if b.url)}) for card in message.cards
    )
    return message.model_copy(update={"cards": cards, "buttons": tuple(b for b in message.buttons if b.url)})
