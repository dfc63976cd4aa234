"""What platforms share that sign nothing and number nothing (KakaoTalk, Naver TalkTalk)."""

from __future__ import annotations

import hmac
import json
from hashlib import blake2b
from typing import Any

from bot.channel import BadPayload, BadSignature, WireRequest


def verify_secret(secret: str, request: WireRequest) -> None:
    """Raise `BadSignature` unless the request came to the address that only the platform knows."""
    if not hmac.compare_digest(request.secret.encode("utf-8", "surrogatepass"), secret.encode()):
        raise BadSignature("the secret in the address is missing or wrong")


def read(request: WireRequest) -> dict[str, Any]:
    """The JSON object of a request, with "?" for half characters (a cut emoji). Raises `BadPayload`."""
    try:
        whole = json.dumps(json.loads(request.body), ensure_ascii=False).encode("utf-8", "replace")
        data = json.loads(whole)
    except (ValueError, RecursionError) as error:
        raise BadPayload(f"body: {type(error).__name__}") from error
    if not isinstance(data, dict):
        raise BadPayload("body: must be a JSON object")
    return data


def at(data: Any, *path: str) -> Any:
    """What stands in nested objects under these names; None where any of them is missing."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def name_of(data: Any, *path: str) -> str:
    """A text that must be there, stripped; `BadPayload` names the field where it is not."""
    found = at(data, *path)
    if not isinstance(found, str) or not found.strip():
        raise BadPayload(f"{'.'.join(path)}: must be a text")
    return found.strip()


def request_id(request: WireRequest, *marks: str) -> str:
    """An id for a request whose platform numbers nothing, from what makes it one of its kind.

    Without such marks the moment does: these platforms bring nothing a second time, and the same words said
    twice, however soon, are two messages.
    """
    digest = blake2b(digest_size=16)
    if not marks:
        digest.update(request.body)
    for mark in marks or (request.received_at.isoformat(),):
        digest.update(b"\0" + mark.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
