"""Search over everything that was ever said: what was answered from which release, words, saved searches."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add columns, indexes and a table; what has been said is given what can be known of it."""
    op.add_column("messages", sa.Column("release", sa.Integer(), nullable=True))
    op.add_column("messages", sa.Column("answer_id", sa.String(length=80), nullable=True))
    dialect = op.get_bind().dialect.name
    op.execute(_ANSWERS[dialect])
    op.execute(_RELEASES)
    for column in ("answer_id", "operator_id", "release"):
        there = sa.text(f"{column} IS NOT NULL")
        name = f"ix_messages_{column}"
        op.create_index(name, "messages", [column, "at"], sqlite_where=there, postgresql_where=there)
    op.create_table(
        "saved_searches",
        sa.Column("id", ID, nullable=False),
        sa.Column("operator_id", ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"],
            ["operators.id"],
            name=op.f("fk_saved_searches_operator_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
        sa.UniqueConstraint("operator_id", "name", name=op.f("uq_saved_searches_operator_id_name")),
        sqlite_autoincrement=True,
    )
    if dialect == "postgresql":
        op.execute(_GRAMS)
        op.execute(
            "CREATE INDEX ix_words_grams ON words USING gin (message_grams(text))"
            " WITH (gin_pending_list_limit = 65536)"
        )


def downgrade() -> None:
    """Take them away again."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_words_grams", table_name="words")
        op.execute("DROP FUNCTION message_grams(text)")
    op.drop_table("saved_searches")
    for column in ("release", "operator_id", "answer_id"):
        op.drop_index(f"ix_messages_{column}", table_name="messages")
    op.drop_column("messages", "answer_id")
    op.drop_column("messages", "release")


_ANSWERS = {
    "sqlite": "UPDATE messages SET answer_id = json_extract(candidates, '$[0].id')"
    " WHERE outcome = 'answered_faq'",
    "postgresql": "UPDATE messages SET answer_id = candidates -> 0 ->> 'id' WHERE outcome = 'answered_faq'",
}
"""The likeliest candidate is what was answered, but where a citizen picked one: there was none then."""
_RELEASES = """UPDATE messages SET release = (
    SELECT number FROM release_activations AS active WHERE active.at <= messages.at
    ORDER BY active.id DESC LIMIT 1
) WHERE turn_state = 'done' AND EXISTS (SELECT 1 FROM release_activations)"""
_GRAMS = r"""CREATE FUNCTION message_grams(said text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $$
DECLARE
    signs text[] := string_to_array(translate(lower(left(said, 100000)), E'\t\n\r', '   '), NULL);
BEGIN
    RETURN coalesce((
        SELECT array_to_tsvector(array_agg(rtrim(one || coalesce(next, ''))))
        FROM unnest(signs, signs[2:]) AS pair(one, next) WHERE one <> ' '
    ), ''::tsvector);
END $$"""
"""Every two letters that stand side by side, and the last one of a word alone: a word of two syllables, the
commonest in Korean, is one entry, and one syllable the beginning of an entry. No extension is needed, and it
is the same in every locale, unlike pg_trgm. In PL/pgSQL: a function in SQL is planned anew by every INSERT.
Of a very long text the beginning: a tsvector holds a megabyte at most.
"""
