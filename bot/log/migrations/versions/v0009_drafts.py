"""What staff are editing and nobody sees yet."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "drafts",
        sa.Column("id", ID, nullable=False),
        sa.Column("item", sa.String(length=300), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("department", sa.String(length=80), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("dropped_at", MOMENT, nullable=True),
        _operator("drafts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("item", name=op.f("uq_drafts_item")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_drafts_updated", "drafts", ["dropped_at", "updated_at"])
    op.create_table(
        "draft_versions",
        sa.Column("draft_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["drafts.id"], name=op.f("fk_draft_versions_draft_id"), ondelete="CASCADE"
        ),
        _operator("draft_versions"),
        sa.PrimaryKeyConstraint("draft_id", "version", name=op.f("pk_draft_versions")),
    )


def downgrade() -> None:
    """Take them away again."""
    for table in ("draft_versions", "drafts"):
        op.drop_table(table)


def _operator(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f(f"fk_{table}_operator_id"))
