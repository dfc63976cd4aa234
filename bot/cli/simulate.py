"""`sotong simulate`: a messenger's stand-in in a terminal, for a bot of `sotong run --simulate`."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import time
from collections.abc import AsyncIterable, Sequence
from contextlib import suppress

import aiohttp
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from bot.cli.typed import typed_lines
from bot.settings import Settings
from demo.platforms.build import PLATFORMS
from demo.platforms.platform import Choice, Platform, Shown, Trouble
from demo.platforms.simulation import simulated_channels, stand_in

_START = "[bold].venv/bin/sotong run --simulate[/]"
_LOOK = 0.05
"""Seconds between two looks at the citizen's screen."""
_QUIET = 1.5
"""Seconds without news after which what a line from a file brought is complete."""
_PATIENCE = 60.0
"""Seconds to wait for an answer to a line from a file."""
_PAUSE = 3
"""Seconds that a platform asks the bot to wait."""
_DEEDS = {
    "photo": "사진 보내기",
    "voice": "음성 보내기",
    "video": "동영상 보내기",
    "file": "파일 보내기",
    "sticker": "스티커 보내기",
    "location": "위치 보내기",
    "contact": "연락처 보내기",
    "follow": "대화 열기 · 친구 추가",
    "block": "봇 차단하기 (/follow로 풀기)",
}
_FAULTS = {
    "slow": "봇의 다음 요청에 5초 늦게 응답하기",
    "429": f"봇의 다음 요청에 {_PAUSE}초 쉬라고 하기",
    "down": "봇의 다음 요청에 고장(503)으로 응답하기",
    "lost": "봇의 다음 글을 보여 주고도 연결을 끊기",
}


def simulate(settings: Settings, channel: str, citizen: str, *, wire: bool) -> int:
    """Play a channel until Ctrl-D or Ctrl-C; 1 when that cannot be, or when something got no answer."""
    console = Console()
    channels = simulated_channels(settings)
    if channel not in channels:
        _tell_channels(console, channel, channels)
        return 1
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared
    platform = stand_in(settings, channel, f"http://{host}:{settings.port}")
    platform.numbers = int(time.time() * 1000)  # ids of an earlier conversation must not come again
    citizen = citizen or str(10**9 + secrets.randbelow(9 * 10**9))
    try:
        return asyncio.run(
            _play(platform, Conversation(platform, citizen, console, wire=wire), console, channels)
        )
    except KeyboardInterrupt:
        return 0


async def _play(
    platform: Platform, conversation: Conversation, console: Console, channels: Sequence[str]
) -> int:
    called = [name for name in (platform.name, *channels) if PLATFORMS[name].deeds]
    fault = await _fault(platform, called, console)
    if fault:
        console.print(f"[red]✗[/] {fault}", highlight=False)
        return 1
    try:
        await platform.start()
    except OSError:
        console.print(
            f"[red]✗[/] {platform.port}번 포트를 다른 프로그램이 쓰고 있어요. 같은 메신저를 다른 터미널에서"
            " 흉내 내고 있으면 그것을 끝내고, 아니면 SOTONG_SIMULATOR_PORT를 바꿔 봇부터 다시 켜세요.",
            highlight=False,
        )
        return 1
    try:
        return await conversation.hold(typed_lines(), live=sys.stdin.isatty())
    finally:
        await platform.stop()


async def _fault(platform: Platform, called: Sequence[str], console: Console) -> str:
    """Why this channel cannot be played now; empty when it can.

    `called` are simulated channels with a webhook, this one first if it has one: either all are on or none.
    """
    async with aiohttp.ClientSession() as session:
        try:
            async with session.get(f"{platform.bot_url}/readyz") as response:
                ready = response.status == 200
            address = f"{platform.bot_url}/webhooks/{called[0] if called else platform.name}"
            async with session.post(address, data=b"{}") as response:
                known = not called or response.status != 404
        except (aiohttp.ClientError, OSError):
            return f"켜져 있는 봇이 없어요. 다른 터미널에서 {_START}를 먼저 실행하세요."
    if known:
        if not ready:
            console.print("[yellow]![/] 봇이 아직 켜지고 있어요. 첫 답은 늦을 수 있어요.")
        return ""
    return f"켜져 있는 봇이 {platform.name}을(를) 몰라요. 봇을 멈추고(Ctrl-C) {_START}로 다시 켜세요."


def _tell_channels(console: Console, asked: str, channels: list[str]) -> None:
    if asked:
        console.print(
            f"[red]✗[/] ‘{asked}’은(는) 흉내 낼 수 없어요. 이름이 틀렸거나, 진짜 계정의 값이 .env에 있어요.",
            highlight=False,
        )
    console.print(f"--channel에 하나를 적어 주세요: {', '.join(channels)}", highlight=False)


