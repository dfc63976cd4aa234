"""YouTube from comment to reply, against a server that speaks its API: quota, tokens, pauses, refusals."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from bot.channel import BadPayload, BadSignature, Delivery, DeliveryError, WireRequest
from bot.fit import fit
from bot.messages import Inbound, Outbound
from bot.settings import Settings
from connectors.youtube import YouTube, youtube
from demo.platforms.platform import Trouble
from demo.platforms.youtube import YouTubePlatform, fault
from tests.all_channels import CREDENTIALS

NOW = datetime(2026, 3, 26, 4, 0, tzinfo=UTC)
OFFICE = CREDENTIALS["youtube_channel_id"]


@pytest.fixture
async def platform() -> AsyncIterator[YouTubePlatform]:
    server = YouTubePlatform("http://127.0.0.1:1", CREDENTIALS)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


def channel(
    platform: YouTubePlatform, session: aiohttp.ClientSession, now: datetime | None = None, **settings: Any
) -> YouTube:
    found = Settings.model_validate(CREDENTIALS | platform.settings | settings)
    return youtube(found, session, lambda: now or datetime.now(UTC))


class Taking:
    """Takes requests as the gateway does."""

    def __init__(self, channel: YouTube) -> None:
        self.channel = channel
        self.requests: list[WireRequest] = []
        self.heard: list[Inbound] = []
        self.broken = False

    async def __call__(self, request: WireRequest) -> None:
        if self.broken:
            raise RuntimeError("the database is full")
        self.channel.verify(request)
        self.requests.append(request)
        self.heard += [found for found in self.channel.parse(request) if isinstance(found, Inbound)]


@contextlib.contextmanager
def looking(channel: YouTube) -> Iterator[Taking]:
    taking = Taking(channel)
    task = asyncio.create_task(channel.receive(taking))
    try:
        yield taking
    finally:
        task.cancel()


async def until(what: Any, within: float = 5.0) -> None:
    async with asyncio.timeout(within):
        while not what():
            await asyncio.sleep(0.01)


async def send(channel: YouTube, reply_to: str, text: str) -> str:
    (part,) = fit(Outbound(text=text), channel.capabilities)
    return await channel.send(Delivery("citizen", "key", reply_to), channel.render(part))


async def refused(channel: YouTube, reply_to: str, text: str = "답") -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await send(channel, reply_to, text)
    return caught.value


async def test_a_comment_comes_in_once_and_gets_its_reply(
    platform: YouTubePlatform, session: aiohttp.ClientSession
) -> None:
    bot = channel(platform, session)
    with looking(bot) as taking:
        await platform.say("UCcitizen", "여권 수수료 얼마예요?", "t1")
        await until(lambda: taking.heard)
        looks = platform.calls.count("list")
        await until(lambda: platform.calls.count("list") > looks + 2)
        (inbound,) = taking.heard
        assert (inbound.text, inbound.user_id, inbound.public) == (
            "여권 수수료 얼마예요?",
            "UCcitizen:t1",
            True,
        )
        id_ = await send(bot, inbound.reply_to, "53,000원이에요.")
    (shown,) = platform.shown
    assert (shown.user_id, shown.text) == ("UCcitizen", "53,000원이에요.")
    assert id_ == platform.threads[0]["replies"]["comments"][0]["id"]


async def test_who_was_answered_or_is_the_office_or_wrote_long_ago_is_left_alone(
    platform: YouTubePlatform, session: aiohttp.ClientSession
) -> None:
    answered = platform.thread("UCa", "언제 열어요?", "t1")
    platform.reply(answered, OFFICE, "9시예요.")
    talked = platform.thread("UCb", "어디예요?", "t2")
    platform.reply(talked, "UCother", "저도 궁금해요")
    old = platform.thread("UCc", "얼마예요?", "t3", datetime.now(UTC) - timedelta(hours=25))
    platform.threads += [answered, talked, old, platform.thread(OFFICE, "구독해 주세요", "t4")]
    with looking(channel(platform, session)) as taking:
        await until(lambda: platform.calls.count("list") > 2)
        assert [inbound.message_id for inbound in taking.heard] == ["t2"]
        assert len(taking.requests) == 3


async def test_the_pages_of_a_busy_day_are_all_read_oldest_first(
    platform: YouTubePlatform, session: aiohttp.ClientSession
) -> None:
    start = datetime.now(UTC) - timedelta(hours=5)
    platform.threads += [
        platform.thread("UCa", "질문?", f"t{n:03}", start + timedelta(seconds=n)) for n in range(250)
    ]
    with looking(channel(platform, session)) as taking:
        await until(lambda: len(taking.heard) == 250)
        assert [inbound.message_id for inbound in taking.heard] == [f"t{n:03}" for n in range(250)]
        calls = platform.calls.count("list")
        await until(lambda: platform.calls.count("list") > calls + 2)
    assert len(taking.heard) == 250


async def test_what_could_not_be_written_down_comes_again(
    platform: YouTubePlatform, session: aiohttp.ClientSession
) -> None:
    with looking(channel(platform, session)) as taking:
        taking.broken = True
        await platform.say("UCa", "여권은요?", "t1")
        await until(lambda: platform.calls.count("list") > 2)
        assert taking.heard == []
        taking.broken = False
        await until(lambda: taking.heard)


async def test_a_request_from_outside_is_refused(
    platform: YouTubePlatform, session: aiohttp.ClientSession
) -> None:
    bot = channel(platform, session)
    webhook = platform.message("UCa", "여권은요?", "t1")
    headers = {name.lower(): value for name, value in webhook.headers.items()}
    with pytest.raises(BadSignature):
        bot.verify(WireRequest("POST", headers, body=webhook.body))
    with pytest.raises(BadPayload):
        bot.parse(WireRequest("POST", headers, body=b'{"kind": "youtube#commentThread"}'))


async def test_an_access_token_that_ends_early_is_renewed(
    platform: YouTubePlatform, session: aiohttp.ClientSession
) -> None:
    bot = channel(platform, session)
    await platform.say("UCa", "여권은요?", "t1")
    await platform.say("UCb", "등본은요?", "t2")
    await send(bot, "t1", "답")
    platform.forget_tokens()
    await send(bot, "t2", "답")
    assert platform.calls == ["token", "insert", "insert", "token", "insert"]


async def test_a_refresh_token_that_is_refused_is_tried_again_later(
    platform: YouTubePlatform, session: aiohttp.ClientSession
) -> None:
    bot = channel(platform, session, youtube_refresh_token="revoked")
    error = await refused(bot, "t1")
    assert (error.permanent, error.ambiguous, error.retry_after) == (False, False, 600.0)


@pytest.mark.parametrize(
    ("status", "reason", "permanent", "retry_after"),
    [
        (403, "commentsDisabled", True, None),
        (403, "forbidden", True, None),
        (403, "ineligibleAccount", True, None),
        (404, "parentCommentNotFound", True, None),
        (400, "parentCommentIsPrivate", True, None),
        (400, "processingFailure", False, None),
        (403, "rateLimitExceeded", False, 30.0),
        (403, "userRateLimitExceeded", False, 30.0),
        (500, "backendError", False, None),
        (503, "", False, None),
    ],
)
async def test_refusals(
    platform: YouTubePlatform, session: aiohttp.ClientSession, status: int, reason: str, permanent: bool,
    retry_after: float | None,
) -> None:  # fmt: skip
    await platform.say("UCa", "여권은요?", "t1")
    bot = channel(platform, session)
    platform.troubles.append(Trouble(status, fault(status, reason)))
    error = await refused(bot, "t1")
    assert (error.permanent, error.ambiguous, error.retry_after) == (permanent, False, retry_after)
    assert platform.shown == []
    if not permanent:
        assert await send(bot, "t1", "답")


async def test_google_saying_when_is_obeyed(
    platform: YouTubePlatform, session: aiohttp.ClientSession
) -> None:
    platform.troubles.append(Trouble(429, {}, {"Retry-After": "7"}))
    assert (await refused(channel(platform, session), "t1")).retry_after == 7.0


async def test_a_time_out_after_the_reply_was_taken_is_uncertain(
    platform: YouTubePlatform, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.api._TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    await platform.say("UCa", "여권은요?", "t1")
    bot = channel(platform, session)
    platform.troubles.append(Trouble(delay=0.4, taken=True))
    assert (await refused(bot, "t1")).ambiguous
    await platform.heard("UCa", 1)


async def test_nothing_is_said_without_a_comment_to_answer(
    platform: YouTubePlatform, session: aiohttp.ClientSession
) -> None:
    assert (await refused(channel(platform, session), "")).permanent
    assert platform.calls == []


async def test_when_google_says_the_quota_is_spent_nobody_asks_before_midnight(
    platform: YouTubePlatform, session: aiohttp.ClientSession
) -> None:
    await platform.say("UCa", "여권은요?", "t1")
    bot = channel(platform, session, now=NOW)
    platform.quota = 0
    error = await refused(bot, "t1")
    assert error.retry_after == timedelta(hours=3).total_seconds()  # 21:00 to 24:00 in California
    assert not error.permanent
    calls = len(platform.calls)
    assert (await refused(bot, "t1")).retry_after == error.retry_after
    assert len(platform.calls) == calls


async def test_looks_stop_in_time_to_leave_units_for_replies(
    platform: YouTubePlatform, session: aiohttp.ClientSession
) -> None:
    bot = channel(platform, session, youtube_daily_quota=200)
    with looking(bot):
        await until(lambda: platform.calls.count("list") >= 1)
        await asyncio.sleep(0.2)
    assert platform.calls.count("list") == 1  # the next look is due in a sixtieth of what is left of the day


async def test_a_broken_item_does_not_hold_up_the_others(
    platform: YouTubePlatform, session: aiohttp.ClientSession
) -> None:
    broken = platform.thread("UCa", "?", "t1")
    del broken["snippet"]["topLevelComment"]["id"]
    platform.threads.append(broken)
    await platform.say("UCb", "등본은요?", "t2")
    with looking(channel(platform, session)) as taking:
        await until(lambda: taking.heard)
    assert json.loads(taking.requests[-1].body)["id"] == "t2"
