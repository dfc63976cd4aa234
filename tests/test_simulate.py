"""`sotong simulate`: every messenger played before a running gateway, with faults and mistakes."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import random
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from rich.console import Console

from bot.app import build
from bot.channel import WireRequest
from bot.channel_settings import NEEDED
from bot.cli.simulate import Conversation, simulate
from bot.cli.stack import gateway_process, processes
from bot.messages import START, Button, Inbound, Notice, NoticeKind, Outbound, Reply
from bot.serving import receive
from bot.settings import ROOT, Settings
from connectors.build import build_channels
from demo.platforms.build import PLATFORMS
from demo.platforms.simulation import simulated, simulated_channels, stand_in
from tests.all_channels import CREDENTIALS, channels
from tests.rights_support import told_before
from tests.scripted_rasa import Item, ScriptedRasa, reply

PUBLIC = ["youtube", "xmentions"]
PRIVATE = [name for name in PLATFORMS if name not in PUBLIC]
CHOICE = Button(label="여권 수수료", payload='/choose_answer{"answer_id":"fee"}')
CLARIFY = Reply(messages=(Outbound(text="이 중에 있나요?", buttons=(CHOICE,)),), outcome="clarified")


def answer(text: str) -> list[Item]:
    if text == "여권":
        return [{"custom": {"sotong": CLARIFY.model_dump(mode="json")}}]
    return reply(f"들은 말: {text}")


@dataclass
class Town:
    """A running bot, and the settings of who sits before it."""

    settings: Settings
    server: TestServer
    rasa: ScriptedRasa

    async def simulate(self, channel: str, *lines: str, options: tuple[str, ...] = ()) -> tuple[int, str]:
        """Type lines into the command; its exit status and what it printed."""
        process = await self.start(channel, *options)
        shown, _ = await asyncio.wait_for(process.communicate("\n".join(lines).encode()), 60)
        return process.returncode or 0, shown.decode()

    async def start(self, channel: str, *options: str) -> asyncio.subprocess.Process:
        given = {
            "SOTONG_VAR_DIR": str(self.settings.var_dir),
            "SOTONG_PORT": str(self.server.port),
            "SOTONG_SIMULATOR_PORT": str(self.settings.simulator_port),
        }
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "simulate", "--channel", channel, *options,
            cwd=ROOT,
            env={name: v for name, v in os.environ.items() if not name.startswith("SOTONG_")} | given,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # a shell gives its jobs in the background an interrupt that is ignored
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip


@pytest.fixture
def mine(settings: Settings) -> Settings:
    return settings.model_copy(update={"simulator_port": free_row(len(NEEDED))})


def free_row(count: int) -> int:
    """The first of so many ports in a row that nobody has, below those that connections are given."""
    for first in random.sample(range(20_000, 30_000), 200):
        try:
            with contextlib.ExitStack() as held:
                for port in range(first, first + count):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError("no ports are free")


@asynccontextmanager
async def town(settings: Settings) -> AsyncIterator[Town]:
    rasa = ScriptedRasa(0)
    await rasa.start()
    rasa.answer = answer
    whole = settings.model_copy(update={"rasa_url": rasa.url, "actions_url": rasa.url})
    async with build(whole) as apps, TestServer(apps.public) as server:
        told_before(apps)
        fetching = [
            asyncio.create_task(receive(one, apps.webhooks, apps.fleet)) for one in apps.channels.values()
        ]
        try:
            yield Town(settings, server, rasa)
        finally:
            for task in fetching:
                task.cancel()
            await asyncio.gather(*fetching, return_exceptions=True)
    await rasa.stop()


async def played(at: Town, channel: str, *lines: str, wire: bool = False) -> str:
    """What a citizen saw after so many lines."""
    screen = io.StringIO()
    platform = stand_in(at.settings, channel, str(at.server.make_url("")).rstrip("/"))
    await platform.start()

    async def typed() -> AsyncIterator[str]:
        for line in lines:
            yield line

    conversation = Conversation(platform, "5001", Console(file=screen, width=100), wire=wire)
    try:
        assert await conversation.hold(typed(), live=False) == 0, screen.getvalue()
    finally:
        await platform.stop()
    return screen.getvalue()


@pytest.mark.parametrize("channels", [PRIVATE, PUBLIC], ids=["private", "public"])
async def test_every_messenger_can_be_played(channels: list[str], mine: Settings) -> None:
    async with town(simulated(mine)) as at:
        lines = ("여권", "1", "/photo") if channels is PRIVATE else ("전입신고 기한이 언제인가요?",)
        screens = await asyncio.gather(*(played(at, channel, *lines) for channel in channels))
    for channel, screen in zip(channels, screens, strict=True):
        said = [line.strip("│ ") for line in screen.splitlines()]
        if channels is PRIVATE:
            assert "이 중에 있나요?" in said, (channel, screen)
            assert any(line.startswith("[1] 여권 수수료") for line in said), (channel, screen)
            assert any(CHOICE.payload in line for line in said if CHOICE.payload), (channel, screen)
            assert "(사진 보내기)" in said, (channel, screen)
        else:
            assert "들은 말: 전입신고 기한이 언제인가요?" in said, (channel, screen)


@pytest.mark.parametrize("name", PRIVATE)
async def test_what_a_citizen_does_is_understood(name: str) -> None:
    platform, channel = PLATFORMS[name]("", CREDENTIALS), channels(None)[name]  # type: ignore[arg-type]
    assert {"photo", "video"} & set(platform.deeds)
    await platform.start()
    for kind in platform.deeds:
        webhook = platform.deed("5001", kind, platform.new_id())
        headers = {header.lower(): value for header, value in webhook.headers.items()}
        secret = "/".join(webhook.path.split("/")[3:])
        request = WireRequest(webhook.method, headers, {}, webhook.body, secret)
        channel.verify(request)
        (found,) = channel.parse(request)
        if kind == "block":
            assert isinstance(found, Notice)
            assert found.kind is NoticeKind.LEFT
        elif kind == "follow":
            assert isinstance(found, Inbound)
            assert found.text == START
        else:
            assert isinstance(found, Inbound)
            assert [each.kind for each in found.attachments] == [kind]
    with pytest.raises(KeyError):
        platform.deed("5001", "dance", "78")
    await platform.stop()


async def test_a_line_from_a_pipe_is_answered(mine: Settings) -> None:
    async with town(simulated(mine)) as at:
        status, shown = await at.simulate("kakao", "여권", "1")
    assert status == 0, shown
    assert "│ [1] 여권 수수료" in shown
    assert f"│ 들은 말: {CHOICE.payload}" in shown


async def test_other_deeds_and_faults(mine: Settings) -> None:
    async with town(simulated(mine)) as at:
        lines = ("/help", "/follow", "/photo", "/429", "첫째", "/repeat", "/block", "/nosuch")
        screen = await played(at, "telegram", *lines, wire=True)
    assert "사진 보내기" in screen
    assert "telegram이(가) 봇의 요청을 받지 않았어요: HTTP 429 · sendMessage" in screen
    assert screen.count("│ 들은 말: 첫째") == 1
    assert '"chat_id": 5001' in screen
    assert "/nosuch은(는) 여기에 없어요" in screen
    assert [one["message"] for one in at.rasa.asked] == ["/send_attachment", "첫째"]


async def test_what_is_in_the_way_is_said(mine: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    async def refused(channel: str) -> str:
        assert await asyncio.to_thread(simulate, here, channel, "", wire=False) == 1
        return " ".join(capsys.readouterr().out.split())

    async with town(mine) as at:
        here = mine.model_copy(update={"port": at.server.port})
        assert "kakao을(를) 몰라요" in await refused("kakao")
        assert "‘nosuch’" in await refused("nosuch")
        assert "telegram, kakao, naver" in await refused("")
    assert "켜져 있는 봇이 없어요" in await refused("kakao")
    async with town(simulated(mine)) as at, TestServer(web.Application()) as other:
        here = mine.model_copy(update={"port": at.server.port, "simulator_port": other.port})
        assert f"{other.port}번 포트" in await refused("telegram")


async def test_a_strangers_secrets_are_told(mine: Settings, tmp_path: Path) -> None:
    async with town(simulated(mine)) as at:
        at.settings = at.settings.model_copy(update={"var_dir": tmp_path / "other"})
        assert "SOTONG_VAR_DIR" in await played(at, "line", "여권")
    assert at.rasa.asked == []


async def test_interrupting_ends_at_once(mine: Settings) -> None:
    async with town(simulated(mine)) as at:
        process = await at.start("line")
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("여권\n".encode())
        said = ""
        async with asyncio.timeout(30):
            while "이 중에 있나요?" not in said:
                line = (await process.stdout.readline()).decode()
                said += line
                assert line, f"it ended by itself: {said}"
            process.send_signal(signal.SIGINT)
            rest = (await process.stdout.read()).decode()
            assert await process.wait() == 0
    assert "Traceback" not in rest


async def test_channels_are_on_only_when_asked_for(mine: Settings) -> None:
    assert set(build_channels(mine, None, None, "")) == {"webchat"}  # type: ignore[arg-type]
    every = build_channels(simulated(mine), None, None, "")  # type: ignore[arg-type]
    assert set(every) == {"webchat", *PLATFORMS}
    assert "--simulate" not in gateway_process(mine).command
    (gateway,) = [p for p in processes(mine, Path("m"), simulate=True) if p.name == "gateway"]
    assert "--simulate" in gateway.command


@pytest.mark.parametrize("account", NEEDED)
def test_what_is_real_stays_as_it_is(account: str, mine: Settings) -> None:
    names = NEEDED[account]
    real = Settings.model_validate(mine.model_dump() | {names[0]: CREDENTIALS[names[0]]})
    after = simulated(real)
    assert account not in simulated_channels(real)
    for name in Settings.model_fields:
        if name.startswith((f"{account}_", "public_")):
            assert getattr(after, name) == getattr(real, name) or (
                name == "public_poll" and account not in ("youtube", "x")
            )


def test_secrets_cannot_be_guessed_and_last(mine: Settings, tmp_path: Path) -> None:
    one, again = simulated(mine), simulated(mine)
    other = simulated(mine.model_copy(update={"var_dir": tmp_path / "elsewhere"}))
    assert one == again
    for name in ("kakao_secret", "line_channel_secret", "messenger_app_secret", "telegram_secret"):
        value = getattr(one, name).get_secret_value()
        assert len(value) == 64
        assert value != getattr(other, name).get_secret_value()
    assert (mine.var_dir / "secrets" / "simulator").stat().st_mode & 0o077 == 0
    ports = {stand_in(mine, name, "").port for name in PLATFORMS}
    assert len(ports) == len(PLATFORMS) - 1  # X and its mentions are one account
