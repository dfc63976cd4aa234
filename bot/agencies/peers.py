"""The agencies whose installations we know, and which of them staff has made sure of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.agencies.directory import Entry, Signed, believed
from bot.agencies.keys import fingerprint
from bot.agencies.tables import Peer
from bot.log.engine import reading, writing
from bot.messages import utc_now


@dataclass(frozen=True)
class Known:
    """An agency that we know of."""

    entry: Entry
    signed: Signed
    trusted: bool
    offered: str
    """Fingerprint of another key that was shown under this name; empty when there was none."""
    seen_at: datetime

    @property
    def fingerprint(self) -> str:
        """What staff compares by telephone."""
        return fingerprint(self.entry.key)


class Peers:
    """The known agencies. `own` gives our own id: nobody else is known under it.

    `trusted` answers at once from what was last read (`refresh`), for what cannot wait for the database.
    """

    def __init__(
        self, engine: AsyncEngine, own: Callable[[], str], clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._engine = engine
        self._own = own
        self._clock = clock
        self.trusted: Mapping[str, Known] = MappingProxyType({})

    async def meet(self, signed: Signed) -> Entry | None:
        """Take note of an entry; None for our own and for one older than what we have.

        A key that is known stays: another one under the same name only gets noted. Raises `BadEntry`.
        """
        now = self._clock()
        entry = believed(signed, now)
        if entry.id == self._own():
            return None
        async with writing(self._engine) as session:
            row = await session.get(Peer, entry.id)
            if row is None:
                row = Peer(agency=entry.id, trusted=False, offered="")
                session.add(row)
            elif row.key != entry.key:
                row.offered = fingerprint(entry.key)
                return entry
            elif Entry.model_validate_json(row.entry).issued_at > entry.issued_at:
                return None
            row.key, row.entry, row.signature, row.seen_at = entry.key, signed.entry, signed.signature, now
        return entry

    async def trust(self, agency: str, mark: str) -> bool:
        """Staff made sure that the key with this fingerprint is the agency's; False when it is not the one
        that we have.
        """
        async with writing(self._engine) as session:
            row = await session.get(Peer, agency)
            if row is None or fingerprint(row.key) != mark:
                return False
            row.trusted, row.offered = True, ""
        await self.refresh()
        return True

    async def distrust(self, agency: str) -> bool:
        """Take nothing from an agency any more; False when it is not known."""
        async with writing(self._engine) as session:
            changed = await session.scalar(
                update(Peer).where(Peer.agency == agency).values(trusted=False).returning(Peer.agency)
            )
        await self.refresh()
        return changed is not None

    async def forget(self, agency: str) -> bool:
        """Drop an agency, so that it can come back with another key; False when it is not known."""
        async with writing(self._engine) as session:
            gone = await session.scalar(delete(Peer).where(Peer.agency == agency).returning(Peer.agency))
        await self.refresh()
        return gone is not None

    async def all(self) -> list[Known]:
        """Everybody known, by name."""
        async with reading(self._engine) as session:
            rows = list(await session.scalars(select(Peer)))
        return sorted((_known(row) for row in rows), key=lambda known: known.entry.name)

    async def refresh(self) -> None:
        """Read `trusted` anew: another process may have changed it."""
        self.trusted = MappingProxyType(
            {known.entry.id: known for known in await self.all() if known.trusted}
        )


def answers(entries: Mapping[str, Known], text: str, place: str) -> Known | None:
    """The agency whose place or subject a question names, by the longest name."""
    squeezed = _squeeze(text)
    found = [
        (len(word), known)
        for known in entries.values()
        for word in (*known.entry.places, *known.entry.subjects)
        if _squeeze(word) in squeezed or (place and word == place)
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _squeeze(text: str) -> str:
    return "".join(text.split()).casefold()


def _known(row: Peer) -> Known:
    return Known(
        Entry.model_validate_json(row.entry),
        Signed(entry=row.entry, signature=row.signature),
        row.trusted,
        row.offered,
        row.seen_at,
    )
