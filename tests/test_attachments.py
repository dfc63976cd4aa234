"""An operator looks at what a citizen sent: the platform's webhook in, the console's answer out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher
from sqlalchemy import select

from bot.channel import MAX_MEDIA
from bot.kinds import ENDINGS, kind_of
from bot.log.engine import reading
from bot.log.tables import Audit
from bot.settings import Settings
from bot.staff.accounts import Accounts
from tests.console_support import PASSWORD, Client, csrf, log_in, text
from tests.test_channels import CITIZEN, Office, office

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
SENDING = ("telegram", "line", "whatsapp", "messenger", "instagram", "kakao", "naver", "x", "webhook")
WHERE = "/conversations/1/attachments/1/0"


@dataclass
class Desk:
    at: Office
    client: Client

    async def sent(self, content: bytes) -> None:
        """A citizen sends a file and is answered."""
        assert await self.at.platform.bring(self.at.platform.photo(CITIZEN, content, "9")) == 200  # type: ignore[attr-defined]
        await self.at.apps.turns.idle()

    async def claim(self) -> None:
        token = csrf(await text(self.client, "/conversations/1"))
        answer = await self.client.post("/conversations/1/claim", data={"csrf": token}, allow_redirects=False)
        assert answer.status == 303

    async def refused(self) -> str:
        answer = await self.client.get(WHERE)
        assert answer.status == 409
        return await answer.text()


@asynccontextmanager
async def desk(name: str, settings: Settings) -> AsyncIterator[Desk]:
    """A channel and its console, at which 김하늘 is logged in."""
    async with office(name, settings) as at:
        operators = Accounts(at.apps.log._engine, hasher=PasswordHasher(time_cost=1, memory_cost=64))
        first = await operators.create("haneul", "김하늘")
        number = await operators.verify("haneul", first)
        assert number is not None
        await operators.change_password(number, first, PASSWORD)
        server = TestServer(at.apps.console)
        async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
            assert (await log_in(client, "haneul", PASSWORD)).status == 303
            yield Desk(at, client)


@pytest.mark.parametrize("name", SENDING)
async def test_a_photo_is_shown_to_who_has_the_conversation(name: str, settings: Settings) -> None:
    async with desk(name, settings) as here:
        await here.sent(PNG)
        assert WHERE not in await text(here.client, "/conversations/1")
        assert "먼저 대화를 맡아" in await here.refused()
        await here.claim()
        page = await text(here.client, "/conversations/1")
        assert f'href="{WHERE}"' in page
        assert "사진 보기" in page
        answer = await here.client.get(WHERE)
        assert (answer.status, await answer.read()) == (200, PNG)
        assert answer.content_type == "image/png"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Disposition"].startswith("inline;")
        async with reading(here.at.apps.log._engine) as session:
            rows = await session.scalars(select(Audit).where(Audit.action == "attachment"))
            assert [(row.target, row.detail) for row in rows] == [("conversation:1", "1/0")]
        here.at.platform.files.clear()
        assert "기간이 지났거나" in await here.refused()


SAVED = {
    b"%PDF-1.7 ...": "application/pdf",
    b"OggS" + bytes(40): "audio/ogg",
    b"RIFF\x24\x00\x00\x00WAVEfmt ": "audio/wav",
    b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00": "audio/mp4",
}
REFUSED = {
    b"<html><script>alert(1)</script></html>": "다른 종류",
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>': "다른 종류",
    b"MZ\x90\x00": "다른 종류",
    b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00": "다른 종류",
    b"RIFF\x24\x00\x00\x00AVI LIST": "다른 종류",
    b"": "다른 종류",
    PNG.ljust(MAX_MEDIA + 1): "10 MB보다 커서",
}


async def test_other_kinds_are_saved_or_refused_with_a_reason(settings: Settings) -> None:
    async with desk("webhook", settings) as here:
        await here.sent(PNG)
        await here.claim()
        (name,) = here.at.platform.files
        for content, kind in SAVED.items():
            here.at.platform.files[name] = content
            answer = await here.client.get(WHERE)
            assert (answer.status, await answer.read()) == (200, content)
            assert answer.content_type == kind
            disposition = answer.headers["Content-Disposition"]
            assert disposition == f'attachment; filename="1-1-0.{ENDINGS[kind]}"'
        for content, why in REFUSED.items():
            here.at.platform.files[name] = content
            assert why in await here.refused()


async def test_an_address_that_is_nobodys_is_not_called(settings: Settings) -> None:
    async with desk("webhook", settings) as here:
        app = here.at.platform
        for place, ref in enumerate(("http://169.254.169.254/latest/meta-data/", "https://127.0.0.1/x"), 1):
            event = {"id": f"e{place}", "user": CITIZEN, "attachments": [{"kind": "photo", "ref": ref}]}
            assert await app.bring(app.signed(event)) == 200  # type: ignore[attr-defined]
        await here.at.apps.turns.idle()
        await here.claim()
        lines = [line.seq for line in await here.at.apps.log.history(1) if line.attachments]
        for seq in lines:
            answer = await here.client.get(f"/conversations/1/attachments/{seq}/0")
            assert answer.status == 409
            assert "허락된 곳이 아니라서" in await answer.text()


async def test_only_operators_and_only_what_is_there(settings: Settings) -> None:
    async with desk("telegram", settings) as here:
        await here.sent(PNG)
        await here.claim()
        for path in (
            "/conversations/1/attachments/1/1",
            "/conversations/1/attachments/2/0",
            "/conversations/1/attachments/99/0",
            "/conversations/2/attachments/1/0",
            "/conversations/1/attachments/1/x",
        ):
            assert (await here.client.get(path)).status == 404, path
        async with TestClient(
            TestServer(here.at.apps.console), cookie_jar=CookieJar(unsafe=True)
        ) as stranger:
            answer = await stranger.get(WHERE, allow_redirects=False)
            assert (answer.status, answer.headers["Location"].split("?")[0]) == (303, "/login")


@pytest.mark.parametrize("cut", [0, 1, 4, 8])
def test_beginnings_that_are_cut_off_are_nothing(cut: int) -> None:
    assert kind_of(b"RIFF\x24\x00\x00\x00WEBP"[:cut]) is None
