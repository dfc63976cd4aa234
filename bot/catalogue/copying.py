"""The catalogue of one installation for another that must not disturb it."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import Connection, insert, inspect, make_url, select

from bot.catalogue.indexing import FOLDER
from bot.catalogue.tables import ServiceEntry, ServiceSync
from bot.log.engine import changing, open_engine
from bot.log.migrate import migrate
from bot.settings import Settings


async def copy_catalogue(source: Settings, target: Settings) -> None:
    """Make the tables of `target` and put there what `source` has, with its index.

    Raises SQLAlchemyError or OSError when either cannot be used.
    """
    await migrate(target.database)
    if not _exists(source.database):
        return
    here, there = open_engine(source.database), open_engine(target.database)
    try:
        async with here.connect() as connection:
            if not await connection.run_sync(_has_tables):
                return
            finished = select(ServiceSync).where(ServiceSync.finished_at.is_not(None))
            last = (
                (await connection.execute(finished.order_by(ServiceSync.id.desc()).limit(1))).mappings().all()
            )
            entries = (await connection.execute(select(ServiceEntry))).mappings().all()
        async with changing(there, quick=False) as connection:
            for table, rows in ((ServiceSync, last), (ServiceEntry, entries)):
                if rows:
                    await connection.execute(insert(table), [dict(row) for row in rows])
    finally:
        await here.dispose()
        await there.dispose()
    if (source.var_dir / FOLDER).is_dir():
        shutil.copytree(source.var_dir / FOLDER, target.var_dir / FOLDER, dirs_exist_ok=True)


def _exists(database: str) -> bool:
    """A SQLite file that is not there would be made by looking into it."""
    address = make_url(database)
    return address.get_backend_name() != "sqlite" or Path(address.database or "").exists()


def _has_tables(connection: Connection) -> bool:
    found = inspect(connection)
    return all(found.has_table(table.__tablename__) for table in (ServiceSync, ServiceEntry))
