"""What every messenger's stand-in shares: it calls our webhook and answers our API calls, well or badly.

Production code cannot tell it from the platform: real HTTP, real signatures, the documented bodies.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

Deeds = Mapping[str, Mapping[str, Any]]
"""By kind (photo, voice, video, file, sticker, location, contact, follow, block): the fields that say so."""


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
    unfinished: bool = False
    """Whether the bot has promised that more comes by itself."""


@dataclass(frozen=True)
class Trouble:
    """What goes wrong with one API call of the bot. With a delay alone the call is merely slow."""

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
    deeds: ClassVar[Deeds] = {}
    """What the platform tells of a citizen beside texts and taps."""

    def __init__(self, bot_url: str, credentials: Mapping[str, str], port: int = 0) -> None:
        self.bot_url = bot_url.rstrip("/")
        self.credentials = credentials
        self.port = port
        self.shown: list[Shown] = []
        self.troubles: deque[Trouble] = deque()
        self.took: list[float] = []
        """Seconds the bot took to respond to each webhook, or until it was given up."""
        self.refused: list[str] = []
        """What was wrong with each call or answer of the bot that was not taken."""
        self.blocked: set[str] = set()
        """Citizens who have blocked the bot: they see nothing."""
        self.last: Webhook | None = None
        """The webhook that was brought last."""
        self.numbers = 0
        """The last number that `new_id` gave."""
        self.on_show: Callable[[Shown], None] | None = None
        """Called with each message that is shown; what it takes note of need not stay in `shown`."""
        self.files: dict[str, bytes] = {}
        """What citizens sent beside text, by name."""
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._news = asyncio.Condition()
        self._telling: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Address of the stand-in's API."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen on `port`, or on a free one."""
        app = web.Application(client_max_size=16 * 1024 * 1024, middlewares=[self._note])
        self.add_routes(app)
        app.router.add_get("/files/{name}", self._file)
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

    def deed(self, user_id: str, kind: str, message_id: str) -> Webhook:
        """The signed request by which the platform tells of one of its `deeds`. Raises `KeyError`."""
        raise KeyError(kind)

    def answered(self, webhook: Webhook, status: int, body: bytes) -> None:
        """The bot's response to a webhook came; platforms that show its body override this."""
        return

    async def say(self, user_id: str, text: str, message_id: str = "") -> int:
        """Bring a citizen's text to the bot; the status of its response."""
        return await self.bring(self.message(user_id, text, message_id or self.new_id()))

    async def press(self, user_id: str, choice: Choice, message_id: str = "") -> int:
        """Bring a tap to the bot; the status of its response."""
        return await self.bring(self.tap(user_id, choice, message_id or self.new_id()))

    async def do(self, user_id: str, kind: str, message_id: str = "") -> int:
        """Bring one of the `deeds` to the bot; the status of its response.

        Anybody may block the bot, also where it is not told. Raises `KeyError`.
        """
        if kind == "block":
            self.blocked.add(user_id)
            if kind not in self.deeds:
                return 200
        elif kind == "follow":
            self.blocked.discard(user_id)
        return await self.bring(self.deed(user_id, kind, message_id or self.new_id()))

    async def bring(self, webhook: Webhook) -> int:
        """Post a webhook once; 0 when the bot cannot be reached or does not answer in time."""
        self.last = webhook
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
        """Put a message on a citizen's screen, unless they have blocked the bot."""
        if shown.user_id in self.blocked:
            return
        self.shown.append(shown)
        if self.on_show is not None:
            self.on_show(shown)
        self._telling.add(task := asyncio.get_running_loop().create_task(self._tell()))
        task.add_done_callback(self._telling.discard)

    async def trouble(self) -> Trouble | None:
        """What befalls this API call, if it was not merely slow; its delay has passed."""
        if not self.troubles:
            return None
        found = self.troubles.popleft()
        await asyncio.sleep(found.delay)
        spoiled = found.status != 200 or found.body or found.taken
        return found if spoiled else None

    def too_fast(self, seconds: int) -> Trouble:
        """The trouble by which the platform asks for a pause."""
        return Trouble(429, headers={"Retry-After": str(seconds)})

    @staticmethod
    def troubled(request: web.Request, trouble: Trouble) -> web.Response:
        """The answer that trouble brings instead of the right one."""
        if trouble.status == 0 and request.transport is not None:
            request.transport.abort()
            return web.Response()
        return web.json_response(trouble.body, status=trouble.status, headers=trouble.headers)

    def new_id(self) -> str:
        """A number no message of this run has had."""
        self.numbers += 1
        return str(self.numbers)

    @web.middleware
    async def _note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        if answer.status >= 400:
            self.refused.append(f"HTTP {answer.status} · {request.path.rpartition('/')[2]}")
        return answer

    def keep(self, content: bytes) -> str:
        """Take what a citizen sends; its name."""
        name = f"f{self.new_id()}"
        self.files[name] = content
        return name

    def may_fetch(self, request: web.Request) -> bool:
        """Whether whoever asks for a file may have it; platforms that want proof override this."""
        return True

    async def _file(self, request: web.Request) -> web.Response:
        return self.file(request.match_info["name"], request)

    def file(self, name: str, request: web.Request) -> web.Response:
        """The bytes of a file, without a word about what they are."""
        if not self.may_fetch(request):
            return web.Response(status=401)
        content = self.files.get(name)
        return web.Response(status=404) if content is None else web.Response(body=content)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()
