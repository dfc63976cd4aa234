"""An HTTP server with the wire of Rasa's REST channel and of the action server's health, for faults.

The real pair runs in `tests/e2e`; here a test decides what goes wrong and when. The forms of the
answers were saved from rasa 3.6.21: a failure of any kind inside Rasa is 200 with `[]`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.messages import Outbound, Reply

Item = dict[str, Any]


def reply(*texts: str, outcome: str = "answered_faq", **fields: Any) -> list[Item]:
    """What the REST channel gives for one of our actions."""
    made = Reply(messages=tuple(Outbound(text=text) for text in texts), outcome=outcome, **fields)
    return [{"recipient_id": "x", "custom": {"sotong": made.model_dump(mode="json")}}]


class ScriptedRasa:
    """`answer(text)` gives the items of a turn; `delay` is in seconds; port 0 takes a free one."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        """With which it was asked."""
        self.forgotten: list[str] = []
        self.remembered: list[tuple[str, list[dict[str, Any]]]] = []
        self.tracker: dict[str, Any] = {"active_loop": {}, "slots": {}}
        """What it knows of any conversation."""
        self.answer: Callable[[str], list[Item] | str] = lambda text: reply(f"답: {text}")
        self.delay = 0.0
        self.has_model = True
        self.understood: dict[str, float] = {}
        """What `/model/parse` makes of any text."""
        self.actions_up = True
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        app = web.Application()
        app.add_routes(
            [
                web.post("/webhooks/rest/webhook", self._webhook),
                web.get("/status", self._status),
                web.get("/health", self._health),
                web.get("/conversations/{key}/tracker", self._recall),
                web.put("/conversations/{key}/tracker/events", self._forget),
                web.post("/conversations/{key}/tracker/events", self._remember),
                web.post("/model/parse", self._parse),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _webhook(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(body)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        await asyncio.sleep(self.delay)
        answered = self.answer(body["message"]) if self.has_model and self.actions_up else []
        text = answered if isinstance(answered, str) else json.dumps(answered)
        return web.Response(text=text, content_type="application/json")

    async def _status(self, _: web.Request) -> web.Response:
        return web.json_response({"model_file": "m"}, status=200 if self.has_model else 409)

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"}, status=200 if self.actions_up else 503)

    async def _recall(self, _: web.Request) -> web.Response:
        return web.json_response(self.tracker, status=200 if self.has_model else 409)

    async def _remember(self, request: web.Request) -> web.Response:
        self.remembered.append((request.match_info["key"], await request.json()))
        return web.json_response({}, status=200 if self.has_model else 409)

    async def _parse(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.delay)
        if not self.has_model:
            return web.json_response({"status": "failure", "code": 409}, status=409)
        text = (await request.json())["text"]
        ranking = [{"name": name, "confidence": chance} for name, chance in self.understood.items()]
        dongs = [{"entity": "dong", "value": word} for word in text.split() if word.endswith("동")]
        return web.json_response(
            {"text": text, "intent": {"name": "ask_faq"}, "entities": dongs, "intent_ranking": ranking}
        )

    async def _forget(self, request: web.Request) -> web.Response:
        self.forgotten.append(request.match_info["key"])
        return web.json_response({})
