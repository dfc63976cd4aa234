"""What all doors of X share: proof that a request is X's, and API calls in the name of the office's account.

CRC and signature: docs.x.com/x-api/webhooks/introduction. OAuth 1.0a (RFC 5849) signs address and query; a
JSON body is not part of the signature.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from oauthlib.oauth1 import Client

from bot.channel import BadSignature, DeliveryError, WireAnswer, WireRequest
from bot.messages import utc_now
from bot.settings import Settings
from connectors.api import Answer, Api

_SIGNATURE = "x-twitter-webhooks-signature"
_WAIT = frozenset({88, 130, 131, 185, 226, 420})
"""Error codes that pass: rate limits, over capacity, internal error, looks automated (codes of API v1.1)."""


def verify(consumer_secret: str, request: WireRequest) -> None:
    """Raise `BadSignature` unless X signed the body with the app's consumer secret."""
    given = request.headers.get(_SIGNATURE, "").encode(errors="replace")
    if not hmac.compare_digest(given, _proof(consumer_secret, request.body).encode()):
        raise BadSignature("X's signature is missing or wrong")


def challenge(consumer_secret: str, request: WireRequest) -> WireAnswer | None:
    """The answer to X's challenge-response check (`?crc_token=…`); None for another request."""
    token = request.query.get("crc_token")
    if not token:
        return None
    body = json.dumps({"response_token": _proof(consumer_secret, token.encode(errors="replace"))})
    return WireAnswer(body.encode(), "application/json")


class XApi:
    """Calls of X's API, signed by OAuth 1.0a as the office's account.

    `now` says when a rate limit ends, which X gives as an hour of the day.
    """

    def __init__(self, api: Api, base_url: str, signer: Client, now: Callable[[], datetime]) -> None:
        self._api = api
        self._base = base_url.rstrip("/")
        self._signer = signer
        self._now = now

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON that X answers. Raises `DeliveryError`."""
        url = self._base + path
        return self._checked(await self._api.post(url, body, self.authorization("POST", url)))

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON that X answers. Raises `DeliveryError`."""
        url = f"{self._base}{path}?{urlencode(query, quote_via=quote)}" if query else self._base + path
        return self._checked(await self._api.get(url, headers=self.authorization("GET", url)))

    def authorization(self, method: str, url: str) -> dict[str, str]:
        """The headers that sign a call of an address."""
        _, headers, _ = self._signer.sign(url, http_method=method)
        return dict(headers)

    def _checked(self, answer: Answer) -> dict[str, Any]:
        if answer.status == 429:
            raise DeliveryError("HTTP 429", retry_after=self._reset(answer.headers.get("x-rate-limit-reset")))
        answer.raise_for_limit()
        if answer.status >= 400:
            code, said = _fault(answer.json)
            raise DeliveryError(f"HTTP {answer.status}: {code} {said}", permanent=code not in _WAIT)
        return answer.json

    def _reset(self, epoch: str | None) -> float | None:
        """Seconds until the rate limit's window begins anew, at least one."""
        if epoch is None or not epoch.isdecimal():
            return None
        return max(1.0, float(epoch) - self._now().timestamp())


def x_api(settings: Settings, api: Api, now: Callable[[], datetime] = utc_now) -> XApi:
    """The API as the account whose keys the settings hold."""
    signer = Client(
        settings.x_consumer_key.get_secret_value(),
        settings.x_consumer_secret.get_secret_value(),
        settings.x_access_token.get_secret_value(),
        settings.x_access_secret.get_secret_value(),
    )
    return XApi(api, settings.x_api_url, signer, now)


def _proof(secret: str, content: bytes) -> str:
    digest = hmac.new(secret.encode(), content, hashlib.sha256).digest()
    return f"sha256={base64.b64encode(digest).decode()}"


def _fault(body: dict[str, Any]) -> tuple[int, str]:
    """Code and text of an error: `errors[0]` of API v1.1, or `title` of v2 (RFC 9457)."""
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    code = first.get("code")
    return code if isinstance(code, int) else 0, str(first.get("message") or body.get("title") or "")
