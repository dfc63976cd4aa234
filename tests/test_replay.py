"""A request that was right once and comes again, later or from somebody who listened: it moves nothing."""

from __future__ import annotations

import time

import aiohttp
import pytest

from bot.settings import Settings
from demo.platforms.build import PLATFORMS
from demo.platforms.platform import Webhook
from demo.platforms.webhook import WebhookPlatform
from tests.all_channels import CREDENTIALS
from tests.doors_support import Served, served

NUMBERED = sorted(set(PLATFORMS) - {"naver", "xmentions", "youtube"})
"""Naver's events have neither number nor time: who could repeat one knows the secret address, and could as
well make up new ones. Public places are fetched."""


def message(name: str, text: str) -> Webhook:
    platform = PLATFORMS[name]("http://127.0.0.1", CREDENTIALS)
    platform.add_routes(aiohttp.web.Application())
    return platform.message("5001", text, "1")


async def bring(at: Served, webhook: Webhook) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(at.url(webhook.path), data=webhook.body, headers=webhook.headers) as answer,
    ):
        await answer.read()
        return answer.status


async def moved(at: Served) -> list[tuple[str, int]]:
    """What each conversation has come to, and what the bot was asked."""
    await at.apps.turns.idle()
    return [(one.channel, one.last_seq) for one in await at.apps.log.recent()] + [("bot", len(at.rasa.asked))]


async def test_an_old_request_moves_nothing_also_after_a_restart(settings: Settings) -> None:
    old = [message(name, f"여권 {name}") for name in NUMBERED]
    async with served(settings) as at:
        assert [await bring(at, webhook) for webhook in old] == [200] * len(old)
        before = await moved(at)
        assert before[-1] == ("bot", len(old))
        for _ in range(2):
            assert [await bring(at, webhook) for webhook in old] == [200] * len(old)
        assert await moved(at) == before
    async with served(settings) as at:
        assert [await bring(at, webhook) for webhook in old] == [200] * len(old)
        assert await moved(at) == [*before[:-1], ("bot", 0)]


@pytest.mark.parametrize(("age", "status"), [(0, 200), (290, 200), (310, 401), (-310, 401), (10**9, 401)])
async def test_a_signature_of_our_own_app_runs_out(age: int, status: int, settings: Settings) -> None:
    app = WebhookPlatform("", CREDENTIALS)
    event = {"id": "1", "user": "5001", "text": "여권"}
    async with served(settings) as at:
        assert await bring(at, app.signed(event, int(time.time()) - age)) == status
        assert len(await at.apps.log.recent()) == (status == 200)


async def test_an_old_body_cannot_be_signed_anew(settings: Settings) -> None:
    app = WebhookPlatform("", CREDENTIALS)
    old = app.signed({"id": "1", "user": "5001", "text": "여권"}, int(time.time()) - 1000)
    async with served(settings) as at:
        fresh = {**old.headers, "X-Sotong-Timestamp": str(int(time.time()))}
        assert await bring(at, Webhook(old.path, old.body, fresh)) == 401
        assert await at.apps.log.recent() == []
