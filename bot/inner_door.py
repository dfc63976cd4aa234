"""Who may call Rasa and the action server: whoever shows the token, from an address of our own network.

Both are Sanic applications, in two Pythons and two Sanics; this is for both. Rasa's own check of a token
covers its HTTP API only, nothing below `/webhooks`, and compares letter by letter.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
from typing import Any

from sanic.response import HTTPResponse, json

LARGEST = 16 * 1024 * 1024
"""Bytes of a body: a domain goes along with an action's call now and then."""
_BEARER = "Bearer "

log = logging.getLogger(__name__)


def lock(app: Any, token: str, unlocked: frozenset[str] = frozenset()) -> None:
    """Refuse every request without the token, but those for the paths `unlocked`, and all from outside.

    Raises `ValueError` without a token.
    """
    if not token:
        raise ValueError("SOTONG_RASA_TOKEN is not set: nobody could be let in")
    app.config.REQUEST_MAX_SIZE = LARGEST

    async def check(request: Any) -> HTTPResponse | None:
        known = request.path in unlocked or shown(request, token)
        if known and is_near(request.ip):
            return None
        part = "/".join(request.path.split("/")[:2])  # what follows may be the key of a conversation
        log.warning("refused a request from %s to %s", request.ip, part)
        return json({"error": "a token is needed"}, status=401)

    app.register_middleware(check, "request")


def shown(request: Any, token: str) -> bool:
    """Whether a request has the token, in the header `Authorization` or, as Rasa has it, in the query."""
    header = request.headers.get("authorization", "")
    given = header[len(_BEARER) :] if header.startswith(_BEARER) else request.args.get("token", "")
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())


def is_near(address: str) -> bool:
    """Whether an IP address is of this machine or of a network that the rest of the world cannot reach."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return not (mapped or found).is_global
