"""Fetching what citizens sent from where platforms keep it, and from nowhere else.

An address in a message is a stranger's word: it must not make us call our own network (`bot.outside`), nor
give our tokens away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from urllib.parse import urljoin, urlsplit

import aiohttp

from bot.channel import MAX_MEDIA, MediaError, NoMedia
from bot.outside import NotOutside, Outside, origin, refused, split

_WITHIN = 10.0
"""Seconds for all of it."""
_HOPS = 4
"""Addresses that are called, one redirect after another."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Headers = Callable[[str], Mapping[str, str]]


class Media:
    """`hosts`, separated by spaces, says which addresses may be called; without any, all public ones may.

    A host (`fbcdn.net`) stands for itself and all below it, by https on a public address. An origin
    (`http://10.0.0.5:9000`) is an office's own server and trusted as it is.
    """

    def __init__(self, hosts: str = "") -> None:
        given = hosts.split()
        self._outside = Outside(host for host in given if "://" in host)
        self._hosts = tuple(host.lower() for host in given if "://" not in host)
        self._any = not given

    async def get(self, url: str, headers: Headers | None = None) -> bytes:
        """The bytes at an address. `headers` prove who we are, to the host that the address names.

        Raises `MediaError`.
        """
        try:
            first = origin(split(url))
            async with asyncio.timeout(_WITHIN):
                for _ in range(_HOPS):
                    self._check(url)
                    sent = headers(url) if headers and origin(split(url)) == first else {}
                    found = await self._get(url, sent)
                    if isinstance(found, bytes):
                        return found
                    url = urljoin(url, found)
        except aiohttp.InvalidURL as error:
            raise MediaError(NoMedia.FORBIDDEN) from error
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise MediaError(NoMedia.FORBIDDEN if refused(error) else NoMedia.UNREACHABLE) from error
        raise MediaError(NoMedia.FORBIDDEN)

    def _check(self, url: str) -> None:
        """Raises `NotOutside` unless an address may be called."""
        if self._outside.trusts(url):
            return
        parts = urlsplit(url)
        host = (parts.hostname or "").lower().rstrip(".")
        listed = self._any or any(host == known or host.endswith(f".{known}") for known in self._hosts)
        if parts.scheme != "https" or not listed:
            raise NotOutside("not where this channel's files are")

    async def _get(self, url: str, headers: Mapping[str, str]) -> bytes | str:
        """The bytes, or the address that the answer sends us to."""
        async with self._outside.request("GET", url, headers=headers) as answer:
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
