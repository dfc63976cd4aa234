"""Telegram, from wire to wire: updates in, form-encoded calls out, faults in between.

The updates under `wire/telegram` follow the examples of core.telegram.org/bots/api; ids are invented.
`test_wire.py` reads them all.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot.app import build
from bot.channel import BadPayload, Delivery, DeliveryError, WireRequest
from bot.fit import fit
from bot.messages import Button, Card, Fact, Inbound, Outbound
from bot.settings import Settings
from connectors.media import Media
from connectors.telegram import Telegram, telegram_bot
from connectors.telegram_updates import poll, set_webhook
from demo.platforms.platform import Trouble
from demo.platforms.telegram import TelegramPlatform
from tests.all_channels import CREDENTIALS
from tests.rights_support import told_before
from tests.scripted_rasa import ScriptedRasa, reply

SECRET = CREDENTIALS["telegram_secret"]
WIRE = Path(__file__).parent / "wire" / "telegram"


@pytest.fixture
async def api() -> AsyncIterator[TelegramPlatform]:
    server = TelegramPlatform("http://127.0.0.1:1", CREDENTIALS)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def channel(api: TelegramPlatform, settings: Settings) -> AsyncIterator[Telegram]:
    async with aiohttp.ClientSession() as session:
        made = Telegram(telegram_bot(with_telegram(settings, api), session), SECRET, Media())
        await made.bot.initialize()
        yield made
        await made.close()


def with_telegram(settings: Settings, api: TelegramPlatform) -> Settings:
    return settings.model_copy(
        update={
            "telegram_token": SecretStr(CREDENTIALS["telegram_token"]),
            "telegram_api_url": api.url,
            "telegram_secret": SecretStr(SECRET),
        }
    )


def refusal(status: int, description: str, **parameters: Any) -> Trouble:
    body = {"ok": False, "error_code": status, "description": description}
    return Trouble(status, body | ({"parameters": parameters} if parameters else {}))


async def test_a_reply_is_sent_as_documented(channel: Telegram, api: TelegramPlatform) -> None:
    card = Card(
        title="여권 수수료",
        text="창구에서 내요.",
        facts=(Fact(label="전화", value="099-120-2010", url="tel:099-120-2010"),),
        buttons=(
            Button(label="더 보기", payload="abc"),
            Button(label="누리집", url="https://www.passport.go.kr"),
        ),
    )
    (part,) = fit(Outbound(text="찾았어요", cards=(card,)), channel.capabilities)
    for wire in channel.render(part):
        assert await channel.send(Delivery("100200300", "k"), [wire]) == "1"
    (sent,) = api.sent()
    assert sent["chat_id"] == 100200300
    assert "여권 수수료" in sent["text"]
    assert sent["reply_markup"]["inline_keyboard"] == [
        [{"text": "더 보기", "callback_data": "abc"}],
        [{"text": "누리집", "url": "https://www.passport.go.kr"}],
    ]


async def test_a_phone_button_becomes_text(channel: Telegram, api: TelegramPlatform) -> None:
    message = Outbound(text="여기로", buttons=(Button(label="전화", url="tel:099-120-1000"),))
    for wire in channel.render(message):
        await channel.send(Delivery("1", "k"), [wire])
    assert api.sent()[0]["text"] == "여기로\n전화: 099-120-1000"


@pytest.mark.parametrize(
    ("status", "description", "parameters", "expected"),
    [
        (429, "Too Many Requests: retry after 7", {"retry_after": 7}, (7.0, False, False)),
        (403, "Forbidden: bot was blocked by the user", {}, (None, True, False)),
        (400, "Bad Request: chat not found", {}, (None, True, False)),
        (502, "Bad Gateway", {}, (None, False, False)),
    ],
)
async def test_refusals_mean_what_telegram_documents(
    channel: Telegram,
    api: TelegramPlatform,
    status: int,
    description: str,
    parameters: dict[str, Any],
    expected: tuple[float | None, bool, bool],
) -> None:
    api.troubles.append(refusal(status, description, **parameters))
    with pytest.raises(DeliveryError) as caught:
        await channel.send(Delivery("1", "k"), [{"text": "안녕"}])
    error = caught.value
    assert (error.retry_after, error.permanent, error.ambiguous) == expected


@pytest.mark.parametrize("date", [2**63 + 10**12, -(2**63), 10**30, 1e300])
def test_a_date_that_no_calendar_has_is_a_bad_update(channel: Telegram, date: float) -> None:
    message = {"message_id": 1, "date": date, "chat": {"id": 5, "type": "private"}, "text": "안녕하세요"}
    body = json.dumps({"update_id": 1, "message": message}).encode()
    with pytest.raises(BadPayload):
        channel.parse(WireRequest("POST", {}, body=body))


async def test_the_webhook_is_set_with_our_secret(channel: Telegram, api: TelegramPlatform) -> None:
    await set_webhook(channel.bot, "https://bot.hanbit.example", SECRET)
    assert api.webhook is not None
    assert api.webhook["url"] == "https://bot.hanbit.example/webhooks/telegram"
    assert api.webhook["secret_token"] == SECRET
    assert "callback_query" in api.webhook["allowed_updates"]


async def test_polling_fetches_again_what_was_not_taken(channel: Telegram, api: TelegramPlatform) -> None:
    text = json.loads((WIRE / "text.in.json").read_text())["body"]
    api.troubled_method = "getUpdates"
    api.troubles.append(refusal(502, "Bad Gateway"))
    api.updates += [text, {**text, "update_id": text["update_id"] + 1}]
    taken: list[int] = []

    async def take(request: WireRequest) -> None:
        channel.verify(request)
        (inbound,) = channel.parse(request)
        assert isinstance(inbound, Inbound)
        taken.append(int(inbound.message_id))
        if len(taken) == 2:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await asyncio.wait_for(poll(channel.bot, take, SECRET), 10)
    polling = asyncio.create_task(poll(channel.bot, take, SECRET))
    for _ in range(100):
        await asyncio.sleep(0.05)
        if len(taken) >= 4:
            break
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    assert taken[1] in taken[2:], "the update that failed was offered again"


async def test_a_citizen_on_telegram(
    settings: Settings, api: TelegramPlatform, aiohttp_client: Any, tmp_path: Path
) -> None:
    """The webhook in, Rasa's wire behind, the Bot API out: three deliveries of one update, one reply."""
    from tests.test_gateway import _until

    rasa = ScriptedRasa(_port())
    await rasa.start()
    choice = Button(label="여권 수수료", payload='/choose_answer{"answer_id":"fee"}')
    shown = Outbound(text="이 중에 있나요?", buttons=(choice,))
    item = reply(outcome="clarified")[0]
    item["custom"]["sotong"]["messages"] = [shown.model_dump(mode="json")]
    rasa.answer = lambda text: [item] if text == "여권 재발급 얼마예요?" else reply(f"들은 말: {text}")
    whole = with_telegram(settings, api).model_copy(update={"rasa_url": rasa.url, "actions_url": rasa.url})
    try:
        async with build(whole) as apps:
            told_before(apps)
            client = await aiohttp_client(apps.public)
            update = json.loads((WIRE / "text.in.json").read_text())
            for _ in range(3):
                answer = await client.post(
                    "/webhooks/telegram", json=update["body"], headers=update["headers"]
                )
                assert answer.status == 200
            await apps.turns.idle()
            assert len(api.sent()) == 1
            data = api.sent()[0]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
            tap = json.loads((WIRE / "button.in.json").read_text())
            tap["body"]["callback_query"]["data"] = data
            rasa.delay = 1.0  # long enough for a citizen to wonder
            await client.post("/webhooks/telegram", json=tap["body"], headers=tap["headers"])
            await apps.turns.idle()
            assert api.sent()[1]["text"] == '들은 말: /choose_answer{"answer_id":"fee"}'
            await _until(lambda: bool(api.called("answerCallbackQuery")))
            assert api.called("sendChatAction")
            for bad, status in (("bad_signature", 401), ("broken_json", 400)):
                case = json.loads((WIRE / f"{bad}.in.json").read_text())
                answer = await client.post("/webhooks/telegram", data=case["raw"], headers=case["headers"])
                assert answer.status == status
            assert (await client.post("/webhooks/nosuch", data="{}")).status == 404
            assert len(api.sent()) == 2
    finally:
        await rasa.stop()


def _port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
