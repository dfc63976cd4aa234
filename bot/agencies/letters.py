"""Letters between installations: JSON signed by the sender's key, for one recipient, now.

Headers: `X-Sotong-Agency` who writes, `X-Sotong-Timestamp` in seconds of Unix time, `X-Sotong-Signature`
Ed25519 in base64url of `<recipient>.<timestamp>.<body>`. With the recipient signed too, nobody can pass a
letter on as meant for somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.agencies.keys import BadKey, OwnKey, check_signature

WINDOW = 300.0
"""Seconds that the sender's clock may differ from ours: an older letter may be a replayed one."""
_LONGEST_TIMESTAMP = 12


class BadLetter(Exception):
    """A letter that nobody we trust wrote to us just now; says why."""


def sealed(key: OwnKey, own: str, to: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that make a body a letter."""
    timestamp = str(int(now.timestamp()))
    return {
        "Content-Type": "application/json",
        "X-Sotong-Agency": own,
        "X-Sotong-Timestamp": timestamp,
        "X-Sotong-Signature": key.sign(_signed(to, timestamp, body)),
    }


def sender(headers: Mapping[str, str], body: bytes, own: str, keys: Mapping[str, str], now: datetime) -> str:
    """The agency that wrote a letter to us (`own`); `headers` have names in lower case.

    `keys` are those of the agencies that we trust. Raises `BadLetter`.
    """
    agency = headers.get("x-sotong-agency", "")
    timestamp = headers.get("x-sotong-timestamp", "")
    public = keys.get(agency)
    if public is None:
        raise BadLetter("X-Sotong-Agency is nobody we trust")
    try:
        check_signature(public, _signed(own, timestamp, body), headers.get("x-sotong-signature", ""))
    except BadKey as error:
        raise BadLetter(str(error)) from error
    if not timestamp.isdecimal() or len(timestamp) > _LONGEST_TIMESTAMP:
        raise BadLetter("X-Sotong-Timestamp must be seconds of Unix time")
    if abs(now.timestamp() - int(timestamp)) > WINDOW:
        raise BadLetter("X-Sotong-Timestamp is more than five minutes off")
    return agency


def _signed(to: str, timestamp: str, body: bytes) -> bytes:
    return f"{to}.{timestamp}.".encode(errors="replace") + body
