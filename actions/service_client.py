"""Questions to the city's API whose answers are models: one retry, and a cache that shows its age."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from pydantic import ValidationError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from actions.answer_cache import AnswerCache, cache_key
from actions.city_api import BadAnswer, CityApi, Request, ServiceSlow, ServiceUnavailable, refused
from actions.records import Answered
from actions.services import Services

A = TypeVar("A")
T = TypeVar("T", bound=Answered)

log = logging.getLogger(__name__)

ATTEMPTS = 2
PAUSE_SECONDS = 0.05
_OK = 200


@dataclass(frozen=True)
class Record(Generic[A]):
    """An answer and when it was true."""

    data: A
    fetched_at: datetime
    from_cache: bool


class ServiceClient:
    """Asks the API about the services that `services` gives addresses of.

    `cache` holds answers for a day; without Redis everything works, only uncached. `clock` gives the
    present as an aware datetime.
    """

    def __init__(
        self, api: CityApi, cache: AnswerCache, clock: Callable[[], datetime], services: Services
    ) -> None:
        self._api = api
        self._cache = cache
        self._clock = clock
        self._services = services.services

    async def query(self, kind: type[T], params: Mapping[str, str]) -> Record[T]:
        """The answer of the service `kind.service`.

        Fresh from the cache, else from the API (each of the two attempts may take the time limit), else
        from the cache as long as it is not older than a day. Raises NotFound, NotPermitted,
        ServiceUnavailable, ServiceSlow or BadAnswer.
        """
        service = self._services[kind.service]
        name = cache_key(self._api.base, kind.service, params)
        cached = await self._remembered(kind, name)
        if cached and self._clock() - cached.fetched_at < timedelta(seconds=service.fresh_seconds):
            return cached
        request = Request(kind.service, service.path, params, service.query)
        try:
            data = _read(kind, await twice(self._get, request))
        except (ServiceUnavailable, ServiceSlow, BadAnswer) as error:
            return older(cached, error)
        record = Record(data, self._clock(), from_cache=False)
        await self._cache.put(name, data.model_dump(mode="json"), record.fetched_at)
        return record

    async def _get(self, request: Request) -> bytes:
        status, body = await self._api.send(request)
        if status != _OK:
            raise refused(request.service, status)
        return body

    async def _remembered(self, kind: type[T], name: str) -> Record[T] | None:
        kept = await self._cache.get(name)
        if kept is None:
            return None
        try:
            return Record(kind.model_validate(kept.data), kept.fetched_at, from_cache=True)
        except ValidationError:
            log.warning("%s: an answer stored by an older version is not used", kind.service)
            return None


def _read(kind: type[T], body: bytes) -> T:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        faults = {".".join(str(part) for part in fault["loc"]) or "JSON" for fault in error.errors()}
        raise BadAnswer(f"{kind.service}: not the form expected: {', '.join(sorted(faults))}") from None


async def twice(get: Callable[[Request], Awaitable[bytes]], request: Request) -> bytes:
    """What a question gets, asked once more if nothing usable came back."""
    attempts = AsyncRetrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_fixed(PAUSE_SECONDS),
        retry=retry_if_exception_type((ServiceUnavailable, ServiceSlow)),
        reraise=True,
    )
    body: bytes = await attempts(get, request)
    return body


def older(cached: Record[A] | None, error: Exception) -> Record[A]:
    """The older answer in place of the one that did not come; raises `error` when there is none."""
    log.warning("%s; %s", error, "an older answer is shown" if cached else "nothing older is known")
    if cached is None:
        raise error
    return cached
