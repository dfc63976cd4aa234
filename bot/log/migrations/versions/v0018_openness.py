"""Published scorecards, and the history of answers for the feed."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "open_scorecards",
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("accuracy", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_open_scorecards")),
    )
    op.create_table(
        "open_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("activation", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_open_changes_at", "open_changes", ["at"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("open_changes")
    op.drop_table("open_scorecards")
