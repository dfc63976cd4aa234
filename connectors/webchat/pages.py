"""The chat page, its script for other sites, and how browsers are told to treat them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from bot.content.persona import Voice
from bot.public_headers import by_https
from bot.rights.wordings import Text

_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")
STATIC = Path(__file__).parent / "static"


class Pages:
    """Serves our own files only; nothing on the page comes from anywhere else."""

    def __init__(
        self, voice: Callable[[], Voice], notice: Callable[[], Text], origins: tuple[str, ...]
    ) -> None:
        self._voice = voice
        self._notice = notice
        self._origins = origins

    async def page(self, _: web.Request) -> web.FileResponse:
        """`/chat/`: the chat, alone or inside the frame of another page."""
        return web.FileResponse(STATIC / "chat.html")

    async def embed(self, _: web.Request) -> web.FileResponse:
        """`/chat/embed.js`: what another site puts into its pages."""
        return web.FileResponse(STATIC / "embed.js", headers={"Cross-Origin-Resource-Policy": "cross-origin"})

    async def demo_site(self, _: web.Request) -> web.FileResponse:
        """`/chat/demo-site`: a page that embeds the chat, to see how it looks there."""
        return web.FileResponse(STATIC / "demo-site.html")

    async def config(self, _: web.Request) -> web.Response:
        """`/chat/config`: the persona, as the files of the content staff have it now."""
        voice = self._voice()
        return web.json_response(
            {
                "name": voice.name,
                "city": voice.persona.city,
                "phone": voice.phone,
                "welcome": f"{voice.say('welcome')}\n\n{self._notice().text}",
                "privacy": voice.say("ask_privacy"),
                "menu": [
                    {"label": voice.fill(item.label), "says": voice.fill(item.says)} for item in voice.menu
                ],
            }
        )

    async def protect(self, request: web.Request, response: web.StreamResponse) -> None:
        """Headers for every response: no foreign script, no embedding by sites that were not named."""
        known = _HOST.fullmatch(request.host)  # it comes from the request, and stands in a header
        socket = f" {'wss' if by_https(request) else 'ws'}://{request.host}" if known else ""
        policy = {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": "'self' https: data:",
            "connect-src": f"'self'{socket}",
            "frame-src": "'self'",
            "frame-ancestors": " ".join(("'self'", *self._origins)),
            "base-uri": "'none'",
            "form-action": "'none'",
        }
        response.headers["Content-Security-Policy"] = "; ".join(map(" ".join, policy.items()))
        response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        response.headers.popall("X-Frame-Options", None)
        others = {"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-cache"}
        for name, value in (others | {"X-Content-Type-Options": "nosniff"}).items():
            response.headers.setdefault(name, value)
