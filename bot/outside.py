"""Calling addresses that somebody else named: nobody makes us call our own network.

Staff name addresses (alerts' webhooks, links of answers), citizens do (what they sent), and so do other
agencies and the provider of log-ins. A name may lead anywhere, and lead elsewhere a moment later; so what
counts is the address that a connection is opened to (CWE-918). Nothing here follows a redirect: whoever does
asks again for every step.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import SplitResult, urlsplit

import aiohttp

_TRANSLATED = tuple(
    ipaddress.ip_network(network) for network in ("::ffff:0:0/96", "64:ff9b::/32", "2001::/32", "2002::/16")
)
"""IPv6 addresses that stand for IPv4 ones, of which they may hide a private one."""
_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int]
"""Scheme, host and port."""


class NotOutside(OSError):
    """An address that is not called: it is none, or not everybody can reach it."""


class Outside:
    """Calls public addresses, and of others only those whose `origins` (`http://10.0.0.5:9000`) are given."""

    def __init__(self, origins: Iterable[str] = ()) -> None:
        self._origins = frozenset(origin(urlsplit(each)) for each in origins)

    def trusts(self, url: str) -> bool:
        """Whether an address is called wherever it is. Raises `NotOutside` for what is no http(s) address."""
        return origin(split(url)) in self._origins

    @asynccontextmanager
    async def request(self, method: str, url: str, **what: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer of an address, as aiohttp gives it; the connection is closed in the end.

        Raises `NotOutside`, which may be the cause of another `OSError`, and what aiohttp raises.
        """
        connector = aiohttp.TCPConnector(socket_factory=None if self.trusts(url) else public_socket)
        headers = {"Accept-Encoding": "identity", **(what.pop("headers", None) or {})}
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,  # nobody else's proxy decides where it goes
                auto_decompress=False,
            ) as session,
            session.request(method, url, headers=headers, **what | {"allow_redirects": False}) as answer,
        ):
            yield answer


def refused(error: BaseException) -> bool:
    """Whether a call failed because its address is not outside."""
    return isinstance(error, NotOutside) or isinstance(error.__cause__, NotOutside)


def split(url: str) -> SplitResult:
    """The parts of an address. Raises `NotOutside` for what is no http(s) address, or has a name in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotOutside("no address") from error
    host = parts.hostname or ""
    if parts.scheme not in _PORTS or not host or not host.isprintable() or port == 0:
        raise NotOutside("no address that can be called")
    if parts.username is not None:
        raise NotOutside("a name or password stands in the address")
    return parts


def origin(parts: SplitResult) -> Origin:
    """Where an address is."""
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme, 0)


def public_socket(info: Any) -> socket.socket:
    """A socket for an address that was looked up, if everybody can reach it. Raises `NotOutside`."""
    family, kind, protocol, _, where = info
    if not is_public(where[0]):
        raise NotOutside("the address is not public")
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    return made


def is_public(address: str) -> bool:
    """Whether everybody can reach an IP address."""
    found = ipaddress.ip_address(address.partition("%")[0])
    hidden = any(found in network for network in _TRANSLATED)
    return found.is_global and not found.is_multicast and not hidden
