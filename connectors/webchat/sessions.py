"""Who a visitor is: a secret their browser keeps, of which we store only a keyed hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets

_SECRET_BYTES = 32


class BadToken(Exception):
    """The token was not issued here."""


class Sessions:
    """Issues and reads resume tokens; nothing has to be stored for it.

    A token is `<secret>.<proof>`: 256 random bits, and our keyed proof that we made them. The log
    knows a visitor by another keyed hash of the secret, from which the token cannot be had back.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < _SECRET_BYTES:
            raise ValueError(f"web chat key: {_SECRET_BYTES} bytes are needed, {len(key)} given")
        self._key = key

    def new(self) -> str:
        """A token for a new visitor."""
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        return f"{secret}.{self._hash('proof', secret)}"

    def user_id(self, token: str) -> str:
        """The visitor's name in the log, 32 hexadecimal digits; raises `BadToken`."""
        secret, _, proof = token.partition(".")
        if not hmac.compare_digest(self._hash("proof", secret).encode(), proof.encode(errors="replace")):
            raise BadToken
        return self._hash("user", secret)

    def _hash(self, purpose: str, secret: str) -> str:
        said = f"{purpose}:{secret}".encode(errors="replace")  # a header may hold what is no text
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()[:32]
