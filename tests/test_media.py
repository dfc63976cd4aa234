"""Fetching by a stranger's address: never our own network, never our tokens to others, never without end."""

from __future__ import annotations

import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.channel import MAX_MEDIA, MediaError, NoMedia
from bot.outside import public_socket
from connectors import media
from connectors.media import Media


class Place:
    """A server that does as its paths say, and remembers who asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.elsewhere = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, request.headers.get("Authorization", "")))
        match request.path:
            case "/away":
                raise web.HTTPFound(self.elsewhere)
            case "/round":
                raise web.HTTPFound("/round")
            case "/near":
                raise web.HTTPTemporaryRedirect("/file")
            case "/packed":
                packed = gzip.compress(bytes(MAX_MEDIA * 3))
                return web.Response(body=packed, headers={"Content-Encoding": "gzip"})
            case "/gone":
                return web.Response(status=410)
            case "/broken":
                return web.Response(status=500)
            case "/endless" | "/slow":
                stream = web.StreamResponse()
                await stream.prepare(request)
                for _ in range(1000):
                    await stream.write(bytes(64 * 1024 if request.path == "/endless" else 1))
                    if request.path == "/slow":
                        await media.asyncio.sleep(0.05)
                return stream
        return web.Response(body=b"file")


@asynccontextmanager
async def place() -> AsyncIterator[tuple[Place, str]]:
    made, app = Place(), web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield made, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def why(where: Media, url: str) -> NoMedia:
    with pytest.raises(MediaError) as caught:
        await where.get(url, lambda _: {"Authorization": "Bearer ours"})
    return caught.value.reason


@pytest.mark.parametrize(
    "url",
    [
        "", "file", "//", "file:///etc/passwd", "ftp://example.com/x", "http://example.com/x",
        "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
        "https://2130706433/", "https://0x7f.1/", "https://0/", "https://10.1.2.3/", "https://192.168.0.1/",
        "https://169.254.169.254/latest", "https://100.64.0.1/", "https://[fd00::1]/", "https://[fe80::1]/",
        "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://224.0.0.1/",
        "https://user:word@1.1.1.1/", "https://1.1.1.1:99999/", "https://[::1/", "https:///x",
        "javascript:alert(1)", "https://\x00/", "data:image/png;base64,AAAA",
    ],
)  # fmt: skip
async def test_strange_addresses_are_never_called(url: str) -> None:
    assert await why(Media(), url) is NoMedia.FORBIDDEN


@pytest.mark.parametrize(
    "url",
    [
        "https://fbcdn.net.example.com/x", "https://evilfbcdn.net/x", "https://example.com/fbcdn.net",
        "http://video.fbcdn.net/x", "https://fbcdn.net@example.com/x", "http://127.0.0.1:9/x",
    ],
)  # fmt: skip
async def test_only_listed_hosts(url: str) -> None:
    assert await why(Media("fbcdn.net http://127.0.0.1:8"), url) is NoMedia.FORBIDDEN


async def test_a_redirect_leads_nowhere_else() -> None:
    async with place() as (ours, url), place() as (other, inside):
        ours.elsewhere = f"{inside}/secret"
        assert await why(Media(url), f"{url}/away") is NoMedia.FORBIDDEN
        assert other.asked == []
        assert await why(Media(url), f"{url}/round") is NoMedia.FORBIDDEN
        assert len(ours.asked) <= 6
        signed = await Media(url).get(f"{url}/near", lambda _: {"Authorization": "Bearer ours"})
        assert signed == b"file"
        assert ours.asked[-1] == ("/file", "Bearer ours")
        await Media(f"{url} {inside}").get(f"{url}/away", lambda _: {"Authorization": "Bearer ours"})
        assert other.asked == [("/secret", "")]


async def test_bounded_in_size_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async with place() as (_, url):
        here = Media(url)
        assert await why(here, f"{url}/endless") is NoMedia.TOO_BIG
        assert len(await here.get(f"{url}/packed")) < MAX_MEDIA
        assert await why(here, f"{url}/gone") is NoMedia.GONE
        assert await why(here, f"{url}/broken") is NoMedia.UNREACHABLE
        monkeypatch.setattr(media, "_WITHIN", 0.3)
        assert await why(here, f"{url}/slow") is NoMedia.UNREACHABLE
    assert await why(here, f"{url}/file") is NoMedia.UNREACHABLE


@pytest.mark.parametrize("host", ["1.1.1.1", "2606:4700:4700::1111"])
def test_public_addresses_may_be_called(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    public_socket((family, socket.SOCK_STREAM, 0, "", (host, 443))).close()
