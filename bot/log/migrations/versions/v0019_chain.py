"""The audit log as a chain of hashes: the rows there are get theirs."""

import hashlib
import json
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
AT_ONCE = 1000

AUDIT = sa.table(
    "audit",
    sa.column("id", ID),
    sa.column("at", MOMENT),
    sa.column("operator_id", ID),
    *(sa.column(name, sa.Text()) for name in ("action", "target", "detail", "address", "changes", "hash")),
)
ENDS = sa.table("audit_ends", sa.column("last_id", ID), sa.column("hash", sa.String()))


def upgrade() -> None:
    """Add the columns and seal what is there; a program of the version before goes on without them."""
    op.add_column("audit", sa.Column("hash", sa.String(length=64), nullable=True))
    op.add_column("audit_ends", sa.Column("last_id", ID, nullable=True))
    op.add_column("audit_ends", sa.Column("hash", sa.String(length=64), nullable=True))
    op.create_table(
        "audit_checks",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("last_id", ID, nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("fault", sa.String(length=20), nullable=False),
        sa.Column("fault_id", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checks")),
    )
    bind = op.get_bind()
    for statement in _LET_GO[bind.dialect.name]:
        op.execute(statement)
    _seal(bind)
    bind.execute(sa.update(ENDS).values(last_id=0, hash=""))
    for statement in _KEEP[bind.dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Take the seals away."""
    op.drop_table("audit_checks")
    op.drop_column("audit_ends", "hash")
    op.drop_column("audit_ends", "last_id")
    op.drop_column("audit", "hash")


def _seal(bind: sa.Connection) -> None:
    """As `bot.staff.chain.seal` did when this was written."""
    after, before = 0, ""
    while True:
        some = sa.select(AUDIT).where(AUDIT.c.id > after).order_by(AUDIT.c.id).limit(AT_ONCE)
        rows = bind.execute(some).all()
        if not rows:
            return
        for row in rows:
            at = row.at.astimezone(UTC) if row.at.tzinfo else row.at.replace(tzinfo=UTC)
            rest = (row.operator_id, row.action, row.target, row.detail, row.address, row.changes)
            said = json.dumps([[at.isoformat(), *rest]])
            before, after = hashlib.sha256(f"{before}\n{said}".encode()).hexdigest(), row.id
            bind.execute(sa.update(AUDIT).where(AUDIT.c.id == row.id).values(hash=before))


_KEPT = "an audit row is never changed, and removed only when its days are over"
_LET_GO = {
    "sqlite": ("DROP TRIGGER audit_no_change", "DROP TRIGGER audit_ends_no_change"),
    "postgresql": (
        "ALTER TABLE audit DISABLE TRIGGER audit_no_change",
        "ALTER TABLE audit_ends DISABLE TRIGGER audit_ends_no_change",
    ),
}
_KEEP = {
    "sqlite": tuple(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END"
        for table in ("audit", "audit_ends")
    ),
    "postgresql": (
        "ALTER TABLE audit ENABLE TRIGGER audit_no_change",
        "ALTER TABLE audit_ends ENABLE TRIGGER audit_ends_no_change",
    ),
}
