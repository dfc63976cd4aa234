"""Consents with the text they were given to, and receipts of erasures."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
STANDING = sa.text("withdrawn_at IS NULL")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "wordings",
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_used_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_wordings"),
    )
    op.create_table(
        "notices_shown",
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_notices_shown_conversation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", "version", name="pk_notices_shown"),
    )
    op.create_table(
        "consents",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=True),
        sa.Column("citizen", sa.String(length=64), nullable=True),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_consents_conversation_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index(
        "ix_consents_standing",
        "consents",
        ["conversation_id", "purpose"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )
    op.create_index("ix_consents_citizen", "consents", ["citizen"])
    op.create_table(
        "erasures",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("citizen", sa.String(length=64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("memory_of", sa.Text(), nullable=True),
        sa.Column("replayed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_erasures"),
    )
    op.create_index("ix_erasures_citizen", "erasures", ["citizen"])
    op.create_index("ix_erasures_at", "erasures", ["at"])


def downgrade() -> None:
    """Remove them again."""
    for table in ("erasures", "consents", "notices_shown", "wordings"):
        op.drop_table(table)
