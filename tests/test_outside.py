"""Whoever names an address does not make us call our own network: staff, agencies, whoever logs people in."""

from __future__ import annotations

import itertools
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st

from bot.agencies.directory import Entry, sign
from bot.agencies.keys import OwnKey
from bot.agencies.peers import Known
from bot.alerts.posting import Letter, NotSent, Posting, Ways
from bot.channel import DeliveryError
from bot.identity import oidc
from bot.identity.oidc import Client, Provider, ProviderAway
from bot.outside import NotOutside, Outside, is_public, refused
from connectors.agency import Post
from connectors.api import Api

ASKED: web.AppKey[list[str]] = web.AppKey("asked", list)
LETTER = Letter("제목", "글", "http://console/alerts", {})


@pytest.fixture
async def inside() -> AsyncIterator[TestServer]:
    """A server of our own network, which remembers who called."""
    app = web.Application()
    app[ASKED] = []

    async def answer(request: web.Request) -> web.Response:
        request.app[ASKED].append(request.path)
        return web.json_response({"secret": 1})

    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        yield server


def asked(server: TestServer) -> list[str]:
    """What was called there."""
    return server.app[ASKED]


def ways(outside: Outside) -> Ways:
    return Ways("", "", "", "", lambda: "key", outside)


async def test_a_webhook_of_staff(inside: TestServer) -> None:
    port = inside.port
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "127.1", "0"):
        with pytest.raises(NotSent) as caught:
            await Posting(ways(Outside())).send("webhook", f"http://{host}:{port}/x", LETTER)
        assert "SOTONG_INSIDE_ORIGINS" in str(caught.value) or host.replace(".", "").isdigit(), host
    assert asked(inside) == []
    trusted = Outside([f"http://127.0.0.1:{port}"])
    await Posting(ways(trusted)).send("webhook", f"http://127.0.0.1:{port}/hook", LETTER)
    with pytest.raises(NotSent):
        await Posting(ways(trusted)).send("webhook", f"http://localhost:{port}/other", LETTER)
    assert asked(inside) == ["/hook"]


async def test_a_name_that_leads_elsewhere_a_moment_later(
    inside: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: it is the address connected to that counts, whatever was looked up before."""
    turns = itertools.cycle(["93.184.215.14", "127.0.0.1"])
    real = socket.getaddrinfo

    def rebinding(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        return real(next(turns) if host == "rebind.example" else host, port, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    socket.getaddrinfo("rebind.example", 80)  # as somebody would look first
    with pytest.raises(aiohttp.ClientConnectorError) as caught:
        async with Outside().request("GET", f"http://rebind.example:{inside.port}/"):
            pass
    assert refused(caught.value)
    assert asked(inside) == []


async def test_what_another_agency_says_where_it_is(inside: TestServer) -> None:
    key, now = OwnKey(bytes(range(32))), datetime(2026, 11, 23, tzinfo=UTC)
    url = str(inside.make_url("/"))
    entry = Entry(id="evil.go.kr", name="나쁜시", url=url, key=key.public, issued_at=now)
    known = {entry.id: Known(entry, sign(entry, key), True, "", now)}
    for outside, called in ((Outside(), []), (Outside([url]), ["/agencies/v1/x"])):
        post = Post(Api(outside, "", {}), key, "hanbit.go.kr", lambda: known, lambda: now)
        if called:
            await post.send(entry.id, "/agencies/v1/x", {}, "1")
        else:
            with pytest.raises(DeliveryError) as caught:
                await post.send(entry.id, "/agencies/v1/x", {}, "1")
            assert caught.value.permanent
        assert asked(inside) == called


async def test_what_the_provider_of_log_ins_names(
    inside: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = f"http://127.0.0.1:{inside.port}"

    async def document(request: web.Request) -> web.Response:
        issuer = str(request.url.origin())
        named = {"authorization_endpoint": f"{issuer}/a", "token_endpoint": f"{here}/t"}
        return web.json_response({"issuer": issuer, "jwks_uri": f"{here}/j", **named})

    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", document)
    async with TestServer(app, host="127.0.0.1") as server:
        issuer = str(server.make_url("")).rstrip("/")
        provider = Provider(Outside([issuer]), Client(issuer, "sotong", "", "openid", ()))
        with pytest.raises(ProviderAway):
            await provider.person("code", here, nonce="n", verifier="v", level=oidc.Level.LOGIN)
        with pytest.raises(ProviderAway):
            await Provider(Outside(), Client(issuer, "sotong", "", "openid", ())).check_answer(None)
    assert asked(inside) == []


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://a/", "file:///etc/passwd", "http://", "http://a:0/", "http://a:99999/", "http://u:p@a/",
     "http://a\x00/", "javascript:alert(1)", "gopher://127.0.0.1:6379/_x", "//host/x", "http://[::1"],
)  # fmt: skip
async def test_what_is_no_address_is_not_called(url: str) -> None:
    with pytest.raises(NotOutside):
        async with Outside().request("GET", url):
            pass


@given(st.ip_addresses(network="0.0.0.0/0"))
def test_an_address_written_as_ipv6_is_no_more_public(address: Any) -> None:
    for written in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert not is_public(written)
    six_to_four = f"2002:{int(address) >> 16:x}:{int(address) & 0xFFFF:x}::1"
    assert not is_public(six_to_four)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_what_is_ours_is_never_public(address: Any) -> None:
    ours = address.is_loopback or address.is_link_local or address.is_private or address.is_unspecified
    assert not (ours and is_public(str(address)))


async def test_nothing_is_decompressed_and_no_cookie_kept(inside: TestServer) -> None:
    outside = Outside([str(inside.make_url("/"))])
    async with outside.request("GET", str(inside.make_url("/"))) as answer:
        assert answer.request_info.headers["Accept-Encoding"] == "identity"
        assert isinstance(answer, aiohttp.ClientResponse)
