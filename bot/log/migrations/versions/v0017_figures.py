"""Counts by hour for the figures, and alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
RULES = (
    ("unanswered", 40, 60),
    ("errors", 5, 15),
    ("slow", 5, 15),
    ("waiting", 10, 15),
    ("undelivered", 10, 60),
    ("unusual", 5, 60),
)
"""What is watched from the first start on: kind, threshold, minutes."""


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "figure_counts",
        sa.Column("span", sa.String(length=4), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "span", "kind", "at", "channel", "topic", "key", name=op.f("pk_figure_counts")
        ),
    )
    op.create_table(
        "figure_words",
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("word", sa.String(length=12), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("at", "word", name=op.f("pk_figure_words")),
    )
    op.create_table(
        "figure_unusual",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("usual", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_unusual")),
        sa.UniqueConstraint(
            "kind", "subject", "began_at", name=op.f("uq_figure_unusual_kind_subject_began_at")
        ),
    )
    op.create_index("ix_figure_unusual_seen_at", "figure_unusual", ["seen_at"])
    _alerts()


def _alerts() -> None:
    rules = op.create_table(
        "alert_rules",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("silent_until", MOMENT, nullable=True),
        sa.Column("looked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rules")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alert_targets",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_targets")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alerts",
        sa.Column("id", ID, nullable=False),
        sa.Column("rule_id", ID, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["alert_rules.id"], name=op.f("fk_alerts_rule_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("rule_id", "subject", "open", name=op.f("uq_alerts_rule_id_subject_open")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alerts_began_at", "alerts", ["began_at"])
    op.create_table(
        "alert_letters",
        sa.Column("id", ID, nullable=False),
        sa.Column("alert_id", ID, nullable=False),
        sa.Column("target_id", ID, nullable=False),
        sa.Column("phase", sa.String(length=5), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_alert_letters_alert_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["alert_targets.id"],
            name=op.f("fk_alert_letters_target_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_letters")),
        sa.UniqueConstraint(
            "alert_id", "target_id", "phase", name=op.f("uq_alert_letters_alert_id_target_id_phase")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_letters_state", "alert_letters", ["state", "due_at"])
    op.bulk_insert(
        rules,
        [
            {"kind": kind, "name": "", "threshold": threshold, "minutes": minutes, "active": True}
            for kind, threshold, minutes in RULES
        ],
    )


def downgrade() -> None:
    """Take them away again."""
    for table in (
        *("alert_letters", "alerts", "alert_targets", "alert_rules"),
        *("figure_unusual", "figure_words", "figure_counts"),
    ):
        op.drop_table(table)
