"""The one way to the city's API: time limit, one retry, checked answers, and a cache that shows its age."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel, ValidationError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_fixed
from yarl import URL

from actions.records import Answered
from actions.services import Service, Services

T = TypeVar("T", bound=Answered)

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 2.0
ATTEMPTS = 2
PAUSE_SECONDS = 0.05
CACHE_SECONDS = 0.3
STALE = timedelta(days=1)
"""How old an answer may be when the API cannot be asked."""


def cache(url: str) -> Redis:
    """Redis for the answers: it is asked once and not waited for, an answer can do without."""
    return Redis.from_url(
        url, socket_timeout=CACHE_SECONDS, socket_connect_timeout=CACHE_SECONDS, retry=Retry(NoBackoff(), 0)
    )


class ServiceError(Exception):
    """The API gave no usable answer. The message names the service and never what was asked."""


class ServiceUnavailable(ServiceError):
    """Not reachable, or answers 5xx."""


class ServiceSlow(ServiceError):
    """No answer within the time limit."""


class BadAnswer(ServiceError):
    """An answer that is not JSON, lacks fields, or has a status that nobody foresaw."""


class NotFound(ServiceError):
    """404: the API knows nothing under what was asked."""


class NotPermitted(ServiceError):
    """401 or 403: our key is missing, wrong or withdrawn."""


@dataclass(frozen=True)
class Record(Generic[T]):
    """An answer and when it was true."""

    data: T
    fetched_at: datetime
    from_cache: bool


class Cached(BaseModel):
    """The form of an answer in Redis."""

    data: dict[str, object]
    fetched_at: datetime


class ServiceClient:
    """Asks the API that `base_url` and `services` describe.

    `redis` holds answers for a day; without Redis everything works, only uncached. `clock` gives the
    present as an aware datetime. `start` before the first query (in the event loop that will ask),
    `close` after the last.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        redis: Redis,
        clock: Callable[[], datetime],
        services: Services,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._headers = {services.key_header: key, "Accept": "application/json"}
        self._redis = redis
        self._clock = clock
        self._services = services.services
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session: aiohttp.ClientSession | None = None
        self._cache_works = True

    async def start(self) -> None:
        """Open the connection pool."""
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=self._timeout)

    async def close(self) -> None:
        """Close the connection pool and the connection to Redis."""
        if self._session:
            await self._session.close()
        await self._redis.aclose()

    async def query(self, kind: type[T], params: Mapping[str, str]) -> Record[T]:
        """The answer of the service `kind.service`.

        Fresh from the cache, else from the API (each of the two attempts may take the time limit), else
        from the cache as long as it is not older than a day. Raises NotFound, NotPermitted,
        ServiceUnavailable, ServiceSlow or BadAnswer.
        """
        service = self._services[kind.service]
        name = cache_key(self._base, kind.service, params)
        cached = await self._remembered(kind, name)
        if cached and self._clock() - cached.fetched_at < timedelta(seconds=service.fresh_seconds):
            return cached
        try:
            data = await self._ask(kind, service, params)
        except (ServiceUnavailable, ServiceSlow, BadAnswer) as error:
            log.warning("%s; %s", error, "an older answer is shown" if cached else "nothing older is known")
            if cached:
                return cached
            raise
        record = Record(data, self._clock(), from_cache=False)
        await self._remember(name, record)
        return record

    async def _ask(self, kind: type[T], service: Service, params: Mapping[str, str]) -> T:
        attempts = AsyncRetrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_fixed(PAUSE_SECONDS),
            retry=retry_if_exception_type((ServiceUnavailable, ServiceSlow)),
            reraise=True,
        )
        body: bytes = await attempts(self._get, kind.service, self._url(service, params))
        try:
            return kind.model_validate_json(body)
        except ValidationError as error:
            faults = {".".join(str(part) for part in fault["loc"]) or "JSON" for fault in error.errors()}
            raise BadAnswer(f"{kind.service}: not the form expected: {', '.join(sorted(faults))}") from None

    async def _get(self, service: str, url: URL) -> bytes:
        if self._session is None:
            raise RuntimeError("ServiceClient.start() was not awaited")
        try:
            async with self._session.get(url, allow_redirects=False) as response:
                status = response.status
                body = await response.read()
        except TimeoutError:
            raise ServiceSlow(f"{service}: no answer within {self._timeout.total:g} s") from None
        except aiohttp.ClientError as error:
            raise ServiceUnavailable(f"{service}: {type(error).__name__}") from None
        match status:
            case 200:
                return body
            case 404:
                raise NotFound(f"{service}: 404")
            case 401 | 403:
                log.error("%s: the API refuses our key (%s); check SOTONG_CITY_API_KEY", service, status)
                raise NotPermitted(f"{service}: {status}")
            case 429:
                raise ServiceUnavailable(f"{service}: 429")
            case _ if status >= 500:
                raise ServiceUnavailable(f"{service}: {status}")
            case _:
                raise BadAnswer(f"{service}: unexpected status {status}")

    def _url(self, service: Service, params: Mapping[str, str]) -> URL:
        path = service.path.format_map({name: quote(value, safe="") for name, value in params.items()})
        query = {theirs: params[ours] for ours, theirs in service.query.items() if ours in params}
        return URL(self._base + path, encoded=True).with_query(query)

    async def _remembered(self, kind: type[T], name: str) -> Record[T] | None:
        try:
            stored = await self._redis.get(name)
        except (RedisError, OSError) as error:
            self._cache_is(False, error)
            return None
        self._cache_is(True)
        if stored is None:
            return None
        try:
            entry = Cached.model_validate_json(stored)
            data = kind.model_validate(entry.data)
        except ValidationError:
            log.warning("%s: an answer stored by an older version is not used", kind.service)
            return None
        if self._clock() - entry.fetched_at > STALE:
            return None
        return Record(data, entry.fetched_at, from_cache=True)

    async def _remember(self, name: str, record: Record[T]) -> None:
        entry = Cached(data=record.data.model_dump(mode="json"), fetched_at=record.fetched_at)
        try:
            await self._redis.set(name, entry.model_dump_json(), ex=STALE)
        except (RedisError, OSError) as error:
            self._cache_is(False, error)

    def _cache_is(self, works: bool, error: Exception | None = None) -> None:
        """Log a change once, not each time."""
        if works != self._cache_works:
            if works:
                log.info("the cache of service answers works again")
            else:
                log.warning("no cache of service answers: %s", type(error).__name__)
            self._cache_works = works


def cache_key(base: str, service: str, params: Mapping[str, str]) -> str:
    """Redis key that does not show what was asked (a receipt number leads to a person)."""
    asked = json.dumps([base, dict(params)], sort_keys=True, ensure_ascii=False)
    return f"sotong:service:{service}:{hashlib.sha256(asked.encode()).hexdigest()[:32]}"
