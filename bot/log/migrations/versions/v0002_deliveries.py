"""What a delivery needs to go on after a crash, and what lets an earlier answer be found by its question."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add columns; what was asked before has no `asked` and is not found by its question."""
    op.add_column("conversations", sa.Column("heard_at", MOMENT, nullable=True))
    op.add_column("conversations", sa.Column("left_at", MOMENT, nullable=True))
    op.add_column("messages", sa.Column("asked", sa.String(length=16), nullable=True))
    op.add_column("messages", sa.Column("parts_sent", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_messages_asked", "messages", ["asked", "at"])
    op.create_index("ix_messages_channel_provider_id", "messages", ["channel", "provider_id"])


def downgrade() -> None:
    """Remove them again; a delivery that was under way counts as uncertain."""
    op.execute("UPDATE messages SET delivery = 'uncertain' WHERE delivery = 'sending'")
    op.drop_index("ix_messages_channel_provider_id", table_name="messages")
    op.drop_index("ix_messages_asked", table_name="messages")
    op.drop_column("messages", "parts_sent")
    op.drop_column("messages", "asked")
    op.drop_column("conversations", "left_at")
    op.drop_column("conversations", "heard_at")
