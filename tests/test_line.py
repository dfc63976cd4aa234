"""LINE against its stand-in: reply tokens, retry keys, quota, and what happens when an outcome is unclear."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from hypothesis import given

from bot.channel import BadSignature, Channel, Delivery, DeliveryError, WireRequest
from bot.fit import fit
from bot.messages import Button, Card, Fact, Inbound, Outbound, utc_now
from connectors.api import Api
from connectors.line import Line
from demo.platforms.line import LinePlatform
from demo.platforms.line_format import PushRequest, seen
from demo.platforms.platform import Trouble, Webhook
from tests.all_channels import CREDENTIALS, channels
from tests.test_fit import messages

HELLO = Outbound(text="안녕하세요")


@pytest.fixture
async def platform() -> AsyncIterator[LinePlatform]:
    made = LinePlatform("http://127.0.0.1:9", CREDENTIALS)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def channel(platform: LinePlatform) -> AsyncIterator[Line]:
    async with aiohttp.ClientSession() as session:
        found = channels(session, **dict[str, Any](platform.settings))["line"]
        assert isinstance(found, Line)
        yield found


@pytest.fixture(scope="module")
def offline() -> Channel:
    """Renders; it never connects."""
    return channels(None)["line"]  # type: ignore[arg-type]


def heard(channel: Line, webhook: Webhook) -> Inbound:
    headers = {name.lower(): value for name, value in webhook.headers.items()}
    request = WireRequest("POST", headers, {}, webhook.body)
    channel.verify(request)
    (found,) = channel.parse(request)
    assert isinstance(found, Inbound)
    return found


def answer_to(inbound: Inbound, age: float = 0) -> Delivery:
    heard_at = utc_now() - timedelta(seconds=age)
    return Delivery(inbound.user_id, str(uuid4()), inbound.reply_to, heard_at)


async def say(channel: Line, delivery: Delivery, message: Outbound = HELLO) -> str:
    wires = [wire for part in fit(message, channel.capabilities) for wire in channel.render(part)]
    return await channel.send(delivery, wires)


@pytest.fixture
def asked(channel: Line, platform: LinePlatform) -> Inbound:
    return heard(channel, platform.message("kim", "여권", "1"))


async def test_a_reply_costs_nothing_and_its_button_comes_back(
    channel: Line, platform: LinePlatform, asked: Inbound
) -> None:
    platform.quota = 0
    card = Card(
        title="여권 수수료",
        text="창구에서 내요.",
        facts=(Fact(label="전화", value="120", url="tel:120"),),
        buttons=(Button(label="더 보기", payload="q7f3a9c"),),
    )
    ids = await say(channel, answer_to(asked), Outbound(text="찾았어요", cards=(card,)))
    text, shown = await platform.heard("kim", 2)
    assert ids == "1,2"
    assert text.text == "찾았어요"
    assert shown.text == "여권 수수료\n창구에서 내요.\n전화: 120"
    assert [choice.url for choice in shown.choices] == ["tel:120", ""]
    tapped = heard(channel, platform.tap("kim", shown.choices[1], "2"))
    assert (tapped.text, tapped.payload, tapped.user_id) == ("더 보기", "q7f3a9c", asked.user_id)


async def test_more_than_the_token_carries_is_pushed(
    channel: Line, platform: LinePlatform, asked: Inbound
) -> None:
    await say(channel, answer_to(asked))
    platform.quota = 1
    await say(channel, answer_to(asked))
    assert len(await platform.heard("kim", 2)) == 2
    assert platform.quota == 0


@pytest.mark.parametrize("age", [55, 0])
async def test_an_outlived_token_is_replaced_by_a_push(
    channel: Line, platform: LinePlatform, asked: Inbound, age: float
) -> None:
    platform.token_life, platform.quota = 0, 1
    assert await say(channel, answer_to(asked, age))
    assert len(await platform.heard("kim", 1)) == 1
    assert platform.quota == 0


async def test_a_push_taken_in_silence_is_not_repeated(channel: Line, platform: LinePlatform) -> None:
    user_id = heard(channel, platform.message("kim", "여권", "1")).user_id
    delivery = Delivery(user_id, str(uuid4()))
    platform.troubles += [Trouble(0, taken=True), Trouble(500, taken=True)]
    with pytest.raises(DeliveryError) as caught:
        await say(channel, delivery)
    assert caught.value.ambiguous
    with pytest.raises(DeliveryError) as caught:
        await say(channel, delivery)
    assert not caught.value.permanent
    assert await say(channel, delivery) == "1"
    assert len(platform.shown) == 1


@pytest.mark.parametrize("status", [0, 500, 504])
@pytest.mark.parametrize("taken", [True, False])
async def test_an_unclear_reply_is_shown_once(
    channel: Line, platform: LinePlatform, asked: Inbound, status: int, taken: bool
) -> None:
    delivery = answer_to(asked)
    platform.troubles.append(Trouble(status, taken=taken))
    with pytest.raises(DeliveryError) as caught:
        await say(channel, delivery)
    assert caught.value.ambiguous
    assert not caught.value.permanent
    await say(channel, delivery)
    await say(channel, answer_to(asked), Outbound(text="그다음"))
    assert [shown.text for shown in platform.shown] == ["안녕하세요", "그다음"]


async def test_a_limited_reply_is_not_an_unclear_one(
    channel: Line, platform: LinePlatform, asked: Inbound
) -> None:
    delivery = answer_to(asked)
    platform.troubles.append(Trouble(429, headers={"Retry-After": "3"}))
    with pytest.raises(DeliveryError) as caught:
        await say(channel, delivery)
    assert (caught.value.retry_after, caught.value.ambiguous) == (3.0, False)
    platform.token_life = 0
    await say(channel, delivery)
    assert len(platform.shown) == 1


@pytest.mark.parametrize("taken", [True, False])
async def test_a_reply_cut_off_by_a_crash_is_never_shown_twice(
    channel: Line, platform: LinePlatform, asked: Inbound, taken: bool
) -> None:
    """The process that comes after knows only that there was a try (`again`)."""
    delivery = answer_to(asked)
    if taken:
        async with aiohttp.ClientSession() as session:
            before = channels(session, **dict[str, Any](platform.settings))["line"]
            assert isinstance(before, Line)
            await say(before, delivery)
        for _ in range(2):
            with pytest.raises(DeliveryError) as caught:
                await say(channel, replace(delivery, again=True))
            assert caught.value.ambiguous
            assert caught.value.permanent
    else:
        await say(channel, replace(delivery, again=True))
    assert len(platform.shown) == 1


async def test_an_unclear_push_after_an_outlived_token_stays_a_push(
    channel: Line, platform: LinePlatform, asked: Inbound
) -> None:
    delivery = answer_to(asked, 55)
    platform.troubles.append(Trouble(0, taken=True))
    with pytest.raises(DeliveryError):
        await say(channel, delivery)
    await say(channel, replace(delivery, again=True))
    assert len(platform.shown) == 1


async def test_a_used_up_quota_waits_for_the_citizen(channel: Line, platform: LinePlatform) -> None:
    platform.quota = 0
    asked = heard(channel, platform.message("kim", "여권", "1"))
    with pytest.raises(DeliveryError) as caught:
        await say(channel, Delivery(asked.user_id, str(uuid4())))
    assert caught.value.later
    await say(channel, answer_to(asked))
    assert len(platform.shown) == 1


@pytest.mark.parametrize(
    ("trouble", "permanent"),
    [
        (Trouble(429, {"message": "The API rate limit has been exceeded. Try again later."}), False),
        (Trouble(503), False),
        (Trouble(401, {"message": "Authentication failed due to the following reason: expired"}), True),
        (Trouble(403, {"message": "Access to this API is not available for your account"}), True),
        (Trouble(400, {"message": "Failed to send messages"}), True),
        (Trouble(302), True),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Trouble) else None,
)
async def test_refusals(channel: Line, platform: LinePlatform, trouble: Trouble, permanent: bool) -> None:
    platform.troubles.append(trouble)
    with pytest.raises(DeliveryError) as caught:
        await say(channel, Delivery("U" + "0" * 32, str(uuid4())))
    assert (caught.value.permanent, caught.value.ambiguous, caught.value.later) == (permanent, False, False)
    assert not platform.shown


async def test_nobody_there(channel: Line, platform: LinePlatform) -> None:
    await platform.stop()
    with pytest.raises(DeliveryError) as caught:
        await say(channel, Delivery("U" + "0" * 32, str(uuid4())))
    assert not caught.value.ambiguous
    assert not caught.value.permanent


async def test_a_redelivery_has_the_same_id_and_no_token(
    channel: Line, platform: LinePlatform, asked: Inbound
) -> None:
    again = heard(channel, platform.message("kim", "여권", "1"))
    assert (again.message_id, again.sent_at) == (asked.message_id, asked.sent_at)
    assert asked.reply_to
    assert not again.reply_to


async def test_typing_is_a_loading_animation(channel: Line, platform: LinePlatform, asked: Inbound) -> None:
    await channel.typing(asked.user_id)
    assert platform.loading == ["kim"]
    with pytest.raises(DeliveryError):
        await channel.typing("kim")


async def test_without_a_secret_nothing_is_believed(platform: LinePlatform) -> None:
    platform.credentials = {**CREDENTIALS, "line_channel_secret": ""}
    webhook = platform.message("kim", "여권", "1")
    with pytest.raises(BadSignature):
        heard(Line(Api(None, "", {}), "", "", ""), webhook)  # type: ignore[arg-type]


@given(message=messages)
def test_whatever_is_said_line_takes(offline: Channel, message: Outbound) -> None:
    wires = [wire for part in fit(message, offline.capabilities) for wire in offline.render(part)]
    for start in range(0, len(wires), offline.capabilities.batch):
        body = {"to": "U" + "0" * 32, "messages": wires[start : start + offline.capabilities.batch]}
        PushRequest.model_validate_json(json.dumps(body))


def test_many_long_cards_are_within_line_s_sizes(offline: Channel) -> None:
    cards = tuple(Card(title=f"{number}번", text="가" * 1990) for number in range(30))
    (part,) = fit(Outbound(cards=cards), offline.capabilities)
    wires = offline.render(part)
    for wire in wires:
        body = {"to": "U" + "0" * 32, "messages": [wire]}
        PushRequest.model_validate_json(json.dumps(body))
    assert "".join(seen(wire)[0] for wire in wires).count("가" * 1990) == 30
