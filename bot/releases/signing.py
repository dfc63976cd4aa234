"""The keys that model files are signed with and checked against, from the settings."""

from __future__ import annotations

from bot.nlu.signature import Keys
from bot.secrets import own_secret
from bot.settings import Settings


def model_secret(settings: Settings) -> str:
    """What signs the models trained here: from the settings, else this installation's own."""
    return settings.model_key.get_secret_value() or own_secret(settings.var_dir, "model-key")


def model_keys(settings: Settings) -> Keys:
    """Ours and those of other trainers. Raises `OSError` when the own secret cannot be kept."""
    return Keys(model_secret(settings), settings.model_public_keys)
