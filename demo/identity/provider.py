"""A provider's memory: who there is, which client, which codes are out, and what its tokens say."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CODE_LASTS = 60
"""Seconds."""
TOKEN_LASTS = 300
"""Seconds."""
BASIC, STRONG = "basic", "strong"
"""Ways to log in (`acr`): 간편인증 and 공동인증서, in the demo only by name."""


@dataclass(frozen=True)
class Citizen:
    """Somebody who can log in."""

    sub: str
    name: str
    about: str
    """What is to be seen with them, for whoever tries the demo."""


CITIZENS = (
    Citizen("hanbit-1", "김하늘", "자동차세와 주민세가 있고, 책을 네 권 빌렸어요"),
    Citizen("hanbit-2", "이솔", "낼 세금도 빌린 책도 없어요"),
    Citizen("hanbit-3", "박가온", "재산세 낼 날이 지났고, 책을 한 권 빌렸어요"),
)
"""Invented. The demo city's API knows them by `sub`."""


@dataclass(frozen=True)
class Registered:
    """The client that the provider knows."""

    id: str
    secret: str
    redirect: str


class BadRequest(Exception):
    """A request that a provider must refuse; the text is an error code of OAuth 2.0."""


@dataclass(frozen=True)
class Request:
    """What a browser was sent with, checked."""

    redirect: str
    state: str
    nonce: str
    challenge: str
    acr: str
    scope: str

    @classmethod
    def of(cls, query: Mapping[str, str], client: Registered) -> Request:
        """Raises `BadRequest`."""
        if query.get("client_id") != client.id or query.get("redirect_uri") != client.redirect:
            raise BadRequest("unauthorized_client")
        wanted = {"response_type": "code", "code_challenge_method": "S256"}
        scope = query.get("scope", "")
        right = all(query.get(name) == value for name, value in wanted.items())
        state, nonce, challenge = (query.get(name, "") for name in ("state", "nonce", "code_challenge"))
        if not (right and "openid" in scope.split() and state and nonce and challenge):
            raise BadRequest("invalid_request")
        acr = STRONG if STRONG in query.get("acr_values", "").split() else BASIC
        return cls(client.redirect, state, nonce, challenge, acr, scope)


@dataclass(frozen=True)
class _Granted:
    request: Request
    citizen: Citizen
    at: float


class Provider:
    """Gives codes, and tokens for codes. `clock` counts seconds since 1970."""

    def __init__(
        self, issuer: str, client: Registered, clock: Callable[[], float], key: RSAKey | None = None
    ) -> None:
        self.issuer = issuer
        self.client = client
        self._clock = clock
        self._codes: dict[str, _Granted] = {}
        self._key = key or RSAKey.generate_key(2048, auto_kid=True)

    def keys(self) -> dict[str, Any]:
        """The public keys, as JSON (RFC 7517)."""
        return dict(KeySet([self._key]).as_dict(private=False, use="sig", alg="RS256"))

    def grant(self, request: Request, citizen: Citizen) -> str:
        """A code for a citizen who has logged in."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Granted(request, citizen, self._clock())
        return code

    def redeem(self, form: Mapping[str, str], client_id: str, client_secret: str) -> dict[str, Any]:
        """The tokens for a code, once. Raises `BadRequest`."""
        if client_id != self.client.id or not hmac.compare_digest(client_secret, self.client.secret):
            raise BadRequest("invalid_client")
        granted = self._codes.pop(form.get("code", ""), None)
        if form.get("grant_type") != "authorization_code":
            raise BadRequest("unsupported_grant_type")
        if granted is None or self._clock() > granted.at + CODE_LASTS:
            raise BadRequest("invalid_grant")
        proof = urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        same = proof.rstrip(b"=").decode() == granted.request.challenge
        if not same or form.get("redirect_uri") != granted.request.redirect:
            raise BadRequest("invalid_grant")
        return {
            "access_token": secrets.token_urlsafe(24),
            "token_type": "Bearer",
            "expires_in": TOKEN_LASTS,
            "id_token": self.sign(self.claims(granted)),
        }

    def claims(self, granted: _Granted) -> dict[str, Any]:
        """What the ID token says."""
        now = int(self._clock())
        named = {"name": granted.citizen.name} if "profile" in granted.request.scope.split() else {}
        return {
            "iss": self.issuer,
            "sub": granted.citizen.sub,
            "aud": self.client.id,
            "iat": now,
            "exp": now + TOKEN_LASTS,
            "auth_time": int(granted.at),
            "nonce": granted.request.nonce,
            "acr": granted.request.acr,
            **named,
        }

    def sign(self, claims: dict[str, Any]) -> str:
        """The ID token."""
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key)
