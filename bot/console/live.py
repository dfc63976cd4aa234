"""Server-sent events: tells an open page that there is something new to fetch."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from bot.console.guard import HEADERS, SESSION, needs
from bot.feed import Feed
from bot.staff.sessions import Sessions

BREATH = 15.0
"""Seconds after which a quiet stream says that it still lives, and looks whether it still may."""


class LiveEvents:
    """`/events`: one line of JSON for everything that happens in the feed `console`."""

    def __init__(self, feed: Feed, sessions: Sessions) -> None:
        self._feed = feed
        self._sessions = sessions
        self._open: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """Where it is."""
        return [web.get("/events", self.events)]

    @needs("watch")
    async def events(self, request: web.Request) -> web.StreamResponse:
        """The stream. It ends with the event `expired` when the operator is logged out."""
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

    async def _write(self, request: web.Request, response: web.StreamResponse) -> None:
        token = request.cookies.get(SESSION, "")
        async with self._feed.subscribe("console") as events:
            await response.write(b"retry: 2000\nevent: ready\ndata: {}\n\n")
            coming = asyncio.ensure_future(anext(events))
            try:
                while True:
                    done, _ = await asyncio.wait({coming}, timeout=BREATH)
                    if await self._sessions.find(token, active=False) is None:
                        await response.write(b"event: expired\ndata: {}\n\n")
                        return
                    if done:
                        data = json.dumps(coming.result(), ensure_ascii=False)
                        await response.write(f"event: news\ndata: {data}\n\n".encode())
                        coming = asyncio.ensure_future(anext(events))
                    else:
                        await response.write(b": still here\n\n")
            finally:
                coming.cancel()
