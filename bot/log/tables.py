"""The tables of the log. `migrations/` creates them; a test keeps the two alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column of type INTEGER."""


class Moment(TypeDecorator[datetime]):
    """A point in time, always aware: SQLite keeps no time zone, so everything is stored as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Base(DeclarativeBase):
    """Every table, with constraint names that are the same on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Moment(), str: Text(), dict[str, Any]: JSON(), list[Any]: JSON()}  # noqa: RUF012


def _partial(name: str, column: str, *others: str) -> Index:
    """An index of the rows in which a column is not empty; the many others cost nothing."""
    there = text(f"{column} IS NOT NULL")
    return Index(name, column, *others, sqlite_where=there, postgresql_where=there)


class Operator(Base):
    """A person who may use the console. Never removed: what they did names them."""

    __tablename__ = "operators"
    __table_args__ = (Index("ix_operators_external", "external", unique=True),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    login: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    """Argon2id."""
    must_change_password: Mapped[bool]
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    roles: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    """Values of `bot.staff.roles.Role`."""
    departments: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    """Ids of departments, or `*` for all: what an editor may change."""
    active: Mapped[bool] = mapped_column(server_default=true())
    seen_at: Mapped[datetime | None]
    """When they logged in last."""
    external: Mapped[str | None] = mapped_column(String(600))
    """Issuer and subject of a person who logs in at the office's own provider."""
    totp_secret: Mapped[str | None]
    """Sealed; None = no second factor."""
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    """The time step of the last code that was taken: none is taken twice."""


class Conversation(Base):
    """One citizen on one channel, for ever (until erased)."""

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("channel", "user_id"),
        Index("ix_conversations_last", "last_at", "id"),
        Index("ix_conversations_state", "state", "waiting_since"),
        Index("ix_conversations_newest", "state", "last_at", "id"),
        # an id must never come back after an erasure: audit rows name it
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    """bot, waiting, operator or closed."""
    operator_id: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    handoff_reason: Mapped[str | None]
    waiting_since: Mapped[datetime | None]
    department_id: Mapped[str | None] = mapped_column(String(80))
    """Waiting: for the people of a department, after a transfer."""
    wanted_operator_id: Mapped[int | None] = mapped_column(Id)
    """Waiting: for one person, after a transfer. Whoever may talk may take it all the same."""
    snoozed_until: Mapped[datetime | None]
    """The person who has it sleeps on it; a citizen's message ends that too."""
    owed_since: Mapped[datetime | None]
    """Since when the citizen waits for the words of the person who has it; None = nothing is owed."""
    created_at: Mapped[datetime]
    last_at: Mapped[datetime]
    heard_at: Mapped[datetime | None]
    """When the citizen wrote last."""
    left_at: Mapped[datetime | None]
    """When the citizen blocked or left us; None again once they write."""
    last_seq: Mapped[int]
    last_text: Mapped[str]
    last_author: Mapped[str] = mapped_column(String(10))
    erasing: Mapped[bool]
    """Contents are gone; the row itself goes with the delivery of what is still to be said."""


class Message(Base):
    """A line of a transcript. Incoming rows carry their turn, outgoing rows their delivery."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("channel", "platform_id"),
        Index("ix_messages_turn_state", "turn_state", "conversation_id"),
        Index("ix_messages_delivery", "delivery", "conversation_id"),
        Index("ix_messages_outcome", "outcome", "at"),
        Index("ix_messages_intent", "intent", "at"),
        Index("ix_messages_at", "at"),
        Index("ix_messages_asked", "asked", "at"),
        Index("ix_messages_channel_provider_id", "channel", "provider_id"),
        _partial("ix_messages_answer_id", "answer_id", "at"),
        _partial("ix_messages_operator_id", "operator_id", "at"),
        _partial("ix_messages_release", "release", "at"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(Id, ForeignKey("conversations.id", ondelete="CASCADE"))
    seq: Mapped[int]
    """1, 2, 3 … within the conversation, both directions together."""
    direction: Mapped[str] = mapped_column(String(3))
    """in or out."""
    author: Mapped[str] = mapped_column(String(10))
    """citizen, bot, operator or system."""
    operator_id: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    content: Mapped[dict[str, Any]]
    """The Inbound or Outbound itself."""
    at: Mapped[datetime]
    """When it was written here, by our clock."""

    channel: Mapped[str] = mapped_column(String(40))
    platform_id: Mapped[str | None] = mapped_column(String(200))
    """Incoming: the platform's id. The same id twice is the same message."""
    turn_state: Mapped[str | None] = mapped_column(String(4))
    """Incoming: open until the reply is committed, then done."""
    asked: Mapped[str | None] = mapped_column(String(16))
    """Incoming: digest of the question, the same however it is spaced or punctuated."""
    intent: Mapped[str | None] = mapped_column(String(80))
    confidence: Mapped[float | None]
    outcome: Mapped[str | None] = mapped_column(String(40))
    latency_ms: Mapped[int | None]
    candidates: Mapped[list[Any] | None]
    release: Mapped[int | None]
    """Incoming: number of the release that was live when its turn ended; None = none was published yet."""
    answer_id: Mapped[str | None] = mapped_column(String(80))
    """Incoming: the answer that was given."""

    turn_id: Mapped[int | None] = mapped_column(Id)
    """Outgoing: the incoming row that it answers."""
    delivery: Mapped[str | None] = mapped_column(String(10))
    """Outgoing: pending, sending, delivered, failed or uncertain."""
    parts_sent: Mapped[int] = mapped_column(default=0, server_default="0")
    """Outgoing: so many of the messages it makes on its channel have been taken."""
    sender: Mapped[int | None] = mapped_column(Id)
    """Outgoing: the gateway that claimed it last (`bot.fleet`); None where there is only one."""
    attempts: Mapped[int] = mapped_column(default=0)
    provider_id: Mapped[str | None]
    error: Mapped[str | None]


class Words(Base):
    """Everything readable in a message, in NFC: what lists show and search looks at.

    Apart from `messages`, whose rows are six times as long: on SQLite a search reads all of this table. On
    PostgreSQL it is indexed by every two letters that stand side by side (migration 0015).
    """

    __tablename__ = "words"
    __table_args__ = (
        Index("ix_words_grams", text("message_grams(text)"), postgresql_using="gin").ddl_if(
            dialect="postgresql"
        ),
    )
    message_id: Mapped[int] = mapped_column(
        Id, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    text: Mapped[str]


class ButtonRow(Base):
    """What a button that we showed means; the messenger only ever sees the id."""

    __tablename__ = "buttons"
    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    payload: Mapped[str]
    label: Mapped[str]


class Handoff(Base):
    """One wish for a person, from asking to the end: what waiting times are reckoned from."""

    __tablename__ = "handoffs"
    __table_args__ = (Index("ix_handoffs_claimed_at", "claimed_at"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    operator_id: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    reason: Mapped[str]
    requested_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_how: Mapped[str | None] = mapped_column(String(12))
    """withdrawn, released, closed, transferred or lapsed."""
    category: Mapped[str | None] = mapped_column(String(40))
    """Closed: what it was about (`data/desk.yml`)."""
    department_id: Mapped[str | None] = mapped_column(String(80))
    """For whose people it waited, after a transfer."""
    remembered: Mapped[bool | None] = mapped_column(index=True)
    """A person had it: whether the bot has been told what was said; None = nothing to tell."""


class Audit(Base):
    """Who did what to which record; never anything of a citizen. Kept when the record is erased.

    The database itself refuses to change a row, and to remove one whose end is not in `audit_ends`.
    """

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    operator_id: Mapped[int | None] = mapped_column(Id, ForeignKey("operators.id"))
    action: Mapped[str] = mapped_column(String(40))
    target: Mapped[str]
    detail: Mapped[str]
    address: Mapped[str] = mapped_column(String(64), server_default="")
    """Whom the request came from; empty for what the program or the command line did."""
    changes: Mapped[str | None]
    """JSON, as text that can be searched: field → [before, after], the fields that changed."""
    hash: Mapped[str | None] = mapped_column(String(64))
    """Seal over this row and all before it (`bot.staff.chain`)."""


class AuditEnd(Base):
    """A removal of old audit rows: those from before `until` may go."""

    __tablename__ = "audit_ends"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    until: Mapped[datetime]
    last_id: Mapped[int | None] = mapped_column(Id)
    """The last row that went."""
    hash: Mapped[str | None] = mapped_column(String(64))
    """Its seal, from which the chain goes on; None where a program of an earlier version let rows go."""
