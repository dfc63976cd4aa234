"""The client of the public services' API.

행정안전부 「대한민국 공공서비스(혜택) 정보」, `gov24/v3` at api.odcloud.kr; parameters as its Swagger
document has them.
"""

from __future__ import annotations

import random
from enum import StrEnum
from urllib.parse import quote, unquote, urlencode

import aiohttp
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
from yarl import URL

from bot.catalogue.envelope import Page, Passing, Refused, number, read

ATTEMPTS = 4
LONGEST_PAUSE = 30.0
"""Seconds that are waited at most before the next attempt, whatever they ask for."""
_LARGEST = 64 * 2**20
"""Bytes of a page that are read at most."""


class Operation(StrEnum):
    """The three lists; rows of the same service carry the same `서비스ID`."""

    LIST = "serviceList"
    DETAIL = "serviceDetail"
    CONDITIONS = "supportConditions"


class Gov24:
    """Asks for pages.

    `key` may be given in either spelling (percent-encoded or not); it stands in no error and in no log.
    `connect`: seconds to be connected in; `each`: seconds without a byte after which an answer is given up.
    `pause`: seconds before the second attempt, twice as many before the next and so on.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base: str,
        key: str,
        *,
        connect: float = 3.0,
        each: float = 10.0,
        pause: float = 1.0,
    ) -> None:
        self._session = session
        self.base = base.rstrip("/")
        self._key = unquote(key) if "%" in key else key
        self._timeout = aiohttp.ClientTimeout(total=connect + 6 * each, sock_connect=connect, sock_read=each)
        self._pause = pause

    async def page(self, operation: Operation, at: int, size: int) -> Page:
        """The rows of page `at` (from 1) of `size` rows each.

        What may pass is tried again. Raises Passing, DailyLimit, Refused or Unreadable.
        """
        attempts = AsyncRetrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=self._wait,
            retry=retry_if_exception_type(Passing),
            reraise=True,
        )
        found: Page = await attempts(self._ask, self._url(operation, at, size))
        return found

    async def _ask(self, url: URL) -> Page:
        try:
            async with self._session.get(url, timeout=self._timeout, allow_redirects=False) as response:
                body = bytearray()
                while piece := await response.content.read(_LARGEST - len(body)):
                    body += piece
                wait = number(response.headers.get("Retry-After")) or 0
                return read(response.status, bytes(body), float(wait))
        except TimeoutError:
            raise Passing("정부24 API가 제때 답하지 않아요.") from None
        except aiohttp.InvalidURL:
            raise Refused(f"SOTONG_GOV24_URL을 주소로 읽을 수 없어요: {self.base}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Passing(f"정부24 API에 이어지지 않아요({self.base}, {type(error).__name__}).") from None

    def _url(self, operation: Operation, at: int, size: int) -> URL:
        asked = {"page": at, "perPage": size, "returnType": "JSON", "serviceKey": self._key}
        query = urlencode(asked, quote_via=quote, safe="")
        try:
            return URL(f"{self.base}/gov24/v3/{operation}?{query}", encoded=True)
        except ValueError:
            raise Refused(f"SOTONG_GOV24_URL을 주소로 읽을 수 없어요: {self.base}") from None

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, Passing) else 0.0
        own: float = self._pause * 2.0 ** (state.attempt_number - 1) * random.uniform(0.75, 1.25)
        return min(max(asked, own), LONGEST_PAUSE)
