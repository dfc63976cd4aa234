"""Sealing: what lies in Redis can be read by our own processes alone, and only where it was put."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12
"""Bytes; NIST SP 800-38D, section 8.2: random nonces of 96 bits."""
_PURPOSE = b"sotong sealed values"


class Broken(Exception):
    """A sealed value that no key opens: changed, moved to another place, or sealed with a key since gone."""


class Seal:
    """AES-256-GCM. The first secret seals, every one opens: that is how a key is replaced without loss.

    Secrets are texts of at least 32 characters; the keys are derived from them (HKDF-SHA256).
    """

    def __init__(self, first: str, *older: str) -> None:
        self.change(first, *older)

    def change(self, first: str, *older: str) -> None:
        """Use these secrets from now on."""
        self._ciphers = [AESGCM(_key(secret)) for secret in (first, *older)]

    def only_first(self) -> Seal:
        """A seal with the first secret alone: what it does not open was sealed with an older one."""
        alone = object.__new__(Seal)
        alone._ciphers = self._ciphers[:1]
        return alone

    def close(self, value: str, place: str) -> bytes:
        """The value sealed for a place: anywhere else it does not open."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._ciphers[0].encrypt(nonce, value.encode(), place.encode())

    def open(self, sealed: bytes, place: str) -> str:
        """What `close` was given. Raises `Broken`."""
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode()).decode()
            except (InvalidTag, ValueError):
                continue
        raise Broken(place.partition(":")[0])


def _key(secret: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
