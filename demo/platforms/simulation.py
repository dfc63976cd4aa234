"""A bot for trying out: channels without an account, with invented credentials and stand-ins' addresses.

The secrets come from one that this installation makes for itself, so nobody can guess them; stand-ins listen
on this machine only.
"""

from __future__ import annotations

import hashlib
import hmac

from bot.channel_settings import NEEDED
from bot.secrets import own_secret
from bot.settings import Settings
from demo.platforms.build import PLATFORMS
from demo.platforms.platform import Platform
from demo.platforms.telegram import TelegramPlatform

_KNOWN = {
    "kakao_bot_id": "66f0c0ffee0000000000beef",
    "whatsapp_phone_number_id": "100200300400",
    "x_user_id": "1000",
    "x_mentions": "true",
    "youtube_channel_id": "UCsimulated0000000000000",
}
"""What is no secret."""
_ALSO = {"telegram": ("telegram_secret",), "kakao": ("kakao_bot_id",), "x": ("x_mentions",)}
"""Settings that both sides must know beside what the channel cannot do without."""
_PUBLIC_POLL = 2.0
"""Seconds between two looks at public places, as long as none of them is real."""


def account_of(channel: str) -> str:
    """The account, a key of `NEEDED`, that a channel belongs to."""
    return "x" if channel == "xmentions" else channel


def simulated_channels(settings: Settings) -> list[str]:
    """Channels for which no credential at all is given."""
    return [name for name in PLATFORMS if _is_free(settings, account_of(name))]


def simulated(settings: Settings) -> Settings:
    """The settings with all `simulated_channels` switched on; what is given is never changed.

    Raises `OSError` when the secret cannot be kept in `var_dir`.
    """
    free = simulated_channels(settings)
    changes: dict[str, object] = {}
    for name in free:
        platform = stand_in(settings, name, "")
        changes |= {**platform.credentials, **platform.settings}
    if {"youtube", "xmentions"} & set(free):
        all_free = {"youtube", "xmentions"} <= set(free)
        changes["public_poll"] = _PUBLIC_POLL if all_free else settings.public_poll
    return Settings.model_validate(settings.model_dump() | changes)


def stand_in(settings: Settings, channel: str, bot_url: str) -> Platform:
    """The stand-in of one of `simulated_channels`, not started, for a bot with `simulated` settings."""
    account = account_of(channel)
    port = settings.simulator_port + list(NEEDED).index(account)
    platform = PLATFORMS[channel](bot_url, _credentials(settings, account), port)
    if isinstance(platform, TelegramPlatform) and settings.public_url:
        platform.webhook = {}  # the bot sets it once, and may have done so when another stand-in ran
    return platform


def _is_free(settings: Settings, account: str) -> bool:
    return settings.missing(account) == NEEDED[account]


def _credentials(settings: Settings, account: str) -> dict[str, str]:
    key = own_secret(settings.var_dir, "simulator").encode()

    def invented(name: str) -> str:
        secret = hmac.new(key, name.encode(), hashlib.sha256).hexdigest()
        return f"100:{secret}" if name == "telegram_token" else _KNOWN.get(name, secret)

    return {name: invented(name) for name in (*NEEDED[account], *_ALSO.get(account, ()))}
