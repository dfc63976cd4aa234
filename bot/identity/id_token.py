"""What a provider says about who logged in: an ID token, believed only when everything in it holds.

OpenID Connect Core 1.0, section 3.1.3.7 (what is checked) and 2 (what the claims mean).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"}
)
"""Signatures that only the provider can make: no `none`, no HMAC whose key a client secret would be."""
LEEWAY = 60
"""Seconds by which the provider's clock may differ from ours."""
FRESH = 300
"""Seconds within which the citizen must have shown who they are for a sensitive service (`max_age`)."""
_LONGEST_SUB = 255
"""Characters of a subject: OpenID Connect Core 1.0, section 2."""


class LoginRefused(Exception):
    """What the provider answered proves nothing; the text says why, without anything personal."""


class UnknownKey(LoginRefused):
    """The token is signed with a key that is not among those given: the provider may have new ones."""


@dataclass(frozen=True)
class Expected:
    """What the token must say."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str | None
    acr: tuple[str, ...] = ()
    """For a sensitive service: the ways to log in of which one must have been taken, just now."""


@dataclass(frozen=True)
class Person:
    """Who logged in."""

    sub: str
    name: str
    """As the provider has it, empty when it says none."""
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """All that the token says: for staff, whose roles stand in it."""


def read(token: str, keys: KeySet, algorithms: Collection[str], expected: Expected, now: int) -> Person:
    """Who logged in, when signature and claims hold at `now` (seconds since 1970).

    Raises `LoginRefused`, and `UnknownKey` when the signature could not be looked at.
    """
    try:
        decoded = jwt.decode(token, keys, algorithms=sorted(ALGORITHMS & set(algorithms)))
    except InvalidKeyIdError as error:
        raise UnknownKey("signed with an unknown key") from error
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise LoginRefused(f"signature: {type(error).__name__}") from error
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={
            "iss": {"essential": True, "value": expected.issuer},
            "aud": {"essential": True, "value": expected.client_id},
            "sub": {"essential": True},
            "nonce": {"essential": True, "value": expected.nonce},
        },
        params={
            "client_id": expected.client_id,
            "nonce": expected.nonce,
            "access_token": expected.access_token,
        },
    )
    try:
        claims.validate(now=now, leeway=LEEWAY)
    except (JoseError, ValueError, TypeError) as error:
        raise LoginRefused(f"claims: {error}") from error
    if len(claims["sub"]) > _LONGEST_SUB:
        raise LoginRefused("claims: sub is too long")
    if expected.acr:
        _check_strength(claims, expected.acr, now)
    name = claims.get("name")
    return Person(claims["sub"], name.strip() if isinstance(name, str) else "", dict(decoded.claims))


def _check_strength(claims: dict[str, Any], wanted: tuple[str, ...], now: int) -> None:
    if claims.get("acr") not in wanted:
        raise LoginRefused("acr: not as strong as asked for")
    at = claims.get("auth_time")
    if not isinstance(at, int | float) or isinstance(at, bool):
        raise LoginRefused("auth_time: missing")
    if not now - FRESH - LEEWAY <= at <= now + LEEWAY:
        raise LoginRefused("auth_time: not just now")
