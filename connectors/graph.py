"""What Meta's messengers share (Messenger, Instagram, WhatsApp): signature, handshake, envelope, errors.

Facts: developers.facebook.com, Graph API v25.0. An error is `{"error": {"code", "error_subcode", …}}`; what a
code means differs between the messengers, so each gives its own codes that pass by themselves.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from collections.abc import Mapping
from typing import Any

from bot.channel import BadPayload, BadSignature, DeliveryError, WireAnswer, WireRequest
from connectors.api import Answer
from connectors.fields import field, json_object, objects


def verify_signature(secret: str, request: WireRequest) -> None:
    """Raise `BadSignature` unless `X-Hub-Signature-256` is the hex HMAC-SHA256 of the raw body.

    Without a secret nothing is believed.
    """
    digest = hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
    given = request.headers.get("x-hub-signature-256", "")
    if not secret or not hmac.compare_digest(given.encode(errors="replace"), f"sha256={digest}".encode()):
        raise BadSignature("X-Hub-Signature-256 is missing or wrong")


def handshake(token: str, request: WireRequest) -> WireAnswer:
    """The challenge that Meta wants back when the webhook is set up.

    Raises `BadSignature` unless the request repeats our verify token.
    """
    given = request.query.get("hub.verify_token", "")
    same = hmac.compare_digest(given.encode(errors="replace"), token.encode())
    if not token or not same or request.query.get("hub.mode") != "subscribe":
        raise BadSignature("hub.mode or hub.verify_token is missing or wrong")
    return WireAnswer(request.query.get("hub.challenge", "").encode())


def entries(request: WireRequest, kind: str) -> list[dict[str, Any]]:
    """The entries of a notification about an `object` of this kind. Raises `BadPayload`."""
    data = json_object(request.body)
    if data.get("object") != kind:
        raise BadPayload(f"object: must be {kind}")
    if not isinstance(data.get("entry"), list):
        raise BadPayload("entry: must be a list")
    return objects(data, "entry")


def raise_for_error(answer: Answer, passing: Mapping[int, float | None]) -> None:
    """Raise `DeliveryError` when the Graph API refused.

    `passing`: codes worth another try, with the seconds to wait (None: the usual back-off). With any other
    code a refusal is permanent, unless it is Meta's own fault (HTTP 5xx).
    """
    code = field(answer.json, "error", "code")
    if not isinstance(code, int):
        answer.raise_for_limit()
        if answer.status >= 300:
            raise DeliveryError(f"HTTP {answer.status}", permanent=True)
        return
    name = f"Graph error {code}/{field(answer.json, 'error', 'error_subcode') or 0}"
    if code in passing or answer.status >= 500:
        raise DeliveryError(name, retry_after=_regained(answer) or passing.get(code))
    raise DeliveryError(name, permanent=True)


def appsecret_proof(secret: str, token: str) -> str:
    """What proves that a call comes from the app's own server, where the app asks for it in its settings."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def _regained(answer: Answer) -> float | None:
    """Seconds until calls are taken again, by `X-Business-Use-Case-Usage` (which says it in minutes)."""
    try:
        usage = json.loads(answer.headers.get("x-business-use-case-usage", "{}"))
        minutes = max(
            float(use["estimated_time_to_regain_access"]) for uses in usage.values() for use in uses
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return minutes * 60 if 0 < minutes < math.inf else None
