"""The public door against those who knock too often, send too much or take too long."""

from __future__ import annotations

import asyncio
import gzip
import resource
import time
import zlib

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from bot import doors
from bot.doors import address, allow_many
from bot.settings import Settings
from connectors.webchat.requests import Requests
from demo.platforms.platform import Webhook
from tests.all_channels import CREDENTIALS
from tests.doors_support import Served, served

ZEROS = bytes(10 * 1024 * 1024)
DOORS = (
    "/webhooks/line",
    f"/webhooks/naver/{CREDENTIALS['naver_secret']}",
    "/chat/session",
    "/chat/messages",
)


async def bring(session: aiohttp.ClientSession, at: Served, webhook: Webhook, **headers: str) -> int:
    wanted = {**webhook.headers, **headers}
    async with session.post(at.url(webhook.path), data=webhook.body, headers=wanted) as answer:
        return answer.status


async def test_who_is_refused_too_often_waits_and_a_platform_does_not(settings: Settings) -> None:
    async with served(settings, address_refusals=0.2) as at, aiohttp.ClientSession() as session:
        statuses = [await bring(session, at, Webhook("/webhooks/line", b"{}", {})) for _ in range(20)]
        assert statuses == [401] * 12 + [429] * 8
        async with session.get(at.url("/webhooks/nobody")) as answer:
            assert answer.status == 429
        async with session.get(at.url("/chat/config")) as answer:
            assert answer.status == 429
            assert 0 < int(answer.headers["Retry-After"]) <= 5
            frame = await answer.json()
        assert (frame["type"], frame["code"], frame["retryable"]) == ("error", "rate", True)
        assert len(frame["message"]) < 100
        assert await bring(session, at, at.line.message("1", "여권", "1")) == 200
        assert await bring(session, at, Webhook("/webhooks/line", b"{}", {})) == 429


async def test_each_address_behind_our_proxy_is_counted_apart(settings: Settings) -> None:
    changes = {"trusted_proxies": 1, "address_refusals": 0.1, "address_requests": 0.5}
    async with served(settings, **changes) as at, aiohttp.ClientSession() as session:

        async def ask(path: str, said: str) -> int:
            async with session.get(at.url(path), headers={"X-Forwarded-For": said}) as answer:
                return answer.status

        assert [await ask("/x", f"198.51.100.{n}, 192.0.2.1") for n in range(7)] == [404] * 5 + [429] * 2
        assert await ask("/x", "192.0.2.2") == 404
        assert [await ask("/healthz", "192.0.2.3") for _ in range(6)] == [200] * 5 + [429]
        assert await ask("/healthz", "2001:db8:1:2::3") == 200


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_a_bomb_stays_packed(settings: Settings, encoding: str) -> None:
    bomb = gzip.compress(ZEROS) if encoding == "gzip" else zlib.compress(ZEROS)
    assert len(bomb) < 20_000
    async with served(settings) as at, aiohttp.ClientSession() as session:
        for path in DOORS:
            headers = {"Content-Encoding": encoding}
            async with session.post(at.url(path), data=bomb, headers=headers) as answer:
                assert answer.status == 415, path
                assert answer.headers["Accept-Encoding"] == "identity"


async def test_bodies_have_a_size(settings: Settings) -> None:
    async def endless() -> object:
        while True:
            yield bytes(64 * 1024)

    async with served(settings) as at, aiohttp.ClientSession() as session:
        for path in DOORS[:3]:
            async with session.post(at.url(path), data=ZEROS) as answer:
                assert answer.status in (413, 400), path
            began = time.monotonic()
            try:
                async with session.post(at.url(path), data=endless()) as answer:
                    assert answer.status in (413, 400), path
            except aiohttp.ClientError:
                pass  # cut off while we were still sending
            assert time.monotonic() - began < 5
        assert await bring(session, at, at.line.message("1", "여권 " * 1000, "1")) == 200


async def test_many_slow_ones_stop_nobody_and_are_cut_off(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "_KEEP_ALIVE", 1.5)
    monkeypatch.setattr(doors.read_body, "__defaults__", (1.0,))
    monkeypatch.setattr(doors, "_LINGER", 0.2)
    starts = (
        b"POST /webhooks/line HTTP/1.1\r\nHost: x\r\nX-Line-Signa",
        b"POST /webhooks/line HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
        b"POST /chat/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
        b"",
    )

    async def drip(start: bytes) -> bytes:
        """A byte now and then, until the other side has had enough; what it answered."""
        reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
        writer.write(start)
        listening = asyncio.create_task(reader.read())
        while not listening.done():
            if start:
                writer.write(b"1\r\n" if b"chunked" in start else b"a")
            await asyncio.wait([listening], timeout=0.2)
        writer.close()
        return listening.result()

    async with served(settings) as at, aiohttp.ClientSession() as session:
        began = time.monotonic()
        slow = [asyncio.create_task(drip(starts[number % 4])) for number in range(200)]
        await asyncio.sleep(0.3)
        asked = time.monotonic()
        assert await bring(session, at, at.line.message("1", "여권", "1")) == 200
        assert time.monotonic() - asked < 0.5
        answers = await asyncio.wait_for(asyncio.gather(*slow, return_exceptions=True), 10)
        assert time.monotonic() - began < 6
        told = [answer for answer in answers if isinstance(answer, bytes) and answer]
        assert told
        assert all(answer.startswith((b"HTTP/1.1 408", b"HTTP/1.1 400")) for answer in told)
        assert await bring(session, at, at.line.message("1", "여권", "2")) == 200


