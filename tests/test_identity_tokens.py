"""ID tokens, keys and discovery documents of a provider that lies: nobody is logged in by them."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from bot.identity.id_token import LoginRefused
from bot.identity.identities import Level
from bot.identity.oidc import ProviderAway
from tests.identity_support import BACK, VERIFIER, Liar, Pair, pair

__all__ = ["pair"]  # fixture

STRANGER = RSAKey.generate_key(2048, auto_kid=True)


async def refused(pair: Pair, level: Level = Level.LOGIN) -> None:
    """Nobody is believed to be anybody."""
    with pytest.raises(LoginRefused):
        await pair.log_in(level)


NOW = int(time.time())


def named(claims: dict[str, Any]) -> str:
    """The same name in every process that collects this test, whatever second it was started in."""
    times = {"exp", "iat", "nbf", "auth_time"}
    return json.dumps(
        {
            name: value - NOW if name in times and type(value) is int else value
            for name, value in claims.items()
        }
    )[:40]


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"aud": None},
        {"aud": ["sotong", "another-client"], "azp": "another-client"},
        {"aud": ["sotong", "another-client"]},
        {"exp": NOW - 120},
        {"exp": None},
        {"exp": "never"},
        {"exp": float("nan")},
        {"iat": NOW + 3600},
        {"nbf": NOW + 3600},
        {"nonce": None},
        {"nonce": "of-another-login"},
        {"nonce": ["of-another-login"]},
        {"sub": None},
        {"sub": ""},
        {"sub": 4711},
        {"sub": "x" * 256},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
    ids=named,
)
async def test_claims_that_do_not_hold(claims: dict[str, Any], pair: Pair) -> None:
    pair.theirs.claim = claims
    await refused(pair)


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _part(said: dict[str, Any]) -> str:
    return _base64(json.dumps(said).encode())


def unsigned(claims: dict[str, Any]) -> str:
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."


def with_secret(claims: dict[str, Any]) -> str:
    """Signed with what every client of the provider knows: its own secret."""
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("demo-secret-of-a-client-that-is-long"))


def with_public_key(provider: Liar) -> Callable[[dict[str, Any]], str]:
    """The public key used as if it were a secret: confusion of RS256 and HS256."""
    public = provider.key.as_pem(private=False)

    def sign(claims: dict[str, Any]) -> str:
        head = f"{_part({'alg': 'HS256', 'kid': provider.key.kid})}.{_part(claims)}"
        return f"{head}.{_base64(hmac.digest(public, head.encode(), 'sha256'))}"

    return sign


def of_stranger(kid: str | None) -> Callable[[dict[str, Any]], str]:
    header = {"alg": "RS256"} | ({"kid": kid} if kid else {})
    return lambda claims: jwt.encode(header, claims, STRANGER)


def bringing_its_key(claims: dict[str, Any]) -> str:
    header = {"alg": "RS256", "jwk": STRANGER.as_dict(private=False)}
    return jwt.encode(header, claims, STRANGER)


def with_anothers(provider: Liar, claims: dict[str, Any]) -> str:
    """The signature of another token."""
    own = [jwt.encode({"alg": "RS256", "kid": provider.key.kid}, said, provider.key) for said in (claims, {})]
    return ".".join([*own[0].split(".")[:2], own[1].split(".")[2]])


@pytest.mark.parametrize(
    "signer",
    [
        lambda _: unsigned,
        lambda _: with_secret,
        with_public_key,
        lambda provider: of_stranger(provider.key.kid),
        lambda _: of_stranger(None),
        lambda _: of_stranger("unheard-of"),
        lambda _: bringing_its_key,
        lambda _: lambda _claims: "not.a.token",
        lambda _: lambda _claims: "",
        lambda provider: lambda claims: with_anothers(provider, claims),
    ],
)
async def test_signatures_that_prove_nothing(signer: Any, pair: Pair) -> None:
    pair.theirs.signer = signer(pair.theirs)
    await refused(pair)


@pytest.mark.parametrize(
    "listed",
    [
        {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0", "kid": "a"},
        {"kty": "AKP", "alg": "ML-DSA-44", "kid": "b", "pub": "AA"},
        {"kty": "RSA", "n": "!", "e": "AQAB", "kid": "c"},
        {"kty": "RSA", "use": "enc", "n": "AA", "e": "AQAB", "kid": "d"},
        {},
    ],
)
async def test_keys_that_we_cannot_use_are_passed_over(listed: dict[str, Any], pair: Pair) -> None:
    pair.theirs.listed = [listed, *([ECKey.generate_key("P-256", auto_kid=True).as_dict(private=False)])]
    assert (await pair.log_in()).sub == "hanbit-1"


async def test_any_signature_that_only_the_provider_can_make(pair: Pair) -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    pair.theirs.listed = [key.as_dict(private=False)]
    pair.theirs.metadata = {"id_token_signing_alg_values_supported": ["ES256"]}
    pair.theirs.signer = lambda claims: jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)
    assert (await pair.log_in()).sub == "hanbit-1"
    pair.theirs.signer = None  # RS256, which it does not say it uses
    await refused(pair)


async def test_a_clock_that_is_a_little_fast_is_borne(pair: Pair) -> None:
    pair.theirs.ahead = 45.0
    assert (await pair.log_in()).sub == "hanbit-1"


@pytest.mark.parametrize(
    "claims",
    [
        {"acr": None},
        {"acr": "basic"},
        {"acr": ["strong"]},
        {"auth_time": None},
        {"auth_time": NOW - 3600},
        {"auth_time": NOW + 3600},
        {"auth_time": True},
        {"auth_time": "now"},
    ],
    ids=named,
)
async def test_a_sensitive_service_wants_more(claims: dict[str, Any], pair: Pair) -> None:
    pair.theirs.claim = claims
    await refused(pair, Level.STRONG)


async def test_a_strong_login_is_asked_for_and_believed(pair: Pair) -> None:
    asked = {"state": "s", "nonce": "n", "verifier": VERIFIER}
    address = await pair.ours.address(BACK, level=Level.STRONG, **asked)
    assert all(part in address for part in ("acr_values=strong", "max_age=300", "prompt=login"))
    assert "prompt" not in await pair.ours.address(BACK, level=Level.LOGIN, **asked)
    assert (await pair.log_in(Level.STRONG)).sub == "hanbit-1"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"token_endpoint": "http://192.0.2.1/token"},
        {"jwks_uri": "ftp://192.0.2.1/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "https://"},
    ],
    ids=lambda metadata: json.dumps(metadata),
)
async def test_a_discovery_document_that_cannot_be_used(metadata: dict[str, Any], pair: Pair) -> None:
    pair.theirs.metadata = metadata
    with pytest.raises(ProviderAway):
        await pair.log_in()


@pytest.mark.parametrize(
    ("path", "code", "error"),
    [
        ("/token", 500, ProviderAway),
        ("/token", 302, ProviderAway),
        ("/token", 400, LoginRefused),
        ("/keys", 404, ProviderAway),
    ],
)
async def test_a_provider_that_breaks_down(path: str, code: int, error: type[Exception], pair: Pair) -> None:
    pair.theirs.status[path] = code
    with pytest.raises(error):
        await pair.log_in()
