"""Stands in for Rasa before the real action server: every line of a citizen is a question for the answers,
but one that names 상담원 asks for a person.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
from aiohttp import web

from tests.actions_support import SHOWN, tracker


class Questions:
    """Rasa's REST channel, as far as the gateway uses it."""

    def __init__(self, actions_url: str) -> None:
        self._actions = actions_url
        self._session = aiohttp.ClientSession(headers=SHOWN)
        self._runner = web.AppRunner(self._app(), shutdown_timeout=0.1)
        self.url = ""
        self._slots: dict[str, dict[str, Any]] = {}

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
                web.post("/conversations/{key}/tracker/events", self._remember),
                web.post("/model/parse", self._parse),
            ]
        )
        return app

    async def _turn(self, request: web.Request) -> web.Response:
        body = await request.json()
        person = "상담원" in body["message"]
        again = body["message"].startswith("/") or "다시 말" in body["message"]
        action = "action_ask_again" if again else "action_answer"
        action = "action_request_handoff" if person else action
        asked: dict[str, Any] = {
            "next_action": action,
            "sender_id": body["sender"],
            "version": "3.6.21",
            "tracker": tracker(body["message"], "talk_to_person" if person else "ask_faq"),
            "domain": {"forms": {}},
        }
        asked["tracker"]["latest_message"]["metadata"] = body["metadata"]
        asked["tracker"]["sender_id"] = body["sender"]
        asked["tracker"]["slots"] |= self._slots.get(body["sender"], {})
        async with self._session.post(f"{self._actions}/webhook", json=asked) as answer:
            said = (await answer.json())["responses"]
        return web.json_response(
            [{"recipient_id": body["sender"], "custom": each["custom"]} for each in said]
        )

    async def _remember(self, request: web.Request) -> web.Response:
        """What was said to a person: its slots stay."""
        slots = self._slots.setdefault(request.match_info["key"], {})
        slots |= {each["name"]: each["value"] for each in await request.json() if each["event"] == "slot"}
        return web.json_response({})

    async def _parse(self, request: web.Request) -> web.Response:
        return web.json_response(
            {**await request.json(), "intent": {"name": "ask_faq"}, "entities": [], "intent_ranking": []}
        )

    async def _status(self, _: web.Request) -> web.Response:
        await asyncio.sleep(0)
        return web.json_response({"model_file": "m"})
