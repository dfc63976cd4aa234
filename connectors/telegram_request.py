"""python-telegram-bot's requests over the gateway's aiohttp session: a third of httpx's processor time."""

from __future__ import annotations

from typing import Any

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""Errors before anything went over the connection."""


class SessionRequest(BaseRequest):
    """Posts parameters as a form; files are never uploaded. `timeout` is in seconds for a whole request."""

    def __init__(self, session: aiohttp.ClientSession, timeout: float, connect_timeout: float = 5.0) -> None:
        self._session = session
        self._seconds = timeout
        self._connect = connect_timeout

    @property
    def read_timeout(self) -> float:
        """Seconds; python-telegram-bot adds a long poll's time to it."""
        return self._seconds

    async def initialize(self) -> None:
        """The session is open."""

    async def shutdown(self) -> None:
        """The session is closed by who opened it."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = None,
        write_timeout: Any = None,
        connect_timeout: Any = None,
        pool_timeout: Any = None,
    ) -> tuple[int, bytes]:
        """Status and body. Raises `NetworkError`, from aiohttp's error, and `TimedOut`."""
        seconds = read_timeout if isinstance(read_timeout, int | float) else self._seconds
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=self._connect)
        fields = request_data.json_parameters if request_data else None
        try:
            async with self._session.request(
                method, url, data=fields, timeout=timeout, allow_redirects=False
            ) as response:
                return response.status, await response.read()
        except NEVER_SENT as error:
            raise NetworkError(type(error).__name__) from error
        except TimeoutError as error:
            raise TimedOut from error
        except aiohttp.ClientError as error:
            raise NetworkError(type(error).__name__) from error
