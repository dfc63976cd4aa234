"""Mentions on X from post to reply, against a server that checks every OAuth signature."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from bot.channel import BadSignature, Delivery, DeliveryError, WireRequest
from bot.fit import fit
from bot.messages import Inbound, Outbound
from bot.settings import Settings
from connectors.xmentions import XMentions, xmentions
from demo.platforms.platform import Trouble
from demo.platforms.xmentions import XMentionsPlatform, problem
from tests.all_channels import CREDENTIALS

OFFICE = CREDENTIALS["x_user_id"]


@pytest.fixture
async def platform() -> AsyncIterator[XMentionsPlatform]:
    server = XMentionsPlatform("http://127.0.0.1:1", CREDENTIALS)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def channel(platform: XMentionsPlatform) -> AsyncIterator[XMentions]:
    async with aiohttp.ClientSession() as session:
        yield xmentions(Settings.model_validate(CREDENTIALS | platform.settings), session)


@contextlib.contextmanager
def looking(channel: XMentions) -> Iterator[list[Inbound]]:
    heard: list[Inbound] = []

    async def take(request: WireRequest) -> None:
        channel.verify(request)
        heard.extend(found for found in channel.parse(request) if isinstance(found, Inbound))

    task = asyncio.create_task(channel.receive(take))
    try:
        yield heard
    finally:
        task.cancel()


async def until(what: Callable[[], object], within: float = 5.0) -> None:
    async with asyncio.timeout(within):
        while not what():
            await asyncio.sleep(0.01)


async def looked_again(platform: XMentionsPlatform) -> None:
    calls = platform.calls.count("mentions")
    await until(lambda: platform.calls.count("mentions") > calls + 1)


async def send(channel: XMentions, reply_to: str, text: str = "답이에요.") -> str:
    wires = [w for part in fit(Outbound(text=text), channel.capabilities) for w in channel.render(part)]
    (id_,) = [await channel.send(Delivery("2000", "key", reply_to), [wire]) for wire in wires]
    return id_


async def refused(channel: XMentions, reply_to: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await send(channel, reply_to)
    return caught.value


async def test_a_mention_comes_in_once_and_gets_its_reply(
    platform: XMentionsPlatform, channel: XMentions
) -> None:
    with looking(channel) as heard:
        await platform.say("2000", "여권 사진 & 수수료 <얼마>예요?")
        await until(lambda: heard)
        await looked_again(platform)
        (inbound,) = heard
        assert inbound.text == "여권 사진 & 수수료 <얼마>예요?"
        assert (inbound.user_id, inbound.public) == (f"2000:{inbound.message_id}", True)
        id_ = await send(channel, inbound.reply_to)
        await looked_again(platform)
    (shown,) = await platform.heard("2000", 1)
    assert shown.wire["reply"] == {"in_reply_to_tweet_id": inbound.message_id}
    assert platform.posts[-1]["id"] == id_
    assert len(heard) == 1


async def test_who_a_person_has_answered_is_left_alone(
    platform: XMentionsPlatform, channel: XMentions
) -> None:
    await platform.say("2000", "몇 시에 열어요?")
    await platform.say("2001", "어디예요?")
    platform.posts.append(platform.post(OFFICE, "아홉 시예요.", answers=platform.posts[0]))
    with looking(channel) as heard:
        await until(lambda: heard)
        await looked_again(platform)
    assert [inbound.text for inbound in heard] == ["어디예요?"]


async def test_talk_between_citizens_is_left_alone(platform: XMentionsPlatform, channel: XMentions) -> None:
    office = platform.post(OFFICE, "오늘부터 새 버스가 다녀요.")
    comment = platform.post("2000", "@hanbitcity 몇 번이에요?", answers=office)
    chat = platform.post("2001", "@neighbour @hanbitcity 그러게", answers=comment)
    asked = platform.post("2002", "@neighbour 이건 @HanbitCity 알려 주세요", answers=comment)
    repost = platform.post("2003", "RT @hanbitcity 오늘부터 …") | {
        "referenced_tweets": [{"type": "retweeted", "id": office["id"]}]
    }
    platform.posts += [office, comment, chat, asked, repost]
    with looking(channel) as heard:
        await until(lambda: len(heard) == 2)
        await looked_again(platform)
    assert [inbound.text for inbound in heard] == ["몇 번이에요?", "이건  알려 주세요"]
    assert heard[0].user_id == f"2000:{office['id']}"


async def test_old_mentions_are_left_alone_and_many_all_read(
    platform: XMentionsPlatform, channel: XMentions
) -> None:
    old = platform.post("2000", "@hanbitcity 예전 질문?")
    old["created_at"] = f"{datetime.now(UTC) - timedelta(hours=25):%Y-%m-%dT%H:%M:%S.000Z}"
    platform.posts.append(old)
    for number in range(250):
        await platform.say("2000", f"질문 {number}?")
    with looking(channel) as heard:
        await until(lambda: len(heard) == 250)
        await looked_again(platform)
    assert [inbound.text for inbound in heard] == [f"질문 {number}?" for number in range(250)]


async def test_an_edit_is_the_same_message(platform: XMentionsPlatform, channel: XMentions) -> None:
    await platform.say("2000", "여군은 어디서?")
    with looking(channel) as heard:
        await until(lambda: heard)
        edited = platform.post("2000", "@hanbitcity 여권은 어디서?")
        edited["edit_history_tweet_ids"] = [platform.posts[0]["id"], edited["id"]]
        platform.posts.append(edited)
        await until(lambda: len(heard) == 2)
    assert heard[0].message_id == heard[1].message_id
    assert heard[1].reply_to == edited["id"]


async def test_a_request_from_outside_is_refused(platform: XMentionsPlatform, channel: XMentions) -> None:
    webhook = platform.message("2000", "여권은요?", "1")
    with pytest.raises(BadSignature):
        channel.verify(WireRequest("POST", dict(webhook.headers), body=webhook.body))


async def test_a_deleted_post_or_the_same_words_again_are_final(
    platform: XMentionsPlatform, channel: XMentions
) -> None:
    assert (await refused(channel, "77")).permanent
    await platform.say("2000", "여권은요?")
    id_ = platform.posts[0]["id"]
    await send(channel, id_)
    assert (await refused(channel, id_)).permanent
    assert (await refused(channel, "")).permanent


async def test_a_rate_limit_says_when(platform: XMentionsPlatform, channel: XMentions) -> None:
    await platform.say("2000", "여권은요?")
    reset = int(datetime.now(UTC).timestamp()) + 100
    troubles = Trouble(429, problem(429, "Too Many Requests"), {"x-rate-limit-reset": str(reset)})
    platform.troubles += [troubles, Trouble(503, {})]
    error = await refused(channel, platform.posts[0]["id"])
    assert 90 < (error.retry_after or 0) <= 100
    error = await refused(channel, platform.posts[0]["id"])
    assert (error.permanent, error.ambiguous) == (False, False)
    assert await send(channel, platform.posts[0]["id"])


async def test_a_time_out_after_the_reply_was_taken_is_uncertain(
    platform: XMentionsPlatform, channel: XMentions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.api._TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    await platform.say("2000", "여권은요?")
    platform.troubles.append(Trouble(delay=0.4, taken=True))
    assert (await refused(channel, platform.posts[0]["id"])).ambiguous
    await platform.heard("2000", 1)
