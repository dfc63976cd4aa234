"""Who a visitor is: a secret their browser keeps, of which we store only a keyed hash."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

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
        if not hmac.compare_digest(self._hash("proof", secret).encode(), proof.encode()):
            raise BadToken
        return self._hash("user", secret)

    def _hash(self, purpose: str, secret: str) -> str:
        return hmac.new(self._key, f"{purpose}:{secret}".encode(), hashlib.sha256).hexdigest()[:32]


def session_key(var_dir: Path) -> bytes:
    """The key of this installation, made at first start and readable by its owner only.

    Deleting the file gives every visitor a new, empty conversation.
    """
    path = var_dir / "webchat.key"
    var_dir.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(_SECRET_BYTES))
    return path.read_bytes()
