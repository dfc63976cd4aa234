"""What stands for a citizen where nothing may say who it was: keyed, so that nobody can try ids out."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from bot.secrets import own_secret

NAME = "pseudonyms"


class Pseudonyms:
    """HMAC-SHA256 under the installation's secret `pseudonyms`.

    Without that secret (`var/secrets`) nobody, we neither, finds a citizen again by theirs. Raises `OSError`
    when the secret can be neither read nor made.
    """

    def __init__(self, var_dir: Path) -> None:
        self._key = own_secret(var_dir, NAME).encode()

    def of(self, channel: str, user_id: str) -> str:
        """64 hexadecimal digits."""
        return hmac.new(self._key, f"{channel}:{user_id}".encode(), hashlib.sha256).hexdigest()