async def test_unknown_channels_look_like_any_unknown_address(settings: Settings) -> None:
    unknown = ("/nothing/here", "/webhooks/nosuch", "/webhooks/webchat", "/webhooks/youtube")
    async with served(settings) as at, aiohttp.ClientSession() as session:
        seen = set()
        for method in ("GET", "POST"):
            for path in unknown:
                async with session.request(method, at.url(path), headers={"X-Webchat-User": "v1"}) as answer:
                    headers = {name: value for name, value in answer.headers.items() if name != "Date"}
                    seen.add((answer.status, await answer.text(), tuple(sorted(headers.items()))))
        ((status, text, headers),) = seen
        assert (status, text) == (404, "404: Not Found")
        assert "Server" not in dict(headers)
        assert dict(headers)["X-Content-Type-Options"] == "nosniff"


async def test_nobody_speaks_for_a_visitor_from_outside(settings: Settings) -> None:
    frame = {
        "type": "user.message",
        "id": "a" * 8,
        "ts": "2026-11-23T00:00:00Z",
        "text": "제 대화를 보여 주세요",
    }
    async with served(settings) as at, aiohttp.ClientSession() as session:
        headers = {"X-Webchat-User": "somebody"}
        async with session.post(at.url("/webhooks/webchat"), json=frame, headers=headers) as answer:
            assert answer.status == 404
        assert await at.apps.log.find("webchat", "somebody") is None


def asker(remote: str, proxies: int, *forwarded: str) -> str:
    request = make_mocked_request("GET", "/", headers=[("X-Forwarded-For", one) for one in forwarded])  # type: ignore[arg-type]
    return address(request.clone(remote=remote), proxies)


@pytest.mark.parametrize(
    ("remote", "proxies", "forwarded", "who"),
    [
        ("192.0.2.9", 0, ["198.51.100.1"], "192.0.2.9"),
        ("192.0.2.9", 1, [], "192.0.2.9"),
        ("192.0.2.9", 1, ["198.51.100.1"], "198.51.100.1"),
        ("192.0.2.9", 1, ["203.0.113.5, 198.51.100.1"], "198.51.100.1"),
        ("192.0.2.9", 2, ["203.0.113.5", "198.51.100.1"], "203.0.113.5"),
        ("192.0.2.9", 9, ["203.0.113.5, 198.51.100.1"], "203.0.113.5"),
        ("192.0.2.9", 1, ["198.51.100.1:4711"], "198.51.100.1"),
        ("192.0.2.9", 1, ["[2001:db8:1:2:3::4]:4711"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::4", 0, [], "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.9", 0, [], "192.0.2.9"),
        ("::1", 0, [], "::/64"),
        ("192.0.2.9", 1, ["unknown"], "unknown"),
    ],
)
def test_whom_a_request_is_from(remote: str, proxies: int, forwarded: list[str], who: str) -> None:
    assert asker(remote, proxies, *forwarded) == who


def test_connections_are_not_few() -> None:
    was, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, most))
        allow_many()
        now, still = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert (now > 512 or most <= 512, still) == (True, most)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (was, most))


@given(
    st.lists(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0")), max_size=3),
    st.integers(0, 4),
)
def test_no_header_makes_a_name_long_or_breaks_anything(forwarded: list[str], proxies: int) -> None:
    assert len(asker("192.0.2.9", proxies, *forwarded)) <= 64
    assert asker("192.0.2.9", 0, *forwarded) == "192.0.2.9"


async def test_no_more_streams_than_may_be_open(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Requests.__init__.__kwdefaults__, "most", 2)
    async with served(settings) as at, aiohttp.ClientSession() as session:
        async with session.post(at.url("/chat/session"), json={"v": 1, "type": "session.open"}) as answer:
            token = (await answer.json())["resume_token"]
        headers = {"Authorization": f"Bearer {token}"}
        streams = [await session.get(at.url("/chat/stream"), headers=headers) for _ in range(3)]
        assert [answer.status for answer in streams] == [200, 200, 503]
        assert streams[2].headers["Retry-After"] == "5"
        for answer in streams:
            answer.close()
