"""The outbox in the log: what is to be delivered, what was, and what nobody can know.

pending ──▶ sending ──▶ delivered ──▶ failed (the platform says so later)
▲           ├──▶ pending (again), failed, uncertain
└── resume ─┘ after a crash in mid-send: by the channel's policy, else uncertain
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.fleet.tables import GatewayRow
from bot.log.engine import changing, looking, reading
from bot.log.erasure import forget_when_done
from bot.log.queries import Transcripts
from bot.log.records import OutboxRow, asked
from bot.log.statements import CLAIM, OUTBOX, POSTPONED, SETTLE, SETTLE_OURS
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
    """Reads and moves outbox rows. Every method is one transaction.

    `gateway` is the number by which this gateway is known beside others, None where it is alone. What another
    has claimed since is left as it is.
    """

    def __init__(self, engine: AsyncEngine, gateway: Callable[[], int | None] = lambda: None) -> None:
        super().__init__(engine)
        self._gateway = gateway

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
                postponed=row.error == POSTPONED,
            )
            for row in rows
        ]

    async def sending(self, sent_before: Mapping[int, int]) -> bool:
        """These rows are about to be sent: from here on a crash leaves them uncertain.

        `sent_before` has, by row, how many of its messages went earlier. False, and nothing is changed, when
        a row is not as it was: another gateway has claimed it.
        """
        by = self._gateway()
        try:
            async with changing(self._engine, single=len(sent_before) == 1) as connection:
                for row_id, sent in sent_before.items():
                    claim = {"row": row_id, "sent_before": sent, "by": by}
                    if not (await connection.execute(CLAIM, claim)).rowcount:
                        raise _ClaimedElsewhere
        except _ClaimedElsewhere:
            return False
        return True

    async def taken(self, parts: dict[int, int], done: Sequence[int], provider_id: str) -> None:
        """The platform took messages: `parts` by row in all so far; rows in `done` are complete."""
        async with changing(self._engine) as connection:
            for row_id, count in parts.items():
                complete = row_id in done
                await self._settle(
                    connection,
                    row_id,
                    whoever=complete,
                    parts_sent=count,
                    provider_id=provider_id,
                    error=None,
                    delivery="delivered" if complete else "pending",
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
        ours = or_(Message.sender.is_(None), Message.sender == self._gateway())
        waiting = Message.id.in_(row_ids) & Message.delivery.in_(["pending", "sending"])
        async with changing(self._engine) as connection:
            await connection.execute(
                update(Message).where(waiting, ours).values(delivery="pending", error=POSTPONED)
            )

    async def settle_interrupted(
        self, resend: Sequence[str], connection: AsyncConnection | None = None
    ) -> int:
        """After a crash: what was being sent goes out again on the channels of `resend`, else is uncertain.

        Returns how many are uncertain. To be called before anything is sent; what gateways are sending that
        live is theirs. In the transaction of `connection`, if there is one.
        """
        nobodys = or_(Message.sender.is_(None), Message.sender.not_in(select(GatewayRow.id)))
        under_way = and_(Message.delivery == "sending", nobodys)
        async with nullcontext(connection) if connection else changing(self._engine) as connection:
            await connection.execute(
                update(Message)
                .where(under_way, Message.channel.in_(resend))
                .values(delivery="pending", error=_INTERRUPTED, sender=None)
            )
            rows = await connection.scalars(select(Message.id).where(under_way))
            lost = list(rows)
            for row_id in lost:
                await self._settle(
                    connection, row_id, whoever=True, delivery="uncertain", error=_INTERRUPTED, sender=None
                )
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

    async def _settle(
        self, connection: AsyncConnection, row_id: int, *, whoever: bool = False, **values: Any
    ) -> None:
        """`whoever`: what is said is so, whoever has claimed the row since."""
        named = {"row": row_id, **values}
        if whoever or (by := self._gateway()) is None:
            settled = (await connection.execute(SETTLE, named)).one_or_none()
        else:
            settled = (await connection.execute(SETTLE_OURS, named | {"by": by})).one_or_none()
        if settled is not None and settled.erasing:
            await forget_when_done(connection, settled.conversation_id)


class _ClaimedElsewhere(Exception):
    """Undoes the claims of a call that is not ours to make."""


def _general(message: Outbound) -> Outbound:
    cards = tuple(
        card.model_copy(update={"buttons": tuple(b for b in card.buttons if b.url)}) for card in message.cards
    )
    return message.model_copy(update={"cards": cards, "buttons": tuple(b for b in message.buttons if b.url)})
