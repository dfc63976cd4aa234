"""What stands in for Rasa, the action server and the agency's app: everything answers at once."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from aiohttp import web
from yarl import URL

from bot.messages import Outbound, Reply
from bot.settings import Settings

SECRET = "a-secret-of-the-bench"
_REPLY = Reply(
    messages=(Outbound(text="신분증을 가지고 가까운 행정복지센터로 오시면 바로 처리해 드려요."),),
    outcome="answered_faq",
    intent="ask_faq",
    confidence=0.9,
)


class StandIns:
    """Two servers, where the settings say."""

    def __init__(self) -> None:
        self._replies = 0

    @contextlib.asynccontextmanager
    async def served(self, settings: Settings) -> AsyncIterator[None]:
        """Both, for as long as the context is open."""
        app = web.Application()
        app.add_routes(
            [
                web.post("/webhooks/rest/webhook", self._turn),
                web.post("/replies", self._shown),
                web.get("/status", self._well),
                web.get("/health", self._well),
                web.post("/model/parse", self._parsed),
                web.route("*", "/conversations/{key}/tracker/events", self._well),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            for address in {URL(settings.rasa).port, URL(settings.webhook_url).port}:
                await web.TCPSite(runner, "127.0.0.1", address).start()
            yield
        finally:
            await runner.cleanup()

    async def _turn(self, request: web.Request) -> web.Response:
        sender = (await request.json())["sender"]
        return web.json_response(
            [{"recipient_id": sender, "custom": {"sotong": _REPLY.model_dump(mode="json")}}]
        )

    async def _shown(self, _: web.Request) -> web.Response:
        self._replies += 1
        return web.json_response({"id": str(self._replies)})

    async def _parsed(self, request: web.Request) -> web.Response:
        text = (await request.json())["text"]
        intent = {"name": "ask_faq", "confidence": 0.9}
        return web.json_response({"text": text, "intent": intent, "intent_ranking": [intent], "entities": []})

    async def _well(self, _: web.Request) -> web.Response:
        return web.json_response({"model_file": "m"})
