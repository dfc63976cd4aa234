"""Stands in for Rasa before the real action server: every line of a citizen is a question for the answers,
but one that names 상담원 asks for a person, and the button of an offer is a yes to it.
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
                web.get("/conversations/{key}/tracker", self._recall),
                web.put("/conversations/{key}/tracker/events", self._forget),
                web.post("/conversations/{key}/tracker/events", self._remember),
                web.post("/model/parse", self._parse),
            ]
        )
        return app

    async def _turn(self, request: web.Request) -> web.Response:
        body = await request.json()
        action, intent = _meant(body["message"])
        asked: dict[str, Any] = {
            "next_action": action,
            "sender_id": body["sender"],
            "version": "3.6.21",
            "tracker": tracker(body["message"], intent),
            "domain": {"forms": {}},
        }
        asked["tracker"]["latest_message"]["metadata"] = body["metadata"]
        asked["tracker"]["sender_id"] = body["sender"]
        asked["tracker"]["slots"] |= self._slots.get(body["sender"], {})
        async with self._session.post(f"{self._actions}/webhook", json=asked) as answer:
            done = await answer.json()
        self._keep(body["sender"], done["events"])
        return web.json_response(
            [{"recipient_id": body["sender"], "custom": each["custom"]} for each in done["responses"]]
        )

    def _keep(self, sender: str, events: list[dict[str, Any]]) -> None:
        slots = self._slots.setdefault(sender, {})
        slots |= {each["name"]: each["value"] for each in events if each["event"] == "slot"}

    async def _recall(self, request: web.Request) -> web.Response:
        slots = self._slots.get(request.match_info["key"], {})
        return web.json_response({"active_loop": {}, "slots": slots})

    async def _remember(self, request: web.Request) -> web.Response:
        """What was said to a person: its slots stay."""
        self._keep(request.match_info["key"], await request.json())
        return web.json_response({})

    async def _forget(self, request: web.Request) -> web.Response:
        self._slots.pop(request.match_info["key"], None)
        return web.json_response({})

    async def _parse(self, request: web.Request) -> web.Response:
        return web.json_response(
            {**await request.json(), "intent": {"name": "ask_faq"}, "entities": [], "intent_ranking": []}
        )

    async def _status(self, _: web.Request) -> web.Response:
        await asyncio.sleep(0)
        return web.json_response({"model_file": "m"})


def _meant(words: str) -> tuple[str, str]:
    """The action and the intent of a citizen's line."""
    if "상담원" in words:
        return "action_request_handoff", "talk_to_person"
    if words == "/affirm":
        return "action_affirm", "affirm"
    if words.startswith("/") or "다시 말" in words:
        return "action_ask_again", "ask_faq"
    return "action_answer", "ask_faq"
