"""Messenger and Instagram against their stand-ins: one wire, two sets of limits."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from hypothesis import given

from bot.channel import BadSignature, Channel, Delivery, DeliveryError, WireRequest
from bot.fit import fit
from bot.messages import Button, Outbound
from connectors.api import Api
from connectors.media import Media
from connectors.messenger import Messenger
from demo.platforms.instagram import InstagramPlatform
from demo.platforms.messenger import MessengerPlatform
from demo.platforms.messenger_format import Message
from demo.platforms.platform import Trouble, Webhook
from tests.all_channels import CREDENTIALS, channels
from tests.test_fit import messages

PLATFORMS = {"messenger": MessengerPlatform, "instagram": InstagramPlatform}
CITIZEN = Delivery("7000000000000001", str(uuid4()))
HELLO = Outbound(text="안녕하세요")


@pytest.fixture(params=PLATFORMS)
async def platform(request: pytest.FixtureRequest) -> AsyncIterator[MessengerPlatform]:
    made = PLATFORMS[request.param]("http://127.0.0.1:9", CREDENTIALS)
    await made.start()
    made.message(CITIZEN.user_id, "안녕", "1")
    yield made
    await made.stop()


@pytest.fixture
async def channel(platform: MessengerPlatform) -> AsyncIterator[Channel]:
    async with aiohttp.ClientSession() as session:
        yield channels(session, **dict[str, Any](platform.settings))[platform.name]


@pytest.fixture(scope="module")
def offline() -> dict[str, Channel]:
    """They render and never connect."""
    return channels(None)  # type: ignore[arg-type]


def request_of(webhook: Webhook) -> WireRequest:
    headers = {name.lower(): value for name, value in webhook.headers.items()}
    return WireRequest("POST", headers, {}, webhook.body)


async def say(channel: Channel, message: Outbound = HELLO) -> list[str]:
    parts = fit(message, channel.capabilities)
    return [await channel.send(CITIZEN, [wire]) for part in parts for wire in channel.render(part)]


def replies(count: int) -> tuple[Button, ...]:
    return tuple(Button(label=f"{number}번", payload=f"b{number}") for number in range(1, count + 1))


@pytest.mark.parametrize("count", [1, 3, 4, 13, 14, 30, 31])
async def test_every_button_is_shown_and_comes_back(
    channel: Channel, platform: MessengerPlatform, count: int
) -> None:
    await say(channel, Outbound(text="이 중에 있나요? / 골라 주세요", buttons=replies(count)))
    assert platform.shown[0].text == "이 중에 있나요? / 골라 주세요"
    choices = [choice for shown in platform.shown for choice in shown.choices]
    for number, choice in enumerate(choices, 1):
        request = request_of(platform.tap(CITIZEN.user_id, choice, f"tap{number}"))
        channel.verify(request)
        (tapped,) = channel.parse(request)
        assert tapped.model_dump(include={"text", "payload", "message_id"}) == {
            "text": f"{number}번",
            "payload": f"b{number}",
            "message_id": f"m_tap{number}",
        }
    assert len(choices) == count


async def test_quick_replies_are_only_under_the_last_message(
    channel: Channel, platform: MessengerPlatform
) -> None:
    """They go away with the next one."""
    await say(channel, Outbound(text="한 문장이에요. " * 300, buttons=replies(37)))
    assert all("quick_replies" not in shown.wire for shown in platform.shown[:-1])
    assert len(platform.shown[-1].wire["quick_replies"]) == 7


async def test_links_and_numbers(channel: Channel, platform: MessengerPlatform) -> None:
    buttons = (
        Button(label="전화", url="tel:031-120-1000"),
        Button(label="콜센터", url="tel:120"),
        Button(label="누리집", url="https://www.hanbit.example"),
        *replies(2),
    )
    await say(channel, Outbound(text="여기예요", buttons=buttons))
    text = "\n".join(shown.text for shown in platform.shown)
    links = [choice.url for shown in platform.shown for choice in shown.choices if choice.url]
    assert "콜센터: 120" in text
    if platform.name == "messenger":
        assert links == ["tel:+82311201000", "https://www.hanbit.example"]
    else:
        assert links == ["https://www.hanbit.example"]
        assert "전화: 031-120-1000" in text


async def test_what_is_too_long_goes_in_parts(channel: Channel, platform: MessengerPlatform) -> None:
    ids = await say(channel, Outbound(text="한 문장이에요. " * 1000, buttons=replies(2)))
    assert "".join(shown.text for shown in platform.shown).count("한 문장이에요.") == 1000
    assert len(set(ids)) == len(platform.shown) > 1


REFUSALS: list[tuple[int, int, int, tuple[bool, float | None]]] = [
    (400, 1200, 0, (False, None)),
    (500, 2, 0, (False, None)),
    (400, 613, 0, (False, 30.0)),
    (400, 4, 0, (False, 30.0)),
    (400, 10, 2018278, (True, None)),
    (400, 10, 2018300, (True, None)),
    (400, 551, 1545041, (True, None)),
    (400, 100, 2018001, (True, None)),
    (401, 190, 463, (True, None)),
    (403, 200, 0, (True, None)),
    (500, 999, 0, (False, None)),
]


@pytest.mark.parametrize(("status", "code", "subcode", "expected"), REFUSALS)
async def test_refusals(
    channel: Channel,
    platform: MessengerPlatform,
    status: int,
    code: int,
    subcode: int,
    expected: tuple[bool, float | None],
) -> None:
    error = {"message": "…", "type": "OAuthException", "code": code, "error_subcode": subcode}
    platform.troubles.append(Trouble(status, {"error": error}))
    with pytest.raises(DeliveryError) as caught:
        await say(channel)
    assert (caught.value.permanent, caught.value.retry_after) == expected
    assert not caught.value.ambiguous
    assert not platform.shown


async def test_a_rate_limit_says_when_it_ends(channel: Channel, platform: MessengerPlatform) -> None:
    usage = {"100100100100": [{"type": "messenger", "estimated_time_to_regain_access": 2}]}
    headers = {"X-Business-Use-Case-Usage": json.dumps(usage)}
    platform.troubles.append(Trouble(400, {"error": {"code": 80006}}, headers))
    with pytest.raises(DeliveryError) as caught:
        await say(channel)
    assert caught.value.retry_after == 120


@pytest.mark.parametrize(
    ("trouble", "permanent", "ambiguous"),
    [
        (Trouble(502), False, False),
        (Trouble(404), True, False),
        (Trouble(302), True, False),
        (Trouble(0, taken=True), False, True),
        (Trouble(200, taken=True), False, True),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Trouble) else None,
)
async def test_answers_that_are_not_meta_s(
    channel: Channel, platform: MessengerPlatform, trouble: Trouble, permanent: bool, ambiguous: bool
) -> None:
    platform.troubles.append(trouble)
    with pytest.raises(DeliveryError) as caught:
        await say(channel)
    assert (caught.value.permanent, caught.value.ambiguous) == (permanent, ambiguous)
    assert len(platform.shown) == trouble.taken
    assert not channel.capabilities.resend


async def test_who_cannot_be_reached(channel: Channel, platform: MessengerPlatform) -> None:
    for closed in (platform.blocked, platform.controlled):
        closed.add(CITIZEN.user_id)
        with pytest.raises(DeliveryError) as caught:
            await say(channel)
        assert caught.value.permanent
        closed.clear()
    platform.window = 0
    with pytest.raises(DeliveryError) as caught:
        await say(channel)
    assert caught.value.permanent
    assert channel.capabilities.window == 86_400


async def test_typing(channel: Channel, platform: MessengerPlatform) -> None:
    await channel.typing(CITIZEN.user_id)
    assert platform.typing == [CITIZEN.user_id]
    with pytest.raises(DeliveryError):
        await channel.typing("nobody")


async def test_without_secrets_nothing_is_believed(platform: MessengerPlatform) -> None:
    platform.credentials = dict.fromkeys(CREDENTIALS, "")
    channel = Messenger(Api(None, "", {}), Media(), secret="", verify_token="", token="")  # type: ignore[arg-type]
    with pytest.raises(BadSignature):
        channel.verify(request_of(platform.message("kim", "여권", "1")))
    with pytest.raises(BadSignature):
        channel.handshake(WireRequest("GET", {}, {"hub.mode": "subscribe", "hub.verify_token": ""}))


@pytest.mark.parametrize("name", PLATFORMS)
@given(message=messages)
def test_whatever_is_said_meta_takes(offline: dict[str, Channel], name: str, message: Outbound) -> None:
    channel = offline[name]
    platform = PLATFORMS[name]("", CREDENTIALS)
    for part in fit(message, channel.capabilities):
        for wire in channel.render(part):
            Message.model_validate_json(json.dumps(wire))
            assert not platform.fault(wire)