class Conversation:
    """One citizen's screen: what is typed goes out, what the bot says is drawn, buttons have numbers."""

    def __init__(self, platform: Platform, citizen: str, console: Console, *, wire: bool) -> None:
        self._platform = platform
        self._citizen = citizen
        self._console = console
        self._wire = wire
        self._drawn = self._told = 0
        self._choices: list[Choice] = []
        self._over = False
        """Whether the citizen did something after the last buttons were drawn."""
        self._commands = {**_DEEDS, **_FAULTS, "repeat": "방금 것을 플랫폼이 또 보내기", "help": "이 도움말"}
        if not platform.deeds:
            self._commands = {**_FAULTS, "help": "이 도움말"}
        elif missing := set(_DEEDS) - set(platform.deeds) - {"block"}:
            self._commands = {name: text for name, text in self._commands.items() if name not in missing}

    async def hold(self, lines: AsyncIterable[str], *, live: bool) -> int:
        """Until the lines end. Unless a person types them (`live`), each waits for its answer.

        1 when one of them got none.
        """
        if live:
            self._console.print(
                f"[bold]{self._platform.name}[/] · 시민 {self._citizen} · 단추는 번호로 골라요. "
                "/help에 할 수 있는 일이 있어요. 끝내려면 Ctrl-D.",
                highlight=False,
            )
        drawing = asyncio.create_task(self._keep_drawing())
        missed = 0
        try:
            async for line in lines:
                before = len(self._platform.shown)
                waits = bool(line.strip()) and await self._take(line.strip())
                if not live:
                    missed += not await self._settle(before, waits)
        finally:
            drawing.cancel()
            with suppress(asyncio.CancelledError):
                await drawing
            self._draw()
        return 1 if missed else 0

    async def _take(self, line: str) -> bool:
        """Do what a line says; whether the bot is to answer."""
        self._over = True
        if line.startswith("/"):
            return await self._command(line[1:])
        if not (line.isascii() and line.isdecimal() and 1 <= int(line) <= len(self._choices)):
            return await self._sent(await self._platform.say(self._citizen, line))
        choice = self._choices[int(line) - 1]
        if choice.url:
            self._console.print(f"[dim]{choice.label}: {choice.url}[/]", highlight=False)
            return False
        return await self._sent(await self._platform.press(self._citizen, choice))

    async def _command(self, name: str) -> bool:
        if name not in self._commands:
            self._console.print(f"[red]/{name}[/]은(는) 여기에 없어요. /help를 보세요.", highlight=False)
        elif name == "help":
            for command, text in self._commands.items():
                self._console.print(f"  [bold]/{command:<9}[/]{text}", highlight=False)
        elif name in _FAULTS:
            self._platform.troubles.append(self._trouble(name))
            self._console.print(f"[dim]{_FAULTS[name]}: 준비했어요.[/]", highlight=False)
        elif name == "repeat":
            if self._platform.last is None:
                self._console.print("아직 보낸 것이 없어요.")
            else:
                await self._sent(await self._platform.bring(self._platform.last))
        else:
            self._console.print(f"[dim]({_DEEDS[name]})[/]", highlight=False)
            return await self._sent(await self._platform.do(self._citizen, name)) and name != "block"
        return False

    def _trouble(self, name: str) -> Trouble:
        if name == "429":
            return self._platform.too_fast(_PAUSE)
        kinds = {"slow": Trouble(delay=5.0), "down": Trouble(503), "lost": Trouble(0, taken=True)}
        return kinds[name]

    async def _sent(self, status: int) -> bool:
        """Tell how the bot took a request, unless it took it well; whether it did."""
        if self._platform.last is not None:
            self._show_wire("시민 → 봇", self._platform.last.body)
        if status == 200:
            return True
        seconds = f"{self._platform.patience:.0f}초"
        said = {
            0: f"봇이 {seconds} 안에 응답하지 않았어요. 켜져 있는지 보세요.",
            401: "봇이 서명을 믿지 않아요. 봇과 같은 SOTONG_VAR_DIR를 쓰는지 보세요.",
            404: f"봇이 {self._platform.name}을(를) 몰라요. {_START}로 다시 켜세요.",
        }
        self._console.print(
            f"[red]{said.get(status, f'봇이 HTTP {status}로 응답했어요.')}[/]", highlight=False
        )
        return False

    async def _settle(self, before: int, waits: bool) -> bool:
        """Wait until all is said that a line from a file brings; False when that is nothing."""
        began = time.monotonic()
        while True:
            await asyncio.sleep(_LOOK)
            shown = self._platform.shown[before:]
            last = shown[-1] if shown else None
            if last is None and not waits and time.monotonic() - began > _LOOK:
                return True
            if last and not last.unfinished and time.monotonic() - last.at > _QUIET:
                return True
            if time.monotonic() - began > _PATIENCE:
                self._console.print(f"{_PATIENCE:.0f}초 동안 답이 없었어요.", style="red", highlight=False)
                return False

    async def _keep_drawing(self) -> None:
        while True:
            self._draw()
            await asyncio.sleep(_LOOK)

    def _draw(self) -> None:
        platform = self._platform
        for shown in platform.shown[self._drawn :]:
            self._drawn += 1
            if shown.user_id == self._citizen:
                self._draw_one(shown)
        for fault in platform.refused[self._told :]:
            self._told += 1
            self._console.print(f"[yellow]{platform.name}이(가) 봇의 요청을 받지 않았어요:[/] {fault}")

    def _draw_one(self, shown: Shown) -> None:
        if self._over:
            self._choices, self._over = [], False
        lines = Text(shown.text)
        for choice in shown.choices:
            self._choices.append(choice)
            target = f" → {choice.url}" if choice.url else ""
            lines.append(f"\n[{len(self._choices)}] {choice.label}{target}", style="cyan")
        self._console.print(
            Panel(lines, title="챗봇", title_align="left", border_style="green", expand=False)
        )
        self._show_wire("봇 → 시민", json.dumps(shown.wire).encode())

    def _show_wire(self, title: str, body: bytes) -> None:
        if self._wire:
            self._console.print(f"[dim]{title}[/]")
            self._console.print_json(body.decode(), ensure_ascii=False)
