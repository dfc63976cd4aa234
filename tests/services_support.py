"""A citizen who talks to the services: the form as Rasa leads it, over a real action server and API."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.identity.identities import Level
from bot.identity.personal import Personal, open_personal
from bot.messages import Button, Reply
from bot.settings import ROOT, Settings
from demo.city_api.app import Faults, create_app
from demo.city_api.seed import load
from tests.actions_support import Rasa, running, tracker

FORM = "service_form"
TODAY = date(2026, 11, 23)
_NUMBERS = itertools.count(1)


@dataclass
class Office:
    """An action server over a copy of the repository's content, and what it keeps about citizens."""

    rasa: Rasa
    data: Path
    settings: Settings

    def personal(self) -> Personal:
        """The identities and the vault that the server uses."""
        return open_personal(self.settings)


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Office]:
    """One office for all tests of services: it takes seconds to start."""
    folder = tmp_path_factory.mktemp("office")
    data = folder / "data"
    shutil.copytree(ROOT / "data", data)
    settings = Settings(_env_file=None, data_dir=data, var_dir=folder / "var", redis_url=redis_url)
    with running(folder, redis_url, data_dir=data, oidc_issuer="http://127.0.0.1:9") as rasa:
        yield Office(rasa, data, settings)


@asynccontextmanager
async def city(office: Office, faults: Faults | None = None) -> AsyncIterator[None]:
    """The demo city's API at the address that the office asks."""
    app = create_app(load(), "demo-key", lambda: TODAY, faults)
    async with TestServer(app, port=office.rasa.city_port):
        yield


@asynccontextmanager
async def api(office: Office, *routes: web.RouteDef) -> AsyncIterator[None]:
    """Another API at that address."""
    app = web.Application()
    app.add_routes(routes)
    async with TestServer(app, port=office.rasa.city_port):
        yield


@dataclass
class Citizen:
    """Keeps what Rasa would keep, and calls the actions in the order in which Rasa does."""

    office: Office
    key: str = field(default_factory=lambda: f"web:{next(_NUMBERS)}")
    now: str = "2026-11-23T10:00:00+09:00"
    slots: dict[str, Any] = field(default_factory=dict)
    active: bool = False
    last: Reply | None = None
    message_id: str = ""

    async def say(
        self, text: str, intent: str = "nlu_fallback", confidence: float = 0.9, kept: tuple[str, ...] = ()
    ) -> Reply:
        """What is answered; a message that the form leaves to others is a failure of the test."""
        reply = await self.hear(text, intent, confidence, kept)
        assert reply is not None, f"the form did not take {text!r}"
        return reply

    async def hear(
        self, text: str, intent: str = "nlu_fallback", confidence: float = 0.9, kept: tuple[str, ...] = ()
    ) -> Reply | None:
        """What is answered; None when the form leaves the message to others."""
        self.message_id = f"m{next(_NUMBERS)}"
        return await asyncio.to_thread(self._turn, text, intent, confidence, {}, kept)

    async def tap(self, label: str) -> Reply:
        """What is answered to a button of the last reply."""
        button = self.button(label)
        assert button.payload is not None
        name, _, values = button.payload.removeprefix("/").partition("{")
        entities = json.loads("{" + values) if values else {}
        self.message_id = f"m{next(_NUMBERS)}"
        reply = await asyncio.to_thread(self._turn, button.payload, name, 1.0, entities, ())
        assert reply is not None
        return reply

    async def ask_again(self) -> Reply:
        """What the form says once a question in between has been answered by its own rule."""
        state = tracker("주차는 돼요?", "ask_faq", {}, self.slots, now=self.now, form=FORM)
        state["sender_id"] = self.key
        state["events"].append({"event": "action", "name": "action_answer"})
        [self.last] = await asyncio.to_thread(self._go_on, state, over=False)
        return self.last

    def button(self, label: str) -> Button:
        """A button of the last reply, by a part of its label."""
        assert self.last is not None
        found = [each for message in self.last.messages for each in message.buttons if label in each.label]
        assert found, [each.label for message in self.last.messages for each in message.buttons]
        return found[0]

    async def log_in(self, sub: str = "hanbit-1", level: Level = Level.LOGIN) -> None:
        """What the login page does."""
        personal = self.office.personal()
        await personal.identities.bind(self.key, f"p-{sub}", sub, level, "김○○")
        await personal.close()

    async def keep(self, kind: str, value: str) -> str:
        """The token that the gateway gives for a value it has masked."""
        personal = self.office.personal()
        token = await personal.vault.put(self.key, kind, value)
        await personal.close()
        return token

    def _turn(
        self, text: str, intent: str, confidence: float, entities: dict[str, str], kept: tuple[str, ...]
    ) -> Reply | None:
        state = tracker(text, intent, entities, self.slots, confidence=confidence, now=self.now)
        state["sender_id"] = self.key
        state["latest_message"]["metadata"] |= {"message_id": self.message_id, "kept": list(kept)}
        state["active_loop"] = {"name": FORM}
        if not self.active:
            state["events"].append({"event": "active_loop", "name": FORM})
        given = self._call(f"validate_{FORM}", state)
        if not given and self.active:
            return None
        replies = self._go_on(
            state, over="requested_slot" in given or self.slots.get("parameters") is not None
        )
        messages = tuple(message for reply in replies for message in reply.messages)
        self.last = replies[-1].model_copy(
            update={"messages": messages, "outcome": replies[0].outcome, "detail": replies[0].detail}
        )
        return self.last

    def _go_on(self, state: dict[str, Any], over: bool) -> list[Reply]:
        replies: list[Reply] = []
        self.active = not over
        if over:
            state["active_loop"] = {}
            follow = self._call("action_service", state, replies)
            if follow.get("followup") != FORM:
                return replies
            state["events"].append({"event": "action", "name": "action_service"})
            state["active_loop"] = {"name": FORM}
            assert self._call(f"validate_{FORM}", state) == {}
            self.active = True
        ask = "action_ask_parameters" if self.slots.get("service") else "action_ask_service"
        self._call(ask, state, replies)
        return replies

    def _call(self, action: str, state: dict[str, Any], replies: list[Reply] | None = None) -> dict[str, Any]:
        response = self.office.rasa.post(action, state)
        assert response.status_code == 200, response.text
        body = response.json()
        given = {
            event["name"]: event.get("value", event["name"]) for event in body["events"] if "value" in event
        }
        self.slots |= given
        state["slots"] = self.slots
        if replies is not None:
            replies += [Reply.model_validate(said["custom"]["sotong"]) for said in body["responses"]]
        follow = [event["name"] for event in body["events"] if event["event"] == "followup"]
        return given | ({"followup": follow[0]} if follow else {})


def text(reply: Reply) -> str:
    """All that a reply says."""
    return "\n".join(message.plain() for message in reply.messages)
