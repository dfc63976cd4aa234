"""What the citizens' port says about its answers: strict where nothing better is said, and everywhere."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from bot.settings import ROOT, Settings
from tests.doors_support import Served, served

PLACES = (
    "/", "/healthz", "/nowhere", "/webhooks/line", "/webhooks/nosuch", "/chat/", "/chat/config",
    "/chat/nowhere", "/chat/embed.js", "/chat/static/chat.js", "/chat/poll", "/in/AAAAAAAAAAAAAAAAAAAAAA",
    "/voices", "/voices.json", "/voices/P-26-000001", "/open", "/open/api/answers", "/open/api/nowhere",
    "/in/x", "/mine/x", "/open/nowhere", "/open/open.css", "/public.css", "/agencies/v1/entry", "/robots.txt",
)  # fmt: skip
FOREIGN = "https://evil.example"
_TEMPLATES = ("bot/console/templates", "bot/openness/web", "bot/voices/web", "bot/rights/templates",
              "bot/identity/templates", "connectors/webchat/static")  # fmt: skip
_INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son(click|load|error|submit|change|input|key\w+)=|javascript:",
    re.IGNORECASE,
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> AsyncIterator[Served]:
    fresh = Settings(_env_file=None, var_dir=tmp_path_factory.mktemp("gateway"), redis_url=redis_url)
    open_to = ("https://data.hanbit.example",)
    async with served(fresh, open_origins=open_to, address_refusals=1e6) as at:
        yield at


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("path", PLACES)
async def test_every_answer_is_strict(gateway: Served, path: str) -> None:
    asked = {"Origin": FOREIGN, "X-Forwarded-Proto": "https", "Host": "chat.hanbit.example"}
    async with aiohttp.ClientSession(headers=asked) as session:
        for method in ("GET", "POST", "TRACE"):
            url = gateway.url(path)
            async with session.request(method, url, allow_redirects=False) as answer:
                headers = answer.headers
                assert answer.status < 500 or path == "/healthz"
                policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
                assert policy["default-src"] == "'none'"
                assert policy["base-uri"] == "'none'"
                assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(
                    policy.get("script-src", "").split()
                )
                assert "'unsafe-inline'" not in policy.get("style-src", "")
                assert headers["X-Content-Type-Options"] == "nosniff"
                assert headers["Referrer-Policy"] in ("no-referrer", "strict-origin-when-cross-origin")
                assert headers["Strict-Transport-Security"].startswith("max-age=")
                assert "Permissions-Policy" in headers
                assert "Server" not in headers
                assert "Access-Control-Allow-Origin" not in headers
                framed = policy["frame-ancestors"]
                assert (framed == "'none'") == (headers.get("X-Frame-Options") == "DENY")
                assert answer.headers.getall("Set-Cookie", []) == []


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_open_is_read_by_the_sites_that_are_named(gateway: Served) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/open/api/answers", "/voices.json", "/open/api/nowhere"):
            for origin, allowed in ((FOREIGN, None), ("https://data.hanbit.example",) * 2, ("null", None)):
                async with session.get(gateway.url(path), headers={"Origin": origin}) as answer:
                    assert answer.headers.get("Access-Control-Allow-Origin") == allowed
                    assert "Origin" in answer.headers["Vary"]
                    assert "Access-Control-Allow-Credentials" not in answer.headers
        async with session.options(gateway.url("/open/api/ask"), headers={"Origin": FOREIGN}) as answer:
            assert not [name for name in answer.headers if name.startswith("Access-Control-")]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("host", ["evil.example; script-src *", "a b", "x'y", "h:1, h:2"])
async def test_a_host_in_the_request_does_not_write_our_policy(gateway: Served, host: str) -> None:
    url = gateway.url("/chat/")
    async with aiohttp.ClientSession() as session, session.get(url, headers={"Host": host}) as answer:
        policy = answer.headers.get("Content-Security-Policy", "")
        assert "script-src *" not in policy
        assert host not in policy


@pytest.mark.asyncio(loop_scope="module")
async def test_behind_a_proxy_with_tls_the_web_socket_is_allowed(gateway: Served) -> None:
    async with aiohttp.ClientSession() as session:
        asked = {"Host": "chat.hanbit.example", "X-Forwarded-Proto": "https"}
        async with session.get(gateway.url("/chat/"), headers=asked) as answer:
            assert (
                "connect-src 'self' wss://chat.hanbit.example;" in answer.headers["Content-Security-Policy"]
            )


def test_no_page_needs_anything_inline() -> None:
    pages = [page for folder in _TEMPLATES for page in (ROOT / folder).rglob("*.html")]
    assert len(pages) > 60
    found = {page.name: _INLINE.findall(page.read_text("utf-8")) for page in pages}
    assert {name: each for name, each in found.items() if each} == {}
