"""Fetching what citizens sent from where platforms keep it, and from nowhere else.

An address in a message is a stranger's word: it must not make us call our own network, nor give our tokens
away.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import aiohttp

from bot.channel import MAX_MEDIA, MediaError, NoMedia

_WITHIN = 10.0
"""Seconds for all of it."""
_HOPS = 4
"""Addresses that are called, one redirect after another."""
_TRANSLATED = tuple(
    ipaddress.ip_network(network) for network in ("::ffff:0:0/96", "64:ff9b::/32", "2001::/32", "2002::/16")
)
"""IPv6 addresses that stand for IPv4 ones, of which they may hide a private one."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Headers = Callable[[str], Mapping[str, str]]


class _PrivateAddress(OSError):
    pass


class Media:
    """`hosts`, separated by spaces, says which addresses may be called; without any, all public ones may.

    A host (`fbcdn.net`) stands for itself and all below it, by https on a public address. An origin
    (`http://10.0.0.5:9000`) is an office's own server and trusted as it is.
    """

    def __init__(self, hosts: str = "") -> None:
        given = hosts.split()
        self._origins = {_origin(urlsplit(host)) for host in given if "://" in host}
        self._hosts = tuple(host.lower() for host in given if "://" not in host)
        self._any = not given

    async def get(self, url: str, headers: Headers | None = None) -> bytes:
        """The bytes at an address. `headers` prove who we are, to the host that the address names.

        Raises `MediaError`.
        """
        first = _origin(_split(url))
        try:
            async with asyncio.timeout(_WITHIN):
                for _ in range(_HOPS):
                    trusted = self._check(url)
                    sent = headers(url) if headers and _origin(_split(url)) == first else {}
                    found = await _get(url, sent, trusted)
                    if isinstance(found, bytes):
                        return found
                    url = urljoin(url, found)
        except aiohttp.InvalidURL as error:
            raise MediaError(NoMedia.FORBIDDEN) from error
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            private = isinstance(error, _PrivateAddress) or isinstance(error.__cause__, _PrivateAddress)
            raise MediaError(NoMedia.FORBIDDEN if private else NoMedia.UNREACHABLE) from error
        raise MediaError(NoMedia.FORBIDDEN)

    def _check(self, url: str) -> bool:
        """Whether an address is trusted as it is. Raises `MediaError` unless it may be called."""
        parts = _split(url)
        if _origin(parts) in self._origins:
            return True
        host = (parts.hostname or "").lower().rstrip(".")
        listed = self._any or any(host == known or host.endswith(f".{known}") for known in self._hosts)
        if parts.scheme != "https" or parts.username is not None or not host or not listed:
            raise MediaError(NoMedia.FORBIDDEN)
        return False


async def _get(url: str, headers: Mapping[str, str], trusted: bool) -> bytes | str:
    """The bytes, or the address that the answer sends us to. A connection of its own: nobody else's proxy or
    pool decides where it goes.
    """
    connector = aiohttp.TCPConnector() if trusted else aiohttp.TCPConnector(socket_factory=_public)
    session = aiohttp.ClientSession(connector=connector, trust_env=False, auto_decompress=False)
    sent = {"Accept-Encoding": "identity", **headers}
    async with session, session.get(url, headers=sent, allow_redirects=False) as answer:
        if answer.status in _REDIRECTS and "Location" in answer.headers:
            return answer.headers["Location"]
        if answer.status in (202, 404, 410):
            raise MediaError(NoMedia.GONE)
        if answer.status != 200:
            raise MediaError(NoMedia.UNREACHABLE)
        if (answer.content_length or 0) > MAX_MEDIA:
            raise MediaError(NoMedia.TOO_BIG)
        body = bytearray()
        async for chunk in answer.content.iter_any():
            body += chunk
            if len(body) > MAX_MEDIA:
                raise MediaError(NoMedia.TOO_BIG)
    return bytes(body)


def _public(info: Any) -> socket.socket:
    """A socket for an address that was looked up, if everybody can reach it: names may point anywhere."""
    family, kind, protocol, _, where = info
    found = ipaddress.ip_address(where[0].partition("%")[0])
    if not found.is_global or found.is_multicast or any(found in network for network in _TRANSLATED):
        raise _PrivateAddress("the address is not public")
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    return made


def _split(url: str) -> SplitResult:
    """Raises `MediaError` for what is no address."""
    try:
        parts = urlsplit(url)
        known = parts.port is None or parts.port > 0
    except ValueError as error:
        raise MediaError(NoMedia.FORBIDDEN) from error
    if not known or not (parts.hostname or "").isprintable():
        raise MediaError(NoMedia.FORBIDDEN)
    return parts


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    standard = {"http": 80, "https": 443}.get(parts.scheme)
    with suppress(ValueError):
        return parts.scheme, (parts.hostname or "").lower(), parts.port or standard
    return "", "", None
