"""Logging in from end to end: a gateway, a provider that may be made to lie, browsers, and a chat."""

from __future__ import annotations

import functools
import html
import itertools
import json
import re
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.jwk import RSAKey
from redis.asyncio import Redis

from bot.identity import oidc
from bot.identity.id_token import Person
from bot.identity.identities import Identity, Level
from bot.identity.personal import Personal, open_personal
from bot.messages import Inbound, utc_now
from bot.outside import Outside
from bot.settings import Settings
from demo.identity.app import create_app
from demo.identity.provider import BASIC, CITIZENS, STRONG, Provider, Registered, Request
from tests.doors_support import Served, served

KEY = "line:Uhaneul"
_NUMBERS = itertools.count()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@functools.cache
def _own_key() -> RSAKey:
    """Made once: making one takes long."""
    return RSAKey.generate_key(2048, auto_kid=True)


class Liar(Provider):
    """The demo's provider until a test changes what it says."""

    def __init__(self, issuer: str, client: Registered) -> None:
        super().__init__(issuer, client, lambda: time.time() + self.ahead, key=_own_key())
        self.honest()

    def honest(self) -> None:
        """No lies, or no more."""
        self.ahead = 0.0
        """Seconds by which its clock is fast."""
        self.claim: dict[str, Any] = {}
        """Claims to put in; None takes one out."""
        self.signer: Callable[[dict[str, Any]], str] | None = None
        self.metadata: dict[str, Any] = {}
        """Fields of the discovery document to put in; None takes one out."""
        self.status: dict[str, int] = {}
        """Path → the status it is answered with."""
        self.listed: list[dict[str, Any]] = []
        """Other keys to list before its own."""
        self.asked: list[str] = []

    def claims(self, granted: Any) -> dict[str, Any]:
        said = super().claims(granted) | self.claim
        return {name: value for name, value in said.items() if value is not None}

    def sign(self, claims: dict[str, Any]) -> str:
        return self.signer(claims) if self.signer else super().sign(claims)

    def keys(self) -> dict[str, Any]:
        return {"keys": [*self.listed, *super().keys()["keys"]]}

    def rotate(self) -> None:
        """From now on it signs with a new key, and the old one is gone."""
        self._key = RSAKey.generate_key(2048, auto_kid=True)

    @property
    def key(self) -> RSAKey:
        """The one it signs with."""
        return self._key


_LIAR = web.AppKey("liar", Liar)


@web.middleware
async def _lying(request: web.Request, handler: Any) -> web.StreamResponse:
    provider = request.app[_LIAR]
    provider.asked.append(request.path)
    if status := provider.status.get(request.path):
        return web.Response(status=status, text="{}", content_type="application/json")
    response: web.Response = await handler(request)
    if request.path.startswith("/.well-known") and provider.metadata:
        said = json.loads(response.text or "") | provider.metadata
        return web.json_response({name: value for name, value in said.items() if value is not None})
    return response


def lying(app: web.Application, provider: Liar) -> web.Application:
    """The provider's server, with the provider's lies."""
    app[_LIAR] = provider
    app.middlewares.insert(0, _lying)
    return app


class Browser:
    """Has cookies of its own, and goes only where it is told."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def open(self, url: str) -> tuple[int, str]:
        """Status and page."""
        async with self._session.get(url, allow_redirects=False) as response:
            return response.status, await response.text()

    async def headers(self, url: str) -> Any:
        async with self._session.get(url, allow_redirects=False) as response:
            return response.headers

    async def press(self, url: str, **headers: str) -> tuple[int, str]:
        """Send the page's form."""
        async with self._session.post(url, headers=headers, allow_redirects=False) as response:
            return response.status, await response.text()

    async def leave(self, link: str) -> str:
        """Open a link, agree, and say where it goes."""
        status, page = await self.open(link)
        assert status == 200, page
        status, page = await self.press(link)
        assert status == 200, page
        found = re.search(r'href="(http[^"]+/authorize[^"]*)"', page)
        assert found
        return html.unescape(found[1])

    async def log_in(self, address: str, sub: str = CITIZENS[0].sub) -> str:
        """Be somebody at the provider, and say where it sends us back to."""
        async with self._session.post(address, data={"sub": sub}, allow_redirects=False) as response:
            assert response.status == 303, await response.text()
            return response.headers["Location"]

    async def whole_way(self, link: str, sub: str = CITIZENS[0].sub) -> tuple[int, str]:
        """From the link to the last page."""
        return await self.open(await self.log_in(await self.leave(link), sub))


