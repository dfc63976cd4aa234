"""Calls of the YouTube Data API v3 as the office's channel, and what its refusals mean.

Errors: developers.google.com/youtube/v3/docs/errors and the pages of both methods; the reason stands in
`error.errors[0].reason`. `rateLimitExceeded` and its like are those of Google's APIs in general. An access
token is got by a refresh token (developers.google.com/identity/protocols/oauth2) and lasts an hour.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import structlog

from bot.channel import DeliveryError
from connectors.api import Answer, Api
from connectors.youtube_quota import Quota

_SPENT = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_PASSING = frozenset({"processingFailure", "backendError", "internalError"})
_PAUSE = 30.0
"""Seconds to wait when calls come too fast and Google does not say how long."""
_LOCKED_OUT = 600.0
"""Seconds to wait when the account's consent is gone: a person has to renew it."""
_EARLY = 60.0
"""Seconds before its end that an access token is renewed."""

log = structlog.get_logger(__name__)


class YouTubeApi:
    """`list` and `insert`; every call is counted against the quota before it is made."""

    def __init__(
        self, api: Api, token_url: str, client_id: str, client_secret: str, refresh_token: str, quota: Quota
    ) -> None:
        self._api = api
        self._token_url = token_url
        self._form = {
            "client_id": client_id,
            "client_secret": client_secret,
            "refresh_token": refresh_token,
            "grant_type": "refresh_token",
        }
        self._quota = quota
        self._token = ""
        self._valid_until = 0.0

    async def get(self, path: str, query: Mapping[str, str], cost: int) -> dict[str, Any]:
        """A resource. Raises `DeliveryError`."""
        return await self._call("GET", f"{path}?{urlencode(query)}", None, cost)

    async def post(self, path: str, body: Mapping[str, Any], cost: int) -> dict[str, Any]:
        """The resource that was made. Raises `DeliveryError`."""
        return await self._call("POST", path, body, cost)

    async def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None, cost: int
    ) -> dict[str, Any]:
        answer = await self._once(method, path, body, cost)
        if answer.status == 401:  # revoked or expired before its time: once more with a new one
            self._valid_until = 0.0
            answer = await self._once(method, path, body, cost)
        if answer.status == 401:
            raise DeliveryError("HTTP 401", retry_after=_LOCKED_OUT)
        self._check(answer)
        return answer.json

    async def _once(self, method: str, path: str, body: Mapping[str, Any] | None, cost: int) -> Answer:
        if not self._quota.affords(cost):
            raise self._spent("the day's quota is spent")
        headers = {"authorization": f"Bearer {await self._bearer()}"}
        self._quota.spend(cost)
        if body is None:
            return await self._api.get(path, headers=headers)
        return await self._api.post(path, body, headers)

    def _check(self, answer: Answer) -> None:
        reason = _reason(answer.json)
        if reason in _SPENT:
            self._quota.exhaust()
            raise self._spent(reason)
        if reason in _TOO_FAST:
            raise DeliveryError(reason, retry_after=_PAUSE)
        answer.raise_for_limit()
        if answer.status >= 400:
            raise DeliveryError(f"HTTP {answer.status}: {reason}", permanent=reason not in _PASSING)

    def _spent(self, reason: str) -> DeliveryError:
        seconds = self._quota.until_reset()
        log.warning("youtube_quota_spent", seconds=round(seconds))
        return DeliveryError(reason, retry_after=seconds)

    async def _bearer(self) -> str:
        """The access token, renewed when it is about to end. Never ambiguous: nothing was sent yet."""
        if time.monotonic() < self._valid_until:
            return self._token
        try:
            answer = await self._api.post_form(self._token_url, self._form)
        except DeliveryError as error:
            raise DeliveryError(f"token: {error}") from error
        answer.raise_for_limit()
        token, lasts = answer.json.get("access_token"), answer.json.get("expires_in")
        if answer.status >= 400 or not isinstance(token, str) or not isinstance(lasts, int):
            log.error("youtube_token_refused", reason=str(answer.json.get("error", answer.status)),
                      remedy="docs/channels/youtube.md대로 새 갱신 토큰을 받으세요")  # fmt: skip
            raise DeliveryError(f"token: HTTP {answer.status}", retry_after=_LOCKED_OUT)
        self._token = token
        self._valid_until = time.monotonic() + lasts - _EARLY
        return token


def _reason(body: Mapping[str, Any]) -> str:
    error = body.get("error")
    errors = error.get("errors") if isinstance(error, dict) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    return str(first.get("reason", ""))
