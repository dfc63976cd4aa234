"""A bot that answers in the response, for trying a channel against its platform's stand-in."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channel import BadPayload, BadSignature, BodyChannel, WireAnswer, WireRequest
from bot.fit import fit
from bot.messages import Inbound, Notice, Outbound


class BodyBot:
    """Real HTTP around `channel`; `answer` says what the response to a request is."""

    channel: BodyChannel

    def __init__(self) -> None:
        self.heard: list[Inbound | Notice] = []
        self.answer: Callable[[WireRequest], WireAnswer] = lambda _: self.channel.body(())
        app = web.Application()
        app.add_routes([web.post("/webhooks/{channel}/{secret}", self._handle)])
        self._server = TestServer(app)

    async def start(self) -> str:
        await self._server.start_server()
        return str(self._server.make_url("/"))

    async def stop(self) -> None:
        await self._server.close()

    def says(self, *messages: Outbound) -> None:
        self.answer = lambda _: self.channel.body(rendered(self.channel, *messages))

    async def _handle(self, request: web.Request) -> web.Response:
        wire = WireRequest(
            request.method,
            {name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
            secret=request.match_info["secret"],
        )
        try:
            self.channel.verify(wire)
            self.heard += self.channel.parse(wire)
        except BadSignature:
            return web.Response(status=401)
        except BadPayload as error:
            return web.Response(status=400, text=str(error))
        answer = self.answer(wire)
        return web.Response(body=answer.body, content_type=answer.content_type, status=answer.status)


def rendered(channel: BodyChannel, *messages: Outbound) -> list[dict[str, object]]:
    parts = [part for message in messages for part in fit(message, channel.capabilities)]
    return [wire for part in parts for wire in channel.render(part)]
