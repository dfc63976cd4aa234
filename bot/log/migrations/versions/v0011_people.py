"""Roles and departments of the people of the console, second factors, and what a change changed."""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
KEPT = "an audit row is never changed, and removed only when its days are over"


def upgrade() -> None:
    """Add columns and tables; `admin` becomes an administrator. Who is logged in logs in again."""
    nothing = sa.text("'[]'")
    for column in (
        sa.Column("roles", sa.JSON(), nullable=False, server_default=nothing),
        sa.Column("departments", sa.JSON(), nullable=False, server_default=nothing),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.Column("external", sa.String(length=600), nullable=True),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=True),
    ):
        op.add_column("operators", column)
    op.execute("""UPDATE operators SET roles = '["operator"]' WHERE role <> 'admin'""")
    op.execute("""UPDATE operators SET roles = '["administrator"]' WHERE role = 'admin'""")
    op.drop_column("operators", "role")
    op.create_index("ix_operators_external", "operators", ["external"], unique=True)
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("fk_recovery_codes_operator_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_operator_id"), "recovery_codes", ["operator_id"])
    op.drop_index(op.f("ix_sessions_operator_id"), table_name="sessions")
    op.drop_table("sessions")
    op.add_column("audit", sa.Column("address", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("audit", sa.Column("changes", sa.Text(), nullable=True))
    op.create_table(
        "audit_ends",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_ends")),
    )
    for statement in _KEEP[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Take them away again. Who has neither role that there was before is locked out, and so is who left."""
    dialect = op.get_bind().dialect.name
    for statement in _LET_GO[dialect]:
        op.execute(statement)
    op.drop_table("audit_ends")
    op.drop_column("audit", "changes")
    op.drop_column("audit", "address")
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_sessions_operator_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_operator_id"), "sessions", ["operator_id"], unique=False)
    op.drop_index(op.f("ix_recovery_codes_operator_id"), table_name="recovery_codes")
    op.drop_table("recovery_codes")
    op.drop_index("ix_operators_external", table_name="operators")
    op.add_column(
        "operators", sa.Column("role", sa.String(length=20), nullable=False, server_default="operator")
    )
    people = sa.table(
        "operators",
        sa.column("id", ID),
        sa.column("roles", sa.JSON()),
        sa.column("active", sa.Boolean()),
        sa.column("role", sa.String()),
        sa.column("locked_until", MOMENT),
    )
    bind = op.get_bind()
    for id_, roles, active in bind.execute(sa.select(people.c.id, people.c.roles, people.c.active)).all():
        held = json.loads(roles) if isinstance(roles, str) else roles
        change: dict[str, object] = {"role": "admin" if "administrator" in held else "operator"}
        if not active or not {"administrator", "operator"} & set(held):
            change["locked_until"] = NEVER
        bind.execute(sa.update(people).where(people.c.id == id_).values(change))
    for name in ("totp_step", "totp_secret", "external", "seen_at", "active", "departments", "roles"):
        op.drop_column("operators", name)


_ENDED = "EXISTS (SELECT 1 FROM audit_ends WHERE OLD.at < audit_ends.until)"
_KEEP = {
    "sqlite": (
        f"CREATE TRIGGER audit_no_change BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '{KEPT}'); END",
        f"CREATE TRIGGER audit_no_removal BEFORE DELETE ON audit WHEN NOT {_ENDED}"
        f" BEGIN SELECT RAISE(ABORT, '{KEPT}'); END",
        "CREATE TRIGGER audit_ends_no_change BEFORE UPDATE ON audit_ends"
        f" BEGIN SELECT RAISE(ABORT, '{KEPT}'); END",
        "CREATE TRIGGER audit_ends_no_removal BEFORE DELETE ON audit_ends"
        f" BEGIN SELECT RAISE(ABORT, '{KEPT}'); END",
    ),
    "postgresql": (
        f"""CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{KEPT}'; END $$""",
        f"""CREATE FUNCTION audit_removal() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT {_ENDED} THEN RAISE EXCEPTION '{KEPT}'; END IF;
            RETURN OLD;
        END $$""",
        "CREATE TRIGGER audit_no_change BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_no_removal BEFORE DELETE ON audit"
        " FOR EACH ROW EXECUTE FUNCTION audit_removal()",
        "CREATE TRIGGER audit_no_emptying BEFORE TRUNCATE ON audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_ends_no_change BEFORE UPDATE OR DELETE ON audit_ends"
        " FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_ends_no_emptying BEFORE TRUNCATE ON audit_ends"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
    ),
}
_LET_GO = {
    "sqlite": tuple(
        f"DROP TRIGGER {name}"
        for name in ("audit_ends_no_removal", "audit_ends_no_change", "audit_no_removal", "audit_no_change")
    ),
    "postgresql": (
        *(
            f"DROP TRIGGER {name} ON audit_ends"
            for name in ("audit_ends_no_emptying", "audit_ends_no_change")
        ),
        *(
            f"DROP TRIGGER {name} ON audit"
            for name in ("audit_no_emptying", "audit_no_removal", "audit_no_change")
        ),
        "DROP FUNCTION audit_removal()",
        "DROP FUNCTION audit_refuse()",
    ),
}
"""What the program itself could get wrong, and what a stranger in it could want: neither gets at the past."""
