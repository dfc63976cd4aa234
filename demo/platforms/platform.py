"""What every messenger's stand-in shares: it calls our webhook and answers our API calls, well or badly.

Production code cannot tell it from the platform: real HTTP, real signatures, the documented bodies.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web


@dataclass(frozen=True)
class Webhook:
    """A request of the platform to the bot."""

    path: str
    """Below the bot's address, e.g. `/webhooks/line`."""
    body: bytes
    headers: Mapping[str, str]
    method: str = "POST"


@dataclass(frozen=True)
class Choice:
    """A button as a citizen sees it; `data` is whatever the platform gives back when it is tapped."""

    label: str
    data: Any = None
    url: str = ""


@dataclass(frozen=True)
class Shown:
    """A message on a citizen's screen."""

    user_id: str
    text: str
    choices: tuple[Choice, ...] = ()
    at: float = field(default_factory=time.monotonic)
    """Seconds of the monotonic clock."""
    wire: dict[str, Any] = field(default_factory=dict)
    """What the bot sent."""


@dataclass(frozen=True)
class Trouble:
    """What goes wrong with one API call of the bot."""

    status: int = 200
    """Of HTTP; 0: the connection breaks without an answer."""
    body: dict[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before the answer comes."""
    taken: bool = False
    """Whether the message is shown nevertheless: a time-out after success."""


class Platform(ABC):
    """One messenger. `troubles` befall the bot's next API calls, in order.

    `bot_url` is where webhooks go, `credentials` are those settings of `bot.channel_settings` that both sides
    must know, by name.
    """

    name: str
    patience = 30.0
    """Seconds it waits for the bot's response to a webhook."""

    def __init__(self, bot_url: str, credentials: Mapping[str, str], port: int = 0) -> None:
        self.bot_url = bot_url.rstrip("/")
        self.credentials = credentials
        self.port = port
        self.shown: list[Shown] = []
        self.troubles: deque[Trouble] = deque()
        self.took: list[float] = []
        """Seconds the bot took to respond to each webhook, or until it was given up."""
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._news = asyncio.Condition()
        self._telling: set[asyncio.Task[None]] = set()
        self._numbers = 0

    @property
    def url(self) -> str:
        """Address of the stand-in's API."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen on `port`, or on a free one."""
        app = web.Application(client_max_size=16 * 1024 * 1024)
        self.add_routes(app)
        self._session = aiohttp.ClientSession()
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    @property
    @abstractmethod
    def settings(self) -> dict[str, str]:
        """The settings by which the bot calls this stand-in instead of the platform."""

    @abstractmethod
    def add_routes(self, app: web.Application) -> None:
        """The API that the bot calls. Handlers begin with `await self.trouble(...)`."""

    @abstractmethod
    def message(self, user_id: str, text: str, message_id: str) -> Webhook:
        """The signed request by which the platform brings a text."""

    @abstractmethod
    def tap(self, user_id: str, choice: Choice, message_id: str) -> Webhook:
        """The signed request by which the platform tells that a button was tapped."""

    def answered(self, webhook: Webhook, status: int, body: bytes) -> None:
        """The bot's response to a webhook came; platforms that show its body override this."""
        return

    async def say(self, user_id: str, text: str, message_id: str = "") -> int:
        """Bring a citizen's text to the bot; the status of its response."""
        return await self.bring(self.message(user_id, text, message_id or self.new_id()))

    async def press(self, user_id: str, choice: Choice, message_id: str = "") -> int:
        """Bring a tap to the bot; the status of its response."""
        return await self.bring(self.tap(user_id, choice, message_id or self.new_id()))

    async def bring(self, webhook: Webhook) -> int:
        """Post a webhook once; 0 when the bot cannot be reached or does not answer in time."""
        assert self._session is not None, "start() comes first"  # noqa: S101
        url = self.bot_url + webhook.path
        limit = aiohttp.ClientTimeout(total=self.patience)
        began = time.monotonic()
        try:
            async with self._session.request(
                webhook.method, url, data=webhook.body, headers=webhook.headers, timeout=limit
            ) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0
        finally:
            self.took.append(time.monotonic() - began)
        self.answered(webhook, response.status, body)
        return response.status

    async def heard(self, user_id: str, count: int, within: float = 10.0) -> list[Shown]:
        """Wait until a citizen has been shown `count` messages; all of them.

        Raises `TimeoutError`.
        """

        def enough() -> bool:
            return sum(shown.user_id == user_id for shown in self.shown) >= count

        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(enough)
        return [shown for shown in self.shown if shown.user_id == user_id]

    def show(self, shown: Shown) -> None:
        """Put a message on a citizen's screen."""
        self.shown.append(shown)
        self._telling.add(task := asyncio.get_running_loop().create_task(self._tell()))
        task.add_done_callback(self._telling.discard)

    async def trouble(self) -> Trouble | None:
        """What befalls this API call; its delay has passed."""
        if not self.troubles:
            return None
        found = self.troubles.popleft()
        await asyncio.sleep(found.delay)
        return found

    @staticmethod
    def troubled(request: web.Request, trouble: Trouble) -> web.Response:
        """The answer that trouble brings instead of the right one."""
        if trouble.status == 0 and request.transport is not None:
            request.transport.abort()
            return web.Response()
        return web.json_response(trouble.body, status=trouble.status, headers=trouble.headers)

    def new_id(self) -> str:
        """A number no message of this run has had."""
        self._numbers += 1
        return str(self._numbers)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()
