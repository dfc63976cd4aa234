"""Problems that citizens report and ideas they propose."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "reports",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("conversation_id", ID, nullable=True),
        sa.Column("message_id", sa.String(length=200), nullable=True),
        sa.Column("category", sa.String(length=80), nullable=False),
        sa.Column("department", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("photos", sa.JSON(), nullable=True),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operator_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("delivery", sa.String(length=10), nullable=False),
        sa.Column("external", sa.String(length=80), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=True),
        _conversation("reports", "SET NULL"),
        _operator("reports"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("number", name=op.f("uq_reports_number")),
        sa.UniqueConstraint(
            "conversation_id", "message_id", name=op.f("uq_reports_conversation_id_message_id")
        ),
    )
    op.create_index("ix_reports_state", "reports", ["state", "due_at"])
    op.create_index("ix_reports_delivery", "reports", ["delivery", "next_try_at"])
    op.create_table(
        "report_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("operator_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_report_events_report_id"), ondelete="CASCADE"
        ),
        _operator("report_events"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_events")),
    )
    op.create_index(op.f("ix_report_events_report_id"), "report_events", ["report_id"])
    op.create_table(
        "ideas",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("conversation_id", ID, nullable=True),
        sa.Column("message_id", sa.String(length=200), nullable=True),
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("own_title", sa.Text(), nullable=False),
        sa.Column("own_text", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("merged_into", ID, nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("department", sa.String(length=80), nullable=False),
        sa.Column("replied_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        _conversation("ideas", "SET NULL"),
        sa.ForeignKeyConstraint(["merged_into"], ["ideas.id"], name=op.f("fk_ideas_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ideas")),
        sa.UniqueConstraint("number", name=op.f("uq_ideas_number")),
        sa.UniqueConstraint(
            "conversation_id", "message_id", name=op.f("uq_ideas_conversation_id_message_id")
        ),
    )
    op.create_index("ix_ideas_state", "ideas", ["state", "created_at"])
    op.create_table(
        "idea_votes",
        sa.Column("id", ID, nullable=False),
        sa.Column("idea_id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=True),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["idea_id"], ["ideas.id"], name=op.f("fk_idea_votes_idea_id"), ondelete="CASCADE"
        ),
        _conversation("idea_votes", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idea_votes")),
        sa.UniqueConstraint("idea_id", "conversation_id", name=op.f("uq_idea_votes_idea_id_conversation_id")),
    )
    op.create_index(op.f("ix_idea_votes_conversation_id"), "idea_votes", ["conversation_id"])
    op.create_table(
        "voice_news",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("once", sa.String(length=80), nullable=False),
        sa.Column("line", sa.String(length=40), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        _conversation("voice_news", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_news")),
        sa.UniqueConstraint("conversation_id", "once", name=op.f("uq_voice_news_conversation_id_once")),
    )
    op.create_index("ix_voice_news_told_at", "voice_news", ["told_at"])


def downgrade() -> None:
    """Remove them again."""
    for table in ("voice_news", "idea_votes", "ideas", "report_events", "reports"):
        op.drop_table(table)


def _conversation(table: str, gone: str) -> sa.ForeignKeyConstraint:
    """The citizen whose row it is."""
    name = op.f(f"fk_{table}_conversation_id")
    return sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=name, ondelete=gone)


def _operator(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f(f"fk_{table}_operator_id"))
