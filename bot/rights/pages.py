"""`/mine/<code>`: where a citizen takes away what is stored about them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp_jinja2
from aiohttp import web
from jinja2 import FileSystemLoader, StrictUndefined
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content.persona import Voice
from bot.log.records import ConversationView
from bot.rights.export import archive
from bot.rights.links import Links
from bot.rights.mine import everything

HERE = Path(__file__).parent
_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_HERE = ("대화 내보내기", "나눈 대화와 보관 중인 내 정보를 파일로 받아요. 한 번만 받을 수 있어요.")
_GONE = (
    "이 링크는 쓸 수 없어요",
    "링크는 15분 동안 한 번만 쓸 수 있어요. 채팅에 ‘대화 내보내기’라고 적으시면 새 링크를 드려요.",
)

Find = Callable[[str, str], Awaitable[ConversationView | None]]
"""As `bot.log.log.ConversationLog.find`."""


class MinePages:
    """The page is shown to whoever opens it, previews too; only its button uses the link up."""

    def __init__(
        self,
        engine: AsyncEngine,
        links: Links,
        find: Find,
        voice: Callable[[], Voice],
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._links = links
        self._find = find
        self._voice = voice
        self._zone = zone
        self._clock = clock

    def application(self) -> web.Application:
        """To be mounted at `/mine`."""
        app = web.Application()
        aiohttp_jinja2.setup(
            app, loader=FileSystemLoader(HERE / "templates"), undefined=StrictUndefined, autoescape=True
        )
        app.add_routes([web.get("/{code}", self.page), web.post("/{code}", self.take)])
        return app

    async def page(self, request: web.Request) -> web.Response:
        """`GET /mine/<code>`: what the button will do."""
        good = await self._links.good(request.match_info["code"])
        return self._page(request, _HERE if good else _GONE, good=good)

    async def take(self, request: web.Request) -> web.Response:
        """`POST /mine/<code>`: the file, once."""
        key = await self._links.use(request.match_info["code"])
        channel, _, user_id = (key or "").partition(":")
        conversation = await self._find(channel, user_id) if key else None
        if conversation is None:
            return self._page(request, _GONE, good=False)
        now = self._clock()
        file = archive(
            await everything(self._engine, conversation.id),
            city=self._voice().persona.city,
            channel=channel,
            now=now,
            zone=self._zone,
        )
        name = f"sotong-{now.astimezone(self._zone):%Y%m%d}.zip"
        headers = {**_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return web.Response(body=file, content_type="application/zip", headers=headers)

    def _page(self, request: web.Request, said: tuple[str, str], *, good: bool) -> web.Response:
        voice = self._voice()
        context = {
            "title": said[0],
            "text": said[1],
            "good": good,
            "city": voice.persona.city,
            "name": voice.name,
        }
        response = aiohttp_jinja2.render_template("mine.html", request, context)
        response.set_status(200 if good else 410)
        response.headers.update(_HEADERS)
        return response
