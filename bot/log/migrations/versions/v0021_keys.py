"""PostgreSQL: old rows of the audit log leave by a function of its owner, who else may not remove any."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# `audit_ends` decides what may go (migration 0011); the function only lends its owner's right, and not for
# rows of the last year: that long they are kept whatever a stolen account writes into `audit_ends`
# (개인정보의 안전성 확보조치 기준, 제8조: a year at least).
_EXPIRE = """CREATE FUNCTION audit_expire(until bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp AS $$
DECLARE
    gone bigint;
BEGIN
    DELETE FROM audit WHERE id <= until AND at < now() - interval '365 days';
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$"""


def upgrade() -> None:
    """Add the function; SQLite has no accounts."""
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        schema = bind.exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
        op.execute(_EXPIRE.format(schema=schema))


def downgrade() -> None:
    """Take it away again."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_expire(bigint)")
