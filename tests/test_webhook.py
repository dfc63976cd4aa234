"""The agency's own app: its stand-in, and the examples of `docs/channels/webhook.md` run as they stand."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.channel import BadPayload, BadSignature, Channel, Delivery, DeliveryError, WireRequest
from bot.fit import fit
from bot.messages import START, Button, Card, Inbound, Outbound
from bot.settings import ROOT
from demo.platforms.platform import Trouble
from demo.platforms.webhook import WebhookPlatform
from tests.all_channels import CREDENTIALS, channels

DOCUMENT = (ROOT / "docs" / "channels" / "webhook.md").read_text("utf-8")
CITIZEN = Delivery("resident-7", "6f1f3a52-6f0c-4d0e-9a0e-3f1c2b7a9d10", reply_to="m-1")


@pytest.fixture
async def platform() -> AsyncIterator[WebhookPlatform]:
    made = WebhookPlatform("http://127.0.0.1:9", CREDENTIALS)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def channel(platform: WebhookPlatform) -> AsyncIterator[Channel]:
    async with aiohttp.ClientSession() as session:
        yield channels(session, **platform.settings, telegram_token="")["webhook"]


async def say(channel: Channel, message: Outbound) -> str:
    wires = [wire for part in fit(message, channel.capabilities) for wire in channel.render(part)]
    return await channel.send(CITIZEN, wires)


async def test_a_reply_is_shown_as_it_is_and_once(channel: Channel, platform: WebhookPlatform) -> None:
    card = Card(title="여권 수수료", text="53,000원이에요.", buttons=(Button(label="더 보기", payload="a"),))
    message = Outbound(text="찾았어요", cards=(card,))
    first = await say(channel, message)
    assert await say(channel, message) == first == "app-1"
    (shown,) = await platform.heard("resident-7", 1)
    assert shown.text == "찾았어요\n여권 수수료\n53,000원이에요."
    assert Outbound.model_validate(shown.wire) == message
    assert [choice.data for choice in shown.choices] == ["a"]


async def test_a_time_out_after_success_is_sent_again_and_shown_once(
    channel: Channel, platform: WebhookPlatform
) -> None:
    assert channel.capabilities.resend
    platform.troubles.append(Trouble(503, taken=True))
    with pytest.raises(DeliveryError):
        await say(channel, Outbound(text="안녕하세요"))
    await say(channel, Outbound(text="안녕하세요"))
    assert len(platform.shown) == 1


@pytest.mark.parametrize(
    ("status", "headers", "permanent", "wait"),
    [
        (429, {"Retry-After": "30"}, False, 30.0),
        (500, {}, False, None),
        (408, {}, False, None),
        (401, {}, True, None),
        (410, {}, True, None),
        (302, {"Location": "https://elsewhere.example"}, True, None),
    ],
)
async def test_refusals(
    channel: Channel,
    platform: WebhookPlatform,
    status: int,
    headers: dict[str, str],
    permanent: bool,
    wait: float | None,
) -> None:
    platform.troubles.append(Trouble(status, headers=headers))
    with pytest.raises(DeliveryError) as caught:
        await say(channel, Outbound(text="안녕하세요"))
    assert (caught.value.permanent, caught.value.retry_after) == (permanent, wait)


async def test_another_key_is_refused(platform: WebhookPlatform) -> None:
    async with aiohttp.ClientSession() as session:
        stranger = channels(session, **platform.settings, telegram_token="", webhook_secret="other")[
            "webhook"
        ]
        with pytest.raises(DeliveryError, match="401"):
            await say(stranger, Outbound(text="안녕하세요"))
        webhook = platform.message("resident-7", "여권이요", "m-1")
        request = WireRequest("POST", {n.lower(): v for n, v in webhook.headers.items()}, {}, webhook.body)
        with pytest.raises(BadSignature):
            stranger.verify(request)


@pytest.mark.parametrize("header", ["x-sotong-timestamp", "x-sotong-signature"])
@pytest.mark.parametrize("value", ["", "\udcff", "v1=가", "9" * 5000])
async def test_headers_of_any_bytes_are_refused(
    channel: Channel, platform: WebhookPlatform, header: str, value: str
) -> None:
    webhook = platform.message("resident-7", "여권이요", "m-1")
    headers = {name.lower(): given for name, given in webhook.headers.items()} | {header: value}
    with pytest.raises(BadSignature):
        channel.verify(WireRequest("POST", headers, {}, webhook.body))


async def test_the_documented_signature_is_ours() -> None:
    (body,) = re.findall(r"본문 `(.+?)`이면", DOCUMENT)
    (signature,) = re.findall(r"^v1=[0-9a-f]{64}$", DOCUMENT, re.M)
    headers = {"x-sotong-timestamp": "1774500000", "x-sotong-signature": signature}
    async with aiohttp.ClientSession() as session:
        ours = channels(session, lambda: datetime.fromtimestamp(1774500000, UTC), telegram_token="")[
            "webhook"
        ]
    ours.verify(WireRequest("POST", headers, {}, body.encode()))


class Bot:
    """The channel as a server: what is heard is repeated."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.heard: list[Inbound] = []
        self.answers = True

    async def handle(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        wire = WireRequest("POST", headers, {}, await request.read())
        try:
            self.channel.verify(wire)
            found = self.channel.parse(wire)
        except BadSignature:
            return web.Response(status=401)
        except BadPayload as error:
            return web.Response(status=400, text=str(error))
        for one in found:
            assert isinstance(one, Inbound)
            self.heard.append(one)
            if not self.answers:
                continue
            button = Button(label="사진 규격", payload="q7f3a9c")
            answer = Outbound(text=f"들었어요: {one.text}", buttons=(button,))
            await self.channel.send(Delivery(one.user_id, one.message_id), self.channel.render(answer))
        return web.Response(text="ok")


@pytest.fixture
async def bot(free_port: int) -> AsyncIterator[tuple[Bot, dict[str, str]]]:
    """The bot, and the environment in which the examples find it."""
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{free_port}/replies"
        bot = Bot(channels(session, webhook_url=url, telegram_token="")["webhook"])
        app = web.Application()
        app.router.add_post("/webhooks/webhook", bot.handle)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        secret = CREDENTIALS["webhook_secret"]
        given = {"SOTONG_BOT": address, "SOTONG_WEBHOOK_SECRET": secret, "APP_PORT": str(free_port)}
        yield bot, {**os.environ, **given, "PYTHONIOENCODING": "utf-8"}
        await runner.cleanup()


async def ran(program: list[str], environment: dict[str, str], typed: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *program, env=environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(typed.encode()), 30)
    assert process.returncode == 0
    return output.decode()


async def test_the_documented_app_talks_with_the_bot(bot: tuple[Bot, dict[str, str]], tmp_path: Path) -> None:
    (example,) = re.findall(r"^```python\n(.+?)^```", DOCUMENT, re.M | re.S)
    (tmp_path / "app.py").write_text(example, "utf-8")
    shown = await ran([sys.executable, str(tmp_path / "app.py")], bot[1], "여권 재발급 얼마예요?\n")
    assert [one.text for one in bot[0].heard] == [START, "여권 재발급 얼마예요?"]
    assert shown.splitlines()[2:] == ["들었어요: 여권 재발급 얼마예요?", "[사진 규격] q7f3a9c"]


async def test_the_documented_command_is_taken(bot: tuple[Bot, dict[str, str]]) -> None:
    (example,) = re.findall(r"^```sh\n(.+?)^```", DOCUMENT, re.M | re.S)
    bot[0].answers = False
    assert await ran(["bash", "-c", example], bot[1], "") == "ok"
    assert [one.text for one in bot[0].heard] == ["여권 재발급 얼마예요?"]
