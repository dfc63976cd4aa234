"""Replies that wait for a person's yes, contacts left out of hours, canned replies."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables, and let the program itself give tasks."""
    _tasks_of_nobody()
    op.create_table(
        "contacts",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("department", sa.String(length=80), nullable=False),
        sa.Column("task_id", ID, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("touched_at", MOMENT, nullable=False),
        _refers("contacts", "conversation_id", "conversations", "CASCADE"),
        _refers("contacts", "task_id", "tasks", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("number", name=op.f("uq_contacts_number")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_contacts_touched_at", "contacts", ["touched_at"])
    op.create_index(op.f("ix_contacts_conversation_id"), "contacts", ["conversation_id"])
    op.create_index(op.f("ix_contacts_task_id"), "contacts", ["task_id"])
    _approvals()
    op.create_table(
        "canned_replies",
        sa.Column("id", ID, nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _refers("canned_replies", "operator_id", "operators"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_replies")),
    )
    op.create_index(op.f("ix_canned_replies_operator_id"), "canned_replies", ["operator_id"])


def _approvals() -> None:
    op.create_table(
        "approval_topics",
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("fallback", sa.String(length=10), nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _refers("approval_topics", "operator_id", "operators"),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_approval_topics")),
    )
    op.create_table(
        "approvals",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("reply", sa.JSON(), nullable=False),
        sa.Column("fallback", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("operator_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("calls", sa.Boolean(), nullable=False),
        _refers("approvals", "conversation_id", "conversations", "CASCADE"),
        _refers("approvals", "operator_id", "operators"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint("conversation_id", "turn_id", name=op.f("uq_approvals_conversation_id_turn_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_approvals_state", "approvals", ["state", "due_at"])
    op.create_index(op.f("ix_approvals_conversation_id"), "approvals", ["conversation_id"])


def downgrade() -> None:
    """Take them away again; tasks that nobody gave go."""
    for table in ("canned_replies", "approvals", "approval_topics", "contacts"):
        op.drop_table(table)
    op.execute("DELETE FROM tasks WHERE created_by IS NULL")
    _tasks_of_nobody(back=True)


def _tasks_of_nobody(*, back: bool = False) -> None:
    """`tasks.created_by` may be empty: the program gave it.

    SQLite cannot change a column, and to copy the table would fire what hangs on it (ON DELETE CASCADE); its
    manual's way for a constraint that leaves the stored rows as they are is to edit the schema's text
    (sqlite.org/lang_altertable.html, section 7).
    """
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        op.alter_column("tasks", "created_by", existing_type=ID, nullable=not back)
        return
    loose, strict = "created_by INTEGER", "created_by INTEGER NOT NULL"
    old, new = (loose, strict) if back else (strict, loose)
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    bind.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'tasks'",
        (f"{old},", f"{new},"),
    )
    bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = OFF")


def _refers(table: str, column: str, to: str, gone: str | None = None) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete=gone)
