"""What operators do with a conversation: notes, transfers, snoozing, categories."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add columns and tables. Who has a conversation now owes its citizen words from now on."""
    for column in (
        sa.Column("department_id", sa.String(length=80), nullable=True),
        sa.Column("wanted_operator_id", ID, nullable=True),
        sa.Column("snoozed_until", MOMENT, nullable=True),
        sa.Column("owed_since", MOMENT, nullable=True),
    ):
        op.add_column("conversations", column)
    for column in (
        sa.Column("ended_how", sa.String(length=12), nullable=True),
        sa.Column("category", sa.String(length=40), nullable=True),
        sa.Column("department_id", sa.String(length=80), nullable=True),
        sa.Column("remembered", sa.Boolean(), nullable=True),
    ):
        op.add_column("handoffs", column)
    op.execute(
        "UPDATE conversations SET owed_since = last_at WHERE state = 'operator' AND last_author = 'citizen'"
    )
    op.create_index(op.f("ix_handoffs_remembered"), "handoffs", ["remembered"])
    op.create_table(
        "notes",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("after_seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("passed_to", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _refers("notes", "conversation_id", "conversations", "CASCADE"),
        _refers("notes", "operator_id", "operators"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_notes_conversation_id"), "notes", ["conversation_id"])
    op.create_table(
        "mentions",
        sa.Column("note_id", ID, nullable=False, autoincrement=False),
        sa.Column("operator_id", ID, nullable=False, autoincrement=False),
        sa.Column("seen_at", MOMENT, nullable=True),
        _refers("mentions", "note_id", "notes", "CASCADE"),
        _refers("mentions", "operator_id", "operators"),
        sa.PrimaryKeyConstraint("note_id", "operator_id", name=op.f("pk_mentions")),
    )
    op.create_index("ix_mentions_operator_id", "mentions", ["operator_id", "seen_at"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("mentions")
    op.drop_table("notes")
    op.drop_index(op.f("ix_handoffs_remembered"), table_name="handoffs")
    for column in ("remembered", "department_id", "category", "ended_how"):
        op.drop_column("handoffs", column)
    for column in ("owed_since", "snoozed_until", "wanted_operator_id", "department_id"):
        op.drop_column("conversations", column)


def _refers(table: str, column: str, to: str, gone: str | None = None) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete=gone)
