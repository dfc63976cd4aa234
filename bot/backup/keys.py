"""The secrets a backup needs and does not hold: whether one has the same ones is all that it says."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path

from bot.identity.ring import NAME as VAULT
from bot.identity.ring import vault_keys
from bot.identity.seal import Broken, Seal
from bot.rights.pseudonym import NAME as ERASED
from bot.secrets import own_secret, secret_names
from bot.settings import Settings

_PLACE = "backup:check"
_SALT = 16
"""Bytes."""
MADE_ANEW = frozenset({"rasa-token", "telegram-webhook", "simulator", "model-key"})
"""Secrets that an installation makes again and misses nothing: a model is trained again."""


def checks(settings: Settings) -> dict[str, str]:
    """For each secret what shows whether somebody has it, without telling anything else of it.

    The vault's is a sealed text: whoever opens it opens what citizens and staff left. Raises `OSError`.
    """
    own_secret(settings.var_dir, ERASED)  # who is erased from now on is known by it
    found = {
        name: _mark(_read(settings, name), secrets.token_bytes(_SALT))
        for name in secret_names(settings.var_dir)
        if name != VAULT
    }
    sealed = Seal(*vault_keys(settings)).close(VAULT, _PLACE)
    return {VAULT: base64.b64encode(sealed).decode(), **found}


def lacking(settings: Settings, wanted: Mapping[str, str]) -> dict[str, bool]:
    """Secrets of a backup that this installation has not: name → whether something is lost without it."""
    there = secret_names(settings.var_dir)
    found: dict[str, bool] = {}
    for name, mark in wanted.items():
        if name == VAULT:
            same = (VAULT in there or bool(settings.vault_key.get_secret_value())) and _opens(settings, mark)
        else:
            same = name in there and hmac.compare_digest(_again(_read(settings, name), mark), mark)
        if not same:
            found[name] = name not in MADE_ANEW
    return found


def _opens(settings: Settings, mark: str) -> bool:
    try:
        return Seal(*vault_keys(settings)).open(base64.b64decode(mark), _PLACE) == VAULT
    except (Broken, binascii.Error):
        return False


def _mark(secret: str, salt: bytes) -> str:
    return f"{salt.hex()}:{hmac.new(secret.encode(), salt, hashlib.sha256).hexdigest()}"


def _again(secret: str, mark: str) -> str:
    try:
        return _mark(secret, bytes.fromhex(mark.partition(":")[0]))
    except ValueError:
        return ""


def _read(settings: Settings, name: str) -> str:
    return Path(settings.var_dir, "secrets", name).read_text().strip()
