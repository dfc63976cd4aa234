"""Rules and targets as staff change them, and what has been."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.alerts.measures import MINUTES, Measure
from bot.alerts.posting import KINDS
from bot.alerts.tables import Alert, AlertLetter, AlertRule, AlertTarget
from bot.log.engine import changing, reading

_MAILBOX = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+\.[^@\s.]+")
_CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,40}")
_MOST = 1_000_000


@dataclass(frozen=True)
class Told:
    """An alert and what became of its letters."""

    alert: Alert
    rule: AlertRule
    letters: Sequence[tuple[AlertLetter, str]]
    """With the names of their targets."""


def good_rule(kind: str, threshold: float, minutes: int) -> bool:
    """Whether a rule makes sense."""
    return kind in set(Measure) and 0 < threshold <= _MOST and minutes in MINUTES


def good_address(kind: str, address: str) -> bool:
    """Whether something can be sent to an address."""
    if kind == "email":
        return bool(_MAILBOX.fullmatch(address)) and len(address) <= 254
    if kind == "webhook":
        try:
            parts = urlsplit(address)
            return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            return False
    return kind in KINDS and bool(_CHAT.fullmatch(address))


class Rules:
    """Reads and changes. Every method is one transaction."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def rules(self) -> Sequence[AlertRule]:
        """All, in the order in which they were made."""
        async with reading(self._engine) as session:
            return (await session.scalars(select(AlertRule).order_by(AlertRule.id))).all()

    async def targets(self) -> Sequence[AlertTarget]:
        """All, in the order in which they were made."""
        async with reading(self._engine) as session:
            return (await session.scalars(select(AlertTarget).order_by(AlertTarget.id))).all()

    async def rule(self, id_: int) -> AlertRule | None:
        """One of them."""
        async with reading(self._engine) as session:
            return await session.get(AlertRule, id_)

    async def target(self, id_: int) -> AlertTarget | None:
        """One of them."""
        async with reading(self._engine) as session:
            return await session.get(AlertTarget, id_)

    async def alerts(self, limit: int = 50) -> list[Told]:
        """Those that are open, then the latest."""
        query = (
            select(Alert, AlertRule)
            .join(AlertRule, AlertRule.id == Alert.rule_id)
            .order_by(Alert.ended_at.is_not(None), Alert.id.desc())
            .limit(limit)
        )
        async with reading(self._engine) as session:
            found = (await session.execute(query)).all()
            letters = (
                select(AlertLetter, AlertTarget.name)
                .join(AlertTarget, AlertTarget.id == AlertLetter.target_id)
                .where(AlertLetter.alert_id.in_([alert.id for alert, _ in found]))
                .order_by(AlertLetter.id)
            )
            sent = [(letter, name) for letter, name in await session.execute(letters)]
        return [
            Told(alert, rule, [each for each in sent if each[0].alert_id == alert.id])
            for alert, rule in found
        ]

    async def open_count(self) -> int:
        """How many alerts are open."""
        async with reading(self._engine) as session:
            return len((await session.scalars(select(Alert.id).where(Alert.open.is_(True)))).all())

    async def save_rule(
        self, id_: int | None, *, kind: str, name: str, threshold: float, minutes: int, active: bool
    ) -> int:
        """Make or change a rule; its number. Raises `ValueError` for one that makes no sense."""
        if not good_rule(kind, threshold, minutes):
            raise ValueError(f"no good rule: {kind} {threshold} {minutes}")
        values = {"kind": kind, "name": name, "threshold": threshold, "minutes": minutes, "active": active}
        async with changing(self._engine) as connection:
            if id_ is None:
                made = await connection.execute(insert(AlertRule).values(**values).returning(AlertRule.id))
                return int(made.scalar_one())
            await connection.execute(update(AlertRule).where(AlertRule.id == id_).values(**values))
            return id_

    async def silence(self, id_: int, until: datetime | None) -> None:
        """Tell nobody of a rule's alerts until then; None = tell again."""
        async with changing(self._engine) as connection:
            await connection.execute(update(AlertRule).where(AlertRule.id == id_).values(silent_until=until))

    async def remove_rule(self, id_: int) -> None:
        """Take a rule away, with its alerts."""
        async with changing(self._engine) as connection:
            await connection.execute(delete(AlertRule).where(AlertRule.id == id_))

    async def save_target(self, id_: int | None, *, kind: str, name: str, address: str, active: bool) -> int:
        """Make or change a target; its number. Raises `ValueError` for an address that is none."""
        if not good_address(kind, address):
            raise ValueError(f"no good address for {kind}")
        values = {"kind": kind, "name": name or address, "address": address, "active": active}
        async with changing(self._engine) as connection:
            if id_ is None:
                made = await connection.execute(
                    insert(AlertTarget).values(**values).returning(AlertTarget.id)
                )
                return int(made.scalar_one())
            await connection.execute(update(AlertTarget).where(AlertTarget.id == id_).values(**values))
            return id_

    async def remove_target(self, id_: int) -> None:
        """Take a target away, with what it was to be told."""
        async with changing(self._engine) as connection:
            await connection.execute(delete(AlertTarget).where(AlertTarget.id == id_))
