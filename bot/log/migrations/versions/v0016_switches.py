"""Emergency notices, the bot's switches, ratings, reviews, muted citizens."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "emergency_notices",
        sa.Column("id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("districts", sa.JSON(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("push_hours", sa.Integer(), nullable=False),
        sa.Column("pushed_to", ID, nullable=False),
        sa.Column("pushed", sa.Integer(), nullable=False),
        *_by_hand("emergency_notices"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_emergency_notices_ends_at", "emergency_notices", ["ends_at"])
    op.create_table(
        "emergency_notices_seen",
        sa.Column("notice_id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _refers("emergency_notices_seen", "notice_id", "emergency_notices", "CASCADE"),
        _refers("emergency_notices_seen", "conversation_id", "conversations", "CASCADE"),
        sa.PrimaryKeyConstraint("notice_id", "conversation_id", name=op.f("pk_emergency_notices_seen")),
    )
    op.create_table(
        "bot_offs",
        sa.Column("id", ID, nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("instead", sa.String(length=10), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        *_by_hand("bot_offs"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_bot_offs_ends_at", "bot_offs", ["ends_at"])
    op.create_table(
        "ratings",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=True),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("handoff_id", ID, nullable=True),
        sa.Column("about", sa.String(length=10), nullable=False),
        sa.Column("operator_id", ID, nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("rated_at", MOMENT, nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment_wanted_at", MOMENT, nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        _refers("ratings", "conversation_id", "conversations", "SET NULL"),
        _refers("ratings", "message_id", "messages", "SET NULL"),
        _refers("ratings", "handoff_id", "handoffs", "SET NULL"),
        _refers("ratings", "operator_id", "operators"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
        sa.UniqueConstraint("message_id", name=op.f("uq_ratings_message_id")),
        sa.UniqueConstraint("handoff_id", name=op.f("uq_ratings_handoff_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ratings_asked_at", "ratings", ["asked_at"])
    op.create_index("ix_ratings_rated_at", "ratings", ["rated_at"])
    op.create_index("ix_ratings_comment_wanted_at", "ratings", ["comment_wanted_at"])
    op.create_index("ix_ratings_conversation_id", "ratings", ["conversation_id", "asked_at"])
    op.create_table(
        "reviews",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=True),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("theme", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("task_id", ID, nullable=True),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _refers("reviews", "conversation_id", "conversations", "SET NULL"),
        _refers("reviews", "message_id", "messages", "SET NULL"),
        _refers("reviews", "task_id", "tasks", "SET NULL"),
        _refers("reviews", "operator_id", "operators"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("message_id", name=op.f("uq_reviews_message_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reviews_verdict", "reviews", ["verdict", "at"])
    op.create_index(op.f("ix_reviews_conversation_id"), "reviews", ["conversation_id"])
    op.create_table(
        "mutes",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("operator_id", ID, nullable=True),
        sa.Column("turn_id", ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("appealed_at", MOMENT, nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("settled_by", ID, nullable=True),
        _refers("mutes", "conversation_id", "conversations", "CASCADE"),
        _refers("mutes", "operator_id", "operators"),
        _refers("mutes", "settled_by", "operators"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mutes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mutes_until", "mutes", ["until"])
    op.create_index("ix_mutes_conversation_id", "mutes", ["conversation_id", "at"])


def downgrade() -> None:
    """Take the tables away again."""
    for table in ("mutes", "reviews", "ratings", "bot_offs", "emergency_notices_seen", "emergency_notices"):
        op.drop_table(table)


def _by_hand(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """The columns of what a person begins and may end."""
    return (
        sa.Column("made_by", ID, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("ended_by", ID, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        _refers(table, "made_by", "operators"),
        _refers(table, "ended_by", "operators"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _refers(table: str, column: str, to: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete=ondelete)
