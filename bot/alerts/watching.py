"""Looks at the rules, opens and ends alerts, and writes down who is to be told.

However many gateways look: a rule is looked at by one at a time, of a subject only one alert is open, and a
target is told of its beginning once and of its end once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.alerts.measures import Measure, Measures, Reading, too_much, worse
from bot.alerts.tables import Alert, AlertLetter, AlertRule, AlertTarget
from bot.log.engine import changing, reading

EVERY = 30.0
"""Seconds between two looks."""
CALM = timedelta(minutes=5)
"""An alert ends when its threshold has not been reached for so long: one that comes and goes is one."""


class Watching:
    """The rules at work."""

    def __init__(self, engine: AsyncEngine, measures: Measures, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._measures = measures
        self._clock = clock

    async def run(self) -> int:
        """Look at every rule whose time has come; how many alerts are open then."""
        async with reading(self._engine) as session:
            rules = (await session.scalars(select(AlertRule).order_by(AlertRule.id))).all()
        open_ = 0
        for rule in rules:
            now = self._clock()
            if await self._mine(rule, now):
                open_ += await self._look(rule, now)
        return open_

    async def _mine(self, rule: AlertRule, now: datetime) -> bool:
        """Whether this gateway is the one to look now."""
        free = or_(AlertRule.looked_at.is_(None), AlertRule.looked_at <= now - timedelta(seconds=EVERY / 2))
        claim = update(AlertRule).where(AlertRule.id == rule.id, free).values(looked_at=now)
        async with changing(self._engine, single=True) as connection:
            return cast("CursorResult[object]", await connection.execute(claim)).rowcount > 0

    async def _look(self, rule: AlertRule, now: datetime) -> int:
        measure = Measure(rule.kind)
        found: list[Reading] = []
        if rule.active:
            read = await self._measures.read(measure, rule.minutes)
            found = [each for each in read if too_much(measure, each.value, rule.threshold)]
        async with changing(self._engine) as connection:
            for each in found:
                await self._open(connection, rule, measure, each, now)
            await self._end(connection, rule, now)
            return await self._letters(connection, rule, now)

    async def _open(
        self, connection: AsyncConnection, rule: AlertRule, measure: Measure, found: Reading, now: datetime
    ) -> None:
        here = (Alert.rule_id == rule.id, Alert.subject == found.subject, Alert.open.is_(True))
        known = (await connection.execute(select(Alert.id, Alert.value).where(*here))).one_or_none()
        if known is None:
            new = {"rule_id": rule.id, "subject": found.subject, "open": True, "began_at": now}
            values = {"seen_at": now, "value": found.value, "detail": found.detail}
            insert = _insert(connection)(Alert).values(**new, **values)
            await connection.execute(insert.on_conflict_do_nothing())
            return
        worst = worse(measure, known.value, found.value)
        values = {"seen_at": now, "value": worst}
        if worst == found.value:
            values["detail"] = found.detail
        await connection.execute(update(Alert).where(Alert.id == known.id).values(**values))

    async def _end(self, connection: AsyncConnection, rule: AlertRule, now: datetime) -> None:
        over = [Alert.rule_id == rule.id, Alert.open.is_(True)]
        if rule.active:
            over.append(Alert.seen_at <= now - CALM)
        ended = await connection.scalars(
            update(Alert).where(*over).values(ended_at=now, open=None).returning(Alert.id)
        )
        for id_ in ended.all():
            told = select(AlertLetter.target_id).where(
                AlertLetter.alert_id == id_, AlertLetter.phase == "began", AlertLetter.state != "failed"
            )
            await _write(connection, id_, (await connection.scalars(told)).all(), "ended", now)

    async def _letters(self, connection: AsyncConnection, rule: AlertRule, now: datetime) -> int:
        """Let every target know of every open alert, unless the rule is silent."""
        query = select(Alert.id).where(Alert.rule_id == rule.id, Alert.open.is_(True))
        open_ = (await connection.scalars(query)).all()
        if open_ and (rule.silent_until is None or rule.silent_until <= now):
            targets = (
                await connection.scalars(select(AlertTarget.id).where(AlertTarget.active.is_(True)))
            ).all()
            for id_ in open_:
                await _write(connection, id_, targets, "began", now)
        return len(open_)


async def _write(
    connection: AsyncConnection, alert: int, targets: Sequence[int], phase: str, now: datetime
) -> None:
    for target in targets:
        letter = {"alert_id": alert, "target_id": target, "phase": phase, "state": "pending"}
        new = _insert(connection)(AlertLetter).values(**letter, attempts=0, due_at=now, error="")
        await connection.execute(new.on_conflict_do_nothing())


def _insert(connection: AsyncConnection) -> Any:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
