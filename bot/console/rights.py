"""What was erased and what is due: receipts, and a preview of the retention."""

from __future__ import annotations

import aiohttp_jinja2
from aiohttp import web

from bot.console.guard import WHO, needs
from bot.rights.receipts import Receipts
from bot.rights.retention import Retention
from bot.staff.audit import AuditTrail


class RightsPages:
    """One page; nothing can be changed on it."""

    def __init__(self, receipts: Receipts, retention: Retention, audit: AuditTrail) -> None:
        self._receipts = receipts
        self._retention = retention
        self._audit = audit

    def routes(self) -> list[web.RouteDef]:
        """Where the page is."""
        return [web.get("/rights", self.page)]

    @needs("watch")
    async def page(self, request: web.Request) -> web.StreamResponse:
        """`GET /rights?number=`: the receipt asked for, the latest ones, and what is due."""
        number = request.query.get("number", "").strip()[:40]
        found = await self._receipts.find(number) if number else None
        if found is not None:
            await self._audit.note(request[WHO].operator_id, "view", f"receipt:{found.number}")
        context = {
            "who": request[WHO],
            "section": "/rights",
            "number": number,
            "found": found,
            "latest": await self._receipts.latest(),
            "due": await self._retention.preview(),
        }
        return aiohttp_jinja2.render_template("rights.html", request, context)
