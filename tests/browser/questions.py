"""Stands in for Rasa before the real action server: every line of a citizen is a question for the answers."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from aiohttp import web

from tests.actions_support import tracker


class Questions:
    """Rasa's REST channel, as far as the gateway uses it."""

    def __init__(self, actions_url: str) -> None:
        self._actions = actions_url
        self._session = aiohttp.ClientSession()
        self._runner = web.AppRunner(self._app(), shutdown_timeout=0.1)
        self.url = ""

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()
        await self._session.close()

    def _app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.post("/webhooks/rest/webhook", self._turn),
                web.get("/status", self._status),
                web.put("/conversations/{key}/tracker/events", self._status),
            ]
        )
        return app

    async def _turn(self, request: web.Request) -> web.Response:
        body = await request.json()
        action = "action_ask_again" if body["message"].startswith("/") else "action_answer"
        asked: dict[str, Any] = {
            "next_action": action,
            "sender_id": body["sender"],
            "version": "3.6.21",
            "tracker": tracker(body["message"], "ask_faq"),
            "domain": {"forms": {}},
        }
        asked["tracker"]["latest_message"]["metadata"] = body["metadata"]
        asked["tracker"]["sender_id"] = body["sender"]
        async with self._session.post(f"{self._actions}/webhook", json=asked) as answer:
            said = (await answer.json())["responses"]
        return web.json_response(
            [{"recipient_id": body["sender"], "custom": each["custom"]} for each in said]
        )

    async def _status(self, _: web.Request) -> web.Response:
        await asyncio.sleep(0)
        return web.json_response({"model_file": "m"})
