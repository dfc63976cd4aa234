"""Writing down what is said to a citizen, inside a transaction that is already open."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.log.records import PREVIEW, OutboxRow
from bot.log.statements import BOT_SAID, BUTTONS, OUTGOING, PERSON_SAID, SAID, THERE, WORDS
from bot.messages import REST, Button, Outbound


async def append(
    connection: AsyncConnection,
    conversation_id: int,
    messages: Sequence[Outbound],
    *,
    now: datetime,
    author: str,
    turn_id: int | None = None,
    operator_id: int | None = None,
    delivery: str = "pending",
    sender: int | None = None,
    once: str | None = None,
    beside: bool = False,
) -> list[OutboxRow]:
    """Add outbox rows at the end of a conversation; `once` is an id that only one first row may have.

    Nothing is added, and [] returned, for the bot while a person has the conversation, and for a person
    (`author` is `operator`) who does not have it. `beside`: what the bot tells all the same, as a notice.
    Raises `LookupError` if the conversation does not exist.
    """
    if not messages:
        return []
    texts = [unicodedata.normalize("NFC", message.plain()) for message in messages]
    said = {
        "of_conversation": conversation_id,
        "count": len(messages),
        "last_at": now,
        "last_text": texts[-1][:PREVIEW],
        "last_author": author,
    }
    statement = {"bot": BOT_SAID, "operator": PERSON_SAID}.get(author, SAID)
    owner = {"of_operator": operator_id} if author == "operator" else {}
    conversation = (await connection.execute(statement, said | owner)).one_or_none()
    if conversation is None and beside:
        author = "system"
        conversation = (await connection.execute(SAID, said | {"last_author": author})).one_or_none()
    if conversation is None:
        if await connection.scalar(THERE, {"of_conversation": conversation_id}) is None:
            raise LookupError(f"no conversation {conversation_id}")
        return []
    rows = []
    first = conversation.last_seq - len(messages) + 1
    for seq, (message, text) in enumerate(zip(messages, texts, strict=True), start=first):
        sent, buttons = with_short_ids(message)
        if buttons:
            await connection.execute(
                BUTTONS, [{"conversation_id": conversation_id, **button} for button in buttons]
            )
        line = {
            "conversation_id": conversation_id,
            "seq": seq,
            "direction": "out",
            "author": author,
            "operator_id": operator_id,
            "content": sent.model_dump(mode="json"),
            "at": now,
            "channel": conversation.channel,
            "turn_id": turn_id,
            "delivery": delivery,
            "platform_id": f"{once}:{seq - first}" if once else None,
        }
        if sender is not None:
            line["sender"] = sender
        row_id = (await connection.execute(OUTGOING, line)).scalar_one()
        await connection.execute(WORDS, {"message_id": row_id, "text": text})
        rows.append(
            OutboxRow(
                row_id, conversation_id, seq, conversation.channel, conversation.user_id, sent, 0, turn_id
            )
        )
    return rows


def with_short_ids(message: Outbound) -> tuple[Outbound, list[dict[str, Any]]]:
    """The message as it is sent, and what the short ids of its buttons stand for.

    Messengers carry few bytes back (Telegram 64) and a citizen could forge them, so a payload
    never leaves the database.
    """
    stored: list[dict[str, Any]] = []

    def short(button: Button) -> Button:
        if button.payload is None or button.payload == REST:
            return button
        number = secrets.token_urlsafe(9)
        stored.append({"id": number, "payload": button.payload, "label": button.label})
        return button.model_copy(update={"payload": number})

    cards = tuple(
        card.model_copy(update={"buttons": tuple(map(short, card.buttons))}) for card in message.cards
    )
    buttons = tuple(map(short, message.buttons))
    return message.model_copy(update={"buttons": buttons, "cards": cards}), stored
