"""A browser page's side of the web chat's wire."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio

from tests.webchat_support import Place, running


def message(text: str, client_id: str | None = None) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {"v": 1, "type": "user.message", "id": client_id or str(uuid.uuid4()), "ts": now, "text": text}


class Page:
    """A browser page's side of the WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []

    async def until(self, *kinds: str, count: int = 1) -> dict[str, Any]:
        """The last of `count` frames of those kinds; all others are in `heard` too."""
        async with asyncio.timeout(10):
            while True:
                frame = await self.socket.receive_json()
                self.heard.append(frame)
                count -= frame["type"] in kinds
                if not count:
                    return frame

    def said(self) -> list[tuple[int, str]]:
        return [(frame["seq"], frame["type"]) for frame in self.heard if "seq" in frame and "at" in frame]


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with running(tmp_path, origins=("https://blog.example",)) as running_place:
        yield running_place


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def open_page(
    http: aiohttp.ClientSession, place: Place, token: str | None = None, last_seq: int | None = None
) -> Page:
    origin = str(place.server.make_url("")).rstrip("/")
    page = Page(await http.ws_connect(place.url("ws"), origin=origin))
    await page.socket.send_json({"v": 1, "type": "session.open", "resume_token": token, "last_seq": last_seq})
    await page.until("session.ready")
    return page


async def token_of(http: aiohttp.ClientSession, place: Place) -> str:
    async with http.post(place.url("session"), json={"v": 1, "type": "session.open"}) as response:
        return (await response.json())["resume_token"]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
