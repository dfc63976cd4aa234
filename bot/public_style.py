"""`/public.css`: how the pages for everybody look (`bot.openness`, `bot.voices`); each adds its own sheet."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

_SHEET = Path(__file__).with_name("public.css")


def public_style() -> web.RouteDef:
    """The route; the pages of either part need it in the same application."""
    return web.get("/public.css", _sheet)


async def _sheet(_: web.Request) -> web.FileResponse:
    return web.FileResponse(_SHEET, headers={"Cache-Control": "public, max-age=3600"})
