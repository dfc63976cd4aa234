"""Several gateways on one database."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables, and to a message who sends it."""
    op.create_table(
        "gateways",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("connections", sa.String(length=63), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateways")),
        sa.UniqueConstraint("name", name=op.f("uq_gateways_name")),
        sqlite_autoincrement=True,
    )
    for table, key in (
        ("holds", sa.Column("conversation_id", ID, nullable=False, autoincrement=False)),
        ("duties", sa.Column("name", sa.String(length=80), nullable=False)),
    ):
        op.create_table(
            table,
            key,
            sa.Column("gateway_id", ID, nullable=False),
            sa.ForeignKeyConstraint(
                ["gateway_id"],
                ["gateways.id"],
                name=op.f(f"fk_{table}_gateway_id"),
                ondelete="CASCADE",
            ),
            sa.PrimaryKeyConstraint(key.name, name=op.f(f"pk_{table}")),
        )
        op.create_index(op.f(f"ix_{table}_gateway_id"), table, ["gateway_id"])
    op.add_column("messages", sa.Column("sender", ID, nullable=True))


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("messages", "sender")
    for table in ("duties", "holds"):
        op.drop_index(op.f(f"ix_{table}_gateway_id"), table_name=table)
        op.drop_table(table)
    op.drop_table("gateways")
