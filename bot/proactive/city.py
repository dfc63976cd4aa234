"""The city's API, as far as reminders need it; asked by the gateway and by the action server alike."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel, ConfigDict, Field
from yarl import URL

from bot.proactive.kinds import Collection, Fetched
from bot.proactive.wish import NotNow

_TIMEOUT = aiohttp.ClientTimeout(total=3.0)
_LARGEST = 512 * 1024
"""Bytes of an answer that are read."""
_NONE = (400, 404)
"""The API knows nothing by that name; 400 where it cannot even be one."""


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Case(_Read):
    title: str = Field(min_length=1)
    state: str = Field(min_length=1)
    next_step: str = ""


class _Schedule(_Read):
    dong: str = Field(min_length=1)
    general: tuple[str, ...] = Field(min_length=1)
    food: tuple[str, ...] = Field(min_length=1)
    recycling: tuple[str, ...] = Field(min_length=1)
    opens: str
    closes: str


class _Schedules(_Read):
    schedules: tuple[_Schedule, ...]


class CityHttp:
    """`City` over HTTP. `key` goes into the header `key_header`."""

    def __init__(self, base_url: str, key: str, key_header: str = "X-Api-Key") -> None:
        self._base = base_url.rstrip("/")
        self._headers = {key_header: key, "Accept": "application/json"}

    async def case(self, number: str) -> Fetched | None:
        """GET /v1/cases/{number}."""
        found = await self._get(f"/v1/cases/{quote(number, safe='')}", _Case)
        return Fetched(found.title, found.state, found.next_step) if found else None

    async def collection(self, dong: str) -> Collection | None:
        """GET /v1/waste/schedule?dong=…; what is no name of a place is not asked for."""
        found = await self._get("/v1/waste/schedule", _Schedules, dong=dong)
        if found is None or not found.schedules:
            return None
        place = found.schedules[0]
        days = {"general": place.general, "food": place.food, "recycling": place.recycling}
        return Collection(
            place.dong,
            {part: "".join(letters) for part, letters in days.items()},
            place.opens,
            place.closes,
        )

    async def dongs(self) -> Sequence[str]:
        """GET /v1/waste/schedule."""
        found = await self._get("/v1/waste/schedule", _Schedules)
        return [place.dong for place in found.schedules] if found else []

    async def _get(self, path: str, form: Any, **query: str) -> Any:
        url = URL(self._base + path, encoded=True).with_query(query)
        try:
            async with (
                aiohttp.ClientSession(headers=self._headers, timeout=_TIMEOUT) as session,
                session.get(url, allow_redirects=False) as response,
            ):
                if response.status in _NONE:
                    return None
                if response.status != 200:
                    raise NotNow(f"the city's API answered {response.status}")
                body = b""
                async for piece in response.content.iter_chunked(64 * 1024):
                    body += piece
                    if len(body) > _LARGEST:
                        raise NotNow("the city's API: far too long an answer")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NotNow(f"the city's API: {type(error).__name__}") from error
        try:
            return form.model_validate(json.loads(body))
        except (ValueError, RecursionError) as error:
            raise NotNow("the city's API: not the form expected") from error
