"""`sotong chat`: the web chat in a terminal, over the same WebSocket as a browser's page."""

from __future__ import annotations

import asyncio
import sys
import uuid
from contextlib import suppress
from typing import Any

import aiohttp
from rich.console import Console
from rich.text import Text

from bot.cli.typed import typed_lines
from bot.messages import utc_now
from bot.settings import Settings

_HEAR_OUT = 60.0
"""Seconds to wait for the answers to questions that came from a file."""
_AUTHORS = {"agent.message": "상담원", "notice": "알림"}


def chat(settings: Settings) -> int:
    """Talk until Ctrl-D or Ctrl-C; 1 when no bot is running."""
    try:
        return asyncio.run(_Terminal(f"http://127.0.0.1:{settings.port}").talk())
    except KeyboardInterrupt:
        return 0


class _Terminal:
    """One visit: what is typed goes out, what the bot says comes in, buttons have numbers."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._console = Console(soft_wrap=True)
        self._buttons: list[dict[str, Any]] = []
        self._asked = 0
        self._heard = asyncio.Semaphore(0)

    async def talk(self) -> int:
        async with aiohttp.ClientSession() as session:
            try:
                socket = await session.ws_connect(f"{self._base}/chat/ws", headers={"Origin": self._base})
            except aiohttp.ClientError:
                self._console.print(
                    "[red]✗[/] 켜져 있는 봇이 없어요. 다른 터미널에서 [bold]make run[/]을 먼저 실행하세요."
                )
                return 1
            await socket.send_json({"v": 1, "type": "session.open"})
            self._console.print("[dim]무엇이든 물어보세요. 단추는 번호로 골라요. 끝내려면 Ctrl-D.[/]")
            listening = asyncio.create_task(self._listen(socket))
            try:
                await self._type(socket)
            finally:
                await self._hear_out()
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
                await socket.close()
        return 0

    async def _hear_out(self) -> None:
        """Questions from a file are all answered before the end."""
        if not sys.stdin.isatty():
            with suppress(TimeoutError):
                async with asyncio.timeout(_HEAR_OUT):
                    for _ in range(self._asked):
                        await self._heard.acquire()

    async def _type(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for line in typed_lines():
            text = line.strip()
            if not text:
                continue
            self._asked += 1
            frame = {"v": 1, "id": uuid.uuid4().hex, "ts": utc_now().isoformat()}
            button = self._button(text)
            if button is None:
                await socket.send_json({**frame, "type": "user.message", "text": text})
            elif button.get("url"):
                self._console.print(button["url"], highlight=False)
            else:
                await socket.send_json(
                    {**frame, "type": "user.action", "payload": button["payload"], "label": button["label"]}
                )

    def _button(self, text: str) -> dict[str, Any] | None:
        if text.isdecimal() and 1 <= int(text) <= len(self._buttons):
            return self._buttons[int(text) - 1]
        return None

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            frame = message.json()
            if frame["type"] == "error":
                self._console.print(f"[red]{frame['message']}[/]", highlight=False)
            elif "parts" in frame:
                self._heard.release()
                self._show(_AUTHORS.get(frame["type"], "챗봇"), frame["parts"])

    def _show(self, author: str, parts: list[dict[str, Any]]) -> None:
        self._buttons = []
        self._console.print(f"[bold green]{author}[/]")
        for part in parts:
            if part["kind"] == "text":
                self._print(part["text"])
            elif part["kind"] == "card":
                self._print(part["title"], style="bold")
                self._print(part.get("text", ""))
                for fact in part.get("facts", ()):
                    self._print(f"{fact['label']}: {fact['value']}", style="dim")
            elif part["kind"] == "image":
                self._print(part["url"])
            self._buttons += part.get("buttons", ())
        for number, button in enumerate(self._buttons, 1):
            self._print(f"  {number}) {button['label']}", style="cyan")

    def _print(self, text: str, style: str = "") -> None:
        if text:
            self._console.print(Text(text, style=style))
