"""The statements that every message goes through, built once: to build one costs more than to run it.

Columns are set by parameters of the same name; other parameters are named.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import cast

from sqlalchemy import (
    BindParameter,
    Insert,
    Table,
    Update,
    and_,
    bindparam,
    case,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from bot.log.tables import ButtonRow, Conversation, Id, Message, Moment, Words

_conversations, _messages = cast(Table, Conversation.__table__), cast(Table, Message.__table__)
_buttons = cast(Table, ButtonRow.__table__)
_turn = _messages.alias("turn")
_CONVERSATION: BindParameter[int] = bindparam("of_conversation")

UNFINISHED = or_(_messages.c.turn_state == "open", _messages.c.delivery.in_(["pending", "sending"]))
"""A message that still needs something done."""


@cache
def heard(dialect: str) -> Insert:
    """A citizen wrote: their conversation is made or moves on, and a closed one is the bot's again.

    A person who has it owes them words, and no longer sleeps on it.

    Takes hold of its row, so that what follows is alone with it also on PostgreSQL. Parameters: `by`, `on`
    (the channel), `now` and `preview`.
    """
    now: BindParameter[datetime] = bindparam("now", type_=Moment())
    preview: BindParameter[str] = bindparam("preview")
    said = {
        "last_at": now,
        "heard_at": now,
        "last_text": preview,
        "last_author": "citizen",
        "erasing": False,
    }
    new = {
        "channel": bindparam("on"),
        "user_id": bindparam("by"),
        "state": "bot",
        "created_at": now,
        "last_seq": 1,
    }
    owed = _conversations.c.owed_since
    owes = and_(_conversations.c.state == "operator", owed.is_(None))
    moved = {
        "left_at": None,
        "snoozed_until": None,
        "owed_since": case((owes, now), else_=owed),
        "last_seq": _conversations.c.last_seq + 1,
        "state": case((_conversations.c.state == "closed", "bot"), else_=_conversations.c.state),
    }
    made = _insert(dialect)(_conversations).values(said | new)
    return made.on_conflict_do_update(index_elements=["channel", "user_id"], set_=said | moved).returning(
        _conversations.c.id, _conversations.c.last_seq, _conversations.c.state
    )


@cache
def write_down(dialect: str) -> Insert:
    """Add a citizen's message; no row comes back when its channel and id were seen before."""
    new = _insert(dialect)(_messages).on_conflict_do_nothing(index_elements=["channel", "platform_id"])
    return new.returning(_messages.c.id)


def _insert(dialect: str) -> type[postgresql.Insert] | type[sqlite.Insert]:
    return postgresql.Insert if dialect == "postgresql" else sqlite.Insert


WORDS = insert(cast(Table, Words.__table__))
BUTTONS = insert(_buttons)
OUTGOING = insert(_messages).returning(_messages.c.id)

BUTTON = select(_buttons.c.payload, _buttons.c.label).where(
    _buttons.c.id == bindparam("button"), _buttons.c.conversation_id == _CONVERSATION
)
LABEL = select(_buttons.c.label).where(_buttons.c.id == bindparam("button"))

NEXT_TURN = (
    select(
        _messages.c.id,
        _messages.c.seq,
        _messages.c.content,
        _messages.c.at,
        _conversations.c.channel,
        _conversations.c.user_id,
        _conversations.c.state,
    )
    .join(_conversations, _conversations.c.id == _messages.c.conversation_id)
    .where(_messages.c.conversation_id == _CONVERSATION, _messages.c.turn_state == "open")
    .order_by(_messages.c.seq)
    .limit(1)
)
"""The oldest message of a conversation whose turn is not finished."""

FINISH = (
    update(_messages)
    .where(_messages.c.id == bindparam("row"), _messages.c.turn_state == "open")
    .values(turn_state="done")
    .returning(_messages.c.conversation_id)
)
"""A turn is over."""
FINISH_HELD = FINISH.where(
    select(_conversations.c.id)
    .where(_conversations.c.id == _messages.c.conversation_id, _conversations.c.state == "operator")
    .correlate(_messages)
    .exists()
)
"""The same, as long as a person has the conversation."""

UNSAID = update(_messages).where(_messages.c.id == bindparam("row")).values(outcome=bindparam("instead"))
"""What the bot would have said was not said."""

SAID = (
    update(_conversations)
    .where(_conversations.c.id == _CONVERSATION)
    .values(last_seq=_conversations.c.last_seq + bindparam("count"))
    .returning(_conversations.c.last_seq, _conversations.c.channel, _conversations.c.user_id)
)
"""We said `count` things."""
BOT_SAID = SAID.where(_conversations.c.state != "operator")
"""The bot did: never over a person."""
PERSON_SAID = SAID.where(
    _conversations.c.state == "operator", _conversations.c.operator_id == bindparam("of_operator")
).values(owed_since=None, snoozed_until=None)
"""The person did who has the conversation."""
THERE = select(_conversations.c.id).where(_conversations.c.id == _CONVERSATION)

OUTBOX = (
    select(
        _messages.c.id,
        _messages.c.seq,
        _messages.c.channel,
        _messages.c.content,
        _messages.c.attempts,
        _messages.c.turn_id,
        _messages.c.parts_sent,
        _messages.c.error,
        _conversations.c.user_id,
        _conversations.c.heard_at,
        _turn.c.content.label("turn_content"),
        _turn.c.at.label("turn_at"),
    )
    .join(_conversations, _conversations.c.id == _messages.c.conversation_id)
    .outerjoin(_turn, _turn.c.id == _messages.c.turn_id)
    .where(_messages.c.conversation_id == _CONVERSATION, _messages.c.delivery == "pending")
    .order_by(_messages.c.seq)
)
"""What is still to be delivered, in the order it was said."""

DELIVERY: Update = update(_messages).where(_messages.c.id == bindparam("row"))
_BY = bindparam("by", type_=Id)
CLAIM = DELIVERY.where(
    or_(
        _messages.c.delivery == "pending",
        and_(_messages.c.delivery == "sending", _messages.c.sender.is_not_distinct_from(_BY)),
    ),
    _messages.c.parts_sent == bindparam("sent_before"),
).values(delivery="sending", sender=_BY)
"""Somebody is about to send it: nobody else is, nor has sent a part of it. Claimed again it is the same."""
SETTLE = DELIVERY.values(attempts=_messages.c.attempts + 1).returning(
    _messages.c.conversation_id,
    select(_conversations.c.erasing)
    .where(_conversations.c.id == _messages.c.conversation_id)
    .correlate(_messages)
    .scalar_subquery()
    .label("erasing"),
)
"""What became of a try."""
SETTLE_OURS = SETTLE.where(or_(_messages.c.sender.is_(None), _messages.c.sender == _BY))
"""The same, unless another gateway has claimed it since."""

POSTPONED = "waits for the citizen's next message"
"""Error of what there was no way for."""
TO_DELIVER = and_(_messages.c.delivery == "pending", _messages.c.error.is_distinct_from(POSTPONED))
"""What can be sent now."""
TO_DO = (
    select(_messages.c.id)
    .where(_messages.c.conversation_id == _CONVERSATION, or_(_messages.c.turn_state == "open", TO_DELIVER))
    .limit(1)
)
"""Something in a conversation that can be done now."""

FORGET = delete(_conversations).where(
    _conversations.c.id == _CONVERSATION,
    _conversations.c.erasing,
    ~select(_messages.c.id).where(_messages.c.conversation_id == _CONVERSATION, UNFINISHED).exists(),
)
"""An erased conversation in which nothing is left to do."""
