"""Notes of colleagues that call a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import WHO, needs
from bot.handoff.notes import Notes


class MentionPages:
    """`/mentions`: each leads to its conversation, where it counts as seen."""

    def __init__(self, notes: Notes, clock: Callable[[], datetime]) -> None:
        self._notes = notes
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """Where they are."""
        return [web.get("/mentions", self.index)]

    @needs("watch")
    async def index(self, request: web.Request) -> web.StreamResponse:
        """The notes that call who looks, what they have not seen first."""
        calls = await self._notes.calls_of(request[WHO].operator_id)
        return aiohttp_jinja2.render_template(
            "mentions.html", request, {"calls": calls, "now": self._clock()}
        )
