"""All channels are used rightly and wrongly: no credential and no citizen's word stands in the logs."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
import structlog
from aiohttp import web
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.settings import Settings
from demo.platforms.build import PLATFORMS
from demo.platforms.platform import Webhook
from tests.all_channels import CREDENTIALS
from tests.doors_support import Served, served

WORDS = "여권을잃어버린김하늘이에요"
SECRET = sorted(
    value
    for name, value in CREDENTIALS.items()
    if isinstance(value, str) and Settings.model_fields[name].annotation is SecretStr
)


def requests(name: str) -> list[Webhook]:
    """A right request of a channel, and all the ways in which it can be wrong."""
    platform = PLATFORMS[name]("http://127.0.0.1", CREDENTIALS)
    platform.add_routes(web.Application())
    right = platform.message("5001", WORDS, "1")
    path, secrets = right.path.partition("?")[0], quote("/".join(SECRET), safe="")
    said = json.dumps({"text": WORDS, "events": WORDS, "object": WORDS, "userRequest": {"utterance": WORDS}})
    handshake = f"{path}?hub.mode=subscribe&hub.verify_token={secrets}&text={quote(WORDS)}"
    return [
        right,
        right,
        replace(right, body=right.body + b" "),
        replace(right, body=said.encode()),
        replace(right, headers={}),
        replace(right, headers={"Authorization": f"Bearer {' '.join(SECRET)}"}),
        replace(right, headers={header: f"{SECRET[0]} {WORDS.encode().hex()}" for header in right.headers}),
        replace(right, method="PUT"),
        replace(right, method="GET", body=b"", path=handshake),
        replace(right, path=right.path + "x"),
        replace(right, path=f"/webhooks/{name}/{quote(WORDS)}"),
        replace(right, path=f"/webhooks/{name}/{secrets}"),
        replace(right, path=f"/webhooks/nosuch/{secrets}"),
    ]


async def ask_all(at: Served) -> set[int]:
    """Bring them all; the statuses of the answers."""
    seen: set[int] = set()
    async with aiohttp.ClientSession() as session:
        for name in sorted(PLATFORMS):
            for one in requests(name):
                url = at.url(one.path)
                async with session.request(one.method, url, data=one.body, headers=one.headers) as answer:
                    seen.add(answer.status)
        async with session.post(at.url("/chat/session"), json={"v": 1, "type": "session.open"}) as answer:
            token = (await answer.json())["resume_token"]
        for authorization in (f"Bearer {token}", f"Bearer {token}x", SECRET[0]):
            headers = {"Authorization": authorization}
            frame = {"type": "user.message", "id": "a" * 8, "ts": "2026-11-23T00:00:00Z", "text": WORDS}
            for body in (frame, {**frame, "ts": WORDS}, {"type": WORDS}, [WORDS]):
                async with session.post(at.url("/chat/messages"), json=body, headers=headers) as answer:
                    seen.add(answer.status)
    for start in (f"GE T /webhooks/kakao/{SECRET[0]}", f"GET /{SECRET[0]} HTTP/9.9", WORDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
        writer.write(f"{start}\r\nAuthorization {SECRET[1]}\r\n\r\n".encode())
        await reader.read()
        writer.close()
    return seen


def leaks(entries: list[Any], caplog: pytest.LogCaptureFixture) -> list[str]:
    """Secrets and words that stand in what was logged."""
    logged = json.dumps(entries, ensure_ascii=False, default=repr) + caplog.text
    return [hidden for hidden in (*SECRET, WORDS, quote(WORDS), WORDS.encode().hex()) if hidden in logged]


@pytest.fixture
def plenty(settings: Settings) -> Settings:
    return settings.model_copy(update={"address_refusals": 1000.0, "address_requests": 1000.0})


async def test_a_day_on_all_channels(plenty: Settings, caplog: pytest.LogCaptureFixture) -> None:
    assert len(SECRET) >= 20
    caplog.set_level(logging.WARNING)
    with capture_logs([structlog.processors.format_exc_info]) as entries:
        async with served(plenty) as at:
            at.rasa.delay = 0.01
            assert await ask_all(at) == {200, 202, 400, 401, 404, 405}
            await at.apps.turns.idle()
    assert {"webhook_refused", "webhook_unreadable"} <= {entry["event"] for entry in entries}
    assert leaks(entries, caplog) == []


async def test_a_day_on_which_the_database_breaks(plenty: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with capture_logs([structlog.processors.format_exc_info]) as entries:
        async with served(plenty) as at:
            async with at.apps.log._engine.begin() as connection:
                await connection.exec_driver_sql("DROP TABLE words")
            assert 503 in await ask_all(at)
    assert {"not_written_down", "webchat_not_stored"} <= {entry["event"] for entry in entries}
    assert leaks(entries, caplog) == []
