"""The addresses of answers are asked, politely and never inside our own network."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.content.models import Answer
from bot.outside import Outside
from bot.studio.links import LinkBook, addresses, look

ASKED: web.AppKey[list[tuple[str, str, float]]] = web.AppKey("asked", list)
STRANGE = (
    "http://169.254.169.254/", "http://10.0.0.1/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
)  # fmt: skip
NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


@pytest.fixture
async def site() -> AsyncIterator[TestServer]:
    app = web.Application()
    app[ASKED] = []

    async def page(request: web.Request) -> web.StreamResponse:
        app[ASKED].append((request.method, request.path, time.monotonic()))
        match request.path:
            case "/gone":
                raise web.HTTPNotFound
            case "/only-get" if request.method == "HEAD":
                raise web.HTTPMethodNotAllowed("HEAD", ["GET"])
            case "/moved":
                raise web.HTTPFound("/here")
            case "/round":
                raise web.HTTPFound("/round")
            case "/inside":
                raise web.HTTPFound("http://169.254.169.254/latest/meta-data/")
            case "/file":
                raise web.HTTPFound("file:///etc/passwd")
            case "/slow":
                await asyncio.sleep(60)
            case "/shy":
                raise web.HTTPForbidden
        return web.Response(text="여기예요")

    app.router.add_route("*", "/{path:.*}", page)
    server = TestServer(app)
    async with server:
        yield server


def here(site: TestServer) -> Outside:
    """Everything outside, and the site."""
    return Outside([str(site.make_url("/"))])


async def wrong(site: TestServer, book: LinkBook, *paths: str, inside: bool = True) -> dict[str, str]:
    urls = [str(site.make_url(path)) for path in paths]
    found = await look(urls, book, lambda: NOW, outside=here(site) if inside else Outside(), pause=0)
    assert [each.url for each in found] == urls
    return dict(zip(paths, (each.wrong for each in found), strict=True))


async def test_where_addresses_lead(site: TestServer, tmp_path: Path) -> None:
    book = LinkBook(tmp_path / "links.json")
    assert await wrong(site, book, "/here", "/gone", "/only-get", "/moved", "/round", "/shy", "/file") == {
        "/here": "",
        "/gone": "없는 쪽이에요 (404)",
        "/only-get": "",
        "/moved": "",
        "/round": "주소를 자꾸 바꿔 알려 줘서 끝이 없어요",
        "/shy": "",
        "/file": "http나 https 주소가 아니에요",
    }


async def test_our_own_network_is_not_asked(site: TestServer, tmp_path: Path) -> None:
    book = LinkBook(tmp_path / "links.json")
    asked = site.app[ASKED]
    assert set((await wrong(site, book, "/here", inside=False)).values()) == {"안쪽 주소라서 열지 않아요"}
    named = [
        f"http://localhost:{site.port}/here",
        f"http://[::1]:{site.port}/",
        f"http://[::ffff:127.0.0.1]:{site.port}/",
    ]
    for found in await look([*named, *STRANGE], book, lambda: NOW, outside=Outside(), pause=0):
        assert found.wrong == "안쪽 주소라서 열지 않아요", found.url
    assert asked == []


async def test_one_site_is_asked_one_address_after_the_other(site: TestServer, tmp_path: Path) -> None:
    urls = [str(site.make_url(f"/{number}")) for number in range(3)]
    await look(urls, LinkBook(tmp_path / "links.json"), lambda: NOW, outside=here(site), pause=0.1)
    times = [when for _, _, when in site.app[ASKED]]
    assert all(later - earlier >= 0.1 for earlier, later in pairwise(times))


async def test_broken_links_are_known_by_answer_and_since_when(site: TestServer, tmp_path: Path) -> None:
    gone = str(site.make_url("/gone"))
    answer = Answer.model_validate(
        {
            "id": "a",
            "questions": ["가"],
            "answer": "나",
            "source": {"title": "법", "url": "https://www.hanbit.example/law"},
            "links": [{"label": "전화", "url": "tel:120"}, {"label": "없음", "url": gone}],
            "translations": {
                "en": {"questions": ["a"], "answer": "b", "links": [{"label": "x", "url": gone}]}
            },
        }
    )
    assert addresses([answer]) == {gone: ("a",)}
    book = LinkBook(tmp_path / "var" / "links.json")
    assert book.broken([answer]) == {}
    await look([gone], book, lambda: NOW, outside=here(site))
    later = datetime(2026, 11, 24, tzinfo=UTC)
    await look([gone], book, lambda: later, outside=here(site))
    [broken] = book.broken([answer])["a"]
    assert (broken.since, broken.looked_at) == (NOW.isoformat(), later.isoformat())
