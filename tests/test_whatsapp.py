"""WhatsApp against the stand-in of the Cloud API: real HTTP, Meta's limits checked by the other side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from hypothesis import given

from bot.channel import BadSignature, Channel, Delivery, DeliveryError, WireRequest
from bot.fit import fit
from bot.messages import Button, Card, Inbound, Notice, NoticeKind, Outbound
from connectors.api import Api
from connectors.media import Media
from connectors.whatsapp import WhatsApp
from demo.platforms.platform import Trouble, Webhook
from demo.platforms.whatsapp import WhatsAppPlatform
from demo.platforms.whatsapp_limits import Refusal, check
from tests.all_channels import CREDENTIALS, channels
from tests.test_fit import messages

KEY = "6f1f3a52-6f0c-4d0e-9a0e-3f1c2b7a9d10"


@pytest.fixture
async def platform() -> AsyncIterator[WhatsAppPlatform]:
    made = WhatsAppPlatform("http://127.0.0.1:9", CREDENTIALS)
    await made.start()
    made.message("821000000000", "안녕하세요", "0")
    yield made
    await made.stop()


@pytest.fixture
async def channel(platform: WhatsAppPlatform) -> AsyncIterator[Channel]:
    async with aiohttp.ClientSession() as session:
        yield channels(session, **platform.settings, telegram_token="")["whatsapp"]


def request_of(webhook: Webhook) -> WireRequest:
    parts = urlsplit(webhook.path)
    headers = {name.lower(): value for name, value in webhook.headers.items()}
    return WireRequest(webhook.method, headers, dict(parse_qsl(parts.query)), webhook.body)


def hear(channel: Channel, webhook: Webhook) -> Sequence[Inbound | Notice]:
    request = request_of(webhook)
    channel.verify(request)
    return channel.parse(request)


async def say(channel: Channel, message: Outbound, user_id: str = "821000000000") -> list[str]:
    wires = [wire for part in fit(message, channel.capabilities) for wire in channel.render(part)]
    return [await channel.send(Delivery(user_id, KEY), [wire]) for wire in wires]


def choices(count: int, label: str = "{}번 민원") -> tuple[Button, ...]:
    return tuple(Button(label=label.format(number), payload=f"b{number}") for number in range(count))


@pytest.mark.parametrize("count", [1, 3, 4, 10])
async def test_a_button_comes_back_as_its_short_id(
    channel: Channel, platform: WhatsAppPlatform, count: int
) -> None:
    await say(channel, Outbound(text="이 중에 있나요?", buttons=choices(count)))
    (shown,) = await platform.heard("821000000000", 1)
    assert len(shown.choices) == count
    (tapped,) = hear(channel, platform.tap("821000000000", shown.choices[-1], "7"))
    assert isinstance(tapped, Inbound)
    assert (tapped.user_id, tapped.message_id) == ("821000000000", "wamid.7")
    assert (tapped.text, tapped.payload) == (f"{count - 1}번 민원", f"b{count - 1}")


async def test_who_hides_their_number_is_answered_by_their_scoped_id(
    channel: Channel, platform: WhatsAppPlatform
) -> None:
    (heard,) = hear(channel, platform.message("citizen", "여권이요", "1"))
    assert heard.user_id == "KR.citizen"
    (message_id,) = await say(channel, Outbound(text="네!"), heard.user_id)
    (shown,) = await platform.heard("citizen", 1)
    assert shown.wire["recipient"] == "KR.citizen"
    assert "to" not in shown.wire
    assert platform.callbacks == {message_id: KEY}


async def test_a_long_answer_keeps_its_words_and_its_buttons(
    channel: Channel, platform: WhatsAppPlatform
) -> None:
    text = "한 문장이 여기 있어요. " * 500
    parts = await say(
        channel, Outbound(text=text, buttons=choices(23, "{}번 부서에서 하는 여러 가지 일이에요"))
    )
    shown = await platform.heard("821000000000", len(parts))
    said = "".join(one.text for one in shown)
    assert said.count("한 문장이 여기 있어요.") == 500
    assert "22번 부서에서 하는 여러 가지 일이에요" not in [c.label for one in shown for c in one.choices]
    assert "22번 부서에서 하는 여러 가지 일이에요" in said
    assert sum(len(one.choices) for one in shown) == 23


def with_short_ids(message: Outbound) -> Outbound:
    """As the core gives it to a channel: every quick reply has an id of its own."""
    ids = (f"q{number}" for number in range(1000))

    def named(holder: Outbound | Card) -> dict[str, tuple[Button, ...]]:
        return {
            "buttons": tuple(
                button.model_copy(update={"payload": next(ids)}) if button.payload else button
                for button in holder.buttons
            )
        }

    cards = tuple(card.model_copy(update=named(card)) for card in message.cards)
    return message.model_copy(update={"cards": cards, **named(message)})


@given(message=messages.map(with_short_ids))
def test_whatever_is_said_is_within_the_limits(message: Outbound) -> None:
    channel = WhatsApp(
        Api(None, "", {}),  # type: ignore[arg-type]
        Media(),
        secret="",
        verify_token="",
        token="",
        phone_number_id="",
    )
    for part in fit(message, channel.capabilities):
        for wire in channel.render(part):
            check({"messaging_product": "whatsapp", **wire})


async def test_links_pictures_and_numbers(channel: Channel, platform: WhatsAppPlatform) -> None:
    link = Button(label="누리집", url="https://www.hanbit.example")
    phone = Button(label="전화", url="tel:099-120-1000")
    await say(channel, Outbound(text="여기예요", buttons=(link, phone)))
    await say(channel, Outbound(text="여기도요", buttons=(link, *choices(2, "더 보기"))))
    await say(channel, Outbound(text="약도예요", image_url="https://www.hanbit.example/map.png"))
    await say(channel, Outbound(buttons=(link,)))
    alone, beside, picture, text, bare = await platform.heard("821000000000", 5)
    assert (alone.text, alone.choices[0].url) == ("여기예요\n전화: 099-120-1000", link.url)
    assert beside.text == "여기도요\n누리집: https://www.hanbit.example"
    assert [choice.label for choice in beside.choices] == ["1. 더 보기", "2. 더 보기"]
    assert (picture.text, text.text) == ("https://www.hanbit.example/map.png", "약도예요")
    assert bare.choices[0].url == link.url


def trouble(code: int, status: int = 400) -> Trouble:
    return Trouble(status, Refusal(code, "refused").body)


@pytest.mark.parametrize(
    ("befalls", "permanent", "wait"),
    [
        (trouble(131056), False, 6.0),
        (trouble(130429, 429), False, None),
        (trouble(80007), False, None),
        (trouble(131000, 500), False, None),
        (trouble(131057), False, 60.0),
        (Trouble(429, headers={"Retry-After": "7"}), False, 7.0),
        (Trouble(502), False, None),
        (trouble(131026), True, None),
        (trouble(131048), True, None),
        (trouble(190, 401), True, None),
        (trouble(131009), True, None),
        (Trouble(404), True, None),
    ],
    ids=lambda value: str(value.body or value.status) if isinstance(value, Trouble) else None,
)
async def test_refusals(
    channel: Channel, platform: WhatsAppPlatform, befalls: Trouble, permanent: bool, wait: float | None
) -> None:
    platform.troubles.append(befalls)
    with pytest.raises(DeliveryError) as caught:
        await say(channel, Outbound(text="안녕하세요"))
    assert (caught.value.permanent, caught.value.retry_after) == (permanent, wait)
    assert not caught.value.ambiguous
    assert not platform.shown


async def test_after_a_day_nothing_can_be_sent(channel: Channel) -> None:
    with pytest.raises(DeliveryError, match="131047") as caught:
        await say(channel, Outbound(text="안녕하세요"), "821000000099")
    assert caught.value.permanent


async def test_an_answer_without_an_id_leaves_it_open(channel: Channel, platform: WhatsAppPlatform) -> None:
    platform.troubles.append(Trouble(202, taken=True))
    with pytest.raises(DeliveryError) as caught:
        await say(channel, Outbound(text="안녕하세요"))
    assert caught.value.ambiguous
    assert len(platform.shown) == 1


async def test_a_connection_that_breaks_leaves_it_open(channel: Channel, platform: WhatsAppPlatform) -> None:
    platform.troubles.append(Trouble(taken=True, delay=0.5))
    sending = asyncio.create_task(say(channel, Outbound(text="안녕하세요")))
    await asyncio.sleep(0.2)
    await platform.stop()
    with pytest.raises(DeliveryError) as caught:
        await sending
    assert caught.value.ambiguous


async def test_what_was_taken_and_could_not_be_brought_is_told(
    channel: Channel, platform: WhatsAppPlatform
) -> None:
    (message_id,) = await say(channel, Outbound(text="안녕하세요"))
    told = platform.failed("821000000000", message_id, 131026, "Message undeliverable")
    (notice,) = hear(channel, told)
    assert isinstance(notice, Notice)
    assert (notice.kind, notice.message_id) == (NoticeKind.FAILED, message_id)
    assert notice.reason == "131026 Message undeliverable"


async def test_the_last_message_is_marked_as_read(channel: Channel, platform: WhatsAppPlatform) -> None:
    await channel.acknowledge(request_of(platform.message("citizen", "여권이요", "1")))
    await channel.acknowledge(request_of(platform.signed({"statuses": [{"id": "x", "status": "read"}]})))
    assert platform.read == ["wamid.1"]


async def test_the_webhook_is_set_up_with_our_word_only(channel: Channel, platform: WhatsAppPlatform) -> None:
    answer = channel.handshake(request_of(platform.challenge("test-verify-token")))
    assert answer is not None
    assert answer.body == b"1158201444"
    with pytest.raises(BadSignature):
        channel.handshake(request_of(platform.challenge("wrong")))
