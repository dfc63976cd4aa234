"""The public door: what is let in, and how much of it at a time."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import math
import resource
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Middleware

from bot.pace import Pace

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SIGNED = "/webhooks/"
"""Requests below it prove themselves: whoever does is let in, however many strangers share the address."""
_READ_WITHIN = 10.0
"""Seconds in which a request's body must have come."""
_KEEP_ALIVE = 75.0
"""Seconds that a connection may be idle, or take for a request's headers; proxies give up after 60."""
_LINGER = 2.0
"""Seconds that are read on after an answer, so that whoever is still sending gets to see it."""
_AT_ONCE = 10.0
"""An address may use up so many seconds' worth of requests at once."""
_REFUSED_AT_ONCE = 60.0
"""The same for requests that are refused."""
_CONNECTIONS = 65_536
"""Open files that are enough in any case."""
_LONGEST = 64
"""Characters of what stands for an address and is none."""


def doors(clock: Callable[[], float], *, requests: float, refusals: float, proxies: int) -> Middleware:
    """The middleware that an address meets first; `clock` counts seconds.

    `requests` and `refusals` are numbers a second; who has been refused more often is not listened to for a
    while. Requests below `SIGNED` are always heard, for a platform's addresses are few, and anybody can have
    a platform send us something (a bot of their own with our address): only their refusals count, and only
    refusals turn into 429. `proxies`: how many proxies of ours stand before us (see `address`).
    """
    asked = Pace(clock, requests * _AT_ONCE, _AT_ONCE)
    refused = Pace(clock, refusals * _REFUSED_AT_ONCE, _REFUSED_AT_ONCE)

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        who, signed = address(request, proxies), request.path.startswith(SIGNED)
        if not signed and (wait := max(refused.left(who), asked.wait(who))):
            return _too_many(wait)
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            # Nobody sends us compressed bodies, and a small one can become a huge one.
            response: web.StreamResponse = web.Response(status=415, headers={"Accept-Encoding": "identity"})
        else:
            try:
                response = await handler(request)
            except web.HTTPException as error:
                if _is_refusal(error.status) and (wait := refused.wait(who)):
                    return _too_many(wait)
                raise
        if _is_refusal(response.status) and not response.prepared and (wait := refused.wait(who)):
            return _too_many(wait)
        return response

    return check


async def read_body(request: web.Request, most: int, within: float = _READ_WITHIN) -> bytes:
    """The body of a request, in bytes as they came.

    Raises `web.HTTPRequestEntityTooLarge` beyond `most` bytes, `web.HTTPRequestTimeout` when it does not come
    `within` seconds, and `web.HTTPBadRequest` when it is broken.
    """
    announced = request.content_length or 0
    if announced > most:
        raise web.HTTPRequestEntityTooLarge(most, announced)
    body = bytearray()
    try:
        async with asyncio.timeout(within):
            while chunk := await request.content.readany():
                body += chunk
                if len(body) > most:
                    raise web.HTTPRequestEntityTooLarge(most, len(body))
    except TimeoutError as error:
        raise web.HTTPRequestTimeout from error
    except web.RequestPayloadError as error:
        raise web.HTTPBadRequest from error
    return bytes(body)


def address(request: web.BaseRequest, proxies: int) -> str:
    """Whom a request is from: an IPv4 address or the /64 of an IPv6 one, which is what one customer has.

    Each proxy adds whom it heard to the end of `X-Forwarded-For`; what stands before that anybody may have
    written. Without proxies of ours the header means nothing.
    """
    heard = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",") if proxies else []
    hops = [*(hop.strip() for hop in heard if hop.strip()), request.remote or ""]
    given = hops[-1 - min(proxies, len(hops) - 1)]
    return _network(given) or _network(_without_port(given)) or given[:_LONGEST]


def runner(app: web.Application) -> web.AppRunner:
    """How an application is served: nothing is decompressed, nobody holds a connection for ever, and no log
    tells who asked for what.
    """
    logger = logging.getLogger(f"{__name__}.http")
    logger.addFilter(_is_ours)
    return web.AppRunner(
        app,
        access_log=None,
        logger=logger,
        shutdown_timeout=5,
        keepalive_timeout=_KEEP_ALIVE,
        lingering_time=_LINGER,
        auto_decompress=False,
    )


def allow_many() -> None:
    """Let this process open as many connections as the system grants it: slow ones must not use them up."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(now, _CONNECTIONS if most == resource.RLIM_INFINITY else min(most, _CONNECTIONS))
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a fault is of our making: of one in a stranger's HTTP the traceback repeats what they sent."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


def _is_refusal(status: int) -> bool:
    return 400 <= status < 500 and status != 429


def _too_many(wait: float) -> web.Response:
    """As an `error` frame of the web chat, whose page sends again by itself."""
    seconds = math.ceil(wait)
    frame = {
        "v": 1,
        "type": "error",
        "code": "rate",
        "retryable": True,
        "message": "요청이 너무 많아요. 잠시 뒤에 다시 해 주세요.",
        "retry_after": seconds,
    }
    body = json.dumps(frame, ensure_ascii=False).encode()
    return web.Response(
        body=body, status=429, content_type="application/json", headers={"Retry-After": str(seconds)}
    )


def _network(given: str) -> str:
    try:
        found = ipaddress.ip_address(given)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found), 64), strict=False))


def _without_port(given: str) -> str:
    """`192.0.2.1:443` and `[2001:db8::1]:443`, as some proxies write it."""
    if given.startswith("["):
        return given[1:].partition("]")[0]
    return given.partition(":")[0] if given.count(":") == 1 else given
