"""Calls of the services that `data/services/` describes: questions, and orders that change something."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from aiohttp import ClientConnectorError

from actions.answer_cache import AnswerCache, cache_key
from actions.city_api import (
    BadAnswer,
    CityApi,
    Request,
    ServiceError,
    ServiceSlow,
    ServiceUnavailable,
    refused,
)
from actions.service_client import Record, older, twice
from bot.services.answer import Facts, UnfitAnswer, check_answer, read_answer
from bot.services.hearing import PERSONAL
from bot.services.models import Definition

log = logging.getLogger(__name__)

_CONFLICT = 409
_INVALID = (400, 422)
_FORBIDDEN = 403
_LONGEST_REASON = 200


class Conflict(ServiceError):
    """409: somebody was faster, or it has been done already."""


class Refused(ServiceError):
    """403 for a citizen who is known: this is not theirs."""


class Invalid(ServiceError):
    """400 or 422: what was asked cannot be; `reason` is for the citizen, `parameter` the API's name of it."""

    def __init__(self, message: str, reason: str, parameter: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.parameter = parameter


class Uncertain(ServiceError):
    """An order went out and no usable answer came back: it may have been carried out."""


@dataclass(frozen=True)
class Order:
    """One call, ready to go: personal values are in the clear here, so it is made last and never kept."""

    definition: Definition
    values: Mapping[str, str]
    subject: str = ""
    """Who asks, in the terms of the provider of identities."""
    key: str = ""
    """The same for the same order: the API carries it out once."""


class ServiceCalls:
    """Calls services as their files say."""

    def __init__(self, api: CityApi, cache: AnswerCache, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._cache = cache
        self._clock = clock

    async def call(self, order: Order) -> Record[Facts]:
        """The answer's fields.

        A question is asked twice at most and answered from the cache when it cannot be; answers about a
        person, and those without `fresh_seconds`, are never kept. An order is sent once. Raises a
        ServiceError of this module or of `actions.city_api`.
        """
        if order.definition.endpoint.changes:
            return Record(await self._order(order), self._clock(), from_cache=False)
        personal = order.subject or any(
            each.type in PERSONAL for each in order.definition.parameters.values()
        )
        if personal or not order.definition.fresh_seconds:
            return Record(await self._ask(order), self._clock(), from_cache=False)
        return await self._ask_or_remember(order)

    async def _ask_or_remember(self, order: Order) -> Record[Facts]:
        definition = order.definition
        name = cache_key(self._api.base, definition.id, order.values)
        cached = await self._remembered(definition, name)
        fresh = timedelta(seconds=definition.fresh_seconds)
        if cached and self._clock() - cached.fetched_at < fresh:
            return cached
        try:
            facts = await self._ask(order)
        except (ServiceUnavailable, ServiceSlow, BadAnswer) as error:
            return older(cached, error)
        record = Record(facts, self._clock(), from_cache=False)
        await self._cache.put(name, json.loads(json.dumps(facts, default=_iso)), record.fetched_at)
        return record

    async def _remembered(self, definition: Definition, name: str) -> Record[Facts] | None:
        kept = await self._cache.get(name)
        if kept is None:
            return None
        try:
            return Record(check_answer(definition, kept.data), kept.fetched_at, from_cache=True)
        except UnfitAnswer:
            log.warning("%s: an answer stored before its file changed is not used", definition.id)
            return None

    async def _ask(self, order: Order) -> Facts:
        async def get(request: Request) -> bytes:
            return await self._send(order, request)

        return _read(order.definition, await twice(get, _request(order)))

    async def _order(self, order: Order) -> Facts:
        id_ = order.definition.id
        try:
            return _read(order.definition, await self._send(order, _request(order)))
        except ServiceUnavailable as error:
            if isinstance(error.__cause__, ClientConnectorError):  # it never left
                raise
            raise Uncertain(f"{id_}: {error}") from error
        except (ServiceSlow, BadAnswer) as error:
            raise Uncertain(f"{id_}: {error}") from error

    async def _send(self, order: Order, request: Request) -> bytes:
        status, body = await self._api.send(request)
        id_ = order.definition.id
        if 200 <= status < 300:
            return body
        if status == _CONFLICT:
            raise Conflict(f"{id_}: 409")
        if status in _INVALID:
            raise _invalid(id_, body)
        if status == _FORBIDDEN and order.subject:
            raise Refused(f"{id_}: 403")
        raise refused(id_, status)


def _request(order: Order) -> Request:
    endpoint = order.definition.endpoint
    headers: dict[str, str] = {}
    if order.subject and endpoint.subject_header:
        headers[endpoint.subject_header] = order.subject
    if endpoint.changes:
        headers[endpoint.idempotency_header] = order.key
    body = {theirs: order.values[ours] for ours, theirs in endpoint.body.items() if ours in order.values}
    return Request(
        order.definition.id,
        endpoint.path,
        order.values,
        endpoint.query,
        endpoint.method,
        headers,
        body if endpoint.body else None,
    )


def _read(definition: Definition, body: bytes) -> Facts:
    try:
        return read_answer(definition, body)
    except UnfitAnswer as error:
        raise BadAnswer(f"{definition.id}: not the form expected: {error}") from None


def _invalid(id_: str, body: bytes) -> Invalid:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    said = said if isinstance(said, dict) else {}
    reason, parameter = said.get("message"), said.get("parameter")
    return Invalid(
        f"{id_}: refused as invalid",
        reason[:_LONGEST_REASON] if isinstance(reason, str) else "",
        parameter if isinstance(parameter, str) else "",
    )


def _iso(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
