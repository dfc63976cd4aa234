"""The way to the city's API over HTTP: time limits, a limit of size, and a name for each failure."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp
from yarl import URL

from bot.telemetry.calls import CallWatch

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 2.0
LARGEST = 1024 * 1024
"""Bytes of an answer that are read; nothing a citizen can use is longer."""


class ServiceError(Exception):
    """The API gave no usable answer. The message names the service and never what was asked."""


class ServiceUnavailable(ServiceError):
    """Not reachable, or answers 5xx."""


class ServiceSlow(ServiceError):
    """No answer within the time limit."""


class BadAnswer(ServiceError):
    """An answer that is not JSON, lacks fields, is far too long, or has a status that nobody foresaw."""


class NotFound(ServiceError):
    """404: the API knows nothing under what was asked."""


class NotPermitted(ServiceError):
    """401 or 403: our key is missing, wrong or withdrawn."""


@dataclass(frozen=True)
class Request:
    """One call of a service."""

    service: str
    path: str
    """Below the base address, with `{name}` for parameters."""
    params: Mapping[str, str]
    query: Mapping[str, str]
    """Our name of a parameter → the API's."""
    method: str = "GET"
    headers: Mapping[str, str] | None = None
    body: Mapping[str, str] | None = None


class CityApi:
    """HTTP to one base address; `start` in the event loop that will ask, `close` after the last call."""

    def __init__(
        self,
        base_url: str,
        key_header: str,
        key: str,
        timeout: float = TIMEOUT_SECONDS,
        watch: CallWatch | None = None,
    ) -> None:
        self.base = base_url.rstrip("/")
        self._headers = {key_header: key, "Accept": "application/json"}
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._watch = watch
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the connection pool."""
        seen = [self._watch.config()] if self._watch else None
        self._session = aiohttp.ClientSession(
            headers=self._headers, timeout=self._timeout, trace_configs=seen
        )

    async def close(self) -> None:
        """Close the connection pool."""
        if self._session:
            await self._session.close()

    async def send(self, request: Request) -> tuple[int, bytes]:
        """Status and body of the answer.

        Raises ServiceSlow, ServiceUnavailable (nothing came back) or BadAnswer (longer than `LARGEST`).
        """
        if self._session is None:
            raise RuntimeError("CityApi.start() was not awaited")
        sent = self._session.request(
            request.method,
            self._url(request),
            headers=request.headers,
            json=request.body,
            allow_redirects=False,
        )
        try:
            async with sent as response:
                body = await response.content.read(LARGEST)
                while not response.content.at_eof():
                    more = await response.content.read(LARGEST)
                    body += more
                    if len(body) > LARGEST:
                        response.close()
                        raise BadAnswer(f"{request.service}: longer than {LARGEST} bytes")
                return response.status, body
        except TimeoutError:
            raise ServiceSlow(f"{request.service}: no answer within {self._timeout.total:g} s") from None
        except aiohttp.ClientError as error:
            raise ServiceUnavailable(f"{request.service}: {type(error).__name__}") from error

    def _url(self, request: Request) -> URL:
        path = request.path.format_map(
            {name: quote(value, safe="") for name, value in request.params.items()}
        )
        query = {
            theirs: request.params[ours] for ours, theirs in request.query.items() if ours in request.params
        }
        return URL(self.base + path, encoded=True).with_query(query)


def refused(service: str, status: int) -> ServiceError:
    """What a status other than success means, where nothing else is agreed."""
    match status:
        case 404:
            return NotFound(f"{service}: 404")
        case 401 | 403:
            log.error("%s: the API refuses our key (%s); check SOTONG_CITY_API_KEY", service, status)
            return NotPermitted(f"{service}: {status}")
        case 429:
            return ServiceUnavailable(f"{service}: 429")
        case _ if status >= 500:
            return ServiceUnavailable(f"{service}: {status}")
    return BadAnswer(f"{service}: unexpected status {status}")
