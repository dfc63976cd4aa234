"""Platforms' requests: verified and parsed by the channel, answered 200 once the log has them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog
from aiohttp import web

from bot.channel import BadPayload, BadSignature, Channel, DeliveryError, WireRequest
from bot.gateway import Gateway

MAX_BODY = 256 * 1024
"""Bytes of a webhook request; platforms send far less."""

log = structlog.get_logger(__name__)


class Webhooks:
    """One route for all channels: `POST /webhooks/<channel>`."""

    def __init__(self, channels: Mapping[str, Channel], gateway: Gateway) -> None:
        self._channels = channels
        self._gateway = gateway
        self._acknowledging: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """To be added to the public application."""
        return [web.post("/webhooks/{channel}", self.handle)]

    async def handle(self, request: web.Request) -> web.Response:
        """401 for a bad signature, 400 for a body nobody understands, 404 for an unknown channel."""
        channel = self._channels.get(request.match_info["channel"])
        if channel is None:
            raise web.HTTPNotFound
        wire = WireRequest(
            method=request.method,
            headers={name.lower(): value for name, value in request.headers.items()},
            query=dict(request.query),
            body=await request.read(),
        )
        try:
            await self.take(channel, wire)
        except BadSignature as error:
            log.warning("webhook_refused", channel=channel.name, reason=str(error))
            raise web.HTTPUnauthorized from error
        except BadPayload as error:
            log.warning("webhook_unreadable", channel=channel.name, reason=str(error))
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.Response(text="ok")

    async def take(self, channel: Channel, wire: WireRequest) -> None:
        """Commit the messages of a request. Raises `BadSignature` or `BadPayload`."""
        channel.verify(wire)
        for inbound in channel.parse(wire):
            await self._gateway.receive(inbound)
        task = asyncio.create_task(self._acknowledge(channel, wire))
        self._acknowledging.add(task)
        task.add_done_callback(self._acknowledging.discard)

    @staticmethod
    async def _acknowledge(channel: Channel, wire: WireRequest) -> None:
        try:
            await channel.acknowledge(wire)
        except DeliveryError as error:
            log.warning("not_acknowledged", channel=channel.name, reason=str(error))
