"""Questions that stayed unanswered, tasks for departments, and citizens who wait for an answer."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "inbox_groups",
        sa.Column("id", ID, nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("title_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        _refers("inbox_groups", "title_id", "messages", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_groups")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_inbox_groups_title_id"), "inbox_groups", ["title_id"])
    op.create_table(
        "tasks",
        sa.Column("id", ID, nullable=False),
        sa.Column("department", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("assignee_id", ID, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_by", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        _refers("tasks", "assignee_id", "operators"),
        _refers("tasks", "created_by", "operators"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tasks_state", "tasks", ["state", "due_on"])
    op.create_table(
        "task_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("operator_id", ID, nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _refers("task_events", "task_id", "tasks", "CASCADE"),
        _refers("task_events", "operator_id", "operators"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_events")),
    )
    op.create_index(op.f("ix_task_events_task_id"), "task_events", ["task_id"])
    op.create_table(
        "inbox_settlements",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("keep", sa.Boolean(), nullable=False),
        sa.Column("group_id", ID, nullable=True),
        sa.Column("task_id", ID, nullable=True),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        _refers("inbox_settlements", "group_id", "inbox_groups", "SET NULL"),
        _refers("inbox_settlements", "task_id", "tasks", "SET NULL"),
        _refers("inbox_settlements", "operator_id", "operators"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_settlements")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_settlements_done_at", "inbox_settlements", ["done_at"])
    op.create_index(op.f("ix_inbox_settlements_group_id"), "inbox_settlements", ["group_id"])
    op.create_index(op.f("ix_inbox_settlements_task_id"), "inbox_settlements", ["task_id"])
    _lines_and_waits()


def _lines_and_waits() -> None:
    op.create_table(
        "inbox_lines",
        sa.Column("message_id", ID, nullable=False, autoincrement=False),
        sa.Column("why", sa.String(length=12), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("department", sa.String(length=80), nullable=False),
        sa.Column("group_id", ID, nullable=True),
        sa.Column("settlement_id", ID, nullable=True),
        _refers("inbox_lines", "message_id", "messages", "CASCADE"),
        _refers("inbox_lines", "group_id", "inbox_groups", "SET NULL"),
        _refers("inbox_lines", "settlement_id", "inbox_settlements", "SET NULL"),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_inbox_lines")),
    )
    seen = ["settlement_id", "group_id", "why", "channel", "department", "at"]
    op.create_index("ix_inbox_lines_open", "inbox_lines", seen)
    op.create_index("ix_inbox_lines_group_id", "inbox_lines", ["group_id", "at", "settlement_id"])
    op.create_table(
        "answer_waits",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("looked", sa.String(length=80), nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        _refers("answer_waits", "conversation_id", "conversations", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_waits")),
        sa.UniqueConstraint(
            "conversation_id", "message_id", name=op.f("uq_answer_waits_conversation_id_message_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_answer_waits_told_at", "answer_waits", ["told_at"])
    op.create_table(
        "loop_marks",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_loop_marks")),
    )


def downgrade() -> None:
    """Take them away again."""
    for table in (
        *("loop_marks", "answer_waits", "inbox_lines", "inbox_settlements", "task_events", "tasks"),
        "inbox_groups",
    ):
        op.drop_table(table)


def _refers(table: str, column: str, to: str, gone: str | None = None) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete=gone)