BACK = "http://127.0.0.1/in/callback"
VERIFIER = "v" * 64


@dataclass
class Pair:
    """We and a provider, without browsers and gateway, and a clock of ours."""

    ours: oidc.Provider
    theirs: Liar
    now: float = 0.0

    async def log_in(self, level: Level = Level.LOGIN) -> Person:
        """What we make of the provider's answer."""
        challenge = create_s256_code_challenge(VERIFIER)
        acr = STRONG if level >= Level.STRONG else BASIC
        code = self.theirs.grant(
            Request(BACK, "state", "nonce", challenge, acr, "openid profile"), CITIZENS[0]
        )
        return await self.ours.person(code, BACK, nonce="nonce", verifier=VERIFIER, level=level)


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """A provider on a port of its own."""
    port = free_port()
    issuer, client = f"http://127.0.0.1:{port}", Registered("sotong", "demo-secret", BACK)
    theirs, start = Liar(issuer, client), time.time()
    app = lying(create_app(issuer, client, CITIZENS, time.time, theirs), theirs)
    async with TestServer(app, host="127.0.0.1", port=port):
        both: Pair

        def clock() -> float:
            return start + both.now

        us = oidc.Client(issuer, "sotong", "demo-secret", "openid profile", (STRONG,))
        both = Pair(oidc.Provider(Outside([issuer]), us, clock), theirs)
        yield both


@dataclass
class Town:
    """All of it, running."""

    at: Served
    personal: Personal
    provider: Liar
    settings: Settings
    key: str = KEY

    async def link(self, level: Level = Level.LOGIN, **more: str) -> str:
        """A link for the chat, which it has begun by saying something."""
        await self.chat("지방세 얼마예요?")
        made = await self.personal.links.make(self.key, level, **more)
        assert made
        return made

    def for_somebody_else(self) -> Town:
        """The same town, for a test of its own: another chat, and a provider that does not lie."""
        self.provider.honest()
        return replace(self, key=f"line:U{next(_NUMBERS)}")

    async def chat(self, text: str) -> None:
        """The citizen writes."""
        channel, _, user = self.key.partition(":")
        number = f"m{time.monotonic_ns()}"
        await self.at.apps.log.receive(
            Inbound(channel=channel, user_id=user, message_id=number, sent_at=utc_now(), text=text)
        )

    async def told(self) -> list[str]:
        """What the bot has said in the chat beside its answers."""
        await self.at.apps.turns.idle()
        conversation = await self.at.apps.log.find(*self.key.split(":"))
        assert conversation
        lines = await self.at.apps.log.history(conversation.id)
        return [line.text for line in lines if line.author == "bot" and not line.text.startswith("답:")]

    async def who(self, key: str | None = None) -> Identity | None:
        return await self.personal.identities.of(key or self.key)


async def everything_in(redis: Redis) -> str:
    """Every name and value in Redis, of whatever type, as text."""
    read = {
        b"string": redis.get,
        b"set": redis.smembers,
        b"hash": redis.hgetall,
        b"list": lambda name: redis.lrange(name, 0, -1),
        b"zset": lambda name: redis.zrange(name, 0, -1),
    }
    found = []
    for name in await redis.keys("*"):
        value = await read[await redis.type(name)](name)
        found.append(f"{name.decode()}: {_text(value)}")
    return "\n".join(found)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return " ".join(f"{_text(name)}={_text(one)}" for name, one in value.items())
    return " ".join(map(_text, value)) if isinstance(value, list | set) else str(value)


@asynccontextmanager
async def town(settings: Settings, **changes: Any) -> AsyncIterator[Town]:
    """A gateway whose citizens log in at a provider of the test's own."""
    port, provider_port = free_port(), free_port()
    issuer = f"http://127.0.0.1:{provider_port}"
    client = Registered("sotong", "demo-secret", f"http://127.0.0.1:{port}/in/callback")
    provider = Liar(issuer, client)
    app = lying(create_app(issuer, client, CITIZENS, time.time, provider), provider)
    fields = {"port": port, "oidc_issuer": issuer, "oidc_acr": "strong", "address_refusals": 1000.0}
    whole = settings.model_copy(update=fields | changes)
    async with TestServer(app, host="127.0.0.1", port=provider_port), served(whole, port=port) as at:
        personal = open_personal(whole)
        try:
            yield Town(at, personal, provider, whole)
        finally:
            await personal.close()
