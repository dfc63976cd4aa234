"""The provider at which citizens log in: OpenID Connect with the authorization code flow and PKCE.

OpenID Connect Core 1.0, OpenID Connect Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (`iss` against mix-up).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlsplit

import aiohttp
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.identity.id_token import ALGORITHMS, FRESH, Expected, LoginRefused, Person, UnknownKey, read
from bot.identity.identities import Level
from bot.outside import Outside

_WITHIN = aiohttp.ClientTimeout(total=5, sock_connect=2)
_LONGEST = 512 * 1024
"""Bytes of an answer."""
_HOLDS = 3600.0
"""Seconds for which what the provider says about itself holds."""
_KEYS_AGAIN = 10.0
"""Seconds between two looks at the provider's keys, however many tokens name unknown ones."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ProviderAway(Exception):
    """The provider cannot be reached, or answers nothing that can be used."""


@dataclass(frozen=True)
class Client:
    """What we are to the provider, from the settings."""

    issuer: str
    id: str
    secret: str
    """Empty for a public client, which PKCE alone protects."""
    scopes: str
    acr: tuple[str, ...]
    """Ways to log in that are enough for sensitive services; empty = there are none."""


class Metadata(BaseModel):
    """What is used of OpenID Connect Discovery 1.0, section 3; and of RFC 9207, section 3."""

    model_config = ConfigDict(extra="ignore")

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Provider:
    """One provider, asked by way of `outside`. `clock` counts seconds since 1970."""

    def __init__(self, outside: Outside, client: Client, clock: Callable[[], float] = time.time) -> None:
        self._outside = outside
        self._client = client
        self._clock = clock
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None

    @property
    def issuer(self) -> str:
        """Whose logins these are."""
        return self._client.issuer

    async def address(self, redirect: str, *, state: str, nonce: str, verifier: str, level: Level) -> str:
        """Where a browser is sent to log in. Raises `ProviderAway`."""
        asked = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": redirect,
            "scope": self._client.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
            "ui_locales": "ko",
        }
        if level >= Level.STRONG:
            asked |= {"acr_values": " ".join(self._client.acr), "max_age": str(FRESH), "prompt": "login"}
        endpoint = (await self._known()).authorization_endpoint
        return str(add_params_to_uri(endpoint, list(asked.items())))

    async def check_answer(self, iss: str | None) -> None:
        """Whether an answer in a browser comes from this provider. Raises `LoginRefused`, `ProviderAway`."""
        known = await self._known()
        if iss is None and not known.authorization_response_iss_parameter_supported:
            return
        if iss != known.issuer:
            raise LoginRefused("the answer comes from another issuer")

    async def person(self, code: str, redirect: str, *, nonce: str, verifier: str, level: Level) -> Person:
        """Who logged in, in exchange for the code. Raises `LoginRefused` and `ProviderAway`."""
        known = await self._known()
        answer = await self._redeem(known, code, redirect, verifier)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise LoginRefused("the provider gave no ID token")
        access = answer.get("access_token")
        expected = Expected(
            known.issuer,
            self._client.id,
            nonce,
            access if isinstance(access, str) else None,
            self._client.acr if level >= Level.STRONG else (),
        )
        algorithms = known.id_token_signing_alg_values_supported
        try:
            return read(token, await self._signing(known), algorithms, expected, int(self._clock()))
        except UnknownKey:
            again = await self._signing(known, older_than=_KEYS_AGAIN)
            return read(token, again, algorithms, expected, int(self._clock()))

    async def _known(self) -> Metadata:
        if self._metadata is not None and self._clock() < self._metadata[0] + _HOLDS:
            return self._metadata[1]
        issuer = self._client.issuer
        said = await self._ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            known = Metadata.model_validate(said)
        except ValidationError as error:
            raise ProviderAway("discovery: fields are missing or wrong") from error
        if known.issuer.rstrip("/") != issuer.rstrip("/"):
            raise ProviderAway("discovery: the document is another issuer's")
        for url in (known.issuer, known.authorization_endpoint, known.token_endpoint, known.jwks_uri):
            if not _safe(url):
                raise ProviderAway("discovery: an address is not https")
        self._metadata = (self._clock(), known)
        return known

    async def _signing(self, known: Metadata, older_than: float = _HOLDS) -> KeySet:
        """The provider's keys, asked for again when those at hand are older than so many seconds."""
        if self._keys is not None and self._clock() < self._keys[0] + older_than:
            return self._keys[1]
        said = await self._ask("GET", known.jwks_uri)
        listed = said.get("keys")
        if not isinstance(listed, list):
            raise ProviderAway("keys: there is no list")
        keys = KeySet([key for key in map(_key, listed) if key is not None])
        self._keys = (self._clock(), keys)
        return keys

    async def _redeem(self, known: Metadata, code: str, redirect: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
        }
        headers = {"Accept": "application/json"}
        if not self._client.secret:
            form["client_id"] = self._client.id
        elif "client_secret_basic" in known.token_endpoint_auth_methods_supported:
            named = aiohttp.encode_basic_auth(quote_plus(self._client.id), quote_plus(self._client.secret))
            headers["Authorization"] = named
        else:
            form |= {"client_id": self._client.id, "client_secret": self._client.secret}
        return await self._ask("POST", known.token_endpoint, data=form, headers=headers)

    async def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        """A JSON object from the provider. What it refuses with 4xx is a `LoginRefused`."""
        if not _safe(url):
            raise ProviderAway("the issuer's address is not https")
        try:
            async with self._outside.request(method, url, timeout=_WITHIN, **more) as response:
                body = await _read(response)
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ProviderAway(type(error).__name__) from error
        if method == "POST" and 400 <= status < 500:
            raise LoginRefused(f"the provider refused the code: HTTP {status}")
        if status != 200:
            raise ProviderAway(f"HTTP {status}")
        try:
            said = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise ProviderAway("the answer is not JSON") from error
        if not isinstance(said, dict):
            raise ProviderAway("the answer is not a JSON object")
        return said


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _LONGEST:
            raise ProviderAway("the answer is too long")
    return bytes(body)


def _key(given: object) -> Key | None:
    """A key that can sign; None for any other, and for kinds that we do not know."""
    if not isinstance(given, dict) or given.get("kty") == "oct" or given.get("use", "sig") != "sig":
        return None
    if given.get("alg", "RS256") not in ALGORITHMS:
        return None
    try:
        return JWKRegistry.import_key(given)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _safe(url: str) -> bool:
    """Whether nobody on the way can read along: https, or this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )
