"""An installation's own Ed25519 key, and what it signs.

What is signed is the JSON text itself, as bytes: nobody has to agree on a canonical form.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bot.secrets import own_secret

_FINGERPRINT = 16
"""Characters of a fingerprint that people compare by telephone."""


class BadKey(Exception):
    """A key or signature that is none."""


class OwnKey:
    """Signs for this installation."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = _encode(self._key.public_key().public_bytes_raw())
        """In base64url."""

    def sign(self, content: bytes) -> str:
        """A signature in base64url."""
        return _encode(self._key.sign(content))


def own_key(var_dir: Path) -> OwnKey:
    """The key of this installation, made when there is none yet. Raises `OSError`."""
    return OwnKey(bytes.fromhex(own_secret(var_dir, "agency-key")))


def check_signature(public: str, content: bytes, signature: str) -> None:
    """Raise `BadKey` unless whoever holds the key to `public` signed this content."""
    try:
        Ed25519PublicKey.from_public_bytes(_decode(public)).verify(_decode(signature), content)
    except InvalidSignature as error:
        raise BadKey("the signature is wrong") from error
    except ValueError as error:
        raise BadKey("that is no Ed25519 key") from error


def fingerprint(public: str) -> str:
    """A short form of a key that two people can compare: `a1b2-c3d4-e5f6-0718`."""
    digest = hashlib.sha256(_decode(public)).hexdigest()[:_FINGERPRINT]
    return "-".join(digest[place : place + 4] for place in range(0, _FINGERPRINT, 4))


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadKey("that is no base64url") from error
