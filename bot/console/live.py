"""Server-sent events: what changes on the board, to every open page the moment it happens."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from bot.board.board import Board, Listener
from bot.console.cookies import SESSION, cookie
from bot.console.guard import HEADERS, WHO, needs
from bot.staff.sessions import Sessions

BREATH = 15.0
"""Seconds after which a quiet stream says that it still lives."""
LOOKS = 3.0
"""Seconds for which a stream trusts that its operator is still logged in."""


class LiveEvents:
    """`/events`: rows of the board (`rows`), other news of the feed (`news`), each written once for all."""

    def __init__(self, board: Board, sessions: Sessions) -> None:
        self._board = board
        self._sessions = sessions
        self._open: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        return [web.get("/events", self.events)]

    @needs("watch")
    async def events(self, request: web.Request) -> web.StreamResponse:
        """The stream, from the version `since` on. It ends with `expired` when the operator is logged out."""
        response = web.StreamResponse(
            headers={
                **HEADERS,
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        await response.prepare(request)
        task = asyncio.create_task(self._write(request, response), name="console-events")
        self._open.add(task)
        try:
            await task
        except (ConnectionError, asyncio.CancelledError):
            # The browser has gone, or the console is shutting down: either way this stream is over.
            task.cancel()
        finally:
            self._open.discard(task)
        return response

    async def close(self, _app: web.Application) -> None:
        """End every stream, so that the server can stop."""
        for task in self._open:
            task.cancel()
        self._board.close()

    async def _write(self, request: web.Request, response: web.StreamResponse) -> None:
        token = cookie(request, SESSION)
        # A browser that connects again says by itself what it heard last.
        since = request.headers.get("Last-Event-ID") or request.query.get("since", "")
        looked = time.monotonic()
        async with self._board.listen(request[WHO].operator_id, since) as listener:
            await response.write(b"retry: 2000\nevent: ready\ndata: {}\n\n")
            while True:
                message = await _next(listener)
                if time.monotonic() - looked >= LOOKS:
                    if await self._sessions.find(token, active=False) is None:
                        await response.write(b"event: expired\ndata: {}\n\n")
                        return
                    looked = time.monotonic()
                await response.write(message)


async def _next(listener: Listener) -> bytes:
    try:
        async with asyncio.timeout(BREATH):
            return await listener.queue.get()
    except TimeoutError:
        return b": still here\n\n"
