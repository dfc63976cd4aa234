"""Immutable releases of the content, and which is active."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "release_blobs",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_release_blobs")),
    )
    op.create_table(
        "releases",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("operator_id", ID, nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("follows", sa.Integer(), nullable=True),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.Column("overruled", sa.Text(), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("model_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operators.id"], name=op.f("fk_releases_operator_id")),
        sa.ForeignKeyConstraint(
            ["model_sha256"], ["release_blobs.sha256"], name=op.f("fk_releases_model_sha256")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_releases")),
    )
    op.create_table(
        "release_files",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["number"], ["releases.number"], name=op.f("fk_release_files_number"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["sha256"], ["release_blobs.sha256"], name=op.f("fk_release_files_sha256")),
        sa.PrimaryKeyConstraint("number", "path", name=op.f("pk_release_files")),
    )
    op.create_index(op.f("ix_release_files_sha256"), "release_files", ["sha256"])
    op.create_table(
        "release_pointer",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["releases.number"], name=op.f("fk_release_pointer_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_pointer")),
    )
    op.create_table(
        "release_activations",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("operator_id", ID, nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_release_activations_operator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_activations")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "release_processes",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_release_processes")),
    )


def downgrade() -> None:
    """Take them away again."""
    for table in (
        "release_processes", "release_activations", "release_pointer", "release_files", "releases",
        "release_blobs",
    ):  # fmt: skip
        op.drop_table(table)
