"""X direct messages against the stand-in of X: real HTTP, OAuth 1.0a checked by the other side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from hypothesis import given

from bot.channel import BadSignature, Channel, Delivery, DeliveryError, WireRequest
from bot.fit import fit
from bot.messages import Button, Outbound
from connectors.media import Media
from connectors.x import X
from connectors.x_api import verify
from demo.platforms.platform import Trouble
from demo.platforms.x import XPlatform, wrong
from tests.all_channels import CREDENTIALS, channels
from tests.test_fit import messages

CITIZEN = Delivery("2000", "6f1f3a52-6f0c-4d0e-9a0e-3f1c2b7a9d10")


@pytest.fixture
async def platform() -> AsyncIterator[XPlatform]:
    made = XPlatform("http://127.0.0.1:9", CREDENTIALS)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def channel(platform: XPlatform) -> AsyncIterator[Channel]:
    async with aiohttp.ClientSession() as session:
        yield channels(session, **platform.settings, telegram_token="")["x"]


async def say(channel: Channel, message: Outbound) -> list[str]:
    parts = fit(message, channel.capabilities)
    return [await channel.send(CITIZEN, [wire]) for part in parts for wire in channel.render(part)]


async def test_a_reply_reaches_the_citizen_and_its_button_comes_back(
    channel: Channel, platform: XPlatform
) -> None:
    message = Outbound(text="이 중에 있나요?", buttons=(Button(label="여권 <수수료>", payload="q7f3a9c"),))
    (event_id,) = await say(channel, message)
    (shown,) = await platform.heard("2000", 1)
    assert event_id
    assert shown.text == "이 중에 있나요?"
    webhook = platform.tap("2000", shown.choices[0], "1500000000000000009")
    request = WireRequest(
        "POST", {name.lower(): value for name, value in webhook.headers.items()}, {}, webhook.body
    )
    channel.verify(request)
    (tapped,) = channel.parse(request)
    assert tapped.model_dump(include={"text", "payload", "message_id"}) == {
        "text": "여권 <수수료>",
        "payload": "q7f3a9c",
        "message_id": "1500000000000000009",
    }


async def test_links_beside_quick_replies_stand_in_the_text(channel: Channel, platform: XPlatform) -> None:
    link = Button(label="누리집", url="https://www.hanbit.example")
    await say(channel, Outbound(text="여기예요", buttons=(link, Button(label="더 보기", payload="a"))))
    await say(channel, Outbound(buttons=(link,)))
    beside, alone = await platform.heard("2000", 2)
    assert beside.text == "여기예요\n누리집: https://www.hanbit.example"
    assert [choice.label for choice in beside.choices] == ["더 보기"]
    assert [choice.url for choice in alone.choices] == ["https://www.hanbit.example"]


async def test_what_is_too_long_for_x_goes_in_parts(channel: Channel, platform: XPlatform) -> None:
    buttons = tuple(Button(label=f"{number}번 " + "가" * 40, payload=f"b{number}") for number in range(45))
    parts = await say(channel, Outbound(text="한 문장이에요. " * 1500, buttons=buttons))
    shown = await platform.heard("2000", len(parts))
    assert sum(len(one.choices) for one in shown) == 45


@given(message=messages)
def test_whatever_is_said_is_within_the_limits(message: Outbound) -> None:
    channel = X("1000", "", None, Media())  # type: ignore[arg-type]
    for part in fit(message, channel.capabilities):
        for wire in channel.render(part):
            assert wrong({"type": "message_create"}, wire) is None


LIMITED = {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}


@pytest.mark.parametrize(
    ("trouble", "permanent", "wait"),
    [
        (Trouble(429, LIMITED, {"x-rate-limit-reset": "0"}), False, 1.0),
        (Trouble(429, LIMITED), False, None),
        (Trouble(503), False, None),
        (Trouble(403, {"errors": [{"code": 226, "message": "This request looks automated."}]}), False, None),
        (Trouble(403, {"errors": [{"code": 349, "message": "You cannot send messages."}]}), True, None),
        (Trouble(401, {"errors": [{"code": 32, "message": "Could not authenticate you."}]}), True, None),
        (Trouble(403, {"title": "Forbidden", "status": 403}), True, None),
        (Trouble(400, {"errors": "?"}), True, None),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Trouble) else None,
)
async def test_refusals(
    channel: Channel, platform: XPlatform, trouble: Trouble, permanent: bool, wait: float | None
) -> None:
    platform.troubles.append(trouble)
    with pytest.raises(DeliveryError) as caught:
        await say(channel, Outbound(text="안녕하세요"))
    assert (caught.value.permanent, caught.value.retry_after) == (permanent, wait)
    assert not caught.value.ambiguous
    assert not platform.shown


async def test_a_rate_limit_ends_when_x_says(channel: Channel, platform: XPlatform) -> None:
    reset = str(int(time.time()) + 600)
    platform.troubles.append(Trouble(429, LIMITED, {"x-rate-limit-reset": reset}))
    with pytest.raises(DeliveryError) as caught:
        await say(channel, Outbound(text="안녕하세요"))
    assert caught.value.retry_after == pytest.approx(600, abs=10)


async def test_a_connection_that_breaks_leaves_it_open(channel: Channel, platform: XPlatform) -> None:
    platform.troubles.append(Trouble(taken=True, delay=0.5))
    sending = asyncio.create_task(say(channel, Outbound(text="안녕하세요")))
    await asyncio.sleep(0.2)
    await platform.stop()
    with pytest.raises(DeliveryError) as caught:
        await sending
    assert caught.value.ambiguous
    with pytest.raises(DeliveryError) as caught:
        await say(channel, Outbound(text="안녕하세요"))
    assert not caught.value.ambiguous
    assert not caught.value.permanent


async def test_typing_is_shown(channel: Channel, platform: XPlatform) -> None:
    await channel.typing("2000")
    assert platform.typed == ["2000"]


async def test_wrong_keys_are_refused_for_good(platform: XPlatform) -> None:
    async with aiohttp.ClientSession() as session:
        stranger = channels(session, **platform.settings, telegram_token="", x_access_secret="other")["x"]
        with pytest.raises(DeliveryError, match="32") as caught:
            await say(stranger, Outbound(text="안녕하세요"))
    assert caught.value.permanent


def test_the_challenge_is_answered(channel: Channel, platform: XPlatform) -> None:
    answer = channel.handshake(WireRequest("GET", {}, {"crc_token": "가+/= 1"}))
    assert answer
    assert platform.proves("가+/= 1", answer.body)
    assert channel.handshake(WireRequest("GET", {}, {})) is None


@pytest.mark.parametrize("given", ["", "sha256=", "sha256=가", "sha256=\udcff", "x" * 5000])
def test_other_signatures_are_refused(given: str) -> None:
    with pytest.raises(BadSignature):
        verify("test-consumer-secret", WireRequest("POST", {"x-twitter-webhooks-signature": given}))
