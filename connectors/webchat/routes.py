"""The web chat as one aiohttp application, mounted at `/chat` on the citizens' port."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.content.persona import Voice
from bot.pace import Pace
from bot.rights.wordings import Text
from bot.secrets import own_secret
from bot.settings import Settings
from connectors.webchat.access import Access
from connectors.webchat.channel import WebChat
from connectors.webchat.pages import STATIC, Pages
from connectors.webchat.ports import Feed, Gateway, Log
from connectors.webchat.reception import Reception
from connectors.webchat.requests import Requests
from connectors.webchat.sessions import Sessions
from connectors.webchat.socket import Sockets
from connectors.webchat.visit import Visits


def build_webchat(
    gateway: Gateway,
    log: Log,
    feed: Feed,
    settings: Settings,
    persona: Callable[[], Voice],
    notice: Callable[[], Text],
) -> web.Application:
    """Put the parts together; `persona` and `notice` are asked anew for every page: edits show at once.

    Visitors' names in the log hang on the secret `webchat` of `settings.var_dir`: a new one gives every
    visitor an empty conversation.
    """
    channel = WebChat(feed)
    sessions = Sessions(own_secret(settings.var_dir, "webchat").encode())
    access = Access(sessions, settings.webchat_origins, settings.public_url)
    visits = Visits(log, feed, channel)
    reception = Reception(gateway, log, feed, channel, Pace(time.monotonic))
    sockets = Sockets(access, visits, reception)
    requests = Requests(access, visits, reception, gateway, log, channel=channel.name)
    pages = Pages(persona, notice, access.origins)

    app = web.Application()
    app.add_routes(
        [
            web.get("", _to_page),
            web.get("/", pages.page),
            web.get("/config", pages.config),
            web.get("/embed.js", pages.embed),
            web.get("/demo-site", pages.demo_site),
            web.static("/static", STATIC),
            web.get("/ws", sockets.handle),
            web.get("/stream", requests.stream),
            web.get("/poll", requests.poll),
            web.get("/history", requests.history),
            web.post("/session", requests.session),
            web.post("/messages", requests.message),
            web.post("/erase", requests.erase),
        ]
    )
    app.on_response_prepare.append(pages.protect)
    app.on_shutdown.append(_closing(sockets.close))
    app.on_shutdown.append(_closing(requests.close))
    return app


async def _to_page(request: web.Request) -> web.Response:
    raise web.HTTPMovedPermanently(request.path + "/")


def _closing(close: Callable[[], Awaitable[None]]) -> Callable[[web.Application], Awaitable[None]]:
    async def closing(_: web.Application) -> None:
        await close()

    return closing
