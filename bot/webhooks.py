"""Platforms' requests: verified and parsed by the channel, answered 200 once the log has them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

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

_NOTED_WITHIN = 0.2
"""Seconds that a response which says "not yet" waits for the log: the platform does not wait much longer."""

log = structlog.get_logger(__name__)

_T = TypeVar("_T")


class Webhooks:
    """The routes of all channels: `/webhooks/<channel>[/<secret>]`."""

    def __init__(
        self,
        channels: Mapping[str, Channel],
        gateway: Gateway,
        bodies: Bodies,
        others: Mapping[str, Channel] | None = None,
    ) -> None:
        """`others`: channels whose secret is being replaced, with their second one."""
        self._channels = channels
        self._others = others or {}
        self._gateway = gateway
        self._bodies = bodies
        self._working: set[asyncio.Task[Any]] = set()

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
            self._verify(channel, wire)
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
        self._verify(channel, wire)
        await self._commit(channel, wire, channel.parse(wire))

    async def _commit(self, channel: Channel, wire: WireRequest, found: Sequence[Inbound | Notice]) -> None:
        for one in found:
            if isinstance(one, Notice):
                await self._gateway.note(one)
            else:
                await self._gateway.receive(one)
        self._begin(self._acknowledge(channel, wire))

    async def _answer_in_body(
        self, request: web.Request, channel: BodyChannel, wire: WireRequest, inbound: Inbound, began: float
    ) -> web.StreamResponse:
        """The reply in the response, or in time a word and a button that fetches it."""
        end = began + (channel.capabilities.body_within or 0.0)
        with self._bodies.opened(inbound) as body:
            receiving = self._begin(self._receive(channel, inbound))
            await asyncio.wait([receiving], timeout=end - time.monotonic())
            taken = receiving.result() if receiving.done() else None
            if taken is None:
                apology = self._gateway.apology(inbound)
                self._begin(self._note(receiving, inbound, apology))
                return _response(channel.body(_rendered(channel, apology)))
            if not taken:
                body.finish()
            wires = await body.wires(end - time.monotonic())
            if wires is None:
                return await self._say_not_ready(request, channel, wire, inbound)
            response = _response(channel.body(wires))
            try:
                await response.prepare(request)
                await response.write_eof()
            except (ConnectionError, OSError) as error:
                body.written(error)
                raise
            body.written()
            return response

    async def _receive(self, channel: Channel, inbound: Inbound) -> bool | None:
        """Whether a message is new; None when it could not be written down."""
        try:
            return await self._gateway.receive(inbound)
        except SQLAlchemyError as error:
            log.error("not_written_down", channel=channel.name, error=type(error).__name__)
            return None

    async def _say_not_ready(
        self, request: web.Request, channel: BodyChannel, wire: WireRequest, inbound: Inbound
    ) -> web.StreamResponse:
        """The response that promises the reply; what is said stands in the log first if that is quick."""
        comes = channel.capabilities.can_push or bool(inbound.reply_to)
        message = self._gateway.not_ready(inbound, comes=comes)
        noting = self._begin(self._gateway.telling(inbound, message))
        await asyncio.wait([noting], timeout=_NOTED_WITHIN)
        response, fault = _response(channel.waiting(wire, message)), ""
        try:
            await response.prepare(request)
            await response.write_eof()
        except (ConnectionError, OSError) as error:
            fault = type(error).__name__
            raise
        finally:
            self._begin(self._settle(noting, fault))
        return response

    async def _note(self, receiving: asyncio.Task[bool | None], inbound: Inbound, apology: Outbound) -> None:
        """A message that is written down after all is answered after all; the apology stands in between."""
        if await receiving is not None:
            await self._settle(self._begin(self._gateway.telling(inbound, apology)), "")

    async def _settle(self, noting: asyncio.Task[int | None], fault: str) -> None:
        try:
            row_id = await noting
            if row_id is not None:
                await self._gateway.told(row_id, fault)
        except SQLAlchemyError as error:
            log.error("not_written_down", error=type(error).__name__)

    def _begin(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """Work that outlives its request."""
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return task

    def _verify(self, channel: Channel, wire: WireRequest) -> None:
        """With either secret, while one is being replaced. Raises `BadSignature`."""
        try:
            channel.verify(wire)
        except BadSignature:
            other = self._others.get(channel.name)
            if other is None:
                raise
            other.verify(wire)

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
