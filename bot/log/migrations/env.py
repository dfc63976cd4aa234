"""Alembic runs this file; the connection comes from `bot.log.migrate`."""

from alembic import context

from bot.log.schema import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
