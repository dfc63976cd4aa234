"""A platform's HTTP API: JSON posted with what went wrong told apart as `DeliveryError` needs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.channel import DeliveryError
from bot.outside import NotOutside, Outside, refused

_TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=5)
_MOST = 1024 * 1024
"""Bytes of an answer that are read."""


@dataclass(frozen=True)
class Answer:
    """What a platform answered."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    json: dict[str, Any]
    """Empty when the body is no JSON object."""

    def raise_for_limit(self) -> None:
        """Raise `DeliveryError` for 429 (with `Retry-After` in seconds) and 5xx: worth another try."""
        if self.status == 429:
            raise DeliveryError("HTTP 429", retry_after=_seconds(self.headers.get("retry-after")))
        if self.status >= 500:
            raise DeliveryError(f"HTTP {self.status}")


class Api:
    """Posts JSON below one base address, over the gateway's session; to whom others name, over `Outside`."""

    def __init__(
        self, session: aiohttp.ClientSession | Outside, base_url: str, headers: Mapping[str, str]
    ) -> None:
        self._session = session
        self._base = base_url.rstrip("/")
        self._headers = dict(headers)

    async def post(
        self, path: str, body: Mapping[str, Any] | bytes, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The platform's answer, whatever its status. A body of bytes goes as it is.

        Raises `DeliveryError`: to be tried again when no connection was made, ambiguous when it broke or the
        answer did not come in time.
        """
        content = {"data": body} if isinstance(body, bytes) else {"json": body}
        return await self._request("POST", path, headers, **content)

    async def post_form(self, path: str, fields: Mapping[str, str]) -> Answer:
        """The answer to form fields, as token endpoints want them. Raises `DeliveryError`."""
        return await self._request("POST", path, None, data=dict(fields))

    async def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The platform's answer, whatever its status. Raises `DeliveryError`."""
        return await self._request("GET", path, headers, params=query)

    async def _request(
        self, method: str, path: str, headers: Mapping[str, str] | None, **content: Any
    ) -> Answer:
        url = path if path.startswith(("http://", "https://")) else self._base + path
        try:
            async with self._session.request(
                method,
                url,
                headers=self._headers | dict(headers or {}),
                timeout=_TIMEOUT,
                allow_redirects=False,
                **content,
            ) as response:
                raw = await response.content.read(_MOST)
        except NotOutside as error:
            raise DeliveryError("not an address outside", permanent=True) from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise DeliveryError(f"no connection: {type(error).__name__}", permanent=refused(error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise DeliveryError(type(error).__name__, ambiguous=True) from error
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, names, _object(raw))


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(value: str | None) -> float | None:
    """`Retry-After` in seconds; its other form, a date, no platform of ours uses."""
    return float(value) if value is not None and value.isdecimal() and len(value) < 8 else None
