"""Questions handed over to other agencies, and the agencies that we know."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "peers",
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(length=200), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("offered", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("agency", name=op.f("pk_peers")),
    )
    op.create_table(
        "referrals",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("conversation_id", ID, nullable=True),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_referrals_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referrals")),
        sa.UniqueConstraint(
            "conversation_id", "message_id", name=op.f("uq_referrals_conversation_id_message_id")
        ),
    )
    op.create_index(op.f("ix_referrals_conversation_id"), "referrals", ["conversation_id"])
    op.create_index("ix_referrals_state", "referrals", ["state", "next_at"])


def downgrade() -> None:
    """Remove them again."""
    op.drop_table("referrals")
    op.drop_table("peers")
