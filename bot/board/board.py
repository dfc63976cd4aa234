"""The board of one process: which conversations there are, kept up to date, and told to every open page.

However many people look, a conversation that changed is read once, written out once, and the same bytes go to
all of them. Nobody looking: nothing is read.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field

import structlog

from bot.board.rows import GROUPS, MOST, Row, Rows
from bot.feed import Event, Feed

GATHERED = 0.1
"""Seconds in which changes are gathered: one look at the database for all of them."""
AFRESH = 30.0
"""Seconds after which everything is read again, for events that vanished and texts that grow old."""
LINGERS = 15.0
"""Seconds for which the board is kept up to date when the last page is closed: mostly another one opens."""
_KEPT = 200
"""Changes that a page which was away for a moment gets afterwards."""
_BEHIND = 100
"""Messages that a slow page may lag behind before it has to begin anew."""
_AGAIN = 1.0
"""Seconds until the database is asked again after a fault."""
ROWS = frozenset({"message", "conversation"})
"""Kinds of events that only say that a conversation is another now."""
STALE = b"event: stale\ndata: {}\n\n"
"""The page has missed something and has to read the whole board."""

log = structlog.get_logger(__name__)

Write = Callable[[Collection[Row], Collection[int]], str]
"""Writes rows that changed and ids of those that left as one line of JSON."""


@dataclass(frozen=True)
class View:
    """The board at a moment."""

    version: str
    rows: Mapping[int, Row]


@dataclass(eq=False)
class Listener:
    """An open page."""

    operator_id: int
    queue: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(_BEHIND))

    def tell(self, message: bytes) -> None:
        """Give it a message; one that does not keep up is told to begin anew."""
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            message = STALE
        self.queue.put_nowait(message)


class Board:
    """Reads, keeps and tells. Everything happens in one event loop."""

    def __init__(self, rows: Rows, feed: Feed, write: Write) -> None:
        self._source = rows
        self._feed = feed
        self._write = write
        self._origin = secrets.token_hex(4)
        self._number = 0
        self._rows: dict[int, Row] = {}
        self._told: deque[tuple[int, bytes]] = deque(maxlen=_KEPT)
        self._listeners: set[Listener] = set()
        self._following: asyncio.Task[None] | None = None
        self._fresh = False
        self._began = -math.inf
        """When everything was last begun to be read."""
        self._reading = asyncio.Lock()

    async def view(self) -> View:
        """The board as it is. Raises `SQLAlchemyError` or `OSError` when it cannot be read."""
        asked = time.monotonic()
        if not self._fresh:
            async with self._reading:
                if not self._fresh and self._began < asked:  # else who was first has read it for all
                    await self._read_all()
        return View(self._version(), dict(self._rows))

    @contextlib.asynccontextmanager
    async def listen(self, operator_id: int, since: str) -> AsyncIterator[Listener]:
        """Server-sent events from the version `since` on, for as long as the context is open."""
        listener = Listener(operator_id)
        for message in self._since(since):
            listener.tell(message)
        self._listeners.add(listener)
        if self._following is None:
            self._following = asyncio.create_task(self._follow(), name="board")
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            asyncio.get_running_loop().call_later(LINGERS, self._rest)

    def close(self) -> None:
        """Stop reading."""
        self._listeners.clear()
        self._rest()

    def _version(self) -> str:
        return f"{self._origin}:{self._number}"

    def _since(self, version: str) -> list[bytes]:
        """What a page with a version has missed; that it is stale where nobody knows."""
        origin, _, number = version.partition(":")
        if origin != self._origin or not number.isdecimal() or len(number) > 15:
            return [STALE]
        first = self._told[0][0] if self._told else self._number + 1
        if not first <= int(number) + 1 <= self._number + 1:
            return [STALE]
        return [message for at, message in self._told if at > int(number)]

    def _rest(self) -> None:
        """Stop reading where nobody looks."""
        if self._following is not None and not self._listeners:
            self._fresh = False
            self._following.cancel()
            self._following = None

    async def _follow(self) -> None:
        while True:
            try:
                async with self._feed.subscribe("console") as events:
                    await self._keep_up(events)
            except Exception:
                # Open pages keep what they have, and get what changed as soon as it can be read again.
                self._fresh = False
                log.exception("board_not_read")
                await asyncio.sleep(_AGAIN)

    async def _keep_up(self, events: AsyncIterator[Event]) -> None:
        coming = asyncio.ensure_future(anext(events))
        try:
            while True:
                async with self._reading:
                    await self._read_all()
                    self._fresh = True
                until = time.monotonic() + AFRESH
                while (left := until - time.monotonic()) > 0:
                    await asyncio.wait({coming}, timeout=left)
                    if not coming.done():
                        continue
                    await asyncio.sleep(GATHERED)
                    changed: set[int] = set()
                    while coming.done():
                        self._take(coming.result(), changed)
                        coming = asyncio.ensure_future(anext(events))
                        await asyncio.sleep(0)
                    if changed:
                        self._put(changed, await self._source.of(changed))
        finally:
            coming.cancel()

    def _take(self, event: Event, changed: set[int]) -> None:
        """Pass an event on, or note whose row it is about."""
        if isinstance(id_ := event.get("conversation_id"), int):
            changed.add(id_)
        if event["kind"] in ROWS:
            return
        message = f"event: news\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
        for listener in self._listeners:
            if event.get("to", listener.operator_id) == listener.operator_id:
                listener.tell(message)

    async def _read_all(self) -> None:
        self._began = time.monotonic()
        rows = await self._source.all()
        if self._number == 0:
            self._rows, self._number = rows, 1
            return
        self._put(self._rows.keys() | rows.keys(), rows)

    def _put(self, ids: Collection[int], rows: Mapping[int, Row]) -> None:
        """The rows of some ids as they are now; ids without one have left."""
        changed = [row for row in rows.values() if self._rows.get(row.id) != row]
        gone = {id_ for id_ in ids if id_ not in rows and self._rows.pop(id_, None) is not None}
        self._rows.update((row.id, row) for row in changed)
        gone |= self._trim()
        told = [row for row in changed if row.id not in gone]
        if not told and not gone:
            return
        self._number += 1
        data = self._write(told, gone)
        message = f"id: {self._version()}\nevent: rows\ndata: {data}\n\n".encode()
        self._told.append((self._number, message))
        for listener in self._listeners:
            listener.tell(message)

    def _trim(self) -> set[int]:
        """Take the oldest of a group that has grown too long off the board."""
        gone: set[int] = set()
        for group in GROUPS:
            of_group = [row for row in self._rows.values() if row.group == group]
            if len(of_group) > MOST[group]:
                of_group.sort(key=lambda row: (row.last_at, row.id))
                gone.update(row.id for row in of_group[: len(of_group) - MOST[group]])
        for id_ in gone:
            del self._rows[id_]
        return gone
