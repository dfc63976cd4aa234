"""Platforms' requests: verified and parsed by the channel, answered 200 once the log has them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

import structlog
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.bodies import Bodies
from bot.channel import BadPayload, BadSignature, BodyChannel, Channel, DeliveryError, WireAnswer, WireRequest
from bot.doors import read_body
from bot.fit import fit
from bot.gateway import Gateway
from bot.messages import Inbound, Notice, Outbound

MAX_BODY = 1024 * 1024
"""Bytes of a webhook request: Meta sends up to a thousand events in one."""

log = structlog.get_logger(__name__)


class Webhooks:
    """The routes of all channels: `/webhooks/<channel>[/<secret>]`."""

    def __init__(self, channels: Mapping[str, Channel], gateway: Gateway, bodies: Bodies) -> None:
        self._channels = channels
        self._gateway = gateway
        self._bodies = bodies
        self._acknowledging: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """To be added to the public application."""
        return [
            route(path, handler)
            for path in ("/webhooks/{channel}", "/webhooks/{channel}/{secret}")
            for route, handler in ((web.post, self.handle), (web.get, self.shake_hands))
        ]

    async def shake_hands(self, request: web.Request) -> web.StreamResponse:
        """A platform's GET: 401 when it does not prove itself, 404 where there is no such thing."""
        channel = self._channel(request)
        try:
            answer = channel.handshake(await _wire(request))
        except BadSignature as error:
            raise _refused(channel, error) from error
        if answer is None:
            raise web.HTTPNotFound
        return _response(answer)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """401 for a bad signature, 400 for what nobody understands, 503 while nothing can be written down."""
        began = time.monotonic()
        channel = self._channel(request)
        wire = await _wire(request)
        try:
            channel.verify(wire)
            found = channel.parse(wire)
        except BadSignature as error:
            raise _refused(channel, error) from error
        except BadPayload as error:
            log.warning("webhook_unreadable", channel=channel.name, reason=str(error))
            raise web.HTTPBadRequest(text=str(error)) from error
        if isinstance(channel, BodyChannel) and len(found) == 1 and isinstance(found[0], Inbound):
            return await self._answer_in_body(request, channel, wire, found[0], began)
        try:
            await self._commit(channel, wire, found)
        except SQLAlchemyError as error:
            log.error("not_written_down", channel=channel.name, error=type(error).__name__)
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"}) from error
        return _response(channel.body(()) if isinstance(channel, BodyChannel) else WireAnswer(b"ok"))

    async def take(self, channel: Channel, wire: WireRequest) -> None:
        """Commit what was fetched. Raises `BadSignature`, `BadPayload` or `SQLAlchemyError`."""
        channel.verify(wire)
        await self._commit(channel, wire, channel.parse(wire))

    async def _commit(self, channel: Channel, wire: WireRequest, found: Sequence[Inbound | Notice]) -> None:
        for one in found:
            if isinstance(one, Notice):
                await self._gateway.note(one)
            else:
                await self._gateway.receive(one)
        task = asyncio.create_task(self._acknowledge(channel, wire))
        self._acknowledging.add(task)
        task.add_done_callback(self._acknowledging.discard)

    async def _answer_in_body(
        self, request: web.Request, channel: BodyChannel, wire: WireRequest, inbound: Inbound, began: float
    ) -> web.StreamResponse:
        """The reply in the response, or in time a word and a button that fetches it."""
        within = channel.capabilities.body_within or 0.0
        with self._bodies.opened(inbound) as body:
            try:
                if not await self._gateway.receive(inbound):
                    body.finish()
            except SQLAlchemyError as error:
                log.error("not_written_down", channel=channel.name, error=type(error).__name__)
                return _response(channel.body(_rendered(channel, self._gateway.apology(inbound))))
            wires = await body.wires(began + within - time.monotonic())
            if wires is None:
                comes = channel.capabilities.can_push or bool(inbound.reply_to)
                return _response(channel.waiting(wire, await self._gateway.not_ready(inbound, comes=comes)))
            response = _response(channel.body(wires))
            try:
                await response.prepare(request)
                await response.write_eof()
            except (ConnectionError, OSError) as error:
                body.written(error)
                raise
            body.written()
            return response

    def _channel(self, request: web.Request) -> Channel:
        channel = self._channels.get(request.match_info["channel"])
        if channel is None or not channel.called:
            raise web.HTTPNotFound
        return channel

    @staticmethod
    async def _acknowledge(channel: Channel, wire: WireRequest) -> None:
        try:
            await channel.acknowledge(wire)
        except DeliveryError as error:
            log.warning("not_acknowledged", channel=channel.name, reason=str(error))


async def _wire(request: web.Request) -> WireRequest:
    return WireRequest(
        method=request.method,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=dict(request.query),
        body=await read_body(request, MAX_BODY),
        secret=request.match_info.get("secret", ""),
    )


def _response(answer: WireAnswer) -> web.Response:
    return web.Response(
        body=answer.body, status=answer.status, content_type=answer.content_type, charset="utf-8"
    )


def _rendered(channel: Channel, message: Outbound) -> list[dict[str, object]]:
    wires = [wire for part in fit(message, channel.capabilities) for wire in channel.render(part)]
    return wires[: channel.capabilities.batch]


def _refused(channel: Channel, error: BadSignature) -> web.HTTPUnauthorized:
    log.warning("webhook_refused", channel=channel.name, reason=str(error))
    return web.HTTPUnauthorized()
