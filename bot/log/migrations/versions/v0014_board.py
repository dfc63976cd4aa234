"""What an operator has read, and the newest conversations of a state."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add a table and an index."""
    op.create_table(
        "seen",
        sa.Column("operator_id", ID, autoincrement=False, nullable=False),
        sa.Column("conversation_id", ID, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_seen_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_seen_operator_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("operator_id", "conversation_id", name=op.f("pk_seen")),
    )
    op.create_index(op.f("ix_seen_conversation_id"), "seen", ["conversation_id"])
    op.create_index("ix_conversations_newest", "conversations", ["state", "last_at", "id"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_conversations_newest", table_name="conversations")
    op.drop_index(op.f("ix_seen_conversation_id"), table_name="seen")
    op.drop_table("seen")
