"""A provider changes its keys; and one that is slow, silent or endless holds nobody up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.identity import oidc
from bot.identity.id_token import LoginRefused, UnknownKey
from bot.identity.identities import Level
from bot.identity.oidc import Client, ProviderAway
from bot.outside import Outside
from tests.identity_support import BACK, VERIFIER, Pair, free_port, pair

__all__ = ["pair"]  # fixture


async def test_new_keys_are_learned_when_a_token_names_one(pair: Pair) -> None:
    assert (await pair.log_in()).sub == "hanbit-1"
    pair.theirs.rotate()
    pair.now = 30
    assert (await pair.log_in()).name == "김하늘"
    assert pair.theirs.asked.count("/keys") == 2


async def test_tokens_with_invented_keys_do_not_make_us_ask_on_and_on(pair: Pair) -> None:
    await pair.log_in()
    old = pair.theirs.key
    pair.theirs.rotate()
    for _ in range(5):
        with pytest.raises(UnknownKey):
            await pair.log_in()
    assert pair.theirs.asked.count("/keys") == 1
    pair.now = 30
    await pair.log_in()
    pair.theirs._key = old  # signs with a key that it has withdrawn
    pair.theirs.keys = lambda: {"keys": []}  # type: ignore[method-assign]
    pair.now = 60
    with pytest.raises(LoginRefused):
        await pair.log_in()


async def test_what_is_known_of_the_provider_is_asked_once_an_hour(pair: Pair) -> None:
    for pair.now in (0, 60, 3000):
        pair.theirs.ahead = pair.now
        await pair.log_in()
    assert pair.theirs.asked.count("/.well-known/openid-configuration") == 1
    pair.now = pair.theirs.ahead = 3700
    await pair.log_in()
    assert pair.theirs.asked.count("/.well-known/openid-configuration") == 2


@asynccontextmanager
async def answering(body: bytes, pause: float = 0.0, endless: bool = False) -> AsyncIterator[oidc.Provider]:
    """A provider of which nothing can be had but this."""

    async def handle(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(pause)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(body)
        while endless:
            try:
                await response.write(b" " * 65536)
            except ConnectionError:
                break
        return response

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    async with TestServer(app, host="127.0.0.1") as server:
        issuer = str(server.make_url("")).rstrip("/")
        yield oidc.Provider(Outside([issuer]), Client(issuer, "sotong", "", "openid", ()))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null", b"\xff\xfe", b"{" * 100_000])
async def test_no_document_at_all(body: bytes) -> None:
    async with answering(body) as provider:
        with pytest.raises(ProviderAway):
            await provider.check_answer(None)


async def test_an_endless_answer_is_cut_off() -> None:
    async with answering(b"", endless=True) as provider:
        with pytest.raises(ProviderAway):
            await provider.check_answer(None)


async def test_a_silent_provider_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "_WITHIN", aiohttp.ClientTimeout(total=0.2))
    async with answering(b"{}", pause=1) as provider:
        started = time.monotonic()
        with pytest.raises(ProviderAway):
            await provider.check_answer(None)
        assert time.monotonic() - started < 0.8


async def test_a_provider_that_is_not_there() -> None:
    issuer = f"http://127.0.0.1:{free_port()}"
    provider = oidc.Provider(Outside([issuer]), Client(issuer, "a", "b", "openid", ()))
    with pytest.raises(ProviderAway):
        await provider.check_answer(None)
    plain = oidc.Provider(Outside(), Client("http://id.example", "a", "b", "openid", ()))
    with pytest.raises(ProviderAway, match="https"):
        await plain.check_answer(None)


@pytest.mark.parametrize(
    ("methods", "secret", "form", "header"),
    [
        (["client_secret_basic"], "s:1", {}, "Basic YSUyRmI6cyUzQTE="),
        (["client_secret_post"], "s:1", {"client_id": "a/b", "client_secret": "s:1"}, ""),
        (["none"], "", {"client_id": "a/b"}, ""),
    ],
)
async def test_we_show_who_we_are_as_the_provider_wants(
    methods: list[str], secret: str, form: dict[str, str], header: str
) -> None:
    """RFC 6749, section 2.3.1: id and secret are form-encoded before they become a Basic header."""
    seen: list[dict[str, str]] = []

    async def discovery(request: web.Request) -> web.Response:
        base = f"http://{request.host}"
        places = {name: f"{base}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        return web.json_response({"issuer": base, **places, "token_endpoint_auth_methods_supported": methods})

    async def token(request: web.Request) -> web.Response:
        given = {name: str(value) for name, value in (await request.post()).items()}
        seen.append(given | {"header": request.headers.get("Authorization", "")})
        return web.json_response({"error": "invalid_grant"}, status=400)

    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", discovery)
    app.router.add_post("/token_endpoint", token)
    async with TestServer(app, host="127.0.0.1") as server:
        issuer = str(server.make_url("")).rstrip("/")
        provider = oidc.Provider(Outside([issuer]), Client(issuer, "a/b", secret, "openid", ()))
        with pytest.raises(LoginRefused):
            await provider.person("code", BACK, nonce="n", verifier=VERIFIER, level=Level.LOGIN)
    common = {
        "grant_type": "authorization_code",
        "code": "code",
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    assert seen == [common | form | {"header": header}]
