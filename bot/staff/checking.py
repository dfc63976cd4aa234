"""Whether the audit log is still as it was written: every night, and by `sotong audit verify`.

The last good seal is kept in the database, in a file outside it and in the program's log: rows taken off the
end, or a chain made anew, show against those.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable
from datetime import datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.jobs import Jobs
from bot.log.engine import changing
from bot.log.tables import Audit, AuditEnd
from bot.settings import Settings
from bot.staff.chain import FIELDS, seal
from bot.staff.tables import AuditCheck

CHECK_AT = time(3, 40)
_BATCH = 2000

log = structlog.get_logger(__name__)


class Fault(StrEnum):
    """What is wrong."""

    CHANGED = "changed"
    """A row, or one before it since the last good seal, was changed, added or left out."""
    GONE = "gone"
    """A row that an earlier check has seen is not there any more, or is another one."""
    CUT = "cut"
    """Rows were let go that were not old yet."""


class Broken(Exception):
    """The audit log is not as it was written."""


class AuditChecks:
    """Reads the whole log and says what it found; `seals` is the file of good seals."""

    def __init__(self, engine: AsyncEngine, seals: Path, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._seals = seals
        self._clock = clock

    async def check(self) -> AuditCheck:
        """Check now, and keep the result. Raises `OSError` and `ValueError` for the file of seals."""
        async with self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":  # one view of all rows; SQLite gives it anyway
                connection = await connection.execution_options(isolation_level="REPEATABLE READ")
            found = await self._look(connection)
        found.at = self._clock()
        values = {"rows": found.rows, "last_id": found.last_id, "hash": found.hash}
        said = {**values, "at": found.at, "fault": found.fault, "fault_id": found.fault_id}
        async with changing(self._engine) as connection:
            await connection.execute(insert(AuditCheck).values(said))
        if found.fault:
            log.error("audit_broken", fault=found.fault, row=found.fault_id)
        else:
            log.info("audit_checked", **values)
            self._keep(found)
        return found

    async def nightly(self) -> None:
        """The job: fails when the log is broken. Raises `Broken` too."""
        found = await self.check()
        if found.fault:
            raise Broken(f"{found.fault} at row {found.fault_id}: sotong audit verify")

    async def _look(self, connection: AsyncConnection) -> AuditCheck:
        ends = await connection.execute(select(AuditEnd.__table__).order_by(AuditEnd.id.desc()).limit(1))
        end = ends.one_or_none()
        before, known = (end.hash if end else ""), await self._known(connection)
        last, count = (end.last_id or 0 if end else 0), 0
        for id_ in [id_ for id_ in known if id_ <= last]:
            del known[id_]
        if end and end.until > end.at:
            return _result(0, None, "", Fault.CUT, None)
        open_: list[Any] = []
        async for row in _rows(connection):
            count += 1
            open_.append(row)
            if row["hash"] is None:
                continue
            if before is not None and seal(before, open_) != row["hash"]:  # None: an older program let go
                return _result(count, None, "", Fault.CHANGED, row["id"])
            if known.pop(row["id"], row["hash"]) != row["hash"]:
                return _result(count, None, "", Fault.GONE, row["id"])
            before, last, open_ = row["hash"], row["id"], []
        if known:
            return _result(count, None, "", Fault.GONE, min(known))
        return _result(count, last or None, before or "", "", None)

    async def _known(self, connection: AsyncConnection) -> dict[int, str]:
        """Good seals of earlier checks, by the row's number."""
        good = select(AuditCheck.last_id, AuditCheck.hash).where(AuditCheck.fault == "")
        rows = await connection.execute(good.where(AuditCheck.last_id.is_not(None)))
        known = {row.last_id: row.hash for row in rows}
        if self._seals.exists():
            for line in self._seals.read_text(encoding="utf-8").splitlines():
                kept = json.loads(line)
                known[kept["row"]] = kept["hash"]
        return known

    def _keep(self, found: AuditCheck) -> None:
        if found.last_id is None:
            return
        self._seals.parent.mkdir(parents=True, exist_ok=True)
        with self._seals.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"row": found.last_id, "hash": found.hash}) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _result(rows: int, last: int | None, hash_: str, fault: str, at: int | None) -> AuditCheck:
    return AuditCheck(rows=rows, last_id=last, hash=hash_, fault=fault, fault_id=at)


async def _rows(connection: AsyncConnection) -> AsyncIterator[Any]:
    columns = [Audit.id, Audit.hash, *(getattr(Audit, field) for field in FIELDS)]
    after = 0
    while True:
        some = select(*columns).where(Audit.id > after).order_by(Audit.id).limit(_BATCH)
        rows = (await connection.execute(some)).mappings().all()
        for row in rows:
            yield row
            after = row["id"]
        if not rows:
            return


def seals_file(settings: Settings) -> Path:
    """Where an installation keeps its good seals."""
    return settings.var_dir / "audit-seals.jsonl"


def audit_checks(settings: Settings, engine: AsyncEngine, clock: Callable[[], datetime]) -> AuditChecks:
    """With the file of an installation."""
    return AuditChecks(engine, seals_file(settings), clock)


def add_audit(jobs: Jobs, settings: Settings, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
    """Every night."""
    jobs.daily("audit", CHECK_AT, audit_checks(settings, engine, clock).nightly)
